//! Who is let into what behind everybody's back: permissions and members that a test plants, without asking over HTTP.

use super::Inspect;
use crate::access::{Guest, Who, permissions, site_roles};
use crate::drive;
use crate::server::lock;
use crate::tenant::Tenant;

/// Whom a test lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Whoever has the link.
    Anyone,
    /// A group, by object id.
    Group(String),
    /// Everybody in the organisation, by a link.
    Organization,
    /// Somebody, by principal name.
    Person(String),
}

fn who(tenant: &Tenant, whom: &Planted) -> Option<Who> {
    match whom {
        Planted::Anyone => Some(Who::Anyone),
        Planted::Organization => Some(Who::Organization),
        Planted::Group(group) => {
            let mut groups = tenant.access.groups.iter();
            let is_there = groups.any(|known| known.id == *group);
            is_there.then(|| Who::Group(group.clone()))
        }
        Planted::Person(name) => tenant
            .user_index(name)
            .map(|place| Who::User(tenant.users[place].id.clone())),
    }
}

impl Inspect {
    /// Lets somebody into an item, the root among them (an empty path), to read or to write; what the item takes over stays.
    /// Whether the item and whoever is let in are there.
    pub fn let_in(&self, user: &str, path: &str, whom: &Planted, may_write: bool) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let known = &tenant.users[place];
        let found = known.items.keys().find(|id| drive::path(known, id) == path);
        let Some(id) = found.cloned() else {
            return false;
        };
        let Some(who) = who(&tenant, whom) else {
            return false;
        };
        permissions::plant(&mut tenant, place, &id, who, usize::from(may_write));
        true
    }

    /// Lets somebody into a list of a site, or an item of one by its number; whether all of them are there.
    pub fn let_into_list(
        &self,
        site: &str,
        (list, number): (&str, Option<u32>),
        whom: &Planted,
        may_write: bool,
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        let Some((place, who)) = place.zip(who(&tenant, whom)) else {
            return false;
        };
        let mut lists = tenant.users[place].lists.0.iter();
        let Some(found) = lists.find(|known| known.name == list) else {
            return false;
        };
        if number.is_some_and(|number| !found.items.contains_key(&number)) {
            return false;
        }
        let id = found.id.clone();
        site_roles::plant(
            &mut tenant,
            place,
            (&id, number),
            who,
            usize::from(may_write),
        );
        true
    }

    /// Puts somebody into a group of a site, by the group's number: 1 owners, 2 members, 3 visitors; whether they are there.
    pub fn add_to_site_group(&self, site: &str, group: u32, whom: &Planted) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        let Some((place, who)) = place.zip(who(&tenant, whom)) else {
            return false;
        };
        let id = tenant.users[place].id.clone();
        let groups = tenant.access.site_groups.get_mut(&id);
        let group = groups.and_then(|groups| groups.get_mut(group.checked_sub(1)? as usize));
        group.map(|group| group.members.push(who)).is_some()
    }

    /// Makes somebody an administrator of a site; whether both are there.
    pub fn add_site_admin(&self, site: &str, user: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let places = tenant.user_index(site).zip(tenant.user_index(user));
        let ids = places.map(|(site, user)| {
            let id = |place: usize| tenant.users[place].id.clone();
            (id(site), id(user))
        });
        let Some((site, user)) = ids else {
            return false;
        };
        tenant
            .access
            .site_admins
            .entry(site)
            .or_default()
            .push(user);
        true
    }

    /// Puts somebody into a group, by principal name or object id; whether both are there.
    pub fn add_member(&self, group: &str, member: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let user = tenant.user_index(member);
        let member = user.map_or_else(|| member.to_owned(), |at| tenant.users[at].id.clone());
        let groups = &mut tenant.access.groups;
        let is_there = user.is_some() || groups.iter().any(|known| known.id == member);
        let found = groups.iter_mut().find(|known| known.id == group);
        let Some(found) = found.filter(|_| is_there) else {
            return false;
        };
        if !found.members.contains(&member) {
            found.members.push(member);
        }
        true
    }

    /// Adds somebody from outside under a principal name; `false` where it is taken.
    pub fn add_guest(&self, user_principal_name: &str) -> bool {
        let is_new = self.add_user(user_principal_name, "Somebody from outside");
        if is_new {
            let mut tenant = lock(&self.0.tenant);
            let place = tenant.user_index(user_principal_name);
            let id = place.map(|place| tenant.users[place].id.clone());
            let guest = Guest {
                address: user_principal_name.to_owned(),
                came_in: false,
            };
            tenant.access.guests.extend(id.map(|id| (id, guest)));
        }
        is_new
    }
}
