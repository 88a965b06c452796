//! Which mail folder a folder's name means: the well-known ones by their usual English names, everything else as it is called.

use crate::domain::folder::{FolderPath, WellKnownFolder};

/// The names that Outlook, Exchange and the usual exports give to the well-known folders. A localised name is a folder of its own:
/// guessing would mix two folders.
const KNOWN: [(&str, WellKnownFolder); 12] = [
    ("archive", WellKnownFolder::Archive),
    ("deleted items", WellKnownFolder::DeletedItems),
    ("drafts", WellKnownFolder::Drafts),
    ("inbox", WellKnownFolder::Inbox),
    ("junk e-mail", WellKnownFolder::JunkEmail),
    ("junk email", WellKnownFolder::JunkEmail),
    ("outbox", WellKnownFolder::Outbox),
    ("sent", WellKnownFolder::SentItems),
    ("sent items", WellKnownFolder::SentItems),
    ("sent mail", WellKnownFolder::SentItems),
    ("spam", WellKnownFolder::JunkEmail),
    ("trash", WellKnownFolder::DeletedItems),
];

/// Where mail from these folders belongs; from none at all: the inbox.
pub(super) fn mail_folder(names: &[String]) -> FolderPath {
    let Some((first, below)) = names.split_first() else {
        return FolderPath::Mail {
            root: WellKnownFolder::Inbox,
            below: Vec::new(),
        };
    };
    let lower = first.to_lowercase();
    match KNOWN.iter().find(|(name, _)| *name == lower) {
        Some((_, root)) => FolderPath::Mail {
            root: *root,
            below: below.to_vec(),
        },
        None => FolderPath::Mail {
            root: WellKnownFolder::MessageFolderRoot,
            below: names.to_vec(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_are_known_in_any_case_and_only_at_the_top() {
        let named = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let FolderPath::Mail { root, below } = mail_folder(&names) else {
                panic!("mail lies in mail folders");
            };
            (root, below.join("/"))
        };
        assert_eq!(named(&[]), (WellKnownFolder::Inbox, String::new()));
        assert_eq!(
            named(&["INBOX", "a"]),
            (WellKnownFolder::Inbox, "a".to_owned())
        );
        assert_eq!(
            named(&["x", "Inbox"]),
            (WellKnownFolder::MessageFolderRoot, "x/Inbox".to_owned())
        );
    }
}
