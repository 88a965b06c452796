//! What is restored, as the source names it, and the key under which the target knows it; no content lives here.

use std::fmt;

use chrono::{DateTime, Utc};

use super::folder::FolderPath;

/// SHA-256 of exact bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads 64 lowercase hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return None;
        }
        let mut out = [0_u8; 32];
        for (slot, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            *slot = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Some(Self(out))
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Which service an item belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Workload {
    /// A message in a mailbox.
    Mail,
    /// A file in a drive.
    Files,
    /// An event or a series of events in a calendar.
    Calendar,
    /// A contact or a distribution list in an address book.
    Contacts,
    /// A task in a list of Microsoft To Do.
    Tasks,
    /// An item of a list of a site.
    Lists,
    /// A team or chat itself, or a message in one.
    Teams,
    /// A page of a site.
    Pages,
}

impl Workload {
    /// The word that events and plan rows carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Contacts => "contacts",
            Self::Files => "files",
            Self::Lists => "lists",
            Self::Mail => "mail",
            Self::Pages => "pages",
            Self::Tasks => "tasks",
            Self::Teams => "teams",
        }
    }

    /// Reads what [`Workload::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "calendar" => Some(Self::Calendar),
            "contacts" => Some(Self::Contacts),
            "files" => Some(Self::Files),
            "lists" => Some(Self::Lists),
            "mail" => Some(Self::Mail),
            "pages" => Some(Self::Pages),
            "tasks" => Some(Self::Tasks),
            "teams" => Some(Self::Teams),
            _ => None,
        }
    }
}

/// The owner of items, as the source names it (an address, a folder name): personal, never public in an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustodianName(pub String);

/// A restore point, as the source names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RestorePointId(pub String);

/// One item of a source as of one restore point: enough to plan it, to find it again and to see that it did not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceItem {
    /// Whose it is.
    pub custodian: CustodianName,
    /// The service it belongs to.
    pub workload: Workload,
    /// What identifies it for good within its custodian: the source's own stable id where it has one, else the locator
    /// with an ordinal. Three byte-identical mails have three of these.
    pub stable_id: String,
    /// The version within the stable id; empty where the source has none.
    pub version: String,
    /// Where it lies in the source, for a person and for reading it again: `inbox.mbox#12`, `OneDrive/a/b.txt`.
    pub locator: String,
    /// The restore point it was read from.
    pub point: RestorePointId,
    /// The folder it belongs in.
    pub folder: FolderPath,
    /// The file's name; for mail a short description (the subject) where one is known.
    pub name: String,
    /// Exact size of the original bytes.
    pub size_bytes: u64,
    /// SHA-256 of the original bytes, taken when the source was read.
    pub digest: Digest,
    /// When it was made, where the source evidences it (files: creation; mail: sent).
    pub created: Option<DateTime<Utc>>,
    /// When it last changed, where the source evidences it (files: modification; mail: received).
    pub modified: Option<DateTime<Utc>>,
}

/// HMAC-SHA-256 of an item's identity under the case secret: travels into the target, so that a retry finds what an
/// earlier try wrote. It does not depend on the plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey(pub [u8; 32]);

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Digest(self.0).fmt(f)
    }
}

impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ItemKey({self})")
    }
}
