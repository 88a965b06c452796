//! Outlook data files (PST) as a source: whose they are, and each object in them as an item; the format is read below, what an
//! object means is `mapi`'s.
//!
//! A file whose name holds an address is that person's; else one below a folder that is named like an address; else each file is a
//! custodian of its own, because two people's mailboxes must never become one.

mod beside;
mod btree;
#[cfg(test)]
mod built;
mod cipher;
mod crc;
pub mod disk;
pub mod error;
pub mod header;
mod heap;
mod listing;
mod names;
mod node;
mod object;
pub(super) mod package;
mod property;
pub mod store;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::mapi::{self, Object};
use super::pinned::{self, Pinned, PinnedFile, Problem};
use super::reader::digest_of;
use super::{Fidelity, Items, Source, SourceDescription, SourceError, strays};
use crate::domain::alias::Named;
use crate::domain::item::{CustodianName, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use disk::OpenFile;
use error::PstError;
use listing::Listing;
use package::{Missing, Package};
use store::{Item, PstFile};

/// Files that are kept open: a case may have thousands.
const OPEN_MAX: usize = 16;

/// Data files, with whatever else lies among them.
pub(super) struct PstFiles {
    pinned: Pinned,
    description: SourceDescription,
    open: Mutex<Vec<(usize, Arc<PstFile>)>>,
    package: Package,
    trial: Option<Trial>,
    /// How the trial of each file ended.
    tried: Mutex<BTreeMap<usize, Result<(), String>>>,
}

/// Reads a whole data file elsewhere first, where it can harm nobody; says why that did not end well. ADR 0009 tells why.
pub type Trial = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

impl PstFiles {
    pub(super) fn from_pinned(pinned: Pinned, trial: Option<Trial>) -> Self {
        let package = Package::read(&pinned);
        let files = pinned.files.iter().map(|file| owner_of(&package, file));
        let missing = package.missing.iter().map(owner_of_row);
        let mut custodians: Vec<CustodianName> = files.chain(missing).collect();
        custodians.sort();
        custodians.dedup();
        let has_rows = package.found > 0 || !package.missing.is_empty();
        let kind = if has_rows { "purview" } else { "pst" };
        let description = pinned.description(kind, Fidelity::Reconstructed, custodians);
        Self {
            pinned,
            description,
            open: Mutex::default(),
            package,
            trial,
            tried: Mutex::default(),
        }
    }

    /// Why the first file, which may be the only one, is none that can be read at all.
    pub(super) fn refusal(&self) -> Option<String> {
        self.opened(0).err().map(|problem| problem.reason)
    }

    fn opened(&self, index: usize) -> Result<Arc<PstFile>, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = open.iter().position(|(known, _)| *known == index) {
            let known = open.remove(place);
            let file = Arc::clone(&known.1);
            open.push(known);
            return Ok(file);
        }
        let file = &self.pinned.files[index];
        file.content.clone()?;
        self.try_first(index)?;
        let disk = self
            .pinned
            .tree()
            .open(&file.path)
            .map_err(|error| Problem::new("unreadable", error.to_string()))
            .and_then(|file| OpenFile::new(file).map_err(|error| problem(&error.into())))?;
        let file = Arc::new(PstFile::open(Box::new(disk)).map_err(|error| problem(&error))?);
        if open.len() >= OPEN_MAX {
            open.remove(0);
        }
        open.push((index, Arc::clone(&file)));
        Ok(file)
    }

    /// Once a file: what a hostile one does to its reader, it does to another process.
    fn try_first(&self, index: usize) -> Result<(), Problem> {
        let Some(trial) = &self.trial else {
            return Ok(());
        };
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = tried.entry(index).or_insert_with(|| {
            let tree = self.pinned.tree();
            trial(&tree.root().join(&self.pinned.files[index].path))
        });
        ended
            .clone()
            .map_err(|why| Problem::new("reader-ended", why))
    }

    /// The item again, if its nodes are still those of its digest.
    fn item(&self, item: &SourceItem) -> Result<Item, SourceError> {
        let found = self.at(item, PstFile::item)?;
        pinned::unchanged(item, found.digest)?;
        Ok(found)
    }

    fn at<T>(
        &self,
        item: &SourceItem,
        read: impl Fn(&PstFile, u32) -> Result<T, PstError>,
    ) -> Result<T, SourceError> {
        let invalid = |rule: String| SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule,
        };
        let (index, node) = listing::place_of(&self.pinned, &item.locator)
            .ok_or_else(|| invalid("an item of this source".to_owned()))?;
        let file = self
            .opened(index)
            .map_err(|problem| invalid(problem.reason))?;
        read(&file, node).map_err(|error| invalid(error.to_string()))
    }
}

