//! Which user a custodian is: what may be said of it, and when; and what must stand before a plan is made. Pure.

use super::Case;
use crate::domain::event::{CustodianFacts, CustodianMapped};
use crate::domain::refusal::Refusal;

impl Case {
    /// Whoever was named as unmapped may be mapped later, once: the next plan restores their items. A mapping that stands
    /// is never turned to another user, where a part of the items may be already.
    pub(super) fn check_mapping(
        &self,
        data: &CustodianMapped,
        facts: &CustodianFacts,
    ) -> Result<(), Refusal> {
        self.target.as_ref().ok_or(Refusal::NoTarget)?;
        let Some(known) = self.custodians.get(&data.custodian) else {
            return Ok(());
        };
        self.check_known(&data.custodian)?;
        let is_same_person = known.facts.source_name == facts.source_name;
        if known.is_mapped || !data.mapped || !is_same_person {
            return Err(Refusal::AlreadyMapped(data.custodian.to_string()));
        }
        Ok(())
    }

    /// Whether a plan may be made at all, before anything is written for one.
    pub fn check_may_plan(&self) -> Result<(), Refusal> {
        self.declared.as_ref().ok_or(Refusal::CaseNotDeclared)?;
        if self.finished.is_some() {
            return Err(Refusal::CaseFinished);
        }
        if self.sources.is_empty() {
            return Err(Refusal::NoSource);
        }
        if self.custodians.values().any(|known| known.is_mapped) {
            return Ok(());
        }
        Err(Refusal::NobodyMapped)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given, map, name, register};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::event::CaseFinished;

    fn start() -> Vec<CaseCommand> {
        vec![declare(), register(), connect("t", true)]
    }

    fn with(more: Vec<CaseCommand>) -> Case {
        given(start().into_iter().chain(more).collect())
    }

    #[test]
    fn whoever_was_unmapped_is_mapped_later_and_once() {
        let already = Err(Refusal::AlreadyMapped("bob".to_owned()));
        let mut case = with(vec![map("ann", true), map("bob", false)]);
        assert_eq!(case.decide(map("bob", false)), already);
        let event = case.decide(map("bob", true)).expect("mapped now");
        case.evolve(&event);
        assert!(case.custodians[&name("bob")].is_mapped, "the newest holds");
        assert_eq!(case.decide(map("bob", true)), already);
        assert_eq!(case.decide(map("bob", false)), already);
    }

    #[test]
    fn a_mapping_of_the_unmapped_keeps_the_person_in_the_source() {
        let case = with(vec![map("bob", false)]);
        let CaseCommand::MapCustodian(data, mut facts) = map("bob", true) else {
            unreachable!("it maps");
        };
        facts.source_name = Some("mallory".to_owned());
        assert_eq!(
            case.decide(CaseCommand::MapCustodian(data, facts)),
            Err(Refusal::AlreadyMapped("bob".to_owned()))
        );
    }

    #[test]
    fn whoever_was_erased_is_not_mapped() {
        let mut case = with(vec![map("bob", false)]);
        case.forget(&name("bob"), 7);
        assert!(matches!(
            case.decide(map("bob", true)),
            Err(Refusal::Erased { entry: 7, .. })
        ));
    }

    #[test]
    fn a_plan_needs_somebody_mapped_in_a_case_that_goes_on() {
        assert_eq!(
            Case::default().check_may_plan(),
            Err(Refusal::CaseNotDeclared)
        );
        assert_eq!(
            given(vec![declare()]).check_may_plan(),
            Err(Refusal::NoSource)
        );
        let named = with(vec![map("bob", false)]);
        assert_eq!(named.check_may_plan(), Err(Refusal::NobodyMapped));
        let mapped = with(vec![map("bob", false), map("bob", true)]);
        assert_eq!(mapped.check_may_plan(), Ok(()));
        let finish = CaseCommand::Finish(CaseFinished::default());
        let over = with(vec![map("bob", true), finish]);
        assert_eq!(over.check_may_plan(), Err(Refusal::CaseFinished));
    }
}
