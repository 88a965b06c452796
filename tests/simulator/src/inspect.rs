//! The simulator's own truth for tests, in the process or at `/_simulator/…`: what is stored, what was asked, and its switches.

mod people;
mod remembered;
mod shares;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::AccessChange;
use crate::answer::{Answer, json_answer, refuse};
use crate::directory::{Directory, Names as DirectoryNames};
use crate::drive;
use crate::exchanges::Exchange;
use crate::faults::{FaultKind, Faults, OneShot};
use crate::request::Request;
use crate::server::{Shared, lock};
use crate::tenant::{Tenant, User};
pub use remembered::Remembered;
pub use shares::Planted;

/// A message as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct StoredMessage {
    /// Its id.
    pub id: String,
    /// Folder names from the top, well-known names for well-known folders.
    pub folder: String,
    /// The value of its named property.
    pub key: Option<String>,
    /// Name, size and SHA-256 of each attachment.
    pub attachments: Vec<(String, usize, String)>,
    /// As Graph gives it.
    pub json: Value,
    /// Extended properties.
    pub properties: BTreeMap<String, String>,
}

/// A file as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct DriveFile {
    /// Its id.
    pub id: String,
    /// Its path below the root.
    pub path: String,
    /// Its size in bytes.
    pub size: usize,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// Its version: 1 when it was written once.
    pub version: u32,
    /// `fileSystemInfo.createdDateTime`.
    pub created: String,
    /// `fileSystemInfo.lastModifiedDateTime`.
    pub modified: String,
    /// Size and SHA-256 of what it was before, oldest first.
    pub older: Vec<(usize, String)>,
}

/// A request that came in.
#[derive(Clone, Debug, Serialize)]
pub struct RequestLine {
    /// The method.
    pub method: String,
    /// The path, encoded as it came.
    pub path: String,
    /// The status that was given; 0 when none was.
    pub status: u16,
    /// The fault that was applied.
    pub fault: Option<FaultKind>,
    /// Whether it carried an Authorization header.
    pub had_authorization: bool,
    /// The number of its stream; none over HTTP/1.1.
    pub stream: Option<u32>,
}

/// Looks inside.
#[derive(Clone, Debug)]
pub struct Inspect(pub(crate) Arc<Shared>);

impl Inspect {
    /// Gives the tenant a clean directory, with policies and settings, for the users that it has.
    pub fn set_directory(&self, old_tenant_id: &str, old_domain: &str) {
        let mut tenant = lock(&self.0.tenant);
        let users = tenant.users.iter();
        let names = DirectoryNames {
            tenant_id: tenant.id.clone(),
            domain: tenant.domain.clone(),
            users: users
                .map(|user| (user.id.clone(), user.upn.clone()))
                .collect(),
            old_tenant_id: old_tenant_id.to_owned(),
            old_domain: old_domain.to_owned(),
        };
        tenant.directory = Some(Directory::clean(names));
    }

    /// Changes the directory; false when the tenant has none.
    pub fn change_directory(&self, change: impl FnOnce(&mut Directory)) -> bool {
        let mut tenant = lock(&self.0.tenant);
        tenant.directory.as_mut().map(change).is_some()
    }

    /// What the world outside says of a domain: whether another tenant has it, and whether its verifying record is in DNS.
    pub fn set_domain(&self, name: &str, is_elsewhere: bool, is_in_dns: bool) {
        let mut tenant = lock(&self.0.tenant);
        let domains = &mut tenant.domains;
        for (set, holds) in [
            (&mut domains.elsewhere, is_elsewhere),
            (&mut domains.in_dns, is_in_dns),
        ] {
            if holds {
                set.insert(name.to_owned());
            } else {
                set.remove(name);
            }
        }
    }

    /// The principal names of the users.
    pub fn user_names(&self) -> Vec<String> {
        let tenant = lock(&self.0.tenant);
        tenant.users.iter().map(|user| user.upn.clone()).collect()
    }