impl Source for PstFiles {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn files_by_kind(&self) -> strays::Kinds {
        strays::kinds(&self.pinned.files)
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError> {
        pinned::known(&self.description, point, custodian)?;
        let listing = Listing::new(custodian.clone(), point.clone());
        let (owner, person) = (custodian.clone(), custodian.clone());
        let custodian = custodian.clone();
        let own = self.pinned.files.iter().enumerate();
        let own = own.filter(move |(_, file)| owner_of(&self.package, file) == owner);
        let items = own.flat_map(move |(index, file)| {
            if file.has_extension("pst") {
                return listing.of_file(file, self.opened(index));
            }
            let read = beside::item_of(&self.pinned, file, listing.point(), listing.custodian());
            let read = read.map_err(|problem| file.bad(listing.custodian(), problem));
            Box::new(std::iter::once(read)) as Items<'_>
        });
        let rows = self.package.missing.iter();
        let rows = rows.filter(move |row| owner_of_row(row) == custodian);
        let rows: Vec<_> = rows.map(|row| beside::bad_row(row, &person)).collect();
        Ok(Box::new(items.chain(rows.into_iter().map(Err))))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        if let Ok(file) = self.pinned.find(&item.locator) {
            return beside::message(&self.pinned, file, item);
        }
        Ok(mapi::message::message(self.item(item)?.object))
    }

    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        let object: Object = match self.pinned.find(&item.locator) {
            Ok(file) => beside::object(&self.pinned, file, item)?,
            Err(_) => self.item(item)?.object,
        };
        mapi::outlook::item(object, item.workload).ok_or_else(|| SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "not an event, a contact or a task".to_owned(),
        })
    }

    fn exchange_names(&self, item: &SourceItem) -> Result<Vec<Named>, SourceError> {
        match self.pinned.find(&item.locator) {
            Ok(file) if file.has_extension("eml") => Ok(Vec::new()),
            Ok(file) => {
                let object = beside::object(&self.pinned, file, item)?;
                Ok(mapi::address::exchange_names(&object))
            }
            Err(_) => Ok(mapi::address::exchange_names(&self.item(item)?.object)),
        }
    }

    fn has_mime(&self, item: &SourceItem) -> bool {
        let found = self.pinned.find(&item.locator);
        item.workload == Workload::Mail && found.is_ok_and(|file| file.has_extension("eml"))
    }

    /// The item's nodes as they are stored: what its digest is of.
    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        if self.pinned.find(&item.locator).is_ok() {
            return Ok(Box::new(self.pinned.open(item)?));
        }
        let stored = self.at(item, PstFile::stored)?;
        pinned::unchanged(item, digest_of(&stored))?;
        Ok(Box::new(Cursor::new(stored)))
    }
}

/// Reads everything that a plan and a restore read of a data file, and forgets it: what a trial does.
pub fn read_through(file: std::fs::File) -> Result<u64, PstError> {
    let file = PstFile::open(Box::new(OpenFile::new(file)?))?;
    let mut read = 0;
    through(&file, &mut |object| {
        let message = mapi::message::message(object);
        read += u64::from(!message.subject.is_empty());
    })?;
    Ok(read)
}

/// Hands over every item of a data file; one that cannot be read is named by whoever lists it.
pub(super) fn through(file: &PstFile, take: &mut dyn FnMut(Object)) -> Result<(), PstError> {
    let mut listed = BTreeSet::new();
    for folder in file.folders()? {
        for node in folder.items {
            listed.insert(node);
            if let Ok(item) = file.item(node) {
                take(item.object);
            }
        }
    }
    file.orphans(&listed).map(drop)
}

/// The bytes with the checksum of everything in them that has the shape of a page made right: for fuzzing, which would not get
/// behind a checksum otherwise.
pub(super) fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for page in bytes.chunks_exact_mut(512) {
        // [MS-PST] 2.2.2.7.1: the type of a page stands in its trailer twice.
        if page[496] == page[497] && matches!(page[496], 0x80 | 0x81) {
            let sum = crc::crc(&page[..496]).to_le_bytes();
            page[500..504].copy_from_slice(&sum);
        }
    }
    bytes
}

/// A small data file made by code.
#[cfg(test)]
pub(crate) fn built_file() -> Vec<u8> {
    built::file().bytes
}

fn problem(error: &PstError) -> Problem {
    let class = match error {
        PstError::Damaged { .. } => "damaged",
        PstError::Unsupported(_) => "not-a-data-file",
        PstError::TooLarge => "too-large",
        PstError::Io(_) => "unreadable",
    };
    Problem::new(class, error.to_string())
}

/// What lies among data files and is none, in a folder that names nobody.
const NOBODY: &str = "unassigned";

/// Whose a row without a file is.
fn owner_of_row(row: &Missing) -> CustodianName {
    CustodianName(row.owner.clone().unwrap_or_else(|| NOBODY.to_owned()))
}

/// Whose a file is.
fn owner_of(package: &Package, file: &PinnedFile) -> CustodianName {
    if let Some(owner) = package.owner(file).filter(|_| !file.has_extension("pst")) {
        return CustodianName(owner.to_owned());
    }
    if !file.has_extension("pst") && !file.names.iter().any(|name| name.contains('@')) {
        return CustodianName(NOBODY.to_owned());
    }
    let mut names = file.names.clone();
    if let Some(last) = names.last_mut() {
        let end = last.len().saturating_sub(".pst".len());
        if last
            .get(end..)
            .is_some_and(|ending| ending.eq_ignore_ascii_case(".pst"))
            && end > 0
        {
            last.truncate(end);
        }
    }
    let address = names.last().filter(|name| name.contains('@'));
    let above = || names.iter().find(|name| name.contains('@'));
    let owner = address.or_else(above).cloned();
    CustodianName(owner.unwrap_or_else(|| names.join("/")))
}

#[cfg(test)]
mod tests;
