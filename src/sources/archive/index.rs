//! The shapes of an archive's own files: the tag file and the index lines, with Graph's names for what Graph knows.

mod files;
mod mailbox;
mod teams;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::{CustodianName, Digest, RestorePointId};
use crate::domain::message::{FollowUp, Importance, Message};
use crate::sources::Fidelity;
pub use files::{FileEntry, FileSystemInfo, ParentReference, VersionEntry};
pub use mailbox::{MailboxEntry, MailboxKind, RuleFolder};
pub(super) use teams::in_order;
pub use teams::{ChannelReference, HostedEntry, TeamsEntry, TeamsKind};

/// The version of the format that is written and read.
pub const FORMAT_VERSION: &str = "1";
const FORMAT: &str = "unbroken-archive";
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
const NAMES_MAX: usize = 256;
/// SharePoint keeps at most so many of a file.
const VERSIONS_MAX: usize = 50_000;

/// The tag file: what the archive holds and what it can evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Tag {
    /// `unbroken-archive`.
    pub format: String,
    /// `1`.
    pub version: String,
    /// Where the bytes come from.
    pub fidelity: FidelityName,
    /// What it can evidence beside digests.
    pub evidence: EvidenceTag,
    /// The restore points.
    pub points: Vec<PointTag>,
    /// The custodians.
    pub custodians: Vec<CustodianTag>,
}

/// How close to the original the bytes are, as the tag file spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FidelityName {
    /// As the tenant held them.
    OriginalBytes,
    /// Put together from parts.
    Reconstructed,
    /// Written by a vendor.
    VendorDerivative,
}

impl From<FidelityName> for Fidelity {
    fn from(name: FidelityName) -> Self {
        match name {
            FidelityName::OriginalBytes => Self::OriginalBytes,
            FidelityName::Reconstructed => Self::Reconstructed,
            FidelityName::VendorDerivative => Self::VendorDerivative,
        }
    }
}

/// What whoever made the archive vouches for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EvidenceTag {
    /// The index lines hold who could read what.
    pub access: bool,
    /// It lay where nobody could change it.
    pub immutability: bool,
    /// The dates are the service's own.
    pub dates: bool,
}

/// A restore point in the tag file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PointTag {
    /// Its name: letters, digits, `.`, `_`, `-`, at most 64; it is also a folder.
    pub id: String,
    /// When it was taken.
    pub taken: DateTime<Utc>,
}

/// A custodian in the tag file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CustodianTag {
    /// The user principal name in the old tenant.
    pub name: String,
    /// The object id in the old tenant.
    pub id: String,
    /// The file name of this custodian's indexes, without `.jsonl`; as a point's id.
    pub index: String,
}

impl Tag {
    /// A tag file of this version.
    pub fn new(
        fidelity: FidelityName,
        evidence: EvidenceTag,
        points: Vec<PointTag>,
        custodians: Vec<CustodianTag>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: FORMAT_VERSION.to_owned(),
            fidelity,
            evidence,
            points,
            custodians,
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let tag: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        tag.check()?;
        Ok(tag)
    }

    /// The rules that the shape alone does not hold.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.format != FORMAT || self.version != FORMAT_VERSION {
            return Err(format!("{FORMAT} in version {FORMAT_VERSION}"));
        }
        if self.points.is_empty() || self.custodians.is_empty() {
            return Err("at least one restore point and one custodian".to_owned());
        }
        let mut seen = std::collections::BTreeSet::new();
        let names = self.points.iter().map(|point| ('p', &point.id));
        let indexes = self.custodians.iter().map(|one| ('i', &one.index));
        for (what, name) in names.chain(indexes) {
            if !is_plain(name) {
                return Err(format!(
                    "{name:?}: 1 to 64 letters, digits, '.', '_', '-', not starting with '.'"
                ));
            }
            if !seen.insert((what, name)) {
                return Err(format!("{name:?} stands there twice"));
            }
        }
        for custodian in &self.custodians {
            if !seen.insert(('c', &custodian.name)) {
                return Err(format!("{:?} stands there twice", custodian.name));
            }
        }
        Ok(())
    }

    /// Where the index of a point and custodian lies; a path that names nothing where one of them is unknown.
    pub(super) fn index_path(&self, point: &RestorePointId, custodian: &CustodianName) -> String {
        let index = self
            .custodians
            .iter()
            .find(|one| one.name == custodian.0)
            .map_or("", |one| &one.index);
        format!("data/points/{}/{index}.jsonl", point.0)
    }

    pub(super) fn names_index(&self, path: &str) -> bool {
        let inside = path
            .strip_prefix("data/points/")
            .and_then(|rest| rest.strip_suffix(".jsonl"))
            .and_then(|rest| rest.split_once('/'));
        inside.is_some_and(|(point, index)| {
            self.points.iter().any(|one| one.id == point)
                && self.custodians.iter().any(|one| one.index == index)
        })
    }
}

fn is_plain(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Content, by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// SHA-256 of the bytes.
    #[serde(with = "hex")]
    pub sha256: Digest,
    /// How many there are.
    pub size: u64,
}

