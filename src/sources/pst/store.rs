//! The messaging layer ([MS-PST] 2.4): the folders of a file, what lies in each, and one item whole; what it means is `mapi`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::btree::Trees;
use super::disk::Disk;
use super::error::{PstError, damaged};
use super::header::{Format, Header};
use super::names::{self, Names};
use super::node::{Blocks, Budget, Node};
use super::{object, property, table};
use crate::domain::folder::WellKnownFolder;
use crate::domain::item::Digest;
use crate::sources::mapi::bytes::u32_at;
use crate::sources::mapi::{Key, Object, Properties, Value, ids};

/// Exchange takes 150 MB a message; a node that is larger is no message.
const ITEM_BYTES_MAX: u64 = 256 << 20;
/// Folders of one file; more are a loop or an attack.
const FOLDERS_MAX: usize = 100_000;
const FOLDER_LEVELS_MAX: usize = 128;

const STORE: u32 = 0x21;
const NAME_MAP: u32 = 0x61;
const ROOT_FOLDER: u32 = 0x122;
/// Which folder takes in messages of which class: a row for `IPM` names the inbox.
const RECEIVE_FOLDERS: u32 = 0x62B;
/// The folder that such a row names.
const RECEIVE_FOLDER: Key = Key::Tag(0x6605);

/// Node types, the low five bits of an id ([MS-PST] 2.2.2.1).
mod kind {
    pub(super) const FOLDER: u32 = 0x02;
    pub(super) const SEARCH_FOLDER: u32 = 0x03;
    pub(super) const MESSAGE: u32 = 0x04;
    pub(super) const HIERARCHY: u32 = 0x0D;
    pub(super) const CONTENTS: u32 = 0x0E;
    pub(super) const ASSOCIATED: u32 = 0x0F;
}

/// An open data file.
pub struct PstFile {
    disk: Box<dyn Disk>,
    trees: Trees,
    names: Names,
    store: Properties,
    root: Properties,
}

/// A folder as it stands in the file.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its node.
    pub id: u32,
    /// The names from below the root folder down to its own.
    pub names: Vec<String>,
    /// The well-known folder that the store says it is, or lies in, and the names below that; `None` outside of the mailbox.
    pub place: Option<(WellKnownFolder, Vec<String>)>,
    /// `PidTagContainerClass`, where it has one.
    pub class: Option<String>,
    /// A search: what it lists lies in other folders.
    pub is_search: bool,
    /// The nodes of its items, in the order of its table.
    pub items: Vec<u32>,
    /// Items that Outlook hides: rules, views, settings; node and message class.
    pub associated: Vec<(u32, String)>,
    /// A table of it could not be read: items may be missing.
    pub damage: Option<String>,
}

/// An item, whole.
pub struct Item {
    /// Over its nodes as they are stored.
    pub digest: Digest,
    /// Of its nodes.
    pub size_bytes: u64,
    /// What it is.
    pub object: Object,
}

impl PstFile {
    /// Opens a data file: its header, its named properties and its store. A password is passed over.
    pub fn open(disk: Box<dyn Disk>) -> Result<Self, PstError> {
        let header = Header::read(&*disk)?;
        let mut file = Self {
            disk,
            trees: Trees::new(header),
            names: Names::default(),
            store: Properties::default(),
            root: Properties::default(),
        };
        let Some(store) = file.load(STORE)? else {
            return damaged("store", "there is none");
        };
        if let Some(map) = file.load(NAME_MAP)? {
            file.names = names::read(&map)?;
        }
        file.store = property::read(&store, &file.names)?.properties;
        if let Some(root) = file.load(ROOT_FOLDER)? {
            file.root = property::read(&root, &file.names)?.properties;
        }
        Ok(file)
    }

    /// Which of the two formats it has.
    pub fn format(&self) -> Format {
        self.trees.header.format
    }

