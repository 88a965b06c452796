//! A clean tenant in memory: fails by script, with or without having done what it was asked.

use std::io::Read;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use unbroken::domain::file::{FileReadBack, QuickXor};
use unbroken::domain::folder::FolderPath;
use unbroken::domain::item::{Digest, ItemKey};
use unbroken::domain::message::Message;
use unbroken::targets::{
    FileToWrite, FoundFile, FoundMessage, Organization, Retry, Target, TargetError, TargetId,
    TargetUser, Written,
};

use super::{LARGE_BYTES, Power, Switch};

/// What may go wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Done, and the answer is an error.
    Committed,
    /// Not done; no answer.
    Lost,
    /// Never to be done.
    Refused,
    /// Not done: slow down, with or without saying for how long.
    Throttled(Option<u64>),
    /// Not done: the mailbox is still being made.
    UserIsNew,
}

/// Decides for each call by its number and name.
pub(crate) type Script = Arc<dyn Fn(u64, &'static str) -> Option<Fault> + Send + Sync>;

/// Changes what is stored behind the engine's back, when it makes that call.
type Meddler = (&'static str, fn(&mut Stored));

#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) key: ItemKey,
    pub(crate) message: Message,
}

#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) id: String,
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) modified: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) messages: Vec<StoredMessage>,
    pub(crate) files: Vec<StoredFile>,
    ids: u64,
    calls: u64,
}

/// The tenant: share it between runs to survive them.
#[derive(Clone)]
pub(crate) struct MemoryTenant {
    pub(crate) stored: Arc<Mutex<Stored>>,
    script: Script,
    switch: Switch,
    commits: bool,
    meddler: Option<Meddler>,
}

impl MemoryTenant {
    pub(crate) fn new() -> Self {
        Self {
            stored: Arc::default(),
            script: Arc::new(|_, _| None),
            switch: Switch::default(),
            commits: false,
            meddler: None,
        }
    }

    /// The same tenant, in which somebody changes things before each call of that name.
    pub(crate) fn changing(&self, name: &'static str, change: fn(&mut Stored)) -> Self {
        Self {
            meddler: Some((name, change)),
            ..self.clone()
        }
    }

    /// The same tenant, failing by script.
    pub(crate) fn failing(
        &self,
        script: impl Fn(u64, &'static str) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Arc::new(script),
            ..self.clone()
        }
    }

    /// The same tenant, called by a process whose power goes; `commits` says whether the last call still happens.
    pub(crate) fn powered(&self, switch: &Switch, commits: bool) -> Self {
        Self {
            switch: switch.clone(),
            commits,
            ..self.clone()
        }
    }

    async fn call<V>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&mut Stored) -> Result<V, TargetError> + Send,
    ) -> Result<V, TargetError> {
        if self.switch.step().await == Power::Goes {
            if self.commits {
                let _answer_is_lost = effect(
                    &mut self
                        .stored
                        .lock()
                        .expect("no test panics while it holds it"),
                );
            }
            return self.switch.dark().await;
        }
        tokio::task::yield_now().await;
        let mut stored = self
            .stored
            .lock()
            .expect("no test panics while it holds it");
        stored.calls += 1;
        if let Some((_, change)) = self.meddler.filter(|(of, _)| *of == name) {
            change(&mut stored);
        }
        let Some(fault) = (self.script)(stored.calls, name) else {
            return effect(&mut stored);
        };
        if fault == Fault::Committed {
            effect(&mut stored)?;
        }
        Err(error_of(name, fault))
    }
}

fn error_of(operation: &'static str, fault: Fault) -> TargetError {
    let (status, code, retry, outcome_unknown) = match fault {
        Fault::Committed => (504, "gatewayTimeout", Retry::Soon, true),
        Fault::Lost => (0, "Connection", Retry::Soon, true),
        Fault::Refused => (403, "accessDenied", Retry::Never, false),
        Fault::Throttled(None) => (429, "TooManyRequests", Retry::Soon, false),
        Fault::Throttled(Some(seconds)) => (429, "TooManyRequests", Retry::After(seconds), false),
        Fault::UserIsNew => (404, "MailboxNotEnabledForRESTAPI", Retry::Never, false),
    };
    TargetError {
        operation,
        status,
        code: code.to_owned(),
        message: String::new(),
        request_id: None,
        retry,
        outcome_unknown,
    }
}

fn not_found(operation: &'static str) -> TargetError {
    TargetError {
        status: 404,
        code: "ErrorItemNotFound".to_owned(),
        ..error_of(operation, Fault::Refused)
    }
}

impl Stored {
    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("id-{}", self.ids)
    }

    fn message(&mut self, id: &TargetId) -> Option<&mut StoredMessage> {
        self.messages.iter_mut().find(|stored| stored.id == id.0)
    }
}

impl Target for MemoryTenant {
    async fn organization(&self) -> Result<Organization, TargetError> {
        Ok(Organization {
            tenant_id: "tenant".to_owned(),
            display_name: "Clean".to_owned(),
        })
    }

    async fn user(&self, name: &str) -> Result<Option<TargetUser>, TargetError> {
        Ok(Some(TargetUser {
            id: name.to_owned(),
            user_principal_name: name.to_owned(),
        }))
    }