impl Object {
    pub(super) fn path(&self) -> String {
        Self::path_of(&self.sha256)
    }

    pub(super) fn path_of(digest: &Digest) -> String {
        let name = digest.to_string();
        format!("data/objects/{}/{name}", &name[..2])
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::item::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(from)?;
        Digest::parse(&text).ok_or_else(|| serde::de::Error::custom("64 lowercase hex digits"))
    }
}

/// One line of an index.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) entry: Entry,
}

/// An item of a restore point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "workload", rename_all = "lowercase")]
pub enum Entry {
    /// An event or a series of events.
    Calendar(PersonalEntry),
    /// A contact.
    Contacts(PersonalEntry),
    /// A file in a drive.
    Files(FileEntry),
    /// An item of a list.
    Lists(SiteEntry),
    /// A message.
    Mail(MailEntry),
    /// A rule, a forwarding or a permission; it is kept and not restored.
    Mailbox(MailboxEntry),
    /// A task.
    Tasks(PersonalEntry),
    /// A team or chat, or a message in one.
    Teams(TeamsEntry),
    /// A page of a site; it is kept and not restored.
    Pages(SiteEntry),
}

impl Entry {
    /// The id that the old tenant gave it.
    pub fn id(&self) -> &str {
        match self {
            Self::Calendar(entry) | Self::Contacts(entry) | Self::Tasks(entry) => &entry.id,
            Self::Files(entry) => &entry.id,
            Self::Lists(entry) | Self::Pages(entry) => &entry.id,
            Self::Mail(entry) => &entry.id,
            Self::Mailbox(entry) => &entry.id,
            Self::Teams(entry) => &entry.id,
        }
    }

    /// Its content.
    pub fn object(&self) -> &Object {
        match self {
            Self::Calendar(entry) | Self::Contacts(entry) | Self::Tasks(entry) => &entry.object,
            Self::Files(entry) => &entry.object,
            Self::Lists(entry) | Self::Pages(entry) => &entry.object,
            Self::Mail(entry) => &entry.object,
            Self::Mailbox(entry) => &entry.object,
            Self::Teams(entry) => &entry.object,
        }
    }

    /// Its content and that of its older versions and its images.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        let versions = match self {
            Self::Files(entry) => &entry.versions[..],
            _ => &[],
        };
        let of_site = match self {
            Self::Lists(entry) | Self::Pages(entry) => Some(entry),
            _ => None,
        };
        let images = match self {
            Self::Teams(entry) => &entry.hosted_contents[..],
            _ => &[],
        };
        [self.object()]
            .into_iter()
            .chain(versions.iter().map(|version| &version.object))
            .chain(of_site.into_iter().flat_map(super::site::further))
            .chain(images.iter().map(|image| &image.object))
    }

    fn check(&self) -> Result<(), String> {
        let names = match self {
            Self::Calendar(entry) | Self::Tasks(entry) if entry.path.len() > 1 => {
                return Err("calendars and task lists do not nest".to_owned());
            }
            Self::Calendar(entry) | Self::Contacts(entry) if !entry.checklist_items.is_empty() => {
                return Err("only a task has checklistItems".to_owned());
            }
            Self::Calendar(entry) | Self::Contacts(entry) | Self::Tasks(entry) => &entry.path,
            Self::Files(entry) => {
                if entry.name.is_empty() {
                    return Err("a file has a name".to_owned());
                }
                if entry.versions.len() > VERSIONS_MAX
                    || entry.versions.iter().any(|version| version.id.is_empty())
                {
                    return Err("at most 50,000 versions, each with an id".to_owned());
                }
                &entry.parent_reference.path
            }
            Self::Lists(entry) | Self::Pages(entry) => {
                entry.check()?;
                &entry.parent_reference.path
            }
            Self::Mailbox(entry) => {
                entry.check()?;
                &Vec::new()
            }
            Self::Teams(entry) => {
                entry.check()?;
                &Vec::new()
            }
            Self::Mail(entry) => {
                if entry.parent_folder.root().is_none() {
                    return Err("parentFolder.wellKnownName is one of Graph's".to_owned());
                }
                &entry.parent_folder.path
            }
        };
        if self.id().is_empty() || names.len() > NAMES_MAX || names.iter().any(String::is_empty) {
            return Err("an id, and at most 256 folders, each with a name".to_owned());
        }
        Ok(())
    }
}

/// An event, a contact or a task: its iCalendar or vCard bytes are the object, one item in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PersonalEntry {
    /// Graph's immutable id.
    pub id: String,
    /// The iCalendar or vCard bytes.
    pub object: Object,
    /// The calendar, the list or the contact folders, by name; empty for the mailbox's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// `checklistItems` of a task, which iCalendar has no form for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist_items: Vec<ChecklistEntry>,
}

/// Graph's `checklistItem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChecklistEntry {
    /// `displayName`.
    pub display_name: String,
    /// `isChecked`.
    #[serde(default)]
    pub is_checked: bool,
}