    /// How many licences nobody has, and that a user has none.
    pub fn set_mailbox_licences(&self, free: u64, without: &str) {
        let mut tenant = lock(&self.0.tenant);
        tenant.licences.free = free;
        let place = tenant.user_index(without);
        let id = place.map(|place| tenant.users[place].id.clone());
        tenant.licences.without = id.into_iter().collect();
    }

    /// Every message of a mailbox, by id.
    pub fn messages(&self, user: &str) -> Vec<StoredMessage> {
        with_user(&lock(&self.0.tenant), user, messages).unwrap_or_default()
    }

    /// Every file of a drive, by path.
    pub fn files(&self, user: &str) -> Vec<DriveFile> {
        with_user(&lock(&self.0.tenant), user, files).unwrap_or_default()
    }

    /// How often a message was created with each value of a named property, deleted ones included.
    pub fn created_by_key(&self, user: &str) -> BTreeMap<String, u32> {
        with_user(&lock(&self.0.tenant), user, |user| {
            user.created_by_key.clone()
        })
        .unwrap_or_default()
    }

    /// Changes a stored message behind everybody's back.
    pub fn change_message(
        &self,
        user: &str,
        id: &str,
        change: impl FnOnce(&mut serde_json::Map<String, Value>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        match tenant.users[place].messages.get_mut(id) {
            Some(message) => {
                change(&mut message.json);
                true
            }
            None => false,
        }
    }

    /// Changes an extended property of a stored message; `None` takes it away.
    pub fn change_property(&self, user: &str, id: &str, name: &str, value: Option<&str>) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let Some(message) = tenant.users[place].messages.get_mut(id) else {
            return false;
        };
        match value {
            Some(value) => message.properties.insert(name.to_owned(), value.to_owned()),
            None => message.properties.remove(name),
        };
        true
    }

