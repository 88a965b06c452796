//! What the case itself adds to the gates: the target is never the compromised tenant, by whichever name it was declared. Pure.

use chrono::{DateTime, Utc};

use super::Case;
use crate::domain::event::{CaseDeclared, CaseFacts, Event, TargetConnected, TargetFacts};
use crate::domain::gates::GateCommand;
use crate::domain::refusal::Refusal;

fn same(one: Option<&String>, other: Option<&String>) -> bool {
    one.zip(other)
        .is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

impl Case {
    /// Decides a command about the gates.
    pub(super) fn decide_gate(
        &self,
        command: GateCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        let target = self.target.as_ref().map(|(_, facts)| facts);
        match &command {
            GateCommand::Pin(_, facts) => {
                let known = target.and_then(|facts| facts.tenant_id.as_ref());
                if same(facts.tenant_id.as_ref(), known) {
                    return Err(Refusal::TargetIsSource);
                }
            }
            GateCommand::CheckBaseline(..)
            | GateCommand::AuditSeparation(..)
            | GateCommand::Certify(..) => {
                target.ok_or(Refusal::NoTarget)?;
            }
            _ => {}
        }
        self.gates.decide(command, now)
    }

    pub(super) fn check_target(
        &self,
        declared: &CaseDeclared,
        case_facts: &CaseFacts,
        data: &TargetConnected,
        facts: &TargetFacts,
    ) -> Result<(), Refusal> {
        // The source is known by its GUID, not by a name: domains move, and an attacker can rename a tenant.
        let found = facts.tenant_id.as_ref();
        let pinned = self.gates.pinned.as_ref();
        let pinned = pinned.and_then(|pinned| pinned.tenant_id.as_ref());
        if same(case_facts.source_tenant.as_ref(), found) || same(pinned, found) {
            return Err(Refusal::TargetIsSource);
        }
        if declared.simulated != data.simulated {
            return Err(Refusal::SimulationMismatch);
        }
        match &self.target {
            Some((_, known)) if !same(known.tenant_id.as_ref(), found) => {
                Err(Refusal::AnotherTarget)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::event::{PinnedFacts, SourcePinned};

    const OLD: &str = "99999999-aaaa-4aaa-8aaa-999999999999";

    fn pin(case: &Case, id: &str) -> Result<Event, Refusal> {
        let data = SourcePinned {
            apps: 0,
            domains: 1,
            thumbprints: 0,
        };
        let facts = PinnedFacts {
            tenant_id: Some(id.to_owned()),
            domains: Some(vec!["old.example".to_owned()]),
            ..PinnedFacts::default()
        };
        let command = GateCommand::Pin(data, facts);
        case.decide(CaseCommand::Gate(Box::new(command), DateTime::UNIX_EPOCH))
    }

    #[test]
    fn the_pinned_tenant_is_never_a_target_in_either_order() {
        let mut pinned_first = given(vec![declare()]);
        let event = pin(&pinned_first, OLD).expect("pinned");
        pinned_first.evolve(&event);
        let upper = connect(&OLD.to_uppercase(), true);
        assert_eq!(pinned_first.decide(upper), Err(Refusal::TargetIsSource));
        assert_eq!(pin(&pinned_first, OLD), Err(Refusal::AlreadyPinned));
        let connected_first = given(vec![declare(), connect(OLD, true)]);
        assert_eq!(pin(&connected_first, OLD), Err(Refusal::TargetIsSource));
    }
}
