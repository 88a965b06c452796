//! What the record says of the gates: the pinned source tenant, breach windows, decisions, findings, waivers, certificates.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::finding::Verdict;
use super::super::pseudonym::Pseudonym;

/// Public data of `SourcePinned/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePinned {
    /// How many app ids are known.
    pub apps: u64,
    /// How many domains.
    pub domains: u64,
    /// How many thumbprints and key ids.
    pub thumbprints: u64,
}

/// Facts of `SourcePinned/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFacts {
    /// App ids that were homed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_ids: Option<Vec<String>>,
    /// Its domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// Its GUID, as OIDC discovery names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Thumbprints of its certificates, ids of its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprints: Option<Vec<String>>,
}

/// Public data of `WindowSet/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSet {
    /// The custodian whose window it is; the whole tenant's when nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Pseudonym>,
}

/// Facts of `WindowSet/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowFacts {
    /// Its begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// Public data of `CleanTenantDecided/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanTenantDecided {
    /// What was approved: the digest of the decision with its reasons.
    pub digest: String,
    /// The proposal that it rests on.
    pub proposal: String,
    /// What was weighed, `purge_and_reset` among it.
    pub weighed: Vec<String>,
}

/// Facts of `CleanTenantDecided/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionFacts {
    /// Why, in the words of those who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<String>,
}

/// Public data of `EvidenceSaved/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSaved {
    /// What of the source tenant it is, as the checklist names it.
    pub kind: String,
    /// The object that holds it, encrypted for subject `case`; earlier versions of the program kept its digest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// Facts of `EvidenceSaved/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFacts {
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Who is to certify on a look, as C31 found it declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certifiers {
    /// For how many hours at most.
    pub hours: u32,
    /// How many of them at least.
    pub needed: u32,
    /// The persons by pseudonym, sorted.
    pub people: Vec<String>,
}

/// Public data of `BaselineChecked/1` and `SeparationAudited/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audited {
    /// When it was looked; earlier versions of the program did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// Who was declared to certify; earlier versions of the program did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certifiers: Option<Certifiers>,
    /// The object that holds findings and digests, encrypted for subject `case`.
    pub findings: String,
    /// Its number, from 1.
    pub number: u64,
    /// When the first waiver that it rests on ends; none when it rests on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// By check.
    pub verdicts: BTreeMap<String, Verdict>,
}

impl Audited {
    /// Whether every check passes or is waived, and no waiver has ended.
    pub fn opens(&self, now: DateTime<Utc>) -> bool {
        !self.verdicts.is_empty()
            && self.verdicts.values().all(|verdict| verdict.opens())
            && self.until.is_none_or(|until| now < until)
    }
}

/// Public data of `FindingWaived/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingWaived {
    /// The check.
    pub check: String,
    /// What was approved: the digest of the waiver.
    pub digest: String,
    /// From when.
    pub from: DateTime<Utc>,
    /// The proposal that it rests on.
    pub proposal: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Facts of `FindingWaived/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedFacts {
    /// The object that is let pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a certificate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// Workers may start.
    Readiness,
    /// Users may come in, domains may move.
    Trust,
}

impl CertificateKind {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Trust => "trust",
        }
    }
}

/// Public data of `Certified/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// What it certifies.
    pub certificate: CertificateKind,
    /// What was approved: the digest of the certificate's own words.
    pub digest: String,
    /// From when.
    pub from: DateTime<Utc>,
    /// Its number in the case, from 1.
    pub number: u64,
    /// The proposal that it rests on.
    pub proposal: String,
    /// The number of the baseline, or of the separation audit.
    pub rests_on: u64,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Public data of `CertificateRevoked/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRevoked {
    /// `drift`, or what a person chose.
    pub cause: String,
    /// The certificate's number.
    pub number: u64,
}
