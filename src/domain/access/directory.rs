//! The principals of one tenant by exact key, and who is a member of what; no matching by name, ever.

use std::collections::HashMap;

/// A principal by its number in its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId(pub u32);

/// What a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Whoever has the link.
    Anyone,
    /// An application.
    App,
    /// A group whose members follow a rule; here they are those that somebody reviewed.
    DynamicGroup,
    /// A group of the directory.
    Group,
    /// Somebody from outside.
    Guest,
    /// Everybody in the organisation.
    Organisation,
    /// A group of one site.
    SiteGroup,
    /// A user of the tenant.
    User,
}

const NAMES: [(PrincipalKind, &str); 8] = [
    (PrincipalKind::Anyone, "anyone"),
    (PrincipalKind::App, "app"),
    (PrincipalKind::DynamicGroup, "dynamic-group"),
    (PrincipalKind::Group, "group"),
    (PrincipalKind::Guest, "guest"),
    (PrincipalKind::Organisation, "organisation"),
    (PrincipalKind::SiteGroup, "site-group"),
    (PrincipalKind::User, "user"),
];

impl PrincipalKind {
    /// A single person or program, who has no members.
    pub fn is_single(self) -> bool {
        matches!(self, Self::App | Self::Guest | Self::User)
    }

    /// Has members that are listed.
    pub fn is_group(self) -> bool {
        matches!(self, Self::DynamicGroup | Self::Group | Self::SiteGroup)
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// Reads what [`PrincipalKind::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What names it exactly: an object id, a principal name.
    pub key: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Direct members, of groups.
    pub members: Vec<PrincipalId>,
    /// Somebody listed (of a dynamic group: reviewed) the members. Where nobody did, nothing is granted to it.
    pub members_known: bool,
}

/// A principal that contradicts what is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// One key, two kinds.
    #[error("{key} is a {known} and a {kind}; one key names one principal")]
    TwoKinds {
        /// The key.
        key: String,
        /// What it was.
        known: &'static str,
        /// What it is now.
        kind: &'static str,
    },
    /// Only groups have members.
    #[error("{0} is no group and has no members")]
    NoGroup(String),
    /// More than this program reads.
    #[error("more than {0} principals")]
    TooMany(usize),
}

/// Bounds what a hostile file can make this program hold.
const PRINCIPALS_MAX: usize = 2_000_000;

/// Everybody of one tenant.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    principals: Vec<Principal>,
    by_key: HashMap<String, PrincipalId>,
}

/// Object ids and principal names do not tell upper from lower case in ASCII. Everything else stays as it is: letters that
/// only look alike are other letters.
pub(super) fn folded(key: &str) -> String {
    key.to_ascii_lowercase()
}

impl Directory {
    /// The principal of that key: the one that is there, or a new one.
    pub fn add(&mut self, key: &str, kind: PrincipalKind) -> Result<PrincipalId, DirectoryError> {
        let folded = folded(key);
        if let Some(id) = self.by_key.get(&folded) {
            let known = self.principals[id.0 as usize].kind;
            if known == kind {
                return Ok(*id);
            }
            return Err(DirectoryError::TwoKinds {
                key: key.to_owned(),
                known: known.name(),
                kind: kind.name(),
            });
        }
        if self.principals.len() == PRINCIPALS_MAX {
            return Err(DirectoryError::TooMany(PRINCIPALS_MAX));
        }
        let id = PrincipalId(u32::try_from(self.principals.len()).expect("bounded above"));
        self.principals.push(Principal {
            key: key.to_owned(),
            kind,
            members: Vec::new(),
            members_known: !kind.is_group(),
        });
        self.by_key.insert(folded, id);
        Ok(id)
    }

    /// Says that the members of a group are listed, even where there are none.
    pub fn list_members(&mut self, group: PrincipalId) {
        self.principals[group.0 as usize].members_known = true;
    }

    /// Adds a direct member; the group's members are listed then.
    pub fn add_member(
        &mut self,
        group: PrincipalId,
        member: PrincipalId,
    ) -> Result<(), DirectoryError> {
        let group = &mut self.principals[group.0 as usize];
        if !group.kind.is_group() {
            return Err(DirectoryError::NoGroup(group.key.clone()));
        }
        group.members_known = true;
        if !group.members.contains(&member) {
            group.members.push(member);
        }
        Ok(())
    }

    /// Replaces the direct members in one go: for groups of many.
    pub fn set_members(&mut self, group: PrincipalId, mut members: Vec<PrincipalId>) {
        members.sort_unstable();
        members.dedup();
        let group = &mut self.principals[group.0 as usize];
        group.members_known = true;
        group.members = members;
    }

    /// The principal of exactly that key.
    pub fn find(&self, key: &str) -> Option<PrincipalId> {
        self.by_key.get(&folded(key)).copied()
    }

    /// What is known of a principal.
    pub fn principal(&self, id: PrincipalId) -> &Principal {
        &self.principals[id.0 as usize]
    }

    /// Everybody, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (PrincipalId, &Principal)> {
        (0..).map(PrincipalId).zip(&self.principals)
    }

    /// How many principals there are.
    pub fn len(&self) -> usize {
        self.principals.len()
    }

    /// Nobody is there.
    pub fn is_empty(&self) -> bool {
        self.principals.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_one_principal_and_letters_that_look_alike_are_others() {
        let mut directory = Directory::default();
        let ann = directory.add("Ann@old.example", PrincipalKind::User);
        assert_eq!(directory.add("ann@OLD.example", PrincipalKind::User), ann);
        let cyrillic = directory.add("\u{430}nn@old.example", PrincipalKind::User);
        assert_ne!(cyrillic, ann);
        assert_eq!(directory.find("\u{410}nn@old.example"), None, "not folded");
        assert!(
            directory
                .add("ann@old.example", PrincipalKind::Group)
                .is_err()
        );
        let ann = ann.expect("added");
        assert!(directory.add_member(ann, ann).is_err());
    }
}
