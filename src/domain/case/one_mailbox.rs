//! Whose mailbox a user of the clean tenant already is: nobody is given the items of a second person. Pure.

use super::Case;
use crate::domain::event::CustodianFacts;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

impl Case {
    /// Whether the user that a custodian is mapped to is free. Mapping files come one after another, and two old
    /// users in one mailbox would widen who reads what. What was erased says nothing any more, and stands in
    /// nobody's way.
    pub fn check_one_mailbox(
        &self,
        custodian: &Pseudonym,
        facts: &CustodianFacts,
    ) -> Result<(), Refusal> {
        let other = self.custodians.iter().find(|(other, known)| {
            *other != custodian
                && known.is_mapped
                && (is_same(user_id(&known.facts), user_id(facts))
                    || is_same(upn(&known.facts), upn(facts)))
        });
        match other {
            None => Ok(()),
            Some((other, _)) => Err(Refusal::UserTaken(other.to_string())),
        }
    }
}

fn user_id(facts: &CustodianFacts) -> Option<&str> {
    facts.target_user_id.as_deref()
}

fn upn(facts: &CustodianFacts) -> Option<&str> {
    facts.target_upn.as_deref()
}

/// Object ids are GUIDs and principal names compare without case, so both do.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other)
        .is_some_and(|(one, other)| !one.is_empty() && one.to_lowercase() == other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::{CaseCommand, KnownCustodian};
    use super::*;
    use crate::domain::event::{
        CaseDeclared, CaseFacts, CustodianMapped, TargetConnected, TargetFacts,
    };

    fn name(text: &str) -> Pseudonym {
        Pseudonym::parse(text).expect("a pseudonym")
    }

    fn facts(upn: Option<&str>, id: Option<&str>) -> CustodianFacts {
        CustodianFacts {
            source_name: None,
            target_upn: upn.map(str::to_owned),
            target_user_id: id.map(str::to_owned),
        }
    }

    fn connected() -> Case {
        let data = CaseDeclared {
            case: name("c"),
            secret: String::new(),
            simulated: true,
        };
        let target = TargetConnected { simulated: true };
        let mut case = Case::default();
        for command in [
            CaseCommand::Declare(data, CaseFacts::default()),
            CaseCommand::ConnectTarget(target, TargetFacts::default()),
        ] {
            let event = case.decide(command).expect("allowed");
            case.evolve(&event);
        }
        case
    }

    fn map(custodian: &str, facts: CustodianFacts) -> CaseCommand {
        let data = CustodianMapped {
            custodian: name(custodian),
            mapped: facts.target_user_id.is_some(),
        };
        CaseCommand::MapCustodian(data, facts)
    }

    #[test]
    fn no_user_becomes_two_people() {
        let mut case = connected();
        let first = map("alice", facts(Some("a@x.example"), Some("ID-1")));
        case.evolve(&case.decide(first).expect("free"));
        let taken = Err(Refusal::UserTaken("alice".to_owned()));
        for second in [
            facts(Some("other@x.example"), Some("id-1")),
            facts(Some("A@X.example"), Some("id-2")),
        ] {
            assert_eq!(case.decide(map("bob", second)), taken);
        }
        let free = map("bob", facts(Some("b@x.example"), Some("id-2")));
        assert!(case.decide(free).is_ok());
        // Nobody's items go anywhere, so they share no mailbox.
        for nobody in ["cid", "dan"] {
            let event = case.decide(map(nobody, facts(None, None)));
            case.evolve(&event.expect("nobody"));
        }
    }

    #[test]
    fn who_was_erased_or_is_the_same_stands_in_nobodys_way() {
        let mut case = connected();
        let known = KnownCustodian {
            is_mapped: true,
            facts: facts(Some(""), Some("")),
        };
        case.custodians.insert(name("erased"), known);
        assert_eq!(
            case.check_one_mailbox(&name("bob"), &facts(Some(""), Some(""))),
            Ok(())
        );
        let own = facts(Some("b@x.example"), Some("id-2"));
        case.evolve(&case.decide(map("bob", own.clone())).expect("free"));
        assert_eq!(case.check_one_mailbox(&name("bob"), &own), Ok(()));
    }
}