    /// Changes the bytes or the name of a stored attachment.
    pub fn change_attachment(
        &self,
        user: &str,
        id: &str,
        number: usize,
        change: impl FnOnce(&mut String, &mut Vec<u8>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let message = tenant.users[place].messages.get_mut(id);
        match message.and_then(|message| message.attachments.get_mut(number)) {
            Some(attachment) => {
                change(&mut attachment.name, &mut attachment.content);
                true
            }
            None => false,
        }
    }

    /// Changes the bytes of a stored file.
    pub fn change_file(&self, user: &str, id: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let item = tenant.users[place].items.get_mut(id);
        match item.and_then(|item| item.content.as_mut()?.in_memory()) {
            Some(content) => {
                change(content);
                true
            }
            None => false,
        }
    }

    /// The owner of a drive puts a file there; its folders are made.
    pub fn add_file(&self, user: &str, path: &str, bytes: &[u8]) -> Option<String> {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(user)?;
        let now = tenant.clock.now();
        let mut at = tenant.users[place].root.clone();
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let (name, folders) = names.split_last()?;
        for folder in folders {
            let known = drive::child(&tenant.users[place], &at, folder);
            at = match known.map(|known| known.id.clone()) {
                Some(known) => known,
                None => drive::store(&mut tenant, place, &at, folder, None, (now, now)),
            };
        }
        let content = Some(bytes.to_vec().into());
        let id = drive::store(&mut tenant, place, &at, name, content, (now, now));
        Some(id)
    }

    /// Looks at who may do what after every request from now on.
    pub fn record_access(&self) {
        lock(&self.0.tenant).access.start_recording();
    }

    /// What each request changed in who may do what, oldest first.
    pub fn access_history(&self) -> Vec<AccessChange> {
        lock(&self.0.tenant).access.history().to_vec()
    }

    /// By the drive's owner and the path, who may do what now.
    pub fn effective_access(&self) -> BTreeMap<(String, String), BTreeMap<String, String>> {
        lock(&self.0.tenant).effective_access()
    }

    /// Changes the bytes of an older version of a stored file.
    pub fn change_version(
        &self,
        user: &str,
        id: &str,
        number: usize,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(user) else {
            return false;
        };
        let item = tenant.users[place].items.get_mut(id);
        let version = item.and_then(|item| item.older.get_mut(number));
        match version.and_then(|version| version.content.in_memory()) {
            Some(content) => {
                change(content);
                true
            }
            None => false,
        }
    }

    /// Whether Office files and pages are rewritten when they come in; they are, unless this is said.
    pub fn set_rewrites(&self, rewrites: bool) {
        lock(&self.0.tenant).rewrites = rewrites;
    }

    /// Whether a message keeps the class that it is created with; it does, unless this is said.
    pub fn set_takes_classes(&self, takes: bool) {
        lock(&self.0.tenant).takes_classes = takes;
    }

    /// From now on this becomes of the bytes of each file that is stored: its name and what was sent go in.
    pub fn set_damage(&self, damage: fn(&str, Vec<u8>) -> Vec<u8>) {
        lock(&self.0.tenant).damage = Some(damage);
    }

    /// Whether the QuickXorHash that is named is that of other bytes.
    pub fn set_wrong_hash(&self, wrong: bool) {
        lock(&self.0.tenant).names_wrong_hash = wrong;
    }

    /// The bytes of a stored file.
    pub fn content(&self, user: &str, id: &str) -> Option<Vec<u8>> {
        let tenant = lock(&self.0.tenant);
        let place = tenant.user_index(user)?;
        let mut content = tenant.users[place].items.get(id)?.content.clone()?;
        content.in_memory().map(std::mem::take)
    }

    /// The next matching request fails in this way.
    pub fn arm(&self, shot: OneShot) {
        lock(&self.0.chooser).armed.push(shot);
    }

    /// So many times from now on, a site does not know a user whom the directory knows already.
    pub fn sites_learn_late(&self, times: u32) {
        lock(&self.0.tenant).access.sites_learn_late = times;
    }

    /// Takes back what is armed and has not happened.
    pub fn disarm(&self) {
        lock(&self.0.chooser).armed.clear();
    }

    /// Faults from now on.
    pub fn set_faults(&self, faults: Faults) {
        lock(&self.0.chooser).faults = faults;
    }

    /// What is held is answered now as it would have been.
    pub fn let_go(&self) {
        self.0.let_go.notify_waiters();
    }

    /// How many requests were carried out and are held without an answer.
    pub fn held(&self) -> u64 {
        self.0.held.load(Ordering::SeqCst)
    }

    /// How many faults were injected.
    pub fn faults(&self) -> u64 {
        self.0.faults.load(Ordering::SeqCst)
    }

    /// How many requests were refused by a quota.
    pub fn throttled(&self) -> u64 {
        lock(&self.0.meter).throttled
    }

    /// Makes a site at that path; its files are looked at under the id that comes back.
    pub fn add_site(&self, path: &str, name: &str) -> String {
        crate::sites::add(&mut lock(&self.0.tenant), path, name)
    }

    /// Keeps whole requests and answers from now on.
    pub fn record_exchanges(&self) {
        *lock(&self.0.exchanges) = Some(Vec::new());
    }

    /// What was kept, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.0.exchanges).clone().unwrap_or_default()
    }

    /// Every request, oldest first.
    pub fn requests(&self) -> Vec<RequestLine> {
        lock(&self.0.log).iter().cloned().collect()
    }
}

fn with_user<V>(tenant: &Tenant, name: &str, look: impl FnOnce(&User) -> V) -> Option<V> {
    tenant
        .user_index(name)
        .map(|place| look(&tenant.users[place]))
}

fn messages(user: &User) -> Vec<StoredMessage> {
    let stored = user.messages.values().map(|message| StoredMessage {
        id: message.id.clone(),
        folder: folder(user, &message.folder),
        key: message
            .properties
            .iter()
            .find(|(name, _)| name.contains(" Name "))
            .map(|(_, value)| value.clone()),
        attachments: message
            .attachments
            .iter()
            .map(|file| {
                (
                    file.name.clone(),
                    file.content.len(),
                    hex(&Sha256::digest(&file.content)),
                )
            })
            .collect(),
        json: Value::Object(message.json.clone()),
        properties: message.properties.clone(),
    });
    stored.collect()
}

