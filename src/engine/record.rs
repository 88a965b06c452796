//! What the workers write down, and the seam to whoever writes it: the journal. No decision is made here.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::content::release::Release;
use crate::domain::file::FileVersion;
use crate::domain::folder::FolderPath;
use crate::domain::item::{Digest, ItemKey, SourceItem};
use crate::domain::message::{Delta, Transform};
use crate::domain::teams::links::{FoundLinks, Links};
use crate::domain::teams::{PlannedPost, PlannedTeam};
use crate::scanners::Screened;
use crate::targets::teams::OnRecord;
use crate::targets::{TargetError, TargetId, TargetUser};

/// The pseudonym of a custodian: random, public.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Custodian(pub String);

/// The pseudonym of an item: random, public, the same for the same key in every plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub String);

/// The pseudonym of a folder that is made or found: random, public.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub String);

/// What stands in the record of an item when the engine starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// An attempt failed, and that is recorded.
    Failed {
        /// Not to be tried before then.
        not_before: Option<DateTime<Utc>>,
    },
    /// Nothing was attempted.
    #[default]
    Fresh,
    /// An intent stands there without an outcome: we were killed in between.
    Interrupted,
}

/// One planned item that has no outcome yet.
#[derive(Clone, Debug)]
pub struct Work {
    /// Its pseudonym.
    pub item: ItemId,
    /// Whose it is.
    pub custodian: Custodian,
    /// Into whose mailbox and drive it goes.
    pub user: TargetUser,
    /// What it is known by in the target.
    pub key: ItemKey,
    /// Where it comes from.
    pub source: SourceItem,
    /// Its folder in the target, every name acceptable there.
    pub target_folder: FolderPath,
    /// Its name in the target.
    pub target_name: String,
    /// What the plan changed on purpose to get these names.
    pub transforms: Vec<Transform>,
    /// What the operator chose for it.
    pub choices: Vec<Transform>,
    /// Older versions that are written before it, oldest first.
    pub history: Vec<FileVersion>,
    /// Older versions that the plan leaves out.
    pub history_left_out: u64,
    /// The plan that asks for it.
    pub plan: Digest,
    /// Its wave.
    pub wave: u32,
    /// The last attempt on record; 0 when there is none.
    pub attempts: u32,
    /// How that one ended.
    pub standing: Standing,
    /// Of teams and chats: what the plan says of them.
    pub teams: Option<PlannedTeams>,
    /// What stands in the record of it at the content gate.
    pub standing_at_gate: AtGate,
}

/// What stands in the record of an item at the content gate when the engine starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtGate {
    /// The number of the policy that let it pass; 0 when none did.
    pub passed: u64,
    /// It is held because a scanner did not answer.
    pub is_unscanned: bool,
    /// What people let pass, where it was held.
    pub release: Option<Release>,
}

/// Why the content gate holds an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// A short class without personal facts.
    pub reason: &'static str,
    /// One sentence for a person; personal.
    pub detail: String,
}

/// What the plan says of a team or chat and of a message in it.
#[derive(Clone, Debug)]
pub struct PlannedTeams {
    /// The team or chat.
    pub team: Arc<PlannedTeam>,
    /// Who writes the message when; `None` for the team itself.
    pub post: Option<PlannedPost>,
    /// Where places of the old tenant lie now.
    pub links: Arc<Links>,
    /// What the record says of it.
    pub on_record: Arc<OnRecord>,
    /// The team or chat itself is held, and why its items are: nothing of it is made, nothing is written into it.
    pub held: Option<&'static str>,
    /// Messages that an earlier run gave up, by channel and planned time: nothing is written below what stands in their place.
    pub given_up: Arc<BTreeSet<(String, String)>>,
    /// Messages that an earlier run held, by channel and planned time, and why what answers one is held with it.
    pub withheld: Arc<BTreeMap<(String, String), &'static str>>,
}

/// What was found in the target for an intent without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing with the item's key.
    Nothing,
    /// Some of it.
    Partial,
    /// All of it, as far as names and sizes tell; the next attempt reads it back.
    Whole,
    /// Something is there; the source could not be read to compare it with.
    NotCompared,
    /// Nobody looked: where to look could not be told, or it is looked for only when it is made. It says nothing of the target.
    NotLooked,
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialAction {
    /// The rest is added.
    Complete,
    /// It is deleted and written anew.
    Delete,
}

