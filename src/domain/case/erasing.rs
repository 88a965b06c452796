//! Who may be erased, and what the case then forgets; approvals are the ledger's to count. Pure.

use zeroize::Zeroize;

use super::Case;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

impl Case {
    /// Whether somebody is in the record and was not erased.
    pub fn check_known(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        if let Some(entry) = self.erased.get(custodian) {
            return Err(Refusal::Erased {
                custodian: custodian.to_string(),
                entry: *entry,
            });
        }
        if self.custodians.contains_key(custodian) {
            return Ok(());
        }
        Err(Refusal::UnknownCustodian(custodian.to_string()))
    }

    /// Whether a custodian may be erased, as far as the case says, while so many attempts have no outcome: approvals are the
    /// ledger's to count.
    pub fn check_erasure(&self, custodian: &Pseudonym, open: usize) -> Result<(), Refusal> {
        self.check_known(custodian)?;
        self.holds.check_none(custodian)?;
        match open {
            0 => Ok(()),
            open => Err(Refusal::AttemptsOpen {
                custodian: custodian.to_string(),
                open,
            }),
        }
    }

    /// The users of the clean tenant who are a custodian: what names them has keys of its own, and goes with the custodian.
    pub fn identities_of(&self, custodian: &Pseudonym) -> Vec<Pseudonym> {
        let Some(known) = self.custodians.get(custodian) else {
            return Vec::new();
        };
        let same = |one: &Option<String>, other: &Option<String>| {
            let both = one.as_ref().zip(other.as_ref());
            both.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        let identities = self.identities.known.iter();
        let theirs = identities.filter(|(_, one)| {
            same(&one.facts.name, &known.facts.target_upn)
                || same(&one.facts.object, &known.facts.target_user_id)
        });
        theirs.map(|(identity, _)| identity.clone()).collect()
    }

    /// Takes in that a custodian, or a user who is one, was erased: nothing personal of theirs stays in memory.
    pub fn forget(&mut self, custodian: &Pseudonym, entry: u64) {
        if let Some(identity) = self.identities.known.get_mut(custodian) {
            identity.facts.name.zeroize();
            identity.facts.object.zeroize();
            return;
        }
        self.erased.entry(custodian.clone()).or_insert(entry);
        if let Some(known) = self.custodians.get_mut(custodian) {
            let facts = &mut known.facts;
            for text in [
                &mut facts.source_name,
                &mut facts.target_upn,
                &mut facts.target_user_id,
            ] {
                text.zeroize();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CaseCommand;
    use super::super::identities::Identity;
    use super::*;
    use crate::domain::event::{CaseDeclared, CustodianFacts, CustodianMapped, Event};
    use crate::domain::hold::{HoldFacts, LegalHold};

    fn name(text: &str) -> Pseudonym {
        Pseudonym::parse(text).expect("a pseudonym")
    }

    /// A finished case in which Alice was mapped.
    fn case() -> Case {
        let mut case = Case::default();
        let declared = CaseDeclared {
            case: name("c"),
            secret: String::new(),
            simulated: true,
        };
        let mapped = CustodianMapped {
            custodian: name("alice"),
            mapped: true,
        };
        let facts = CustodianFacts {
            source_name: Some("Alice".to_owned()),
            ..CustodianFacts::default()
        };
        for event in [
            Event::CaseDeclared(Box::new(declared), Box::default()),
            Event::CustodianMapped(Box::new(mapped), Box::new(facts)),
            Event::CaseFinished(Box::default(), Box::default()),
        ] {
            case.evolve(&event);
        }
        case
    }

    fn hold(named: &str) -> LegalHold {
        LegalHold {
            custodian: name("alice"),
            hold: name(named),
        }
    }

    fn place(named: &str) -> CaseCommand {
        CaseCommand::PlaceHold(hold(named), HoldFacts::default())
    }

    #[test]
    fn who_stands_under_a_hold_is_not_erased() {
        let mut case = case();
        let placed = case.decide(place("h")).expect("even after the end");
        case.evolve(&placed);
        assert!(matches!(
            case.check_erasure(&name("alice"), 0),
            Err(Refusal::UnderHold { holds: 1, .. })
        ));
        let release = CaseCommand::ReleaseHold(hold("h"), HoldFacts::default());
        let released = case.decide(release.clone()).expect("it stands");
        case.evolve(&released);
        assert!(case.decide(release).is_err(), "twice");
        let open = Refusal::AttemptsOpen {
            custodian: "alice".to_owned(),
            open: 2,
        };
        assert_eq!(case.check_erasure(&name("alice"), 2), Err(open));
        assert_eq!(case.check_erasure(&name("alice"), 0), Ok(()));
        let unknown = Refusal::UnknownCustodian("bob".to_owned());
        assert_eq!(case.check_erasure(&name("bob"), 0), Err(unknown));
    }

    #[test]
    fn a_user_who_is_the_custodian_by_name_or_id_goes_along() {
        let mut case = case();
        let facts = CustodianFacts {
            source_name: Some("Alice".to_owned()),
            target_upn: Some("alice@new".to_owned()),
            target_user_id: Some("4711".to_owned()),
        };
        case.custodians
            .get_mut(&name("alice"))
            .expect("known")
            .facts = facts;
        for (identity, upn, object) in [
            ("i1", Some("Alice@new"), None),
            ("i2", Some("alice.b@new"), Some("4711")),
            ("i3", Some("bob@new"), Some("12")),
            ("i4", None, None),
        ] {
            let mut one = Identity::default();
            one.facts.name = upn.map(str::to_owned);
            one.facts.object = object.map(str::to_owned);
            case.identities.known.insert(name(identity), one);
        }
        let theirs = case.identities_of(&name("alice"));
        assert_eq!(theirs, [name("i1"), name("i2")]);
        case.forget(&name("i2"), 8);
        let one = &case.identities.known[&name("i2")];
        assert_eq!((&one.facts.name, &one.facts.object), (&None, &None));
        assert_eq!(case.identities_of(&name("alice")), [name("i1")]);
        assert!(case.erased.is_empty(), "she is not erased yet");
    }

    #[test]
    fn who_is_erased_is_forgotten_and_gets_nothing_more() {
        let mut case = case();
        case.forget(&name("alice"), 7);
        let erased = Refusal::Erased {
            custodian: "alice".to_owned(),
            entry: 7,
        };
        let facts = &case.custodians[&name("alice")].facts;
        assert_eq!(*facts, CustodianFacts::default());
        assert_eq!(case.decide(place("i")), Err(erased.clone()));
        assert_eq!(case.check_erasure(&name("alice"), 0), Err(erased));
    }
}
