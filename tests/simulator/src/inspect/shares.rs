//! Who is let into what behind everybody's back: permissions and members that a test plants, without asking over HTTP.

use super::Inspect;
use crate::access::{Guest, Who, permissions};
use crate::drive;
use crate::server::lock;

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
        let who = match whom {
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
        };
        let Some(who) = who else {
            return false;
        };
        permissions::plant(&mut tenant, place, &id, who, usize::from(may_write));
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
