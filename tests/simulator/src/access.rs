//! Who may do what in this tenant: scopes of permissions on drive items, and the effective access that follows, looked at after
//! every request. From Microsoft's pages; it shares no line with the model that it is held against.
//! <https://learn.microsoft.com/sharepoint/understanding-permission-levels>

pub(crate) mod groups;
pub(crate) mod guests;
pub(crate) mod permissions;
pub(crate) mod rest;
pub(crate) mod site_roles;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::drive;
use crate::request::Request;
use crate::tenant::Tenant;

/// Graph's roles on an item, ascending.
pub(crate) const ROLES: [&str; 3] = ["read", "write", "owner"];

/// Whom an entry of a scope lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever has the link.
    Anyone,
    /// In whose name SharePoint runs what an application does: nobody signs in as it.
    App,
    /// A group of the directory, by object id.
    Group(String),
    /// Everybody in the organisation.
    Organization,
    /// A group of the site, by its number there.
    SiteGroup(u32),
    /// A user or guest, by object id.
    User(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) who: Who,
    /// A place in [`ROLES`].
    pub(crate) role: usize,
    /// Its link's type and scope, where it came by one.
    pub(crate) link: Option<(String, String)>,
}

/// A guest of the directory.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) address: String,
    /// The invitation was redeemed.
    pub(crate) came_in: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) is_unified: bool,
    pub(crate) visibility: String,
    pub(crate) members: Vec<String>,
    pub(crate) owners: Vec<String>,
    pub(crate) created: chrono::DateTime<chrono::Utc>,
}

/// A group of one site: SharePoint's own, unknown to the directory.
#[derive(Clone, Debug)]
pub(crate) struct SiteGroup {
    pub(crate) title: String,
    pub(crate) members: Vec<Who>,
}

/// The permissions of the tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    pub(crate) groups: Vec<Group>,
    /// By object id.
    pub(crate) guests: BTreeMap<String, Guest>,
    /// How many invitations were asked for, and how many mails went out for them.
    pub(crate) invitations: (u32, u32),
    /// The items with a scope of their own: what lies above does not count there.
    pub(crate) scopes: BTreeMap<String, Vec<Entry>>,
    /// By the site's owner, in the order of their numbers.
    pub(crate) site_groups: BTreeMap<String, Vec<SiteGroup>>,
    /// Users and groups that a site has numbered, with the owner of the site.
    pub(crate) site_users: Vec<(String, Who)>,
    /// Who administers a site, by the site and object id: they see everything in it.
    pub(crate) site_admins: BTreeMap<String, Vec<String>>,
    /// So many more times a site does not know a user whom the directory knows.
    pub(crate) sites_learn_late: u32,
    /// Items in the order in which their list numbered them.
    pub(crate) list_items: Vec<String>,
    is_recorded: bool,
    requests: u64,
    last: BTreeMap<String, BTreeMap<String, String>>,
    history: Vec<AccessChange>,
}

/// What a request changed in who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessChange {
    /// The number of the request, from 1.
    pub request: u64,
    /// Its method and path.
    pub call: String,
    /// The owner of the drive.
    pub owner: String,
    /// The item's path below the drive's root; empty for the root.
    pub path: String,
    /// By principal name (`anyone` and `organization` for themselves) the role, for whoever has one.
    pub people: BTreeMap<String, String>,
}

impl Access {
    /// Begins to look after every request.
    pub(crate) fn start_recording(&mut self) {
        self.is_recorded = true;
    }

    /// Every change so far.
    pub(crate) fn history(&self) -> &[AccessChange] {
        &self.history
    }

    fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Everybody in a group, through the groups in it.
    fn members(&self, id: &str, found: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) {
        if !seen.insert(id.to_owned()) {
            return;
        }
        let Some(group) = self.group(id) else { return };
        for member in &group.members {
            if self.group(member).is_some() {
                self.members(member, found, seen);
            } else {
                found.insert(member.clone());
            }
        }
    }
}

/// By principal name, a place in [`ROLES`].
type People = BTreeMap<String, usize>;

