//! What the record says of a report that was handed out: enough to make it again to the byte and to see that it is the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// What the independent verifier had found when a report was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedAs {
    /// The entry that breaks a rule, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The rule that is broken, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How many entries are SUSPECT.
    pub suspect: u64,
    /// The first of them.
    pub suspect_first: Vec<u64>,
    /// How many entries a time stamp covers.
    pub timestamped: u64,
    /// The verdict, as section 12 of the format words it.
    pub verdict: String,
    /// How many entries the quorum of witnesses has seen.
    pub witnessed: u64,
}

/// Public data of `ReportIssued/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportIssued {
    /// What the verifier had found.
    pub checked: CheckedAs,
    /// The custodian whom it is about, in an edition for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Pseudonym>,
    /// `full`, `redacted` or `custodian`.
    pub edition: String,
    /// SHA-256 of the salt and each file, by name; `report.json` is always there. The salt, none for a redacted edition, goes
    /// with the files and is destroyed with the key of anybody whom the report shows: else a digest would answer a guess.
    pub files: BTreeMap<String, String>,
    /// The object that keeps the salt, and the bytes behind the PDF that are its seal.
    pub kept: String,
    /// When it was made, RFC 3339.
    pub made: String,
    /// Its number in the case, from 1.
    pub number: u64,
    /// The root of the checkpoint that it reports on, hex.
    pub root: String,
    /// SHA-256 of the seal's certificate, where the PDF is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_certificate: Option<String>,
    /// That checkpoint's size.
    pub size: u64,
    /// The program that made it, with its version.
    pub software: String,
}

/// Facts of `ReportIssued/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerFacts {
    /// The person who hands it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}
