//! A tenant as it was at an instant, gone back to: what stood in its mailboxes and drives, and who might do what. Tokens,
//! switches and what was asked are not part of it.

use super::Inspect;
use crate::access::Access;
use crate::server::lock;
use crate::tenant::User;

/// A tenant as it was.
#[derive(Clone, Debug)]
pub struct Remembered {
    users: Vec<User>,
    access: Access,
}

impl Inspect {
    /// The tenant as it is now.
    pub fn remember(&self) -> Remembered {
        let tenant = lock(&self.0.tenant);
        Remembered {
            users: tenant.users.clone(),
            access: tenant.access.clone(),
        }
    }

    /// Goes back to what was; uploads that were begun since are forgotten.
    pub fn go_back(&self, remembered: &Remembered) {
        let mut tenant = lock(&self.0.tenant);
        tenant.users.clone_from(&remembered.users);
        tenant.access = remembered.access.clone();
        tenant.uploads.clear();
        tenant.downloads.clear();
    }
}
