//! A source and a target in memory: mail only, no faults; faults are the simulator's.

#![allow(clippy::result_large_err, reason = "the trait decides on its items")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::domain::file::{BytesReadBack, FileReadBack};
use crate::domain::folder::{FolderPath, WellKnownFolder};
use crate::domain::item::{CustodianName, Digest, ItemKey, RestorePointId, SourceItem, Workload};
use crate::domain::message::Message;
use crate::domain::outlook::OutlookItem;
use crate::sources::{
    BadItem, Evidence, Fidelity, Items, RestorePoint, Source, SourceDescription, SourceError,
};
use crate::targets::{
    FileToWrite, FoundFile, FoundHistory, FoundMessage, Organization, Target, TargetError,
    TargetId, TargetUser, Written,
};

fn digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

/// `ann` and `bob`, each with as many messages as asked for and one item that cannot be read.
#[derive(Clone)]
pub(super) struct FakeSource {
    description: SourceDescription,
    messages: usize,
    /// What each message is said to take in memory.
    held: u64,
}

impl FakeSource {
    pub(super) fn new(messages: usize) -> Self {
        let name = |name: &str| CustodianName(name.to_owned());
        let description = SourceDescription {
            kind: "eml",
            format: "1",
            fidelity: Fidelity::OriginalBytes,
            evidence: Evidence {
                access: false,
                immutability: false,
                dates: false,
                digests: false,
            },
            points: vec![RestorePoint {
                id: RestorePointId("all".to_owned()),
                taken: None,
            }],
            custodians: vec![name("ann"), name("bob")],
            digest: digest(&messages.to_string()),
        };
        Self {
            description,
            messages,
            held: 0,
        }
    }

    /// The same of messages that are large.
    pub(super) fn of_large(messages: usize, held: u64) -> Self {
        Self {
            held,
            ..Self::new(messages)
        }
    }
}

impl Source for FakeSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> Result<Items<'_>, SourceError> {
        let (point, owner) = (point.clone(), custodian.clone());
        let bad = BadItem {
            custodian: custodian.clone(),
            workload: Some(Workload::Mail),
            locator: "broken.eml".to_owned(),
            digest: None,
            size_bytes: 0,
            class: "unreadable",
            reason: "it cannot be read".to_owned(),
        };
        let items = (0..self.messages).map(move |number| {
            let locator = format!("{number}.eml");
            Ok(SourceItem {
                custodian: owner.clone(),
                workload: Workload::Mail,
                stable_id: locator.clone(),
                version: String::new(),
                digest: digest(&locator),
                size_bytes: locator.len() as u64,
                locator,
                point: point.clone(),
                folder: FolderPath::Mail {
                    root: WellKnownFolder::Inbox,
                    below: Vec::new(),
                },
                name: format!("message {number}"),
                created: None,
                modified: None,
            })
        });
        Ok(Box::new(items.chain([Err(bad)])))
    }

    fn held_bytes(&self, item: &SourceItem) -> u64 {
        self.held.max(item.size_bytes)
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        Ok(Message {
            subject: item.locator.clone(),
            ..Message::default()
        })
    }

    fn file(&self, _: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        unreachable!("it has no files")
    }
}

/// A tenant in which every user exists but `nobody`.
#[derive(Clone, Default)]
pub(super) struct FakeTarget(
    Arc<Mutex<BTreeMap<String, (ItemKey, Message)>>>,
    Arc<Mutex<AtOnce>>,
    Arc<Mutex<VecDeque<Inside>>>,
);

/// Who is in its sites, each time that somebody asks.
type Inside = Option<BTreeSet<String>>;

/// How many messages are being written, now and at the most.
#[derive(Default)]
struct AtOnce {
    now: usize,
    most: usize,
}

impl FakeTarget {
    /// How many messages were being written at once, at the most.
    pub(super) fn at_once(&self) -> usize {
        self.1.lock().expect("no thread panicked").most
    }

    fn count(&self, change: isize) {
        let mut at_once = self.1.lock().expect("no thread panicked");
        at_once.now = at_once.now.saturating_add_signed(change);
        at_once.most = at_once.most.max(at_once.now);
    }

    /// The next answers to who is in a site, in order.
    pub(super) fn lets_in(&self, answers: &[Option<&[&str]>]) {
        let names = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let answers = answers.iter().map(|one| one.as_ref().map(names));
        *self.2.lock().expect("no thread panicked") = answers.collect();
    }

    pub(super) fn messages(&self) -> usize {
        self.0.lock().expect("no thread panicked").len()
    }
}

impl Target for FakeTarget {
    async fn organization(&self) -> Result<Organization, TargetError> {
        let (tenant_id, display_name) = ("clean".to_owned(), "Clean".to_owned());
        Ok(Organization {
            tenant_id,
            display_name,
            domains: Vec::new(),
        })
    }

