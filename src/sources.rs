//! Backups, read only: what a source must offer; each kind lives in a file below and none of them writes.

pub mod archive;
mod content_lines;
mod corso;
pub mod detect;
mod eml;
mod files;
mod folders;
pub mod fuzzing;
mod ics;
pub mod mapi;
mod mbox;
pub mod mime;
mod msg;
mod personal;
mod pinned;
pub mod pst;
mod reader;
pub mod sample;
mod site_json;
pub mod strays;
mod teams;
mod url_bytes;
mod vcf;

pub use detect::{open, open_on_trial};

use std::io::Read;

use crate::domain::alias::Named;
use crate::domain::file::FileVersion;
use crate::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::teams::TeamsItem;

/// How close to the original a source's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// The bytes that the tenant held.
    OriginalBytes,
    /// Put together again from parts; no original bytes exist.
    Reconstructed,
    /// Written by a vendor from what it read (an export).
    VendorDerivative,
}

/// What a source can or cannot show; `false` becomes a sentence in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Who could read what.
    pub access: bool,
    /// That nobody changed the backup since it was taken.
    pub immutability: bool,
    /// Dates that an attacker could not have written.
    pub dates: bool,
    /// Digests that the source itself supplied and that were checked.
    pub digests: bool,
}

/// A restore point of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorePoint {
    /// The source's name for it.
    pub id: RestorePointId,
    /// When it was taken; `None` where the source does not say.
    pub taken: Option<chrono::DateTime<chrono::Utc>>,
}

/// What a source is, read once when it is opened.
#[derive(Clone, Debug)]
pub struct SourceDescription {
    /// `archive`, `corso`, `eml`, `mbox`, `ics`, `vcf`, `ics+vcf`, `files`, `msg`, `pst`, `purview`.
    pub kind: &'static str,
    /// The format version where the kind has one.
    pub format: &'static str,
    /// How close to the original its bytes are.
    pub fidelity: Fidelity,
    /// What it can evidence.
    pub evidence: Evidence,
    /// Its restore points, oldest first; at least one.
    pub points: Vec<RestorePoint>,
    /// Its custodians, ascending.
    pub custodians: Vec<CustodianName>,
    /// SHA-256 that pins the whole source: of the bag's tag manifest, or of the sorted lines `digest  path` of every file.
    pub digest: Digest,
}

/// An item that cannot be read: named, counted, never in the way of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadItem {
    /// Whose it is.
    pub custodian: CustodianName,
    /// The service it belongs to; `None` where that could not be told, or where it is none that is restored.
    pub workload: Option<Workload>,
    /// Where it lies.
    pub locator: String,
    /// SHA-256 of its bytes where they could be read.
    pub digest: Option<Digest>,
    /// Its size where known.
    pub size_bytes: u64,
    /// A short class without personal facts: `no-headers-no-body`, `unreadable`, `too-large`.
    pub class: &'static str,
    /// One sentence for a person.
    pub reason: String,
}

/// Why a source was refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No kind of source recognises the layout.
    #[error("{path}: not a backup that unbroken can read: {reason}")]
    UnknownLayout {
        /// The path that was given.
        path: String,
        /// What was looked for.
        reason: String,
    },
    /// The source breaks a rule of its own format.
    #[error("{path}: {place}: {rule}")]
    Invalid {
        /// The file.
        path: String,
        /// The line, offset or name in it.
        place: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// The bytes are not those that were planned.
    #[error("{locator}: changed since it was planned (planned {planned}, found {found})")]
    Changed {
        /// The item.
        locator: String,
        /// The digest that the plan holds.
        planned: Digest,
        /// The digest now.
        found: Digest,
    },
    /// The operating system refused.
    #[error("{path}: cannot be read")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Items of one custodian, one by one; a bad one never ends the walk.
pub type Items<'a> = Box<dyn Iterator<Item = Result<SourceItem, BadItem>> + Send + 'a>;

/// A backup. Blocking: the engine reads it on its own threads.
pub trait Source: Send + Sync {
    /// What it is.
    fn description(&self) -> &SourceDescription;

    /// The files of a bare folder by kind; empty where the backup's own layout says what each of them is.
    fn files_by_kind(&self) -> strays::Kinds {
        strays::Kinds::new()
    }

    /// Every item of a custodian as of a restore point, in a stable order, digests taken on the way.
    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError>;

    /// Reads a message whole; refuses it when its bytes are no longer those of `item.digest`.
    fn message(&self, item: &SourceItem) -> Result<Message, SourceError>;

    /// Reads an event, a contact or a task whole; refuses it when its bytes are no longer those of `item.digest`.
    fn outlook_item(&self, item: &SourceItem) -> Result<OutlookItem, SourceError> {
        Err(SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "this kind of source holds no events, contacts or tasks".to_owned(),
        })
    }

    /// Reads an item of a list whole; refuses it when its bytes are no longer those of `item.digest`.
    fn site_item(&self, item: &SourceItem) -> Result<SiteItem, SourceError> {
        Err(SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "this kind of source holds no lists".to_owned(),
        })
    }

    /// Whom a message names by an Exchange address, and the SMTP address beside it where there is one.
    fn exchange_names(&self, _item: &SourceItem) -> Result<Vec<Named>, SourceError> {
        Ok(Vec::new())
    }

    /// Whether [`Source::file`] gives the MIME bytes of a message: of one that was put together from properties there are none.
    fn has_mime(&self, _item: &SourceItem) -> bool {
        false
    }

    /// Reads a team, a chat or a message in one, images included; refuses it when its bytes are no longer those of `item.digest`.
    fn teams_item(&self, item: &SourceItem) -> Result<TeamsItem, SourceError> {
        Err(SourceError::Invalid {
            path: item.locator.clone(),
            place: "item".to_owned(),
            rule: "this kind of source holds no teams and chats".to_owned(),
        })
    }

    /// The same without the images of a message: its plan needs none of them.
    fn teams_without_images(&self, item: &SourceItem) -> Result<TeamsItem, SourceError> {
        self.teams_item(item)
    }

    /// What an item takes in memory when it is read whole: its own bytes, and of what it names beside itself.
    fn held_bytes(&self, item: &SourceItem) -> u64 {
        item.size_bytes
    }

    /// Opens a file's bytes; the caller hashes what it reads and compares with `item.digest`.
    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError>;

    /// The older versions of a file that the backup holds, oldest first, without the current one. Their bytes are had by
    /// [`Source::file`] of the same item with a version's size and digest.
    fn versions(&self, _item: &SourceItem) -> Result<Vec<FileVersion>, SourceError> {
        Ok(Vec::new())
    }
}
