//! People and groups that a test puts into the tenant, without asking it over HTTP.

use super::Inspect;
use crate::access::Group;
use crate::accounts::Sku;
use crate::config::UserSpec;
use crate::server::lock;

/// An account as a test looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenAccount {
    /// Nobody signs in to it.
    pub is_blocked: bool,
    /// Where the user is.
    pub usage_location: String,
    /// Part numbers of its licences.
    pub licences: Vec<String>,
    /// How many passes were made for it.
    pub passes: u32,
    /// The pass that can be used.
    pub pass: Option<String>,
}

/// A group as a test looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenGroup {
    /// Its mail nickname.
    pub nickname: String,
    /// `Private` or `Public`.
    pub visibility: String,
    /// Whether it is a Microsoft 365 group.
    pub is_unified: bool,
    /// Principal names, or nicknames of groups.
    pub members: Vec<String>,
    /// Principal names.
    pub owners: Vec<String>,
}

impl Inspect {
    /// Gives the tenant so many licences of a kind.
    pub fn set_licences(&self, part_number: &str, count: u64) {
        let mut tenant = lock(&self.0.tenant);
        let known = tenant
            .accounts
            .skus
            .iter_mut()
            .find(|sku| sku.part == part_number);
        if let Some(sku) = known {
            sku.enabled = count;
            return;
        }
        let id = tenant.seeded.guid();
        tenant.accounts.skus.push(Sku {
            id,
            part: part_number.to_owned(),
            enabled: count,
        });
    }

    /// How many requests to a new group are answered as if it were not there.
    pub fn hide_new_groups(&self, requests: u32) {
        lock(&self.0.tenant).accounts.young_requests = requests;
    }

    /// How many users of that principal name there are: 0 or 1 in a tenant that is sound.
    pub fn users_named(&self, name: &str) -> usize {
        let tenant = lock(&self.0.tenant);
        let users = tenant.users.iter();
        users
            .filter(|user| user.upn.eq_ignore_ascii_case(name))
            .count()
    }

    /// An account.
    pub fn account(&self, name: &str) -> Option<SeenAccount> {
        let tenant = lock(&self.0.tenant);
        let user = tenant.users.get(tenant.user_index(name)?)?;
        let account = tenant.accounts.of.get(&user.id)?;
        let part = |id: &String| {
            let known = tenant.accounts.skus.iter().find(|sku| sku.id == *id);
            known.map_or_else(String::new, |sku| sku.part.clone())
        };
        Some(SeenAccount {
            is_blocked: account.is_blocked,
            usage_location: account.usage_location.clone(),
            licences: account.licences.iter().map(part).collect(),
            passes: account.passes,
            pass: account.pass.as_ref().map(|(_, pass)| pass.clone()),
        })
    }

    /// An administrator makes a shared mailbox of an account's own; `false` where there is no such account.
    pub fn convert_to_shared(&self, name: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(name);
        let id = place.map(|place| tenant.users[place].id.clone());
        let account = id.and_then(|id| tenant.accounts.of.get_mut(&id));
        account.map(|account| account.is_shared = true).is_some()
    }

    /// A new account's mailbox and drive are there at once; `false` where there is no such account.
    pub fn hurry(&self, name: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let (place, now) = (tenant.user_index(name), tenant.clock.now());
        let user = place.and_then(|place| tenant.users.get_mut(place));
        user.map(|user| user.ready = now).is_some()
    }

    /// Guests by address, and whether each came in.
    pub fn guests(&self) -> Vec<(String, bool)> {
        let tenant = lock(&self.0.tenant);
        let guests = tenant.access.guests.values();
        guests
            .map(|guest| (guest.address.clone(), guest.came_in))
            .collect()
    }

    /// How many invitations were asked for, and how many mails went out for them.
    pub fn guest_invitations(&self) -> (u32, u32) {
        lock(&self.0.tenant).access.invitations
    }

    /// A guest comes in; `false` where there is none of that address.
    pub fn redeem(&self, address: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let mut guests = tenant.access.guests.values_mut();
        let guest = guests.find(|guest| guest.address == address);
        guest.map(|guest| guest.came_in = true).is_some()
    }

    /// Every group.
    pub fn groups(&self) -> Vec<SeenGroup> {
        let tenant = lock(&self.0.tenant);
        let name = |id: &String| {
            let user = tenant.users.iter().find(|user| user.id == *id);
            let group = tenant.access.groups.iter().find(|group| group.id == *id);
            user.map(|user| user.upn.clone())
                .or(group.map(|group| group.nickname.clone()))
                .unwrap_or_default()
        };
        let groups = tenant.access.groups.iter();
        groups
            .map(|group| SeenGroup {
                nickname: group.nickname.clone(),
                visibility: group.visibility.clone(),
                is_unified: group.is_unified,
                members: group.members.iter().map(name).collect(),
                owners: group.owners.iter().map(name).collect(),
            })
            .collect()
    }

    /// Anybody may join a group from now on; `false` where there is none of that nickname.
    pub fn open_group(&self, nickname: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let mut groups = tenant.access.groups.iter_mut();
        let group = groups.find(|group| group.nickname == nickname);
        group
            .map(|group| "Public".clone_into(&mut group.visibility))
            .is_some()
    }

    /// Lets somebody into a group behind everybody's back, or takes them out; `false` where one of them is not there.
    pub fn turn_member(&self, nickname: &str, member: &str, is_in: bool) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(member) else {
            return false;
        };
        let id = tenant.users[place].id.clone();
        let mut groups = tenant.access.groups.iter_mut();
        let Some(group) = groups.find(|group| group.nickname == nickname) else {
            return false;
        };
        group.members.retain(|known| *known != id);
        if is_in {
            group.members.push(id);
        }
        true
    }

    /// A user's object id.
    pub fn object_id(&self, name: &str) -> Option<String> {
        let tenant = lock(&self.0.tenant);
        let place = tenant.user_index(name)?;
        Some(tenant.users[place].id.clone())
    }

    /// Adds a user whose mailbox and drive are there at once; `false` where the name is taken.
    pub fn add_user(&self, user_principal_name: &str, display_name: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        if tenant.user_index(user_principal_name).is_some() {
            return false;
        }
        let spec = UserSpec {
            user_principal_name: user_principal_name.to_owned(),
            display_name: display_name.to_owned(),
        };
        let now = tenant.clock.now();
        tenant.add_user(&spec, now);
        true
    }

    /// Adds a security group of users and groups, each by principal name or object id; its object id.
    pub fn add_group(&self, name: &str, members: &[&str]) -> String {
        let mut tenant = lock(&self.0.tenant);
        let (id, created) = (tenant.seeded.guid(), tenant.clock.now());
        let of = |name: &str| {
            let place = tenant.user_index(name);
            place.map_or_else(|| name.to_owned(), |place| tenant.users[place].id.clone())
        };
        let members = members.iter().map(|name| of(name)).collect();
        tenant.access.groups.push(Group {
            id: id.clone(),
            name: name.to_owned(),
            nickname: name.to_lowercase(),
            is_unified: false,
            visibility: "Private".to_owned(),
            members,
            owners: Vec::new(),
            created,
        });
        id
    }
}
