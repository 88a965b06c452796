//! What the record says of access: what was planned for a custodian's files, what was made of it, and what was read back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

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
    /// The approved access plan that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Why grants wait or never come along, and how many for each reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
    /// How many of the grants kept are releases by two people.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub released: u64,
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
    /// Who sees items by office: administrators as the operator named them, and the program's own application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Vec<String>>,
    /// SHA-256 of the lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Public data of `AccessPlanMade/1`: an access plan is frozen under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPlanMade {
    /// The access plan whose place it would take, by an amendment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<String>,
    /// How many rows of the map the amendment changes.
    pub changed: u64,
    /// How many custodians it is about.
    pub custodians: u64,
    /// How many users it declares to see items by office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<u64>,
    /// Grants of the source that wait for people.
    pub held: u64,
    /// Grants of the source that are kept.
    pub kept: u64,
    /// Grants of the source that never come along.
    pub lost: u64,
    /// The hash of the access plan.
    pub plan: String,
}

/// Public data of `AccessAdopted/1`: the approved access plan in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessAdopted {
    /// The access plan whose place it takes, by an amendment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<String>,
    /// How many rows of the map the amendment changes.
    pub changed: u64,
    /// What was approved: the plan's name.
    pub digest: String,
    /// Grants of the source that wait for people.
    pub held: u64,
    /// Grants of the source that are kept.
    pub kept: u64,
    /// Grants of the source that never come along.
    pub lost: u64,
    /// The hash of the access plan.
    pub plan: String,
    /// The proposal.
    pub proposal: String,
}

/// Facts of `AccessAdopted/1`: what the plan was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessAdoptedFacts {
    /// Who sees items by office, by principal name: as it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Vec<String>>,
    /// SHA-256 of the identity map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// SHA-256 of the sidecar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar: Option<String>,
}

/// Public data of `ReleaseAsked/1`: somebody asks that held grants of a custodian be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseAsked {
    /// Whose items.
    pub custodian: Pseudonym,
    /// How many grants.
    pub grants: u64,
    /// Its number in the case, from 1.
    pub number: u64,
    /// The object with a line for each grant, encrypted for the custodian.
    pub object: String,
    /// The access plan that holds them.
    pub plan: String,
}

/// Facts of `ReleaseAsked/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// Why they should be released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Public data of `GrantReleased/1`: two other people released what was asked for; `access apply` grants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantReleased {
    /// Whose items.
    pub custodian: Pseudonym,
    /// What was approved: SHA-256 over the plan, the custodian, the number and the object.
    pub digest: String,
    /// How many grants.
    pub grants: u64,
    /// The number of the `ReleaseAsked/1`.
    pub number: u64,
    /// The proposal.
    pub proposal: String,
}

/// Public data of `SensitiveNamed/1` and `OwnerAttested/1`: nothing of a custodian is written before its owner says that it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitive {
    /// The site, or the person.
    pub custodian: Pseudonym,
}

/// Facts of `SensitiveNamed/1` and `OwnerAttested/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitiveFacts {
    /// The owner who attests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why it is sensitive; or what was attested, and where that lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
