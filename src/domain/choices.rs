//! What the operator chooses before a plan is made, where a mailbox leaves a choice: frozen in the plan's rows and named in its
//! event, so that whoever approves the plan approves these. Pure.

use std::collections::BTreeMap;

use super::folder::{FolderPath, WellKnownFolder};
use super::item::Workload;
use super::message::Transform;

/// The people of an event were left out, as the operator chose.
pub const ATTENDEES_LEFT_OUT: Transform = Transform("attendees-left-out/1");
/// Items that lay beside the folders that a person sees came into a folder that the operator named.
pub const INTO_NAMED_FOLDER: Transform = Transform("into-named-folder/1");
/// The message has a copy of its own bytes attached.
pub const COPY_ATTACHED: Transform = Transform("raw-copy-attached/1");
/// A copy of the message's own bytes lies in the drive as a file: it is no change of the message.
pub const COPY_BESIDE: Transform = Transform("raw-copy-beside/1");

/// What becomes of the organizer and the attendees of an event. To keep them as attendees is no choice: Graph sends each of them an
/// invitation, and nothing turns that off (graph.md 1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attendees {
    /// They stand in the body, as data.
    #[default]
    IntoBody,
    /// They are left out.
    LeftOut,
}

/// What becomes of items that lie beside the folders that a person sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Aside {
    /// They are held, by name.
    #[default]
    Held,
    /// They go into a folder of this name, below which their own folders stand.
    Into(String),
}

/// Whether a message comes with a copy of its MIME bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawCopy {
    /// As an attachment.
    Attached,
    /// As a file in the drive.
    Beside,
    /// There is none.
    #[default]
    None,
}

/// All choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Of people of an event.
    pub attendees: Attendees,
    /// Of what lies in an archive mailbox.
    pub in_place_archive: Aside,
    /// Of what lies in the Recoverable Items, among them what a hold kept.
    pub recoverable_items: Aside,
    /// Of the MIME bytes.
    pub raw_copy: RawCopy,
}

/// The classes under which items are held that the operator chose to hold.
pub const REASONS: [&str; 2] = ["in-place-archive", "recoverable-items"];

/// The places beside the folders that a person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    InPlaceArchive,
    RecoverableItems,
}

/// How the top folders are called: by Outlook and exports, and by Graph; lower case. The archive has its owner's name behind it.
const RECOVERABLE: [&str; 2] = ["recoverable items", "recoverableitems"];
const ARCHIVE: [&str; 3] = ["archivemsgfolderroot", "in-place archive", "online archive"];

impl Choices {
    /// The choices in words without personal facts, by what is chosen.
    pub fn words(&self) -> BTreeMap<String, String> {
        let aside = |aside: &Aside| match aside {
            Aside::Held => "held",
            Aside::Into(_) => "into-named-folder",
        };
        let attendees = match self.attendees {
            Attendees::IntoBody => "into-body",
            Attendees::LeftOut => "left-out",
        };
        let raw_copy = match self.raw_copy {
            RawCopy::Attached => "attached",
            RawCopy::Beside => "beside",
            RawCopy::None => "none",
        };
        let words = [
            ("attendees", attendees),
            ("in-place-archive", aside(&self.in_place_archive)),
            ("raw-copy", raw_copy),
            ("recoverable-items", aside(&self.recoverable_items)),
        ];
        words
            .into_iter()
            .map(|(what, word)| (what.to_owned(), word.to_owned()))
            .collect()
    }

    /// What is to be done to an item of a folder: the folder that it goes to, or why it is held; and what its worker has to do.
    pub fn of(&self, workload: Workload, folder: &FolderPath) -> Chosen {
        let mut chosen = Chosen {
            folder: Ok(None),
            todo: Vec::new(),
        };
        if let Some(place) = place_of(folder) {
            let (aside, reason) = match place {
                Place::InPlaceArchive => (&self.in_place_archive, REASONS[0]),
                Place::RecoverableItems => (&self.recoverable_items, REASONS[1]),
            };
            chosen.folder = match aside {
                Aside::Held => Err(reason),
                Aside::Into(name) => {
                    chosen.todo.push(INTO_NAMED_FOLDER);
                    Ok(Some(below(name, folder)))
                }
            };
        }
        match (workload, self.attendees, self.raw_copy) {
            (Workload::Calendar, Attendees::LeftOut, _) => chosen.todo.push(ATTENDEES_LEFT_OUT),
            (Workload::Mail, _, RawCopy::Attached) => chosen.todo.push(COPY_ATTACHED),
            (Workload::Mail, _, RawCopy::Beside) => chosen.todo.push(COPY_BESIDE),
            _ => {}
        }
        chosen
    }
}

/// What the choices make of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Another folder than its own, where there is one; or the class under which it is held.
    pub folder: Result<Option<FolderPath>, &'static str>,
    /// What its worker does, under the names that the outcome carries.
    pub todo: Vec<Transform>,
}

