//! Taking a mapping back that a slip of the pen made, while nothing rests on it. Pure.

use std::collections::BTreeSet;

use super::Case;
use crate::domain::event::{Event, MappingWithdrawn, NoFacts};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

impl Case {
    /// `looked` are the plans in which somebody looked for the custodian and found nothing that would be written for them: one
    /// that was made since is looked through first, or its items would have nobody to go to.
    pub(super) fn withdraw(
        &self,
        data: MappingWithdrawn,
        looked: &BTreeSet<String>,
    ) -> Result<Event, Refusal> {
        self.check_known(&data.custodian)?;
        let known = self.custodians.get(&data.custodian);
        if !known.is_some_and(|known| known.is_mapped) {
            return Err(Refusal::NotMapped(data.custodian.to_string()));
        }
        if self.plans.keys().any(|plan| !looked.contains(plan)) {
            return Err(Refusal::PlannedMeanwhile);
        }
        let used = |by: &str| Refusal::MappingUsed {
            custodian: data.custodian.to_string(),
            by: by.to_owned(),
        };
        if self.access.is_open(&data.custodian) {
            return Err(used("access to their files was opened"));
        }
        if self.moves.is_swapped(&data.custodian) {
            return Err(used("the user's address was moved"));
        }
        Ok(Event::MappingWithdrawn(
            Box::new(data),
            Box::new(NoFacts {}),
        ))
    }

    /// The name in the source stays: whoever is mapped next to it is still the same person.
    pub(super) fn forget_mapping(&mut self, custodian: &Pseudonym) {
        if let Some(known) = self.custodians.get_mut(custodian) {
            known.is_mapped = false;
            known.facts.target_upn = None;
            known.facts.target_user_id = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given, name, plan, register};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::event::{AccessPlanned, AccessPlannedFacts};
    use crate::domain::event::{CaseFinished, CustodianFacts, CustodianMapped};

    fn map(custodian: &str, user: &str) -> CaseCommand {
        let data = CustodianMapped {
            custodian: name(custodian),
            mapped: true,
        };
        let facts = CustodianFacts {
            source_name: Some(format!("{custodian}@old.example")),
            target_upn: Some(user.to_owned()),
            target_user_id: Some(format!("id of {user}")),
        };
        CaseCommand::MapCustodian(data, facts)
    }

    fn withdraw(custodian: &str, looked: &[&str]) -> CaseCommand {
        let data = MappingWithdrawn {
            custodian: name(custodian),
        };
        let looked = looked.iter().map(|plan| (*plan).to_owned()).collect();
        CaseCommand::WithdrawMapping(data, looked)
    }

    fn case(more: Vec<CaseCommand>) -> Case {
        let start = vec![declare(), register(), connect("t", true)];
        given(start.into_iter().chain(more).collect())
    }

    #[test]
    fn a_user_who_was_taken_by_a_slip_is_free_again() {
        let mut case = case(vec![map("jnae", "jane@new.example")]);
        let jane = map("jane", "jane@new.example");
        let taken = Err(Refusal::UserTaken("jnae".to_owned()));
        assert_eq!(case.decide(jane.clone()), taken);
        case.evolve(
            &case
                .decide(withdraw("jnae", &[]))
                .expect("nothing rests on it"),
        );
        let known = &case.custodians[&name("jnae")];
        assert!(!known.is_mapped && known.facts.target_upn.is_none());
        assert_eq!(known.facts.source_name.as_deref(), Some("jnae@old.example"));
        assert_eq!(case.check_may_plan(), Err(Refusal::NobodyMapped));
        case.evolve(&case.decide(jane).expect("free"));
        // Once is enough, and a stranger has none.
        let again = Err(Refusal::NotMapped("jnae".to_owned()));
        assert_eq!(case.decide(withdraw("jnae", &[])), again);
        let stranger = Err(Refusal::UnknownCustodian("bob".to_owned()));
        assert_eq!(case.decide(withdraw("bob", &[])), stranger);
    }

    #[test]
    fn what_something_rests_on_stays() {
        let mapped = || map("jane", "jane@new.example");
        let mut planned = case(vec![mapped(), plan("p")]);
        let unread = planned.decide(withdraw("jane", &[]));
        assert_eq!(unread, Err(Refusal::PlannedMeanwhile));
        assert!(planned.decide(withdraw("jane", &["p"])).is_ok());
        let opened = AccessPlanned {
            custodian: name("jane"),
            held: 0,
            kept: 1,
            lost: 0,
            object: "o".to_owned(),
            plan: None,
            reasons: std::collections::BTreeMap::new(),
            released: 0,
            scopes: 1,
            steps: 1,
        };
        let facts = AccessPlannedFacts::default();
        planned.evolve(&Event::AccessPlanned(Box::new(opened), Box::new(facts)));
        let used = planned.decide(withdraw("jane", &["p"]));
        assert!(matches!(used, Err(Refusal::MappingUsed { .. })), "{used:?}");
        let finish = CaseCommand::Finish(CaseFinished::default());
        let over = case(vec![mapped(), finish]);
        assert_eq!(
            over.decide(withdraw("jane", &[])),
            Err(Refusal::CaseFinished)
        );
    }
}
