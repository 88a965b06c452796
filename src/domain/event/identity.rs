//! What the record says of identities: accepted mappings, users and groups made in the clean tenant, and how users came in.

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// Public data of `MappingAccepted/1`: a person accepted a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingAccepted {
    /// How the suggestion came about: `same-alias`, `same-name`, `twins`, `looks-alike`.
    pub likeness: String,
    /// Its number in the case, from 1.
    pub number: u64,
}

/// Facts of `MappingAccepted/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedFacts {
    /// Why the person is sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The key in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The key in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// How an identity came to be there: we made it.
pub const MADE: &str = "made";

/// Public data of `IdentityAttempted/1`: the intent, durable before the first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityAttempted {
    /// Its pseudonym; the tenant carries it too, so that a later try knows its own.
    pub identity: Pseudonym,
    /// `user`, `shared-mailbox`, `guest`, `security-group`, `m365-group`, `dynamic-group`.
    pub kind: String,
}

/// Facts of an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityFacts {
    /// The principal name, the guest's address, or the group's mail nickname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The object id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// Public data of `IdentityMade/1`: the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityMade {
    /// [`MADE`]. Older records also have `found`: it was there before, and nothing of it was changed.
    pub how: String,
    /// Its pseudonym.
    pub identity: Pseudonym,
    /// How many licences it was given.
    pub licences: u64,
    /// How many members.
    pub members: u64,
    /// How many owners.
    pub owners: u64,
}

/// Public data of `IdentityHeld/1` and `IdentityFailed/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEnded {
    /// Its pseudonym.
    pub identity: Pseudonym,
    /// `user`, `mail-group` and so on.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// Public data of `MappingWithdrawn/1`: a mapping was taken back before anything rested on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingWithdrawn {
    /// Whose.
    pub custodian: Pseudonym,
}

/// Public data of `IdentityProofed/1`: somebody made sure who stands before them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProofed {
    /// Whose.
    pub identity: Pseudonym,
    /// `in-person`, `video` or `vouched`.
    pub method: String,
}

/// Facts of `IdentityProofed/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofedFacts {
    /// Who made sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// By what: a passport, a colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// Public data of `PassAttempted/1` and `PassIssued/1`: a one-use pass. The pass itself stands nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// Whose.
    pub identity: Pseudonym,
    /// How long it can be used.
    pub minutes: u64,
    /// The identity's passes are numbered from 1.
    pub number: u64,
}

/// What the tenant answers of a shared mailbox: an administrator has converted it.
pub const SHARED: &str = "shared";
/// What the tenant answers of a guest: the invitation was redeemed, by the guest and never by us.
pub const CAME_IN: &str = "came-in";

/// Public data of `IdentityConfirmed/1`: what was seen to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfirmed {
    /// Whose.
    pub identity: Pseudonym,
    /// Whether it was there.
    pub there: bool,
    /// `sign-in`, `mail`, `files` as the user says; `drive`, `shared`, `came-in` as the tenant answers.
    pub what: String,
}