impl Tenant {
    /// Everybody whom one entry lets in, by principal name.
    fn let_in(&self, owner: &str, who: &Who) -> Vec<String> {
        match who {
            Who::Anyone => vec!["anyone".to_owned()],
            Who::App => Vec::new(),
            Who::Organization => {
                let own = |id: &&crate::tenant::User| !self.access.guests.contains_key(&id.id);
                let own = self.users.iter().filter(own).map(|user| user.upn.clone());
                own.chain(["organization".to_owned()]).collect()
            }
            Who::User(id) => self.upn(id).into_iter().collect(),
            Who::Group(id) => {
                let mut found = BTreeSet::new();
                self.access.members(id, &mut found, &mut BTreeSet::new());
                found.iter().filter_map(|id| self.upn(id)).collect()
            }
            Who::SiteGroup(number) => {
                let groups = self.access.site_groups.get(owner);
                let place = *number as usize;
                let group = groups.and_then(|groups| groups.get(place.checked_sub(1)?));
                let members = group.map_or(&[][..], |group| &group.members);
                let members = members.iter();
                // A site's group holds users and groups of the directory, never another of the site.
                let members = members.filter(|who| !matches!(who, Who::SiteGroup(_)));
                members.flat_map(|who| self.let_in(owner, who)).collect()
            }
        }
    }

    fn upn(&self, id: &str) -> Option<String> {
        let user = self.users.iter().find(|user| user.id == id);
        user.map(|user| user.upn.clone())
    }

    /// Everybody whom a scope lets in, and whoever sees all of the drive or site.
    fn people_of(&self, (owner, always): (&str, &[String]), entries: &[Entry]) -> People {
        let always = always.iter().map(|name| (name.clone(), ROLES.len() - 1));
        let mut people: People = always.collect();
        for entry in entries {
            for name in self.let_in(owner, &entry.who) {
                let role = people.entry(name).or_insert(entry.role);
                *role = (*role).max(entry.role);
            }
        }
        people
    }

    /// The people of one scope, in words.
    fn in_words(&self, of: (&str, &[String]), scope: &str) -> BTreeMap<String, String> {
        let entries = self.access.scopes.get(scope).map_or(&[][..], Vec::as_slice);
        let people = self.people_of(of, entries).into_iter();
        people
            .map(|(name, role)| (name, ROLES[role].to_owned()))
            .collect()
    }

    /// By drive or site and path, everybody who may do anything and what. Lists of a site lie below `/Lists`.
    pub(crate) fn effective_access(&self) -> BTreeMap<(String, String), BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for (place, user) in self.users.iter().enumerate() {
            let web = site_roles::web_of(self, place).map(|web| &self.users[web]);
            let owner = web.map_or(&user.id, |web| &web.id);
            let name = site_roles::address(self, place).unwrap_or_else(|| user.upn.clone());
            let always: Vec<String> = match web {
                Some(web) => {
                    let admins = self.access.site_admins.get(&web.id);
                    let admins = admins.into_iter().flatten();
                    admins.filter_map(|id| self.upn(id)).collect()
                }
                None => vec![user.upn.clone()],
            };
            found.extend(site_roles::lists(self, user, owner).map(|(path, scope)| {
                let people = self.in_words((owner, &always), &scope);
                ((name.clone(), path), people)
            }));
            let mut by_scope: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
            for item in user.items.values() {
                let mut at = item;
                let scope = loop {
                    if self.access.scopes.contains_key(&at.id) {
                        break &at.id;
                    }
                    match at.parent.as_ref().and_then(|parent| user.items.get(parent)) {
                        Some(above) => at = above,
                        None => break web.map_or(&at.id, |web| &web.id),
                    }
                };
                let people = by_scope
                    .entry(scope)
                    .or_insert_with(|| self.in_words((owner, &always), scope));
                let place = (name.clone(), drive::path(user, &item.id));
                found.insert(place, people.clone());
            }
        }
        found
    }

    /// Looks at who may do what after a request that may have changed it.
    pub(crate) fn record_access(&mut self, request: &Request) {
        if !self.access.is_recorded || !request.is_write() {
            return;
        }
        self.access.requests += 1;
        let now = self.effective_access();
        let key = |(owner, path): &(String, String)| format!("{owner} {path}");
        for (place, people) in &now {
            if self.access.last.get(&key(place)) != Some(people) {
                self.access.history.push(AccessChange {
                    request: self.access.requests,
                    call: format!("{} {}", request.method, request.path),
                    owner: place.0.clone(),
                    path: place.1.clone(),
                    people: people.clone(),
                });
            }
        }
        let now = now.into_iter();
        self.access.last = now.map(|(place, people)| (key(&place), people)).collect();
    }
}