/// Of a site, what is no file: the object is Graph's `listItem` or `sitePage` as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SiteEntry {
    /// Graph's id, with that of the list before it.
    pub id: String,
    /// Its title.
    pub name: String,
    /// The list or library that it stands in.
    pub parent_reference: ParentReference,
    /// Its JSON.
    pub object: Object,
    /// Graph's `list` with its `columns`, of an item of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Object>,
    /// The files of an item of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<NamedObject>,
    /// The people of the site that it names by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<SitePerson>,
}

/// A file by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NamedObject {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub object: Object,
}

/// Somebody of the site's user information list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SitePerson {
    /// The number in that list.
    pub lookup_id: u32,
    /// The user principal name in the old tenant.
    pub user_principal_name: String,
    /// What people see.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
}

impl SiteEntry {
    fn check(&self) -> Result<(), String> {
        let mut names = std::collections::BTreeSet::new();
        let each_once = self.attachments.iter().all(|file| names.insert(&file.name));
        let is_named = self.attachments.iter().all(|file| !file.name.is_empty());
        if !each_once || !is_named || self.attachments.len() > NAMES_MAX {
            return Err("at most 256 attachments, each with a name of its own".to_owned());
        }
        Ok(())
    }
}

/// A message: its MIME bytes are the object; these are the properties that those do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MailEntry {
    /// Graph's immutable id.
    pub id: String,
    /// The MIME bytes.
    pub object: Object,
    /// The folder.
    pub parent_folder: MailFolder,
    /// `sentDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_date_time: Option<DateTime<Utc>>,
    /// `receivedDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_date_time: Option<DateTime<Utc>>,
    /// `isRead`.
    #[serde(default)]
    pub is_read: bool,
    /// `low`, `normal`, `high`; the MIME's own where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance: Option<ImportanceName>,
    /// `categories`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// `flag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FollowUpFlag>,
}

impl MailEntry {
    pub(super) fn folder(&self) -> FolderPath {
        FolderPath::Mail {
            root: (self.parent_folder.root()).unwrap_or(WellKnownFolder::MessageFolderRoot),
            below: self.parent_folder.path.clone(),
        }
    }

    /// The service's own properties win over what the MIME bytes say.
    pub(super) fn describe(&self, message: &mut Message) {
        message.sent = self.sent_date_time.or(message.sent);
        message.received = self.received_date_time.or(message.received);
        message.is_read = self.is_read;
        if let Some(importance) = self.importance {
            message.importance = match importance {
                ImportanceName::High => Importance::High,
                ImportanceName::Low => Importance::Low,
                ImportanceName::Normal => Importance::Normal,
            };
        }
        message.categories.clone_from(&self.categories);
        message.follow_up = match self.flag.as_ref().map(|flag| &*flag.flag_status) {
            Some("complete") => FollowUp::Complete,
            Some("flagged") => FollowUp::Flagged,
            _ => FollowUp::None,
        };
    }
}

/// Graph's importance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportanceName {
    /// `high`
    High,
    /// `low`
    Low,
    /// `normal`
    Normal,
}

/// Graph's `followupFlag`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FollowUpFlag {
    /// `notFlagged`, `flagged`, `complete`.
    pub flag_status: String,
}

/// A mail folder by its well-known root and the names below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MailFolder {
    /// Graph's name of the root: `inbox`, `msgfolderroot`, …
    pub well_known_name: String,
    /// The display names below it.
    pub path: Vec<String>,
}

impl MailFolder {
    /// Its root, where Graph knows it.
    pub(super) fn root(&self) -> Option<WellKnownFolder> {
        WellKnownFolder::parse(&self.well_known_name)
    }
}

/// Reads an index: JSON objects, one a line, each id once. The error is the line and the rule.
pub(super) fn parse_lines(bytes: &[u8]) -> Result<Vec<(usize, Line)>, (usize, String)> {
    let mut lines = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let ended = bytes.is_empty() || bytes.ends_with(b"\n");
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let refuse = |rule: String| (number, rule);
        if line.len() > LINE_BYTES_MAX {
            return Err(refuse(format!("at most {LINE_BYTES_MAX} bytes a line")));
        }
        let entry: Entry =
            serde_json::from_slice(line).map_err(|error| refuse(error.to_string()))?;
        entry.check().map_err(refuse)?;
        if !ids.insert(entry.id().to_owned()) {
            return Err((number, format!("the id {} stands there once", entry.id())));
        }
        lines.push((number, Line { entry }));
    }
    if ended {
        Ok(lines)
    } else {
        Err((lines.len(), "each line ends; cut off?".to_owned()))
    }
}

/// Writes an index.
pub(super) fn write_lines(entries: &[Entry]) -> Result<String, String> {
    let mut text = String::new();
    for entry in entries {
        entry.check()?;
        let line = serde_json::to_string(entry).map_err(|error| error.to_string())?;
        writeln!(text, "{line}").expect("a String takes any text");
    }
    Ok(text)
}
