//! Everything that the tenant holds: plain state behind one lock; handlers change it, `inspect.rs` looks at it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::access::Access;
use crate::clock::ClockMode;
use crate::config::{AppSpec, TenantSpec, UserSpec};
use crate::faults::Seeded;
use crate::stored::{Arriving, Stored};

/// The folders that every mailbox has: well-known name and a German display name, so that nobody relies on English ones.
const WELL_KNOWN: [(&str, &str); 8] = [
    ("msgfolderroot", "Oberste Ebene des Informationsspeichers"),
    ("inbox", "Posteingang"),
    ("drafts", "Entwürfe"),
    ("sentitems", "Gesendete Elemente"),
    ("deleteditems", "Gelöschte Elemente"),
    ("junkemail", "Junk-E-Mail"),
    ("archive", "Archiv"),
    ("outbox", "Postausgang"),
];

#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content_id: Option<String>,
    pub(crate) is_inline: bool,
    pub(crate) content: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) folder: String,
    /// As Graph would give it, without attachments and extended properties.
    pub(crate) json: Map<String, Value>,
    /// Extended properties by their id in canonical spelling.
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) attachments: Vec<Attachment>,
}

#[derive(Clone, Debug)]
pub(crate) struct MailFolder {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parent: String,
    pub(crate) well_known: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct DriveItem {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    /// `None` for a folder.
    pub(crate) content: Option<Stored>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    /// The service's own date, which nobody can set.
    pub(crate) made: DateTime<Utc>,
    pub(crate) version: u32,
    /// What it was before, oldest first.
    pub(crate) older: Vec<OldVersion>,
}

/// A version that another was written over.
#[derive(Clone, Debug)]
pub(crate) struct OldVersion {
    pub(crate) number: u32,
    pub(crate) content: Stored,
    pub(crate) made: DateTime<Utc>,
}

impl DriveItem {
    pub(crate) fn e_tag(&self) -> String {
        format!("\"{{{}}},{}\"", self.id, self.version)
    }

    /// What it is becomes an older version.
    pub(crate) fn set_aside(&mut self, now: DateTime<Utc>) {
        if let Some(content) = self.content.clone() {
            self.older.push(OldVersion {
                number: self.version,
                content,
                made: self.made,
            });
        }
        self.version += 1;
        self.made = now;
    }
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    /// The path of a site, which owns its library as a user owns a drive and is in no directory.
    pub(crate) site: Option<String>,
    pub(crate) upn: String,
    pub(crate) display_name: String,
    pub(crate) drive: String,
    /// Mailbox and drive answer 404 before.
    pub(crate) ready: DateTime<Utc>,
    pub(crate) folders: BTreeMap<String, MailFolder>,
    pub(crate) messages: BTreeMap<String, Message>,
    pub(crate) items: BTreeMap<String, DriveItem>,
    pub(crate) root: String,
    /// How many messages were ever created by value of a named property: what exactly-once is counted by.
    pub(crate) created_by_key: BTreeMap<String, u32>,
    pub(crate) calendar: crate::calendar::Calendars,
    pub(crate) contacts: crate::contacts::Contacts,
    pub(crate) todo: crate::todo::Todo,
    /// Of a site.
    pub(crate) lists: crate::sites::Lists,
}

/// Bytes on their way into an attachment or a file.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) user: String,
    pub(crate) goal: UploadGoal,
    pub(crate) size: u64,
    pub(crate) received: Vec<u8>,
    /// A large file, which goes to the disk.
    pub(crate) large: Option<Arriving>,
    pub(crate) expires: DateTime<Utc>,
}

impl Upload {
    /// How many bytes have come.
    pub(crate) fn received_bytes(&self) -> u64 {
        let large = self.large.as_ref().map(Arriving::len);
        large.unwrap_or(self.received.len() as u64)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum UploadGoal {
    Attachment {
        message: String,
        name: String,
        content_type: String,
        content_id: Option<String>,
        is_inline: bool,
    },
    File {
        parent: String,
        name: String,
        conflict: String,
        /// The eTag that the item must still have.
        if_match: Option<String>,
        created: Option<DateTime<Utc>>,
        modified: Option<DateTime<Utc>>,
    },
}

/// What a pre-authenticated URL leads to: a file's current version where none is named.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    pub(crate) user: String,
    pub(crate) item: String,
    pub(crate) version: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) app: String,
    pub(crate) roles: Vec<String>,
    pub(crate) expires: Option<DateTime<Utc>>,
    /// Whether it is for SharePoint's own interface, and whether it was given for a certificate.
    pub(crate) for_sharepoint: bool,
    pub(crate) by_certificate: bool,
}

/// What becomes of the bytes of a file, by its name.
type Damage = fn(&str, Vec<u8>) -> Vec<u8>;

