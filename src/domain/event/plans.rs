//! Data of the events of plans: made, and put in force.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::content::ContentGate;

/// Who gets at all of the sites that a plan writes into, as each was seen last before it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleInside {
    /// How many items are held that a list of access calls narrower than their place; none where no list was brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrower: Option<u64>,
    /// How many are in them, counted once for each site.
    pub people: u64,
    /// How many sites.
    pub places: u64,
    /// Of how many of them nobody could see who is in.
    pub unseen: u64,
}

/// How many rows of a plan have which decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanCounts {
    /// To be held.
    pub hold: u64,
    /// To be restored.
    pub restore: u64,
    /// To be skipped.
    pub skip: u64,
    /// Cannot be read from the source.
    pub unreadable: u64,
}

/// Public data of `PlanMade/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanMade {
    /// The number of the restore point, in the order of the source.
    pub as_of: u64,
    /// Rows by decision.
    pub counts: PlanCounts,
    /// The content gate that it is carried out under; none where none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<ContentGate>,
    /// Who is in the sites that it writes into; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<PeopleInside>,
    /// How many parts (one a custodian).
    pub parts: u64,
    /// SHA-256 of the plan object.
    pub plan: String,
    /// How many restore points the source has; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
    /// What the operator chose where a mailbox leaves a choice, by what is chosen; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<BTreeMap<String, String>>,
    /// Rows to restore of which nothing shows that they are older than the breach; 0 where no window was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<u64>,
    /// The number of the backup that it was made from; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<u64>,
    /// Whether a breach window was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<bool>,
    /// Rows to restore by workload; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<BTreeMap<String, u64>>,
}

/// Public data of `PlanAdopted/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanAdopted {
    /// The plan again: what was approved is what is done.
    pub digest: String,
    /// The plan.
    pub plan: String,
    /// Leaf hash of the `Proposed` entry.
    pub proposal: String,
}
