//! Data of the event that says who a person is: the record holds a pseudonym, its name is disclosed beside it.

use serde::{Deserialize, Serialize};

use crate::domain::pseudonym::Pseudonym;

/// Public data of `PersonNamed/1`: the newest for a person counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonNamed {
    /// The person, as the roots named them with a key.
    pub person: Pseudonym,
}

/// Facts of `PersonNamed/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
