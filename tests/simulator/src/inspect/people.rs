//! People and groups that a test puts into the tenant, without asking it over HTTP.

use super::Inspect;
use crate::access::Group;
use crate::config::UserSpec;
use crate::server::lock;

impl Inspect {
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
        let id = tenant.seeded.guid();
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
        });
        id
    }
}
