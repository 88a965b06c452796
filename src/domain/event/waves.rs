//! What the record says of waves: their order, releases, pauses, licences, and holds of the clean tenant.

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// Public data of `WavesPlanned/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WavesPlanned {
    /// The numbers of the waves in the order in which they open.
    pub order: Vec<u32>,
    /// The plan.
    pub plan: String,
}

/// Facts of `WavesPlanned/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavesFacts {
    /// SHA-256 of the file that says who is in which wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Public data of `WavesReordered/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WavesReordered {
    /// What was approved: the digest of the new order.
    pub digest: String,
    /// The same waves in another order.
    pub order: Vec<u32>,
    /// The plan.
    pub plan: String,
    /// The proposal that it rests on.
    pub proposal: String,
}

/// Public data of `WaveReleased/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveReleased {
    /// What was approved: the digest of the release.
    pub digest: String,
    /// The plan.
    pub plan: String,
    /// The proposal that it rests on.
    pub proposal: String,
    /// The wave's number.
    pub wave: u32,
}

/// Facts of `WavePaused/1` and `WaveResumed/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseFacts {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Public data of `LicencesCounted/1`: whether the tenant has what a wave takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicencesCounted {
    /// Licences that nobody has yet.
    pub free: u64,
    /// Users of the wave.
    pub users: u64,
    /// The plan.
    pub plan: String,
    /// Users of the wave who have none.
    pub without: u64,
    /// The wave's number.
    pub wave: u32,
}

/// Public data of `DevicesEvidenced/1`: what became of the devices of a wave's people that were enrolled in the compromised tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicesEvidenced {
    /// The object that holds what shows it, encrypted for subject `case`.
    pub object: String,
    /// The plan.
    pub plan: String,
    /// The wave's number.
    pub wave: u32,
}

/// Public data of `TargetHoldEvidenced/1`: what is restored for a held custodian stays in the clean tenant too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetHoldEvidenced {
    /// Whose mailbox and files are on hold there.
    pub custodian: Pseudonym,
    /// The object that holds the evidence, encrypted for them; earlier versions of the program kept its digest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}