    fn load(&self, id: u32) -> Result<Option<Node>, PstError> {
        let blocks = Blocks {
            disk: &*self.disk,
            trees: &self.trees,
        };
        blocks.load(id, &mut Budget::bytes(ITEM_BYTES_MAX))
    }

    /// Every folder below the root, in the order of the file.
    pub fn folders(&self) -> Result<Vec<Folder>, PstError> {
        let mut found = Vec::new();
        let mut known = Self::named_by(&self.store);
        // The root folder names those that the store itself does not.
        known.extend(Self::named_by(&self.root));
        if let Some(inbox) = self.inbox() {
            known.entry(inbox).or_insert(WellKnownFolder::Inbox);
        }
        let mut seen = BTreeSet::from([ROOT_FOLDER]);
        let mut open = vec![(ROOT_FOLDER, Vec::new(), None)];
        while let Some((id, names, place)) = open.pop() {
            let (below, damage) = self.below(id);
            if let Some(damage) = damage
                && let Some(folder) = found.iter_mut().find(|one: &&mut Folder| one.id == id)
            {
                folder.damage.get_or_insert(damage);
            }
            for child in below.into_iter().rev() {
                if !seen.insert(child) || names.len() >= FOLDER_LEVELS_MAX {
                    continue;
                }
                if seen.len() > FOLDERS_MAX {
                    return damaged("folders", "more than a mailbox has");
                }
                let folder = self.folder(child, &names, place.as_ref(), &known);
                open.push((child, folder.names.clone(), folder.place.clone()));
                found.push(folder);
            }
        }
        found.sort_by(|left, right| left.names.cmp(&right.names));
        Ok(found)
    }

    /// Items that no folder lists any more: deleted, and not yet written over.
    pub fn orphans(&self, listed: &BTreeSet<u32>) -> Result<Vec<u32>, PstError> {
        let mut found = Vec::new();
        self.trees.each_node(&*self.disk, &mut |entry| {
            if entry.node & 0x1F == kind::MESSAGE && !listed.contains(&entry.node) {
                found.push(entry.node);
            }
        })?;
        Ok(found)
    }

    /// An item whole, with its digest.
    pub fn item(&self, id: u32) -> Result<Item, PstError> {
        let Some(node) = self.load(id)? else {
            return damaged("item", "its folder lists a node that is not there");
        };
        Ok(Item {
            digest: node.digest(id),
            size_bytes: node.size_bytes(),
            object: object::read(&node, &self.names)?,
        })
    }

    /// An item's nodes as one sequence of bytes: what its digest is of.
    pub fn stored(&self, id: u32) -> Result<Vec<u8>, PstError> {
        let Some(node) = self.load(id)? else {
            return damaged("item", "its node is not there");
        };
        let mut bytes = Vec::new();
        node.stored(id, &mut |more| bytes.extend_from_slice(more));
        Ok(bytes)
    }

    /// A folder that the root folder names by entry id.
    pub fn named_by_root(&self, key: &Key) -> Option<u32> {
        node_of(self.root.bytes(key)?)
    }

    fn below(&self, folder: u32) -> (Vec<u32>, Option<String>) {
        match self.rows(folder, kind::HIERARCHY) {
            Ok(rows) => {
                let is_folder = |id: &u32| matches!(id & 0x1F, kind::FOLDER | kind::SEARCH_FOLDER);
                let ids = rows.into_iter().map(|row| row.id);
                (ids.filter(is_folder).collect(), None)
            }
            Err(error) => (Vec::new(), Some(error.to_string())),
        }
    }

