//! Legal holds: who may not be erased, and why; placed and released on the record. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// Public data of `LegalHoldPlaced/1` and `LegalHoldReleased/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalHold {
    /// Whose data must stay.
    pub custodian: Pseudonym,
    /// The hold: a custodian may stand under several, for several matters.
    pub hold: Pseudonym,
}

/// Facts of both; they concern the custodian.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldFacts {
    /// The matter, or why it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The holds that stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    standing: BTreeMap<Pseudonym, BTreeMap<Pseudonym, Option<String>>>,
    released: BTreeSet<Pseudonym>,
}

impl Holds {
    /// The holds of a custodian, with their reasons where the facts could be had.
    pub fn of(
        &self,
        custodian: &Pseudonym,
    ) -> impl Iterator<Item = (&Pseudonym, Option<&str>)> + use<'_> {
        let holds = self.standing.get(custodian).into_iter().flatten();
        holds.map(|(hold, reason)| (hold, reason.as_deref()))
    }

    /// Every custodian who stands under one.
    pub fn custodians(&self) -> impl Iterator<Item = &Pseudonym> {
        self.standing.keys()
    }

    /// Whether a hold may be placed: its name is new.
    pub(super) fn check_place(&self, data: &LegalHold) -> Result<(), Refusal> {
        let stands = self.standing.values().any(|of| of.contains_key(&data.hold));
        if stands || self.released.contains(&data.hold) {
            return Err(Refusal::HoldAgain(data.hold.to_string()));
        }
        Ok(())
    }

    /// Whether a hold may be released: it stands.
    pub(super) fn check_release(&self, data: &LegalHold) -> Result<(), Refusal> {
        if self.of(&data.custodian).any(|(hold, _)| *hold == data.hold) {
            return Ok(());
        }
        Err(Refusal::NoSuchHold {
            custodian: data.custodian.to_string(),
            hold: data.hold.to_string(),
        })
    }

    /// Whether nothing stands in the way of an erasure.
    pub(super) fn check_none(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        match self.of(custodian).count() {
            0 => Ok(()),
            holds => Err(Refusal::UnderHold {
                custodian: custodian.to_string(),
                holds,
            }),
        }
    }

    /// Takes an event in; all but those about holds change nothing.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::LegalHoldPlaced(data, facts) => self.place(data, facts),
            Event::LegalHoldReleased(data, _) => self.release(data),
            _ => {}
        }
    }

    pub(super) fn place(&mut self, data: &LegalHold, facts: &HoldFacts) {
        self.standing
            .entry(data.custodian.clone())
            .or_default()
            .insert(data.hold.clone(), facts.reason.clone());
    }

    pub(super) fn release(&mut self, data: &LegalHold) {
        if let Some(of) = self.standing.get_mut(&data.custodian) {
            of.remove(&data.hold);
            if of.is_empty() {
                self.standing.remove(&data.custodian);
            }
        }
        self.released.insert(data.hold.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(custodian: &str, hold: &str) -> LegalHold {
        let name = |text| Pseudonym::parse(text).expect("a pseudonym");
        LegalHold {
            custodian: name(custodian),
            hold: name(hold),
        }
    }

    #[test]
    fn each_hold_stands_until_it_is_released_itself() {
        let mut holds = Holds::default();
        let ann = Pseudonym::parse("ann").expect("a pseudonym");
        let facts = HoldFacts {
            reason: Some("matter 7".to_owned()),
        };
        holds.place(&hold("ann", "h1"), &facts);
        holds.place(&hold("ann", "h2"), &HoldFacts::default());
        assert_eq!(holds.of(&ann).next().expect("stands").1, Some("matter 7"));
        assert!(
            holds.check_place(&hold("bob", "h1")).is_err(),
            "the same name"
        );
        assert!(
            holds.check_release(&hold("bob", "h1")).is_err(),
            "not bob's"
        );
        holds.check_release(&hold("ann", "h1")).expect("stands");
        holds.release(&hold("ann", "h1"));
        assert!(holds.check_release(&hold("ann", "h1")).is_err(), "twice");
        assert!(
            holds.check_place(&hold("ann", "h1")).is_err(),
            "used before"
        );
        let refused = holds.check_none(&ann);
        assert!(matches!(refused, Err(Refusal::UnderHold { holds: 1, .. })));
        holds.release(&hold("ann", "h2"));
        assert_eq!(holds.check_none(&ann), Ok(()));
        assert_eq!(holds.custodians().count(), 0);
    }
}
