//! What the record says of the end of a team's or chat's migration: who was to come in, and who is in it.

use serde::{Deserialize, Serialize};

/// Public data of `TeamAttempted/1`: the intent, durable before the first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamAttempted {
    /// Conversations whose migration is ended.
    pub conversations: u64,
    /// People of the source who do not come in: nobody is mapped for them, or they are from outside.
    pub left_out: u64,
    /// People who are to be in it.
    pub members: u64,
    /// The plan that names them.
    pub plan: String,
}

/// Public data of `TeamCompleted/1`: the outcome, read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamCompleted {
    /// Private and shared channels whose own members were read back as well. Not there: who is in the team could not be read
    /// back, or the record is of a version that never asked the channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u64>,
    /// Steps that failed.
    pub failed: u64,
    /// People in it, or in such a channel of it, whom the plan does not name there.
    pub gained: u64,
    /// People in it whom the plan names.
    pub kept: u64,
    /// People of the plan who are not in it, or not in such a channel of it.
    pub lost: u64,
    /// Of those who are kept, its owners.
    pub owners: u64,
}

/// Facts of `TeamAttempted/1` and `TeamCompleted/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamFacts {
    /// Object ids in the clean tenant that are in it and not in the plan; of a channel, with its name behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gained: Option<Vec<String>>,
    /// Who of the source does not come in, with the reason before each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<Vec<String>>,
    /// Object ids of the plan that are not in it; of a channel, with its name behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Vec<String>>,
    /// Its name in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Facts of `ItemRestored/1`: links to the old tenant in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFacts {
    /// As they stand: whoever follows one leaves the clean tenant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// As they were, before they led into the clean tenant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<String>,
}
