//! What a data file holds, as items and as things that are not restored: each object once, in the order of the folders, read whole
//! for its digest and let go again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::store::{Folder, Item, PstFile};
use super::{PinnedFile, Problem, problem};
use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::sources::BadItem;
use crate::sources::folders::mail_folder;
use crate::sources::mapi::bytes::hex;
use crate::sources::mapi::class::{self, Kind};
use crate::sources::mapi::{Key, ids, message, outlook, rule};
use crate::sources::pinned::Pinned;

/// `PidTagSearchKey`: travels with an object into copies and exports.
const SEARCH_KEY: Key = Key::Tag(0x300B);

/// The items of one custodian, file by file.
pub(super) struct Listing {
    custodian: CustodianName,
    point: RestorePointId,
    seen: Seen,
}

/// How often each search key was met, over all files of a person.
type Seen = Arc<Mutex<BTreeMap<Vec<u8>, u64>>>;
type Read = Result<SourceItem, BadItem>;

/// What is still to be read of a file.
enum Step {
    Item {
        folder: usize,
        node: u32,
    },
    Hidden {
        folder: usize,
        node: u32,
        class: String,
    },
    Orphan {
        node: u32,
    },
    Damage {
        place: String,
        reason: String,
    },
}

impl Listing {
    pub(super) fn new(custodian: CustodianName, point: RestorePointId) -> Self {
        Self {
            custodian,
            point,
            seen: Seen::default(),
        }
    }

    /// Whose items they are.
    pub(super) fn custodian(&self) -> &CustodianName {
        &self.custodian
    }

    /// As of when.
    pub(super) fn point(&self) -> &RestorePointId {
        &self.point
    }

    /// Everything in a file, one by one.
    pub(super) fn of_file<'a>(
        &self,
        file: &'a PinnedFile,
        opened: Result<Arc<PstFile>, Problem>,
    ) -> Box<dyn Iterator<Item = Read> + Send + 'a> {
        let custodian = self.custodian.clone();
        let opened = opened.and_then(|opened| {
            let folders = opened.folders().map_err(|error| problem(&error))?;
            Ok((opened, folders))
        });
        let (opened, folders) = match opened {
            Ok(opened) => opened,
            Err(problem) => return Box::new(std::iter::once(Err(file.bad(&custodian, problem)))),
        };
        let steps = steps(&opened, &folders);
        Box::new(Walk {
            file,
            opened,
            claimed: folders
                .iter()
                .filter_map(|folder| match &folder.place {
                    Some((root, below)) if below.is_empty() => Some(*root),
                    _ => None,
                })
                .collect(),
            folders,
            steps,
            custodian,
            point: self.point.clone(),
            seen: Arc::clone(&self.seen),
        })
    }
}

fn steps(opened: &PstFile, folders: &[Folder]) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let mut listed = BTreeSet::new();
    for (index, folder) in folders.iter().enumerate() {
        if let Some(reason) = &folder.damage {
            steps.push_back(Step::Damage {
                place: folder.names.join("/"),
                reason: reason.clone(),
            });
        }
        for node in &folder.items {
            // A node that two folders list is one item.
            if listed.insert(*node) {
                steps.push_back(Step::Item {
                    folder: index,
                    node: *node,
                });
            }
        }
        steps.extend(folder.associated.iter().map(|(node, class)| Step::Hidden {
            folder: index,
            node: *node,
            class: class.clone(),
        }));
    }
    match opened.orphans(&listed) {
        Ok(orphans) => steps.extend(orphans.into_iter().map(|node| Step::Orphan { node })),
        Err(error) => steps.push_back(Step::Damage {
            place: "nodes".to_owned(),
            reason: error.to_string(),
        }),
    }
    steps
}

