//! What the record says of one item or folder on its way: intents, failures, outcomes, and their facts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudonym::Pseudonym;

/// Public data of the folder events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// The folder's pseudonym.
    pub folder: Pseudonym,
    /// `mail` or `files`.
    pub workload: String,
}

/// Facts of `FolderAttempted/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderFacts {
    /// The path, as the plan has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Value>,
}

/// Facts of `FolderReady/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderReadyFacts {
    /// The folder's id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
}

/// Public data of `ItemAttempted/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemAttempted {
    /// Its number, from 1.
    pub attempt: u32,
    /// The item's pseudonym.
    pub item: Pseudonym,
    /// The plan that asks for it.
    pub plan: String,
    /// The proposal of the release that it rests on, where it was held before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The wave that it belongs to.
    pub wave: u32,
}

/// Public data of `AttemptFailed/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptFailed {
    /// Which try.
    pub attempt: u32,
    /// Graph's code, or ours.
    pub code: String,
    /// The item.
    pub item: Pseudonym,
    /// The call, as a template.
    pub operation: String,
    /// The effect may have happened.
    pub outcome_unknown: bool,
    /// `never`, `soon` or `after`.
    pub retry: String,
    /// HTTP status; 0 when no answer came.
    pub status: u16,
    /// How long the next try waits, in seconds.
    pub wait_s: u64,
}

/// Facts of `AttemptFailed/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailedFacts {
    /// Graph's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What was said, without ids and addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Public data of `AttemptInterrupted/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptInterrupted {
    /// Which try.
    pub attempt: u32,
    /// What lies in the target under the item's key or name: `nothing`, `partial`, `whole`, `not-compared` (something does; the
    /// source could not be read beside it) or `not-looked` (nobody could look, and nothing is said of the target).
    pub found: String,
    /// The item.
    pub item: Pseudonym,
}

/// Public data of `PartialFound/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartialFound {
    /// `complete` or `delete`.
    pub action: String,
    /// Which try found it.
    pub attempt: u32,
    /// The item.
    pub item: Pseudonym,
}

/// Public data of `ItemRestored/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemRestored {
    /// Which try.
    pub attempt: u32,
    /// `identical` or `as_declared`.
    pub class: String,
    /// What was compared after reading back.
    pub compared: Vec<String>,
    /// What the target cannot hold: `property: reason`.
    pub deltas: Vec<String>,
    /// The item.
    pub item: Pseudonym,
    /// What was changed on purpose, `name/version`.
    pub transforms: Vec<String>,
    /// `mail` or `files`.
    pub workload: String,
    /// Links in its text that lead into the old tenant still; none where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_left: Option<u64>,
    /// Links in its text that lead into the new tenant now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_moved: Option<u64>,
    /// `new`, `found` or `completed`.
    pub wrote: String,
}

/// Facts of `ItemRestored/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredFacts {
    /// The folder, as the plan has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Value>,
    /// The item key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Links to the old tenant in its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<super::LinkFacts>,
    /// Where it lay in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// Its name in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Digest of what was read back: semantic for mail, SHA-256 for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readback_digest: Option<String>,
    /// The request ids of the writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_ids: Option<Vec<String>>,
    /// Exact size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// SHA-256 of the source's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_digest: Option<String>,
    /// Its id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Its name in the target, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// Its older versions, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<VersionFacts>>,
}

/// The custody of an older version of a file: what the target cannot hold of it stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// The old tenant's name for it.
    pub id: String,
    /// When it was written there, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Who wrote it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_by: Option<String>,
    /// SHA-256 of what was read back.
    pub readback_digest: String,
    /// Exact size in bytes.
    pub size: u64,
    /// SHA-256 of the source's bytes.
    pub source_digest: String,
    /// The target's name for it.
    pub target_version: String,
}

/// Public data of `ItemHeld/1` and `ItemSkipped/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemEnded {
    /// The item.
    pub item: Pseudonym,
    /// The reason's class.
    pub reason: String,
    /// The content that a plan holds, under the item's key: a release is for that and for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sight: Option<String>,
    /// `mail` or `files`.
    pub workload: String,
}

/// Public data of `ItemsTakenUp/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemsTakenUp {
    /// Whose they are.
    pub custodian: Pseudonym,
    /// The items, sorted, each once: 1 to [`TAKEN_UP_MAX`].
    pub items: Vec<Pseudonym>,
    /// The plan in force that names them.
    pub plan: String,
}

/// Items of one `ItemsTakenUp/1` at most: the event stays well below 45,000 bytes.
pub const TAKEN_UP_MAX: usize = 200;

/// Public data of `ItemFailed/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemFailed {
    /// How often it was tried.
    pub attempts: u32,
    /// The last code.
    pub code: String,
    /// The item.
    pub item: Pseudonym,
    /// The reason's class.
    pub reason: String,
    /// `mail` or `files`.
    pub workload: String,
}

/// Facts of the outcomes that wrote nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedFacts {
    /// What a person should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it lies in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// Its name in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
