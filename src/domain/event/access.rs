//! What the record says of access: what was planned for a custodian's files, what was made of it, and what was read back.

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// Public data of `AccessPlanned/1`: the intent, durable before the first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPlanned {
    /// Whose files.
    pub custodian: Pseudonym,
    /// Grants of the source that wait for people.
    pub held: u64,
    /// Grants of the source that are kept.
    pub kept: u64,
    /// Grants of the source that never come along.
    pub lost: u64,
    /// The object with a line for each grant of the source and each step, encrypted for the custodian.
    pub object: String,
    /// Items that get a scope of their own.
    pub scopes: u64,
    /// How many calls it takes.
    pub steps: u64,
}

/// Facts of `AccessPlanned/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPlannedFacts {
    /// SHA-256 of the identity map that it was planned with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// SHA-256 of the sidecar that says who had access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar: Option<String>,
}

/// Public data of `AccessApplied/1`: the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessApplied {
    /// Items of the sidecar that are not in the target: nothing was granted on them.
    pub absent: u64,
    /// Whose files.
    pub custodian: Pseudonym,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were made.
    pub made: u64,
    /// The object that `AccessPlanned/1` names.
    pub object: String,
}

/// Public data of `AccessCompared/1`: what was read back beside the mapped source, by item and person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessCompared {
    /// Items of the sidecar that are not in the target.
    pub absent: u64,
    /// Whose files.
    pub custodian: Pseudonym,
    /// Declared access.
    pub declared: u64,
    /// More than the mapped source says.
    pub gained: u64,
    /// The same.
    pub kept: u64,
    /// Less.
    pub lost: u64,
    /// The object with a line for each difference, encrypted for the custodian.
    pub object: String,
}

/// Facts of `AccessCompared/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessComparedFacts {
    /// SHA-256 of the lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}
