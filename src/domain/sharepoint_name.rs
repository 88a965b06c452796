//! Names that SharePoint and OneDrive take (graph.md 6.9); the original stays a disclosure of the item's event.

use sha2::{Digest as _, Sha256};

use super::folder::FolderPath;
use super::item::Digest;
use super::message::Transform;

/// A file's or folder's name was changed so that it is taken.
pub const NAME_CHANGED: Transform = Transform("sharepoint-name/1");
/// A path was too long and lies in a folder of its own.
pub const PATH_SHORTENED: Transform = Transform("sharepoint-path/1");

const REFUSED: &str = "\"*:<>?/\\|";
/// The limit is 255; the suffix of a name beside another, and encodings, need room.
const NAME_CHARS_MAX: usize = 200;
/// The limit is 400, below the site's own path.
const PATH_CHARS_MAX: usize = 330;

/// The name itself where it is taken; else one that is, with a part of the original's hash: two names never become one.
pub fn accepted_name(name: &str) -> String {
    if is_accepted(name) {
        return name.to_owned();
    }
    let clean = |c: char| {
        if REFUSED.contains(c) || c.is_control() {
            '_'
        } else {
            c
        }
    };
    let plain: String = name
        .trim_matches([' ', '.', '~', '$'])
        .chars()
        .map(clean)
        .collect();
    let (stem, extension) = match plain.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= 16 => (stem, extension),
        _ => (plain.as_str(), ""),
    };
    let stem: String = stem
        .replace("_vti_", "_vti-")
        .chars()
        .take(NAME_CHARS_MAX - 30)
        .collect();
    let mark = &Digest(Sha256::digest(name.as_bytes()).into()).to_string()[..8];
    let dot = if extension.is_empty() { "" } else { "." };
    format!(
        "{} ({mark}){dot}{extension}",
        stem.trim_end_matches([' ', '.'])
    )
    .trim_start()
    .to_owned()
}

fn is_accepted(name: &str) -> bool {
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or_default();
    let numbered = |word: &str| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
    };
    let device = ["aux", "con", "nul", "prn"].contains(&stem) || numbered("com") || numbered("lpt");
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(|c| REFUSED.contains(c) || c.is_control())
        && !name.starts_with([' ', '~'])
        && !name.ends_with([' ', '.'])
        && !lower.contains("_vti_")
        && ![".lock", "desktop.ini"].contains(&lower.as_str())
        && !device
}

/// The folder in which the target takes the item, and what was changed to get it.
pub fn accepted_folder(folder: &FolderPath, name: &str) -> (FolderPath, Vec<Transform>) {
    match folder {
        FolderPath::Calendar(_) | FolderPath::Contacts(_) | FolderPath::Tasks(_) => {
            outlook_folder(folder)
        }
        FolderPath::Mail { root, below } => {
            let below = below.iter().map(|name| mail_folder_name(name)).collect();
            let accepted = FolderPath::Mail { root: *root, below };
            let transforms = if accepted == *folder {
                vec![]
            } else {
                vec![FOLDER_CHANGED]
            };
            (accepted, transforms)
        }
        FolderPath::Drive(names) => {
            let accepted: Vec<String> = names.iter().map(|name| accepted_name(name)).collect();
            let length: usize = accepted
                .iter()
                .map(|name| name.chars().count() + 1)
                .sum::<usize>()
                + name.chars().count();
            if length > PATH_CHARS_MAX {
                let whole = Digest(Sha256::digest(names.join("/").as_bytes()).into()).to_string();
                let short = vec!["Long paths".to_owned(), whole[..16].to_owned()];
                return (FolderPath::Drive(short), vec![PATH_SHORTENED]);
            }
            let transforms = if accepted == *names {
                vec![]
            } else {
                vec![NAME_CHANGED]
            };
            (FolderPath::Drive(accepted), transforms)
        }
    }
}

/// Calendars, contact folders and task lists take what mail folders take.
fn outlook_folder(folder: &FolderPath) -> (FolderPath, Vec<Transform>) {
    let one = |name: &Option<String>| name.as_deref().map(mail_folder_name);
    let accepted = match folder {
        FolderPath::Calendar(name) => FolderPath::Calendar(one(name)),
        FolderPath::Contacts(names) => {
            FolderPath::Contacts(names.iter().map(|name| mail_folder_name(name)).collect())
        }
        FolderPath::Tasks(name) => FolderPath::Tasks(one(name)),
        other => other.clone(),
    };
    let transforms = if accepted == *folder {
        vec![]
    } else {
        vec![FOLDER_CHANGED]
    };
    (accepted, transforms)
}

/// A mail folder's name was changed so that Exchange takes it.
const FOLDER_CHANGED: Transform = Transform("mail-folder-name/1");

fn mail_folder_name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        "_".to_owned()
    } else {
        clean.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_are_taken_stay_as_they_are() {
        for name in [
            "a.txt",
            "てすと.txt",
            ".profile",
            "a%20b&c=d.doc",
            "console.log",
            "x~y",
            "#1",
        ] {
            assert_eq!(accepted_name(name), name);
        }
    }

    #[test]
    fn names_that_are_refused_become_others() {
        for name in [
            "",
            "a:b.txt",
            "con",
            "LPT1.doc",
            " a",
            "a.",
            "~$x.docx",
            "desktop.ini",
            "x_vti_y",
            "a\tb",
            ".lock",
            "...",
        ] {
            let accepted = accepted_name(name);
            assert!(is_accepted(&accepted), "{name:?} became {accepted:?}");
            assert_ne!(accepted, name);
        }
        assert!(accepted_name("a:b.txt").ends_with(").txt"));
        assert_ne!(accepted_name("a:b"), accepted_name("a*b"));
    }

    #[test]
    fn a_path_that_is_too_long_lies_in_a_folder_of_its_own() {
        let deep = FolderPath::Drive(vec!["n".repeat(60); 6]);
        let (folder, transforms) = accepted_folder(&deep, "a.txt");
        assert_eq!(transforms, [PATH_SHORTENED]);
        assert!(matches!(folder, FolderPath::Drive(names) if names.len() == 2));
    }

    proptest! {
        #[test]
        fn every_name_becomes_one_that_is_taken(name in ".{0,300}") {
            let accepted = accepted_name(&name);
            prop_assert!(is_accepted(&accepted), "{name:?} became {accepted:?}");
        }
    }
}