#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) access: Access,
    pub(crate) accounts: crate::accounts::Accounts,
    pub(crate) teams: crate::teams::Teams,
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) domain: String,
    pub(crate) apps: Vec<AppSpec>,
    pub(crate) users: Vec<User>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) downloads: BTreeMap<String, Download>,
    pub(crate) seen_assertions: std::collections::BTreeSet<String>,
    pub(crate) seeded: Seeded,
    pub(crate) clock: ClockMode,
    pub(crate) base: String,
    /// Whether Office files and pages are rewritten when they come in.
    pub(crate) rewrites: bool,
    /// Messages keep the class that they are created with.
    pub(crate) takes_classes: bool,
    /// What becomes of the bytes of a file that is stored: a tenant that damages what it holds.
    pub(crate) damage: Option<Damage>,
    /// Whether the hash that is named is that of other bytes.
    pub(crate) names_wrong_hash: bool,
    /// Domains beside the initial one.
    pub(crate) domains: crate::domains::Domains,
    /// What was bought, and who has none of it.
    pub(crate) licences: crate::licences::Licences,
    /// Policies and settings, where the tenant was given some.
    pub(crate) directory: Option<crate::directory::Directory>,
    counter: u64,
}

impl Tenant {
    pub(crate) fn new(spec: TenantSpec, seed: u64, clock: ClockMode, base: String) -> Self {
        let mut tenant = Self {
            access: Access::default(),
            accounts: crate::accounts::Accounts::default(),
            teams: crate::teams::Teams::default(),
            id: spec.tenant_id,
            display_name: spec.display_name,
            domain: spec.domain,
            apps: spec.apps,
            users: Vec::new(),
            tokens: BTreeMap::new(),
            uploads: BTreeMap::new(),
            downloads: BTreeMap::new(),
            seen_assertions: std::collections::BTreeSet::new(),
            seeded: Seeded::new(seed),
            clock,
            base,
            rewrites: true,
            takes_classes: true,
            damage: None,
            names_wrong_hash: false,
            domains: crate::domains::Domains::default(),
            licences: crate::licences::Licences::default(),
            directory: None,
            counter: 0,
        };
        if let Some(token) = spec.static_token {
            let read = [
                "User.Read.All",
                "Mail.Read",
                "Calendars.Read",
                "Contacts.Read",
                "Tasks.Read.All",
                "Files.Read.All",
                "Organization.Read.All",
            ];
            let roles = read.iter().map(|role| (*role).to_owned()).collect();
            let known = Token {
                app: "static".to_owned(),
                roles,
                expires: None,
                for_sharepoint: false,
                by_certificate: false,
            };
            tenant.tokens.insert(token, known);
        }
        for user in &spec.users {
            let now = tenant.clock.now();
            tenant.add_user(user, now);
        }
        tenant
    }

    /// An opaque id, in the shape of Exchange's: case matters in it.
    pub(crate) fn opaque(&mut self, prefix: &str) -> String {
        self.counter += 1;
        let random = self.seeded.next();
        format!("{prefix}AAk{:06X}{random:016x}-xQ=", self.counter)
    }

    pub(crate) fn add_user(&mut self, spec: &UserSpec, ready: DateTime<Utc>) -> String {
        let id = self.seeded.guid();
        let drive = format!("b!{:016x}{:016x}", self.seeded.next(), self.seeded.next());
        let mut folders = BTreeMap::new();
        let top = self.opaque("AQ");
        for (well_known, name) in WELL_KNOWN {
            let is_top = well_known == "msgfolderroot";
            let folder_id = if is_top {
                top.clone()
            } else {
                self.opaque("AQ")
            };
            let folder = MailFolder {
                id: folder_id.clone(),
                name: name.to_owned(),
                parent: if is_top { String::new() } else { top.clone() },
                well_known: Some(well_known),
            };
            folders.insert(folder_id, folder);
        }
        let root = format!("01{:014X}", self.seeded.next() >> 8);
        let now = self.clock.now();
        let root_item = DriveItem {
            id: root.clone(),
            name: "root".to_owned(),
            parent: None,
            content: None,
            created: now,
            modified: now,
            made: now,
            version: 1,
            older: Vec::new(),
        };
        let calendar = crate::calendar::Calendars::new(self.opaque("AAMkCal"));
        let todo = crate::todo::Todo::new(self.opaque("AAMkList"), self.opaque("AAMkList"));
        self.users.push(User {
            id: id.clone(),
            site: None,
            upn: spec.user_principal_name.clone(),
            display_name: spec.display_name.clone(),
            drive,
            ready,
            folders,
            messages: BTreeMap::new(),
            items: BTreeMap::from([(root.clone(), root_item)]),
            root,
            created_by_key: BTreeMap::new(),
            calendar,
            contacts: crate::contacts::Contacts::default(),
            todo,
            lists: crate::sites::Lists::default(),
        });
        id
    }

    /// By object id or principal name.
    pub(crate) fn user_index(&self, name: &str) -> Option<usize> {
        self.users
            .iter()
            .position(|user| user.id == name || user.upn.eq_ignore_ascii_case(name))
    }
}

impl User {
    /// By id or well-known name.
    pub(crate) fn folder(&self, name: &str) -> Option<&MailFolder> {
        let well_known = || {
            let name = name.to_ascii_lowercase();
            self.folders
                .values()
                .find(|folder| folder.well_known == Some(&*name))
        };
        self.folders.get(name).or_else(well_known)
    }
}
