//! What the case itself adds to its end: when it may be closed, and what is refused from then on. Pure.

use chrono::{DateTime, Utc};

use super::{Case, CaseCommand};
use crate::domain::closing::{ClosingCommand, is_recent};
use crate::domain::event::{ClosedFacts, Event};
use crate::domain::gates::{Guard, stands};
use crate::domain::item::Digest;
use crate::domain::refusal::Refusal;

impl Case {
    /// A closed case takes what the law asks for afterwards: reports, holds, and who looks after what is not identical.
    pub(super) fn check_not_closed(&self, command: &CaseCommand) -> Result<(), Refusal> {
        let is_asked_later = matches!(
            command,
            CaseCommand::AssignException(..)
                | CaseCommand::BindSealKey(..)
                | CaseCommand::IssueReport(..)
                | CaseCommand::PlaceHold(..)
                | CaseCommand::ReleaseHold(..)
        );
        let may = self.closing.closed.is_none() || is_asked_later;
        if stands(Guard::Closed, may) {
            return Ok(());
        }
        Err(Refusal::CaseClosed)
    }

    pub(super) fn decide_close(
        &self,
        command: ClosingCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        if self.gates.pinned.is_none() {
            return Err(Refusal::NotPinned);
        }
        match command {
            ClosingCommand::CheckApps(data) => {
                Ok(Event::OurAppsChecked(Box::new(data), Box::default()))
            }
            ClosingCommand::Close(data, facts) => {
                self.check_may_close(data.audit, &facts, now)?;
                Ok(Event::CaseClosed(Box::new(data), Box::new(facts)))
            }
        }
    }

    fn check_may_close(
        &self,
        audit: u64,
        facts: &ClosedFacts,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if self.finished.is_none() {
            return Err(Refusal::NotFinished);
        }
        for one in self.moves.0.values() {
            if let Some((step, _)) = one.under_way {
                return Err(Refusal::StepUnderWay(step.name()));
            }
        }
        let newest = self.gates.audit.as_ref();
        let is_clean = newest.is_some_and(|look| {
            let is_recent = look.at.is_some_and(|at| is_recent(at, now));
            look.number == audit && self.gates.opens(look, now) && is_recent
        });
        if !is_clean {
            return Err(Refusal::AuditNotClean);
        }
        let apps = self.closing.apps.as_ref();
        let apps = apps.filter(|look| is_recent(look.at, now));
        match apps.ok_or(Refusal::OurAppsNotChecked)?.left {
            0 => {}
            left => return Err(Refusal::OurAppsLeft(left)),
        }
        let is_named = facts
            .attested_by
            .as_ref()
            .is_some_and(|by| !by.trim().is_empty());
        let digest = facts.digest.as_deref().and_then(Digest::parse);
        if is_named && digest.is_some() {
            return Ok(());
        }
        Err(Refusal::RemovalNotAttested)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;

    use super::super::tests::{connect, declare, given, map, register};
    use super::*;
    use crate::domain::event::{
        Audited, CaseClosed, CaseFinished, OurAppsChecked, PinnedFacts, SourcePinned,
    };
    use crate::domain::finding::Verdict;
    use crate::domain::gates::GateCommand;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
    }

    fn pin() -> CaseCommand {
        let data = SourcePinned {
            apps: 0,
            domains: 1,
            thumbprints: 0,
        };
        let facts = PinnedFacts {
            tenant_id: Some("99999999-aaaa-4aaa-8aaa-999999999999".to_owned()),
            domains: Some(vec!["old.example".to_owned()]),
            ..PinnedFacts::default()
        };
        CaseCommand::Gate(Box::new(GateCommand::Pin(data, facts)), now())
    }

    fn audit(number: u64, verdict: Verdict, hours_ago: i64) -> CaseCommand {
        let look = Audited {
            certifiers: None,
            at: Some(now() - TimeDelta::hours(hours_ago)),
            findings: String::new(),
            number,
            until: None,
            verdicts: BTreeMap::from([("S1".to_owned(), verdict)]),
        };
        CaseCommand::Gate(Box::new(GateCommand::AuditSeparation(look)), now())
    }

    fn apps(left: u64, hours_ago: i64) -> CaseCommand {
        let look = OurAppsChecked {
            apps: 2,
            at: now() - TimeDelta::hours(hours_ago),
            left,
            object: String::new(),
        };
        CaseCommand::Close(ClosingCommand::CheckApps(look), now())
    }

    fn close(audit: u64, by: &str) -> CaseCommand {
        let facts = ClosedFacts {
            attested_by: Some(by.to_owned()),
            digest: Some("ab".repeat(32)),
        };
        CaseCommand::Close(ClosingCommand::Close(CaseClosed { audit }, facts), now())
    }

    fn finish() -> CaseCommand {
        CaseCommand::Finish(CaseFinished::default())
    }

    fn case(more: Vec<CaseCommand>) -> Case {
        let start = vec![declare(), register(), connect("t", true), map("ann", true)];
        given(start.into_iter().chain(more).collect())
    }

    #[test]
    fn a_case_is_closed_on_a_clean_look_of_today_without_a_way_in_for_us() {
        let good = || vec![pin(), finish(), audit(1, Verdict::Pass, 2), apps(0, 1)];
        assert!(case(good()).decide(close(1, "the admin")).is_ok());
        let refused = |more: Vec<CaseCommand>| case(more).decide(close(1, "the admin"));
        assert_eq!(refused(vec![finish()]), Err(Refusal::NotPinned));
        assert_eq!(
            refused(vec![pin(), audit(1, Verdict::Pass, 2), apps(0, 1)]),
            Err(Refusal::NotFinished)
        );
        for audit in [audit(1, Verdict::Fail, 2), audit(1, Verdict::Pass, 25)] {
            let more = vec![pin(), finish(), audit, apps(0, 1)];
            assert_eq!(refused(more), Err(Refusal::AuditNotClean));
        }
        let look = || audit(1, Verdict::Pass, 2);
        assert_eq!(
            refused(vec![pin(), finish(), look(), apps(1, 1)]),
            Err(Refusal::OurAppsLeft(1))
        );
        assert_eq!(
            refused(vec![pin(), finish(), look(), apps(0, 25)]),
            Err(Refusal::OurAppsNotChecked)
        );
        let nobody = case(good()).decide(close(1, " "));
        assert_eq!(nobody, Err(Refusal::RemovalNotAttested));
        let older = case(good()).decide(close(2, "the admin"));
        assert_eq!(older, Err(Refusal::AuditNotClean));
    }

    #[test]
    fn a_closed_case_takes_what_the_law_asks_for_and_nothing_else() {
        let mut case = case(vec![
            pin(),
            finish(),
            audit(1, Verdict::Pass, 2),
            apps(0, 1),
        ]);
        let event = case.decide(close(1, "the admin")).expect("closed");
        case.evolve(&event);
        for late in [
            register(),
            pin(),
            audit(2, Verdict::Pass, 0),
            apps(0, 0),
            finish(),
        ] {
            assert_eq!(case.decide(late), Err(Refusal::CaseClosed));
        }
        assert_eq!(case.decide(close(1, "again")), Err(Refusal::CaseClosed));
        let hold = crate::domain::hold::LegalHold {
            custodian: super::super::tests::name("ann"),
            hold: super::super::tests::name("h"),
        };
        let hold = CaseCommand::PlaceHold(hold, crate::domain::hold::HoldFacts::default());
        assert!(case.decide(hold).is_ok());
    }
}
