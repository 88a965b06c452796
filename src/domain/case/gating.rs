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
        // The source is known by its GUID: domains move, and an attacker can rename a tenant. Whoever declares it mostly has
        // a name only, and until that domain has moved here, who has it is the source.
        let found = facts.tenant_id.as_ref();
        let declared_as = case_facts.source_tenant.as_ref();
        let pinned = self.gates.pinned.as_ref();
        let is_source = same(declared_as, found)
            || same(pinned.and_then(|one| one.tenant_id.as_ref()), found)
            || self.has_domain_of_source(declared_as, facts);
        if is_source {
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

    /// Whether the tenant has verified a domain that the source is declared or pinned by and that no move of the case brought.
    fn has_domain_of_source(&self, declared_as: Option<&String>, facts: &TargetFacts) -> bool {
        let pinned = self.gates.pinned.as_ref();
        let pinned = pinned.and_then(|pinned| pinned.domains.as_ref());
        let of_source = declared_as.into_iter().chain(pinned.into_iter().flatten());
        let here = facts.domains.as_deref().unwrap_or_default();
        let arrived: Vec<&str> = self.moves.arrived().collect();
        of_source.map(|name| name.trim()).any(|name| {
            let is_name = |other: &str| other.eq_ignore_ascii_case(name);
            here.iter().any(|one| is_name(one)) && !arrived.iter().any(|one| is_name(one))
        })
    }

    /// Whether the tenant that answers is the one that was connected: nothing else is looked at, and nothing else is written to. By
    /// its GUID alone, since a domain may be under way.
    pub fn check_answers(&self, tenant_id: &str, simulated: bool) -> Result<(), Refusal> {
        let (_, known) = self.target.as_ref().ok_or(Refusal::NoTarget)?;
        let found = tenant_id.to_owned();
        let pinned = self.gates.pinned.as_ref();
        if same(pinned.and_then(|one| one.tenant_id.as_ref()), Some(&found)) {
            return Err(Refusal::TargetIsSource);
        }
        if !same(known.tenant_id.as_ref(), Some(&found)) {
            return Err(Refusal::AnotherTarget);
        }
        let declared = self
            .declared
            .as_ref()
            .map(|(declared, _)| declared.simulated);
        if declared.is_some_and(|declared| declared != simulated) {
            return Err(Refusal::SimulationMismatch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::approval::Struck;
    use crate::domain::certificate::Certificate;
    use crate::domain::event::{
        Audited, CertificateKind, Certified, FindingWaived, PinnedFacts, SourcePinned, WaivedFacts,
    };
    use crate::domain::finding::Verdict;

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

    fn declared_as(source: &str) -> Case {
        let CaseCommand::Declare(data, mut facts) = declare() else {
            unreachable!("it is one")
        };
        facts.source_tenant = Some(source.to_owned());
        given(vec![CaseCommand::Declare(data, facts)])
    }

    fn connect_with(case: &Case, domains: &[&str]) -> Result<Event, Refusal> {
        let facts = TargetFacts {
            tenant_id: Some("22222222-aaaa-4aaa-8aaa-222222222222".to_owned()),
            domains: Some(domains.iter().map(|one| (*one).to_owned()).collect()),
            ..TargetFacts::default()
        };
        case.decide(CaseCommand::ConnectTarget(
            TargetConnected { simulated: true },
            facts,
        ))
    }

    #[test]
    fn a_tenant_that_has_a_domain_of_the_source_is_the_source_until_that_domain_moved() {
        let case = declared_as(" Acme.onmicrosoft.com");
        let refused = connect_with(&case, &["acme.example", "acme.onmicrosoft.com"]);
        assert_eq!(refused, Err(Refusal::TargetIsSource));
        assert!(connect_with(&case, &["acme-clean.onmicrosoft.com"]).is_ok());
        let mut pinned = declared_as("acme.onmicrosoft.com");
        let event = pin(&pinned, OLD).expect("pinned");
        pinned.evolve(&event);
        let here = ["clean.example", "OLD.example"];
        assert_eq!(connect_with(&pinned, &here), Err(Refusal::TargetIsSource));
        let name = super::super::tests::name("d");
        let mut moved = crate::domain::domain_move::Move {
            name: Some("old.example".to_owned()),
            ..Default::default()
        };
        moved.done.push(crate::domain::domain_move::Step::Verify);
        pinned.moves.0.insert(name, moved);
        assert!(connect_with(&pinned, &here).is_ok(), "it arrived");
    }

    #[test]
    fn only_the_connected_tenant_is_worked_with() {
        let here = "22222222-aaaa-4aaa-8aaa-222222222222";
        let case = given(vec![declare()]);
        assert_eq!(case.check_answers(here, true), Err(Refusal::NoTarget));
        let mut case = given(vec![declare(), connect(here, true)]);
        assert_eq!(case.check_answers(&here.to_uppercase(), true), Ok(()));
        assert_eq!(
            case.check_answers(here, false),
            Err(Refusal::SimulationMismatch)
        );
        let third = "33333333-aaaa-4aaa-8aaa-333333333333";
        assert_eq!(case.check_answers(third, true), Err(Refusal::AnotherTarget));
        let event = pin(&case, OLD).expect("pinned");
        case.evolve(&event);
        assert_eq!(case.check_answers(OLD, true), Err(Refusal::TargetIsSource));
    }

    #[test]
    fn what_a_struck_approval_carries_does_not_hold_and_a_later_look_counts_without_it() {
        let at =
            |hour: i64| DateTime::from_timestamp(1_790_000_000 + hour * 3600, 0).expect("time");
        let mut gates = crate::domain::gates::Gates::default();
        let said = Certified {
            certificate: CertificateKind::Trust,
            digest: String::new(),
            from: at(0),
            number: 1,
            proposal: "c".to_owned(),
            rests_on: 1,
            until: at(9),
        };
        let certificate = Certificate {
            said,
            revoked: None,
        };
        gates
            .certificates
            .insert(CertificateKind::Trust, certificate);
        gates.audit = Some(Audited {
            certifiers: None,
            at: Some(at(1)),
            findings: String::new(),
            number: 1,
            until: None,
            verdicts: [("S1".to_owned(), Verdict::Waived)].into(),
        });
        let waiver = FindingWaived {
            check: "S1".to_owned(),
            digest: String::new(),
            from: at(0),
            proposal: "w".to_owned(),
            until: at(9),
        };
        gates.waivers.push((waiver, WaivedFacts::default()));
        assert_eq!(gates.check_trust(at(5)), Ok(()));
        let struck = |name: &str| Struck::new([name.to_owned()].into(), at(3));
        gates.struck = struck("c");
        let refused = Err(Refusal::ApprovalStruck("c".to_owned()));
        assert_eq!(gates.check_trust(at(5)), refused);
        gates.struck = struck("w");
        let open = Err(Refusal::FindingsOpen("trust"));
        assert_eq!(gates.check_trust(at(5)), open);
        gates.audit.as_mut().expect("there").at = Some(at(4));
        assert_eq!(gates.check_trust(at(5)), Ok(()));
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