    fn folder(
        &self,
        id: u32,
        above: &[String],
        place_above: Option<&(WellKnownFolder, Vec<String>)>,
        known: &BTreeMap<u32, WellKnownFolder>,
    ) -> Folder {
        let mut damage = None;
        let mut note = |error: PstError| damage = Some(error.to_string());
        let properties = match self.load(id) {
            Ok(Some(node)) => property::read(&node, &self.names).map(|read| read.properties),
            Ok(None) => damaged("folder", "its node is not there"),
            Err(error) => Err(error),
        };
        let properties = properties.map_err(&mut note).unwrap_or_default();
        let name = properties.text(&ids::DISPLAY_NAME);
        let name = name.unwrap_or_else(|| format!("folder {id:x}"));
        let place = match known.get(&id) {
            Some(root) => Some((*root, Vec::new())),
            None => place_above
                .map(|(root, below)| (*root, [&below[..], std::slice::from_ref(&name)].concat())),
        };
        let is_search = id & 0x1F == kind::SEARCH_FOLDER;
        let mut items = Vec::new();
        let mut associated = Vec::new();
        if !is_search {
            match self.rows(id, kind::CONTENTS) {
                Ok(rows) => items = rows.into_iter().map(|row| row.id).collect(),
                Err(error) => note(error),
            }
            match self.rows(id, kind::ASSOCIATED) {
                Ok(rows) => {
                    let class = |row: &table::Row| row.properties.text(&ids::MESSAGE_CLASS);
                    associated = rows
                        .iter()
                        .map(|row| (row.id, class(row).unwrap_or_default()))
                        .collect();
                }
                Err(error) => note(error),
            }
        }
        Folder {
            id,
            names: [above, &[name]].concat(),
            place,
            class: properties.text(&ids::CONTAINER_CLASS),
            is_search,
            items,
            associated,
            damage,
        }
    }

    fn rows(&self, folder: u32, kind: u32) -> Result<Vec<table::Row>, PstError> {
        match self.load(folder & !0x1F | kind)? {
            Some(node) => table::read(&node, &self.names),
            // A folder without one has nothing of that kind.
            None => Ok(Vec::new()),
        }
    }

    /// The folder that takes in mail.
    fn inbox(&self) -> Option<u32> {
        let rows = table::read(&self.load(RECEIVE_FOLDERS).ok()??, &self.names).ok()?;
        let named = |class: Option<&str>| {
            let row = rows.iter().find(|row| {
                let found = row.properties.text(&ids::MESSAGE_CLASS);
                found.as_deref() == class
            })?;
            u32::try_from(row.properties.number(&RECEIVE_FOLDER)?).ok()
        };
        let inbox = named(Some("IPM.Note")).or_else(|| named(Some("IPM")));
        inbox
            .or_else(|| named(None))
            .filter(|id| *id != ROOT_FOLDER)
    }

    /// The folders that a set of properties names by entry id.
    fn named_by(properties: &Properties) -> BTreeMap<u32, WellKnownFolder> {
        let single = [
            (
                ids::IPM_SUB_TREE_ENTRY_ID,
                WellKnownFolder::MessageFolderRoot,
            ),
            (ids::IPM_OUTBOX_ENTRY_ID, WellKnownFolder::Outbox),
            (ids::IPM_WASTEBASKET_ENTRY_ID, WellKnownFolder::DeletedItems),
            (ids::IPM_SENT_MAIL_ENTRY_ID, WellKnownFolder::SentItems),
            (ids::IPM_DRAFTS_ENTRY_ID, WellKnownFolder::Drafts),
        ];
        let mut known: BTreeMap<u32, WellKnownFolder> = single
            .iter()
            .filter_map(|(key, folder)| Some((node_of(properties.bytes(key)?)?, *folder)))
            .collect();
        // [MS-OXOSFLD] 2.2.4: the fifth is the junk mail folder.
        if let Some(Value::Many(values)) = properties.value(&ids::ADDITIONAL_REN_ENTRY_IDS)
            && let Some(Value::Bytes(bytes)) = values.get(4)
            && let Some(node) = node_of(bytes)
        {
            known.insert(node, WellKnownFolder::JunkEmail);
        }
        known
    }
}

/// [MS-PST] 2.4.3.2: flags, the store's id, the node.
fn node_of(entry_id: &[u8]) -> Option<u32> {
    u32_at(entry_id, 20).filter(|node| *node != 0)
}
