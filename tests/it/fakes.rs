//! A tenant, a record, a source and a clock in memory, all of which can fail at any step; no network, no disk.

pub(crate) mod record;
pub(crate) mod tenant;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use unbroken::domain::folder::{FolderPath, WellKnownFolder};
use unbroken::domain::item::{
    CustodianName, Digest, ItemKey, RestorePointId, SourceItem, Workload,
};
use unbroken::domain::message::{Attachment, Message};
use unbroken::engine::record::{Custodian, ItemId, Standing, Work};
use unbroken::engine::{Progress, Time};
use unbroken::sources::{
    Evidence, Fidelity, Items, RestorePoint, Source, SourceDescription, SourceError,
};
use unbroken::targets::TargetUser;

/// Larger attachments do not fit into the fake tenant's creating request.
pub(crate) const LARGE_BYTES: usize = 64;

/// Time that passes when somebody waits for it.
#[derive(Clone, Debug)]
pub(crate) struct VirtualTime(Arc<AtomicI64>);

impl VirtualTime {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000)))
    }

    pub(crate) fn passed(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::SeqCst) - 1_700_000_000_000)
    }
}

impl Time for VirtualTime {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).expect("a valid time")
    }

    async fn wait_until(&self, at: DateTime<Utc>) {
        self.0.fetch_max(at.timestamp_millis(), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

/// The power switch: at the step that was chosen everything stops, as if the process had been killed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switch(Arc<SwitchState>);

#[derive(Debug, Default)]
struct SwitchState {
    steps: AtomicU64,
    dies_at: AtomicU64,
    died: Notify,
}

/// What a step does when the power goes at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    /// Goes now: decide whether the effect still happens, then call [`Switch::dark`].
    Goes,
}

impl Switch {
    /// Goes off at step `step`, counted from 1; never when 0.
    pub(crate) fn off_at(step: u64) -> Self {
        let switch = Self::default();
        switch.0.dies_at.store(step, Ordering::SeqCst);
        switch
    }

    pub(crate) fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::SeqCst)
    }

    /// Counts a step; never returns once the power is gone.
    pub(crate) async fn step(&self) -> Power {
        let step = self.0.steps.fetch_add(1, Ordering::SeqCst) + 1;
        match self.0.dies_at.load(Ordering::SeqCst) {
            0 => Power::On,
            at if step < at => Power::On,
            at if step == at => Power::Goes,
            _ => std::future::pending().await,
        }
    }

    /// Nothing returns from here.
    pub(crate) async fn dark<V>(&self) -> V {
        self.0.died.notify_one();
        std::future::pending().await
    }

    pub(crate) async fn died(&self) {
        self.0.died.notified().await;
    }
}

/// Counts what it is told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) ended: AtomicU64,
    pub(crate) again: AtomicU64,
}

impl Progress for Told {
    fn item_ended(&self, _: &Work, _: bool) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    fn item_again(&self, _: &Work, _: DateTime<Utc>) {
        self.again.fetch_add(1, Ordering::SeqCst);
    }
}

/// A backup in memory.
#[derive(Debug)]
pub(crate) struct MemorySource {
    description: SourceDescription,
    messages: BTreeMap<String, Message>,
    files: BTreeMap<String, Vec<u8>>,
    /// Locators whose bytes are others now.
    pub(crate) changed: Mutex<Vec<String>>,
}

impl Source for MemorySource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn items(&self, _: &RestorePointId, _: &CustodianName) -> Result<Items<'_>, SourceError> {
        Ok(Box::new(std::iter::empty()))
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        if self
            .changed
            .lock()
            .expect("no test panics while it holds it")
            .contains(&item.locator)
        {
            return Err(SourceError::Changed {
                locator: item.locator.clone(),
                planned: item.digest,
                found: Digest([0; 32]),
            });
        }
        Ok(self.messages[&item.locator].clone())
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        let mut bytes = self.files[&item.locator].clone();
        if self
            .changed
            .lock()
            .expect("no test panics while it holds it")
            .contains(&item.locator)
        {
            bytes[0] ^= 1;
        }
        Ok(Box::new(Cursor::new(bytes)))
    }
}

