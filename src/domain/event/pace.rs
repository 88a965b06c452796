//! What the record says of a wave's pace: what was estimated when it was opened, and what a run waited for.

use serde::{Deserialize, Serialize};

/// Public data of `WaveEstimated/1`: from the plan's sums and the documented quotas, not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveEstimated {
    /// What was expected to bind it, in words.
    pub bound_by: String,
    /// It ends no sooner than this after it is opened, in seconds.
    pub earliest_s: u64,
    /// Items to restore.
    pub items: u64,
    /// It ends no later, if it is not interrupted, in seconds.
    pub latest_s: u64,
    /// The plan.
    pub plan: String,
    /// The wave's number.
    pub wave: u32,
    /// Items at the same time.
    pub workers: u64,
}

/// What a lane waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitedFor {
    /// A quota, or a pause that the service asked for, in words.
    pub quota: String,
    /// The longest that one lane waited for it, in seconds.
    pub seconds: u64,
}

/// Public data of `WavePaced/1`: one run of the workers in an open wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WavePaced {
    /// The plan.
    pub plan: String,
    /// Requests.
    pub requests: u64,
    /// How long the run took, in seconds.
    pub seconds: u64,
    /// Refusals for a quota.
    pub throttled: u64,
    /// What was waited for, longest first.
    pub waited: Vec<WaitedFor>,
    /// The wave's number.
    pub wave: u32,
}
