//! What the record says of a case's end: that our own applications are gone, and that nothing happens any more.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Public data of `OurAppsChecked/1`: whether the clean tenant still holds a way in for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OurAppsChecked {
    /// How many applications of ours were declared, the one that looks left out.
    pub apps: u64,
    /// When it was looked.
    pub at: DateTime<Utc>,
    /// How many of them, of their service principals and of their roles are still there.
    pub left: u64,
    /// The object with what was read, encrypted for subject `case`.
    pub object: String,
}

/// Public data of `CaseClosed/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseClosed {
    /// The separation audit that it rests on.
    pub audit: u64,
}

/// Facts of `CaseClosed/1`: the application that looked cannot see that it is gone itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedFacts {
    /// Who vouches for the removal of the application that looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested_by: Option<String>,
    /// SHA-256 of what shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}