/// How the item came to be in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// An earlier attempt had begun it, this one added the rest.
    Completed,
    /// An earlier attempt had written it.
    Found,
    /// This attempt wrote it.
    New,
}

/// How close to the original it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// As declared by transforms and deltas.
    AsDeclared,
    /// As it was.
    Identical,
}

/// An item that is in the target, read back and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How close to the original it is.
    pub class: Class,
    /// How it came there.
    pub wrote: Wrote,
    /// What was changed on purpose, sorted.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold, sorted.
    pub deltas: Vec<Delta>,
    /// The fields that were compared and found equal.
    pub compared: Vec<&'static str>,
    /// What was compared, of the source.
    pub source_digest: Digest,
    /// The same, of what was read back.
    pub readback_digest: Digest,
    /// Its id in the target.
    pub target_id: TargetId,
    /// Its name in the target.
    pub target_name: String,
    /// The `request-id` of every write, in order.
    pub request_ids: Vec<String>,
    /// Its older versions, oldest first.
    pub versions: Vec<RestoredVersion>,
    /// Links to the old tenant in its text.
    pub links: FoundLinks,
}

/// An older version of a file that is in the target, read back and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredVersion {
    /// As the source had it.
    pub source: FileVersion,
    /// SHA-256 of what was read back.
    pub readback_digest: Digest,
    /// The target's name for it.
    pub target_version: String,
}

/// Why an item could not be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// A short class without personal facts.
    pub reason: &'static str,
    /// The service's code, or what differs; without personal facts.
    pub code: String,
    /// One sentence for a person; personal.
    pub detail: String,
}

/// How a failed try goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Seconds until the next try, rounded up; `None` when there will be none.
    pub seconds: Option<u64>,
    /// The service itself named the pause.
    pub was_asked: bool,
}

/// What happened. Always recorded, never refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A try that did not end with a restored item.
    AttemptFailed {
        /// The item.
        item: ItemId,
        /// The attempt.
        attempt: u32,
        /// What the target said.
        failure: TargetError,
        /// How it goes on.
        wait: Wait,
    },
    /// An intent without an outcome, resolved by reading back.
    AttemptInterrupted {
        /// The item.
        item: ItemId,
        /// The attempt.
        attempt: u32,
        /// What was there.
        found: Found,
    },
    /// It was looked into; stands before any intent, and before it is held.
    ContentScanned {
        /// The item.
        item: ItemId,
        /// What it came to.
        screened: Box<Screened>,
    },
    /// The folder is there.
    FolderReady {
        /// The folder.
        folder: FolderId,
        /// Its id in the target.
        target_id: TargetId,
    },
    /// The end of an item that cannot be restored.
    ItemFailed {
        /// The item.
        item: ItemId,
        /// How many attempts were made.
        attempts: u32,
        /// Why.
        failed: Failed,
    },
    /// The end of an item that the content gate holds.
    ItemHeld {
        /// The item.
        item: ItemId,
        /// Why.
        held: Held,
    },
    /// The end of an item that is in the target.
    ItemRestored {
        /// The item.
        item: ItemId,
        /// The attempt that ended it.
        attempt: u32,
        /// What is there.
        restored: Box<Restored>,
    },
    /// A part from an earlier attempt; stands before what is done about it.
    PartialFound {
        /// The item.
        item: ItemId,
        /// The attempt that found it.
        attempt: u32,
        /// What will be done.
        action: PartialAction,
    },
}

/// Why something could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A gate is closed: no new intent may be made.
    #[error("refused: {0}")]
    Refused(String),
    /// The record cannot be written; nothing more may be done.
    #[error("the record cannot be written")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What the engine needs of the journal. Each call returns when it is on the disk.
pub trait Record: Send + Sync + 'static {
    /// The intent to write an item; durable before the effect.
    fn intend_item(
        &self,
        work: &Work,
        attempt: u32,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// The intent to find or make a folder.
    fn intend_folder(
        &self,
        custodian: &Custodian,
        path: &FolderPath,
    ) -> impl Future<Output = Result<FolderId, RecordError>> + Send;

    /// What came of it.
    fn record(
        &self,
        work: &Work,
        outcome: Outcome,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;
}
