//! What the record says of sites in the clean tenant: that they are made, how far they are open, and who is in them.

use serde::{Deserialize, Serialize};

use super::super::pseudonym::Pseudonym;

/// Public data of `SiteAttempted/1`: the intent, durable before the first call that makes anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteAttempted {
    /// The members come in before access was compared: the operator says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early: Option<bool>,
    /// The identity of the Microsoft 365 group whose site it is, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Pseudonym>,
    /// How many libraries it is to have beside its own.
    pub libraries: u64,
    /// How many are let into the group beside its owners; older records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
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
    /// Who is let into the group beside its owners: principal names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// Why they come in before access was compared, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_now: Option<String>,
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
    /// How many get at all of it, read back; none where nobody could see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<u64>,
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
    /// The object id of the group whose site it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Who gets at all of it: principal names in small letters, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Vec<String>>,
    /// Its id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
}

/// Public data of `PlacesSeen/1`: who was in the sites of a wave, looked up in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesSeen {
    /// It was looked before the first byte of this run; else after the last.
    pub begins: bool,
    /// How many are in them, counted once for each site.
    pub people: u64,
    /// How many sites.
    pub places: u64,
    /// The plan.
    pub plan: String,
    /// How many are in whom the plan did not know of when it was approved.
    pub strangers: u64,
    /// Of how many of them nobody could see who is in.
    pub unseen: u64,
    /// The wave.
    pub wave: u32,
}

/// Facts of `PlacesSeen/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesSeenFacts {
    /// Who is in whom the plan did not know of: principal name and address of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strangers: Option<Vec<String>>,
}