/// Reads what a plan's row carries; `None` of a name that this version does not know.
pub fn todo(name: &str) -> Option<Transform> {
    [
        ATTENDEES_LEFT_OUT,
        COPY_ATTACHED,
        COPY_BESIDE,
        INTO_NAMED_FOLDER,
    ]
    .into_iter()
    .find(|known| known.0 == name)
}

/// By the top folder's name; folders of that name deeper down are a person's own.
fn place_of(folder: &FolderPath) -> Option<Place> {
    let top = match folder {
        FolderPath::Calendar(name) | FolderPath::Tasks(name) => name.as_deref()?,
        FolderPath::Contacts(names) => names.first()?,
        FolderPath::Mail {
            root: WellKnownFolder::MessageFolderRoot,
            below,
        } => below.first()?,
        FolderPath::Drive(_)
        | FolderPath::List(_)
        | FolderPath::Mail { .. }
        | FolderPath::Teams(_) => return None,
    };
    let top = top.to_lowercase();
    let begins = |name: &&&str| {
        let rest = top.strip_prefix(**name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" - "))
    };
    if RECOVERABLE.iter().any(|name| begins(&name)) || is_graph_name(&top) {
        return Some(Place::RecoverableItems);
    }
    let is_archive = ARCHIVE.iter().any(|name| begins(&name));
    is_archive.then_some(Place::InPlaceArchive)
}

/// `recoverableitemsdeletions` and its like, as Graph names the folders within.
fn is_graph_name(top: &str) -> bool {
    let rest = top.strip_prefix("recoverableitems");
    rest.is_some_and(|rest| ["deletions", "purges", "root", "versions"].contains(&rest))
}

/// The folder again, below one of that name.
fn below(name: &str, folder: &FolderPath) -> FolderPath {
    let joined = |own: &Option<String>| {
        Some(match own {
            Some(own) => format!("{name} - {own}"),
            None => name.to_owned(),
        })
    };
    let put = |names: &[String]| [&[name.to_owned()], names].concat();
    match folder {
        FolderPath::Calendar(own) => FolderPath::Calendar(joined(own)),
        FolderPath::Tasks(own) => FolderPath::Tasks(joined(own)),
        FolderPath::Contacts(names) => FolderPath::Contacts(put(names)),
        FolderPath::Drive(names) => FolderPath::Drive(put(names)),
        FolderPath::List(_) | FolderPath::Teams(_) => folder.clone(),
        FolderPath::Mail { root, below } => FolderPath::Mail {
            root: *root,
            below: put(below),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(names: &[&str]) -> FolderPath {
        FolderPath::Mail {
            root: WellKnownFolder::MessageFolderRoot,
            below: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn what_lies_beside_a_persons_folders_is_held_by_name_unless_a_folder_is_named() {
        let choices = Choices::default();
        let held = |path: &FolderPath| choices.of(Workload::Mail, path).folder;
        for path in [
            mail(&["Recoverable Items", "Purges"]),
            mail(&["RecoverableItemsDeletions"]),
            FolderPath::Calendar(Some("Recoverable Items - Deletions".to_owned())),
        ] {
            assert_eq!(held(&path), Err("recoverable-items"), "{path:?}");
        }
        for path in [
            mail(&["Online Archive - ada@old.example", "Inbox"]),
            FolderPath::Contacts(vec!["In-Place Archive".to_owned()]),
        ] {
            assert_eq!(held(&path), Err("in-place-archive"), "{path:?}");
        }
        for path in [
            mail(&["Projects", "Recoverable Items"]),
            mail(&["Recoverable Itemsets"]),
            FolderPath::Calendar(None),
            FolderPath::Drive(vec!["Recoverable Items".to_owned()]),
        ] {
            assert_eq!(held(&path), Ok(None), "{path:?}");
        }
    }

    #[test]
    fn a_named_folder_takes_them_with_their_own_folders() {
        let choices = Choices {
            recoverable_items: Aside::Into("Found again".to_owned()),
            raw_copy: RawCopy::Attached,
            ..Choices::default()
        };
        let chosen = choices.of(Workload::Mail, &mail(&["Recoverable Items", "Purges"]));
        let path = mail(&["Found again", "Recoverable Items", "Purges"]);
        assert_eq!(chosen.folder, Ok(Some(path)));
        assert_eq!(chosen.todo, [INTO_NAMED_FOLDER, COPY_ATTACHED]);
        let own = FolderPath::Tasks(Some("Recoverable Items - Deletions".to_owned()));
        let named = "Found again - Recoverable Items - Deletions".to_owned();
        let path = FolderPath::Tasks(Some(named));
        assert_eq!(choices.of(Workload::Tasks, &own).folder, Ok(Some(path)));
        let words = choices.words();
        assert_eq!(words["recoverable-items"], "into-named-folder");
        assert!(
            words.values().all(|word| !word.contains("Found")),
            "nothing personal"
        );
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        for known in [
            ATTENDEES_LEFT_OUT,
            COPY_ATTACHED,
            COPY_BESIDE,
            INTO_NAMED_FOLDER,
        ] {
            assert_eq!(todo(known.0), Some(known));
        }
        assert_eq!(todo("something-new/1"), None);
    }
}
