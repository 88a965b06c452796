//! What the record says of a domain's way from the compromised tenant into the clean one: steps, their outcomes, addresses.

use serde::{Deserialize, Serialize};

use super::super::domain_move::Step;
use super::super::pseudonym::Pseudonym;

/// Public data of `DomainMoveBegun/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainMoveBegun {
    /// The domain's name in the record.
    pub domain: Pseudonym,
}

/// Facts of `DomainMoveBegun/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainFacts {
    /// The domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Public data of `DomainStepAttempted/1`: the intent, durable before the effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainStepAttempted {
    /// The domain.
    pub domain: Pseudonym,
    /// The step.
    pub step: Step,
    /// It is rolled back.
    pub undo: bool,
}

/// Public data of `DomainStepEnded/1`: the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainStepEnded {
    /// The domain.
    pub domain: Pseudonym,
    /// Whether it came to be, by reading back or by evidence.
    pub done: bool,
    /// The object with what was read or brought, encrypted for subject `case`.
    pub object: String,
    /// The step.
    pub step: Step,
    /// It was rolled back.
    pub undo: bool,
}

/// Public data of `AddressSwapAttempted/1`: the intent, durable before the effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressSwapAttempted {
    /// Whose address.
    pub custodian: Pseudonym,
    /// The domain that it moves into.
    pub domain: Pseudonym,
    /// It gets its address of before again.
    pub undo: bool,
}

/// Public data of `AddressSwapped/1`: the outcome, as it was read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressSwapped {
    /// Whose address.
    pub custodian: Pseudonym,
    /// The domain.
    pub domain: Pseudonym,
    /// Whether the user has the wanted address now.
    pub done: bool,
    /// It got its address of before again.
    pub undo: bool,
}

/// Facts of both; they concern the custodian.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFacts {
    /// The user principal name that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}
