//! What the record says of sites that are made in the clean tenant, and of how far they are open to the outside.

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// Public data of `SiteAttempted/1`: the intent, durable before the first call that makes anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteAttempted {
    /// The identity of the Microsoft 365 group whose site it is, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Pseudonym>,
    /// How many libraries it is to have beside its own.
    pub libraries: u64,
    /// The site, for the two events about it.
    pub site: Pseudonym,
}

/// Facts of `SiteAttempted/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteFacts {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who owns it: the principal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Public data of `SiteReady/1`: the outcome, read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteReady {
    /// How many libraries it has beside its own, of those that were asked for.
    pub libraries: u64,
    /// It was not there before.
    pub made: bool,
    /// Its members cannot share with people outside by e-mail.
    pub sharing_closed: bool,
    /// The site of `SiteAttempted/1`.
    pub site: Pseudonym,
}

/// Facts of `SiteReady/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteReadyFacts {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
}
