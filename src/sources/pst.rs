//! Outlook data files (PST) as a source: whose they are, and each object in them as an item; the format is read below, what an
//! object means is `mapi`'s.
//!
//! A file whose name holds an address is that person's; else one below a folder that is named like an address; else each file is a
//! custodian of its own, because two people's mailboxes must never become one.

mod btree;
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
mod property;
pub mod store;
mod table;

use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::mapi::{self, Object};
use super::pinned::{self, Pinned, PinnedFile, Problem};
use super::reader::digest_of;
use super::{Fidelity, Items, Source, SourceDescription, SourceError};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use disk::OpenFile;
use error::PstError;
use listing::Listing;
use store::{Item, PstFile};

/// Files that are kept open: a case may have thousands.
const OPEN_MAX: usize = 16;

/// Data files, with whatever else lies among them.
pub(super) struct PstFiles {
    pinned: Pinned,
    description: SourceDescription,
    open: Mutex<Vec<(usize, Arc<PstFile>)>>,
}

impl PstFiles {
    pub(super) fn from_pinned(pinned: Pinned) -> Self {
        let mut custodians: Vec<CustodianName> = pinned.files.iter().map(owner_of).collect();
        custodians.sort();
        custodians.dedup();
        let description = pinned.description("pst", Fidelity::OriginalBytes, custodians);
        Self {
            pinned,
            description,
            open: Mutex::default(),
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

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError> {
        pinned::known(&self.description, point, custodian)?;
        let own = self.pinned.files.iter().enumerate();
        let custodian = custodian.clone();
        let point = point.clone();
        let listing = Listing::new(custodian.clone(), point);
        let own = own.filter(move |(_, file)| owner_of(file) == custodian);
        Ok(Box::new(own.flat_map(move |(index, file)| {
            listing.of_file(file, self.opened(index))
        })))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        Ok(mapi::message::message(self.item(item)?.object))
    }

    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        let object: Object = self.item(item)?.object;
        mapi::outlook::item(object, item.workload).ok_or_else(|| SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "not an event, a contact or a task".to_owned(),
        })
    }

    /// The item's nodes as they are stored: what its digest is of.
    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        let stored = self.at(item, PstFile::stored)?;
        pinned::unchanged(item, digest_of(&stored))?;
        Ok(Box::new(Cursor::new(stored)))
    }
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

/// Whose a file is.
fn owner_of(file: &PinnedFile) -> CustodianName {
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