struct Walk<'a> {
    file: &'a PinnedFile,
    opened: Arc<PstFile>,
    folders: Vec<Folder>,
    /// Well-known folders that the store names itself.
    claimed: BTreeSet<WellKnownFolder>,
    steps: VecDeque<Step>,
    custodian: CustodianName,
    point: RestorePointId,
    seen: Seen,
}

impl Iterator for Walk<'_> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        let step = self.steps.pop_front()?;
        Some(match step {
            Step::Item { folder, node } => self.item(folder, node),
            Step::Hidden {
                folder,
                node,
                class,
            } => Err(self.hidden(self.locator(folder, node), node, &class)),
            Step::Orphan { node } => {
                let problem = Problem::new("in-no-folder", "deleted: no folder lists it any more");
                Err(self.bad(format!("{}#{node:x}", self.file.locator), problem))
            }
            Step::Damage { place, reason } => Err(self.bad(
                format!("{}#{place}", self.file.locator),
                Problem::new("folder-damaged", reason),
            )),
        })
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the Items of a source are made of these"
)]
impl Walk<'_> {
    fn locator(&self, folder: usize, node: u32) -> String {
        let names = self.folders[folder].names.join("/");
        format!("{}#{names}/{node:x}", self.file.locator)
    }

    fn bad(&self, locator: String, problem: Problem) -> BadItem {
        BadItem {
            custodian: self.custodian.clone(),
            workload: None,
            locator,
            digest: None,
            size_bytes: 0,
            class: problem.class,
            reason: problem.reason,
        }
    }

    /// A view, a setting or a rule: of a rule also what it does, so that whoever decides knows it.
    fn hidden(&self, locator: String, node: u32, class: &str) -> BadItem {
        let found = class::hidden(class);
        let hidden = format!("hidden from people ({class})");
        if found != class::RULE {
            let reason = format!("{hidden}; never restored");
            return self.bad(locator, Problem::new(found, reason));
        }
        match self.opened.item(node) {
            Ok(read) => {
                let does = rule::told(&read.object.properties);
                let reason = format!("{hidden}: {does}; never restored");
                BadItem {
                    digest: Some(read.digest),
                    size_bytes: read.size_bytes,
                    ..self.bad(locator, Problem::new(found, reason))
                }
            }
            Err(error) => {
                let reason = format!("{hidden}: it cannot be read ({error}); never restored");
                self.bad(locator, Problem::new(found, reason))
            }
        }
    }

    fn item(&self, folder: usize, node: u32) -> Read {
        let locator = self.locator(folder, node);
        let read = match self.opened.item(node) {
            Ok(read) => read,
            Err(error) => return Err(self.bad(locator, problem(&error))),
        };
        let properties = &read.object.properties;
        let class = properties.text(&ids::MESSAGE_CLASS).unwrap_or_default();
        let place = match class::kind(&class) {
            Kind::Mail | Kind::Note => Some((Workload::Mail, self.mail(folder))),
            Kind::Appointment => Some((
                Workload::Calendar,
                FolderPath::Calendar(self.named(folder, &ids::IPM_APPOINTMENT_ENTRY_ID)),
            )),
            Kind::Contact | Kind::DistributionList => {
                Some((Workload::Contacts, self.contacts(folder)))
            }
            Kind::Task => Some((
                Workload::Tasks,
                FolderPath::Tasks(self.named(folder, &ids::IPM_TASK_ENTRY_ID)),
            )),
            Kind::Left(_) => None,
        };
        let Some((workload, path)) = place else {
            let Kind::Left(left) = class::kind(&class) else {
                unreachable!("only what is left has no place");
            };
            let mut reason = format!("an object of the class {class:?} is not restored");
            if left == class::RULE {
                reason = format!("{reason}: {}", rule::told(properties));
            }
            return Err(BadItem {
                digest: Some(read.digest),
                size_bytes: read.size_bytes,
                ..self.bad(locator, Problem::new(left, reason))
            });
        };
        if workload == Workload::Calendar
            && let Err(problem) = outlook::placed(&read.object)
        {
            return Err(BadItem {
                workload: Some(workload),
                digest: Some(read.digest),
                size_bytes: read.size_bytes,
                ..self.bad(locator, problem)
            });
        }
        Ok(SourceItem {
            custodian: self.custodian.clone(),
            workload,
            stable_id: self.stable_id(&read, &locator),
            version: String::new(),
            locator,
            point: self.point.clone(),
            folder: path,
            name: message::name_of(properties),
            size_bytes: read.size_bytes,
            digest: read.digest,
            created: properties
                .time(&ids::CLIENT_SUBMIT_TIME)
                .or_else(|| properties.time(&ids::CREATION_TIME)),
            modified: properties
                .time(&ids::MESSAGE_DELIVERY_TIME)
                .or_else(|| properties.time(&ids::LAST_MODIFICATION_TIME)),
        })
    }

    /// The search key and which occurrence of it this is; the locator where an object has none.
    fn stable_id(&self, read: &Item, locator: &str) -> String {
        let Some(key) = read.object.properties.bytes(&SEARCH_KEY) else {
            return locator.to_owned();
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let occurrence = seen.entry(key.to_vec()).or_default();
        *occurrence += 1;
        format!("search-key:{}.{occurrence}", hex(key))
    }

    /// By what the store says; by its usual English name only where the store names no such folder.
    fn mail(&self, folder: usize) -> FolderPath {
        let folder = &self.folders[folder];
        let (root, below) = match &folder.place {
            Some((root, below)) => (*root, below.clone()),
            None => (WellKnownFolder::MessageFolderRoot, folder.names.clone()),
        };
        if root == WellKnownFolder::MessageFolderRoot
            && !below.is_empty()
            && let FolderPath::Mail { root, below } = mail_folder(&below)
            && !self.claimed.contains(&root)
        {
            return FolderPath::Mail { root, below };
        }
        FolderPath::Mail { root, below }
    }

    /// A folder of contacts: the mailbox's own, or what lies below the top by name.
    fn contacts(&self, folder: usize) -> FolderPath {
        let own = self.opened.named_by_root(&ids::IPM_CONTACT_ENTRY_ID);
        FolderPath::Contacts(self.names_below(folder, own, "contacts"))
    }

    /// A calendar or a task list: `None` for the mailbox's own; those below others are named by their whole path.
    fn named(&self, folder: usize, key: &Key) -> Option<String> {
        let own = self.opened.named_by_root(key);
        let usual = if *key == ids::IPM_TASK_ENTRY_ID {
            "tasks"
        } else {
            "calendar"
        };
        let names = self.names_below(folder, own, usual);
        (!names.is_empty()).then(|| names.join(" - "))
    }

    fn names_below(&self, folder: usize, own: Option<u32>, usual: &str) -> Vec<String> {
        let folder = &self.folders[folder];
        if let Some(own) = own
            && let Some(own) = self.folders.iter().find(|one| one.id == own)
            && let Some(below) = folder.names.strip_prefix(own.names.as_slice())
        {
            return below.to_vec();
        }
        let names = match &folder.place {
            Some((WellKnownFolder::MessageFolderRoot, below)) => below.as_slice(),
            _ => folder.names.as_slice(),
        };
        match names.split_first() {
            Some((first, below)) if own.is_none() && first.to_lowercase() == usual => {
                below.to_vec()
            }
            _ => names.to_vec(),
        }
    }
}

/// The file and the node that a locator names: the last `/` or `#` stands before the node.
pub(super) fn place_of(pinned: &Pinned, locator: &str) -> Option<(usize, u32)> {
    let node = locator.rsplit(['/', '#']).next()?;
    let node = u32::from_str_radix(node, 16).ok()?;
    let index = locator
        .match_indices('#')
        .find_map(|(at, _)| pinned.index_of(&locator[..at]))?;
    Some((index, node))
}