fn folder(user: &User, id: &str) -> String {
    let mut names = Vec::new();
    let mut at = user.folders.get(id);
    while let Some(folder) = at {
        match folder.well_known {
            Some("msgfolderroot") => break,
            Some(name) => names.push(name.to_owned()),
            None => names.push(folder.name.clone()),
        }
        at = user.folders.get(&folder.parent);
    }
    names.reverse();
    names.join("/")
}

fn files(user: &User) -> Vec<DriveFile> {
    let mut found: Vec<DriveFile> = user
        .items
        .values()
        .filter_map(|item| {
            let content = item.content.as_ref()?;
            Some(DriveFile {
                id: item.id.clone(),
                path: drive::path(user, &item.id),
                size: content.len(),
                sha256: hex(&content.sha256()),
                version: item.version,
                created: seconds(item.created),
                modified: seconds(item.modified),
                older: item
                    .older
                    .iter()
                    .map(|old| (old.content.len(), hex(&old.content.sha256())))
                    .collect(),
            })
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn seconds(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).expect("below 16"));
        }
        text
    })
}

/// `/_simulator/…` for tests in other processes.
pub(crate) fn answer(shared: &Arc<Shared>, request: &Request, path: &str) -> Answer {
    let inspect = Inspect(Arc::clone(shared));
    let user = request
        .query
        .get("user")
        .map(String::as_str)
        .unwrap_or_default();
    match (&*request.method, path) {
        ("GET", "counts") => json_answer(200, counts(&inspect)),
        ("GET", "messages") => json_answer(200, json!(inspect.messages(user))),
        ("GET", "items") => json_answer(200, json!(inspect.items(user))),
        ("GET", "files") => json_answer(200, json!(inspect.files(user))),
        ("GET", "requests") => json_answer(200, json!(inspect.requests())),
        ("GET", "created") => json_answer(200, json!(inspect.created_by_key(user))),
        ("GET", "held") => json_answer(200, json!({"held": inspect.held()})),
        ("POST", "arm") => match serde_json::from_slice(&request.body) {
            Ok(shot) => {
                inspect.arm(shot);
                json_answer(200, json!({}))
            }
            Err(error) => refuse(400, "BadRequest", &error.to_string()),
        },
        ("POST", "disarm") => {
            lock(&shared.chooser).armed.clear();
            json_answer(200, json!({}))
        }
        ("POST", "advance") => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let seconds = body["seconds"].as_u64().and_then(|s| u32::try_from(s).ok());
            let clock = lock(&shared.tenant).clock.clone();
            match seconds.filter(|seconds| clock.advance(*seconds)) {
                Some(_) => json_answer(200, json!({})),
                None => refuse(400, "BadRequest", "seconds, on a clock that tests drive"),
            }
        }
        _ => refuse(404, "NotFound", "Nothing of that name is inspected."),
    }
}

fn counts(inspect: &Inspect) -> Value {
    let tenant = lock(&inspect.0.tenant);
    let users: Vec<Value> = tenant
        .users
        .iter()
        .map(|user| {
            let files = user
                .items
                .values()
                .filter(|item| item.content.is_some())
                .count();
            json!({
                "user": user.upn,
                "messages": user.messages.len(),
                "mail_folders": user.folders.len(),
                "files": files,
                "events": user.calendar.events.len(),
                "contacts": user.contacts.contacts.len(),
                "tasks": user.todo.tasks.len(),
                "invitations": user.calendar.invitations,
                "messages_created": user.created_by_key.values().sum::<u32>(),
            })
        })
        .collect();
    drop(tenant);
    json!({
        "users": users,
        "requests": lock(&inspect.0.log).len(),
        "faults": inspect.faults(),
        "throttled": inspect.throttled(),
        "held": inspect.held(),
    })
}