    async fn inside(&self, _: &TargetUser, _: Option<&str>) -> Result<Inside, TargetError> {
        let mut answers = self.2.lock().expect("no thread panicked");
        Ok(answers.pop_front().expect("nobody was to ask once more"))
    }

    async fn user(&self, name: &str) -> Result<Option<TargetUser>, TargetError> {
        let user = TargetUser {
            id: format!("id-{name}"),
            user_principal_name: name.to_owned(),
        };
        Ok((!name.starts_with("nobody")).then_some(user))
    }

    async fn mail_folder(&self, _: &TargetUser, _: &FolderPath) -> Result<TargetId, TargetError> {
        Ok(TargetId("inbox".to_owned()))
    }

    async fn find_messages(
        &self,
        _: &TargetUser,
        key: &ItemKey,
    ) -> Result<Vec<FoundMessage>, TargetError> {
        let messages = self.0.lock().expect("no thread panicked");
        let found = messages.iter().filter(|(_, (of, _))| of == key);
        let found = found.map(|(id, _)| FoundMessage {
            id: TargetId(id.clone()),
            attachments: Vec::new(),
        });
        Ok(found.collect())
    }

    async fn create_message(
        &self,
        _: &TargetUser,
        _: &TargetId,
        message: &Message,
        key: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        self.count(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.count(-1);
        let mut messages = self.0.lock().expect("no thread panicked");
        let id = format!("message-{}", messages.len());
        messages.insert(id.clone(), (*key, message.clone()));
        Ok((TargetId(id), Written::default()))
    }

    async fn complete_message(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &Message,
    ) -> Result<Written, TargetError> {
        Ok(Written::default())
    }

    async fn read_message(&self, _: &TargetUser, id: &TargetId) -> Result<Message, TargetError> {
        let messages = self.0.lock().expect("no thread panicked");
        Ok(messages.get(&id.0).expect("it was written").1.clone())
    }

    async fn delete_message(&self, _: &TargetUser, id: &TargetId) -> Result<(), TargetError> {
        self.0.lock().expect("no thread panicked").remove(&id.0);
        Ok(())
    }

    async fn outlook_folder(
        &self,
        _: &TargetUser,
        _: &FolderPath,
    ) -> Result<TargetId, TargetError> {
        unreachable!("mail only")
    }

    async fn find_outlook_items(
        &self,
        _: &TargetUser,
        _: Workload,
        _: &TargetId,
        _: &ItemKey,
    ) -> Result<Vec<TargetId>, TargetError> {
        unreachable!("mail only")
    }

    async fn create_outlook_item(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &OutlookItem,
        _: &ItemKey,
    ) -> Result<(TargetId, Written), TargetError> {
        unreachable!("mail only")
    }

    async fn complete_outlook_item(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &TargetId,
        _: &OutlookItem,
    ) -> Result<Written, TargetError> {
        unreachable!("mail only")
    }

    async fn read_outlook_item(
        &self,
        _: &TargetUser,
        _: Workload,
        _: &TargetId,
        _: &TargetId,
    ) -> Result<OutlookItem, TargetError> {
        unreachable!("mail only")
    }

    async fn delete_outlook_item(
        &self,
        _: &TargetUser,
        _: Workload,
        _: &TargetId,
        _: &TargetId,
    ) -> Result<(), TargetError> {
        unreachable!("mail only")
    }

    async fn drive_folder(&self, _: &TargetUser, _: &FolderPath) -> Result<TargetId, TargetError> {
        unreachable!("mail only")
    }

    async fn find_file(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &str,
    ) -> Result<Option<FoundFile>, TargetError> {
        unreachable!("mail only")
    }

    async fn write_file(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &FileToWrite,
        _: Box<dyn Read + Send>,
    ) -> Result<(TargetId, Written), TargetError> {
        unreachable!("mail only")
    }

    async fn read_file(&self, _: &TargetUser, _: &TargetId) -> Result<FileReadBack, TargetError> {
        unreachable!("mail only")
    }

    async fn file_history(
        &self,
        _: &TargetUser,
        _: &TargetId,
    ) -> Result<FoundHistory, TargetError> {
        unreachable!("mail only")
    }

    async fn write_version(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &str,
        _: &FileToWrite,
        _: Box<dyn Read + Send>,
    ) -> Result<Written, TargetError> {
        unreachable!("mail only")
    }

    async fn read_version(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: &str,
    ) -> Result<BytesReadBack, TargetError> {
        unreachable!("mail only")
    }

    async fn content(
        &self,
        _: &TargetUser,
        _: &TargetId,
        _: Option<&str>,
        _: u64,
    ) -> Result<Option<Vec<u8>>, TargetError> {
        unreachable!("mail only")
    }

    async fn delete_file(&self, _: &TargetUser, _: &TargetId) -> Result<(), TargetError> {
        unreachable!("mail only")
    }
}