    async fn mail_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        let id = TargetId(format!("{}:{path:?}", user.id));
        self.call("mail_folder", |_| Ok(id)).await
    }

    async fn find_messages(
        &self,
        user: &TargetUser,
        key: &ItemKey,
    ) -> Result<Vec<FoundMessage>, TargetError> {
        self.call("find_messages", |stored| {
            let of_key = |found: &&StoredMessage| found.key == *key && found.user == user.id;
            let found = |found: &StoredMessage| FoundMessage {
                id: TargetId(found.id.clone()),
                attachments: found
                    .message
                    .attachments
                    .iter()
                    .map(|attachment| (attachment.name.clone(), attachment.content.len() as u64))
                    .collect(),
            };
            Ok(stored.messages.iter().filter(of_key).map(found).collect())
        })
        .await
    }

    async fn create_message(
        &self,
        user: &TargetUser,
        _: &TargetId,
        message: &Message,
        key: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        self.call("create_message", |stored| {
            let id = stored.next_id();
            let mut message = message.clone();
            message
                .attachments
                .retain(|attachment| attachment.content.len() <= LARGE_BYTES);
            stored.messages.push(StoredMessage {
                id: id.clone(),
                user: user.id.clone(),
                key: *key,
                message,
            });
            Ok((TargetId(id), Written::default()))
        })
        .await
    }

    async fn complete_message(
        &self,
        _: &TargetUser,
        id: &TargetId,
        message: &Message,
    ) -> Result<Written, TargetError> {
        // One step an attachment: a process can die between any two.
        loop {
            let step = self.call("complete_message", |stored| {
                let there = stored
                    .message(id)
                    .ok_or_else(|| not_found("complete_message"))?;
                let count = there.message.attachments.len();
                let missing = message.attachments.get(count).cloned();
                there.message.attachments.extend(missing.clone());
                Ok(missing.is_none())
            });
            if step.await? {
                return Ok(Written::default());
            }
        }
    }

    async fn read_message(&self, _: &TargetUser, id: &TargetId) -> Result<Message, TargetError> {
        self.call("read_message", |stored| {
            stored
                .message(id)
                .map(|stored| stored.message.clone())
                .ok_or_else(|| not_found("read_message"))
        })
        .await
    }

    async fn delete_message(&self, _: &TargetUser, id: &TargetId) -> Result<(), TargetError> {
        self.call("delete_message", |stored| {
            let before = stored.messages.len();
            stored.messages.retain(|stored| stored.id != id.0);
            if stored.messages.len() == before {
                return Err(not_found("delete_message"));
            }
            Ok(())
        })
        .await
    }

    async fn drive_folder(
        &self,
        user: &TargetUser,
        path: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        let id = TargetId(format!("{}:{path:?}", user.id));
        self.call("drive_folder", |_| Ok(id)).await
    }

    async fn find_file(
        &self,
        _: &TargetUser,
        folder: &TargetId,
        name: &str,
    ) -> Result<Option<FoundFile>, TargetError> {
        self.call("find_file", |stored| {
            let found = stored
                .files
                .iter()
                .find(|file| file.folder == folder.0 && file.name == name);
            Ok(found.map(|file| FoundFile {
                id: TargetId(file.id.clone()),
                size_bytes: file.bytes.len() as u64,
                quick_xor: None,
            }))
        })
        .await
    }

    async fn write_file(
        &self,
        _: &TargetUser,
        folder: &TargetId,
        file: &FileToWrite,
        mut content: Box<dyn Read + Send>,
    ) -> Result<(TargetId, Written), TargetError> {
        let mut bytes = Vec::new();
        if content.read_to_end(&mut bytes).is_err() {
            return Err(error_of("write_file", Fault::Lost));
        }
        let (folder, name, modified) = (folder.0.clone(), file.name.clone(), file.modified);
        self.call("write_file", |stored| {
            let is_taken = |stored: &StoredFile| stored.folder == folder && stored.name == name;
            if stored.files.iter().any(is_taken) {
                return Err(TargetError {
                    status: 409,
                    code: "nameAlreadyExists".to_owned(),
                    ..error_of("write_file", Fault::Refused)
                });
            }
            let id = stored.next_id();
            stored.files.push(StoredFile {
                id: id.clone(),
                folder,
                name,
                bytes,
                modified,
            });
            Ok((TargetId(id), Written::default()))
        })
        .await
    }

    async fn read_file(&self, _: &TargetUser, id: &TargetId) -> Result<FileReadBack, TargetError> {
        self.call("read_file", |stored| {
            let file = stored
                .files
                .iter()
                .find(|file| file.id == id.0)
                .ok_or_else(|| not_found("read_file"))?;
            Ok(FileReadBack {
                name: file.name.clone(),
                size_bytes: file.bytes.len() as u64,
                digest: Digest(Sha256::digest(&file.bytes).into()),
                quick_xor: QuickXor([0; 20]),
                created: None,
                modified: file.modified,
            })
        })
        .await
    }

    async fn delete_file(&self, _: &TargetUser, id: &TargetId) -> Result<(), TargetError> {
        self.call("delete_file", |stored| {
            stored.files.retain(|file| file.id != id.0);
            Ok(())
        })
        .await
    }
}