/// A backup and the work that it makes.
pub(crate) struct Sample {
    pub(crate) source: Arc<MemorySource>,
    pub(crate) work: Vec<Work>,
}

/// For each of `custodians` people: three byte-identical messages, one with large attachments, a file with dates and an
/// empty one.
pub(crate) fn sample(custodians: usize) -> Sample {
    let mut messages = BTreeMap::new();
    let mut files = BTreeMap::new();
    let mut work = Vec::new();
    for person in 0..custodians {
        for number in 0..4 {
            let locator = format!("{person}/inbox#{number}");
            let large = number == 3;
            messages.insert(locator.clone(), message(large));
            work.push(work_of(person, &locator, Workload::Mail, b"mail"));
        }
        for (name, bytes) in [("report.docx", &b"the whole report"[..]), ("empty", b"")] {
            let locator = format!("{person}/{name}");
            files.insert(locator.clone(), bytes.to_vec());
            work.push(work_of(person, &locator, Workload::Files, bytes));
        }
    }
    let description = SourceDescription {
        kind: "memory",
        format: "",
        fidelity: Fidelity::OriginalBytes,
        evidence: Evidence {
            access: false,
            immutability: false,
            dates: false,
            digests: false,
        },
        points: vec![RestorePoint {
            id: RestorePointId("p".to_owned()),
            taken: None,
        }],
        custodians: Vec::new(),
        digest: Digest([0; 32]),
    };
    let source = Arc::new(MemorySource {
        description,
        messages,
        files,
        changed: Mutex::default(),
    });
    Sample { source, work }
}

fn message(large: bool) -> Message {
    let attachment = |name: &str, bytes: usize| Attachment {
        name: name.to_owned(),
        content_type: "application/octet-stream".to_owned(),
        content_id: None,
        is_inline: false,
        content: name.bytes().cycle().take(bytes).collect(),
    };
    Message {
        subject: "Minutes".to_owned(),
        attachments: if large {
            vec![
                attachment("small", 10),
                attachment("large-1", LARGE_BYTES * 2),
                attachment("large-2", LARGE_BYTES * 3),
            ]
        } else {
            Vec::new()
        },
        ..Message::default()
    }
}

fn work_of(person: usize, locator: &str, workload: Workload, bytes: &[u8]) -> Work {
    let name = locator
        .rsplit('/')
        .next()
        .expect("it has a slash")
        .to_owned();
    let folder = match workload {
        Workload::Mail => FolderPath::Mail {
            root: WellKnownFolder::Inbox,
            below: vec!["Kept".to_owned()],
        },
        Workload::Files => FolderPath::Drive(vec!["Kept".to_owned()]),
    };
    Work {
        item: ItemId(format!("item-{locator}")),
        custodian: Custodian(format!("custodian-{person}")),
        user: TargetUser {
            id: format!("user-{person}"),
            user_principal_name: format!("user-{person}@clean.example"),
        },
        key: ItemKey(Sha256::digest(locator).into()),
        source: SourceItem {
            custodian: CustodianName(format!("custodian-{person}")),
            workload,
            stable_id: locator.to_owned(),
            version: String::new(),
            locator: locator.to_owned(),
            point: RestorePointId("p".to_owned()),
            folder: folder.clone(),
            name: name.clone(),
            size_bytes: bytes.len() as u64,
            digest: Digest(Sha256::digest(bytes).into()),
            created: None,
            modified: DateTime::from_timestamp(1_600_000_000, 0),
        },
        target_folder: folder,
        target_name: name,
        transforms: Vec::new(),
        plan: Digest([1; 32]),
        wave: 1,
        attempts: 0,
        standing: Standing::Fresh,
    }
}
