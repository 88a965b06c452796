//! Folders as plan rows and facts write them.

use serde::{Deserialize, Serialize};

use crate::domain::folder::{FolderPath, WellKnownFolder};

/// Where an item belongs, as plan rows and facts write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFolder {
    /// Graph's well-known name for mail, `drive` for files, `calendar`, `contacts`, `list`,
    /// `tasks`, `teams`.
    pub root: String,
    /// The names below it.
    pub below: Vec<String>,
}

impl From<&FolderPath> for PlannedFolder {
    fn from(path: &FolderPath) -> Self {
        let (root, below) = match path {
            FolderPath::Calendar(name) => ("calendar", name.iter().cloned().collect()),
            FolderPath::Contacts(below) => ("contacts", below.clone()),
            FolderPath::Drive(below) => ("drive", below.clone()),
            FolderPath::List(name) => ("list", vec![name.clone()]),
            FolderPath::Mail { root, below } => (root.graph_name(), below.clone()),
            FolderPath::Tasks(name) => ("tasks", name.iter().cloned().collect()),
            FolderPath::Teams(name) => ("teams", name.iter().cloned().collect()),
        };
        Self {
            root: root.to_owned(),
            below,
        }
    }
}

impl PlannedFolder {
    /// The path again.
    pub fn path(&self) -> Option<FolderPath> {
        let below = self.below.clone();
        let one = || match &self.below[..] {
            [] => Some(None),
            [name] => Some(Some(name.clone())),
            _ => None,
        };
        Some(match &*self.root {
            "calendar" => FolderPath::Calendar(one()?),
            "contacts" => FolderPath::Contacts(below),
            "drive" => FolderPath::Drive(below),
            "list" => FolderPath::List(one()??),
            "tasks" => FolderPath::Tasks(one()?),
            "teams" => FolderPath::Teams(one()?),
            mail => FolderPath::Mail {
                root: WellKnownFolder::parse(mail)?,
                below,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_read_as_written() {
        let below = vec!["a".to_owned(), "b".to_owned()];
        for path in [
            FolderPath::Calendar(None),
            FolderPath::Calendar(Some("Team".to_owned())),
            FolderPath::Contacts(below.clone()),
            FolderPath::Drive(below.clone()),
            FolderPath::Mail {
                root: WellKnownFolder::Inbox,
                below: below.clone(),
            },
            FolderPath::List("Defects".to_owned()),
            FolderPath::Tasks(Some("Team".to_owned())),
            FolderPath::Teams(Some("General".to_owned())),
            FolderPath::Teams(None),
        ] {
            assert_eq!(PlannedFolder::from(&path).path(), Some(path));
        }
        let root = "calendar".to_owned();
        assert_eq!(
            PlannedFolder { root, below }.path(),
            None,
            "they do not nest"
        );
    }
}
