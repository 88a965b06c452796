//! What the case adds to the content gate: which policy is in force, and that nothing is written that it did not look into. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Case;
use crate::domain::approval::Approval;
use crate::domain::content::release::{self, ItemsReleased, PLANNED, Release, ReleaseFacts};
use crate::domain::content::{Class, ContentGate, ContentScanned, GateFacts, Verdict};
use crate::domain::custodian::ItemProgress;
use crate::domain::event::{Event, ItemAttempted, PlanMade};
use crate::domain::leftovers::{LeftoverFacts, LeftoversCounted};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// Something about the content gate.
#[derive(Clone, Debug, PartialEq)]
pub enum ContentCommand {
    /// Set the policy for the plans that are made from now on.
    SetGate(ContentGate, GateFacts),
    /// Say what restored content holds of the compromised tenant.
    CountLeftovers(LeftoversCounted, LeftoverFacts),
    /// Let held items pass, on the approval of others.
    Release(ItemsReleased, ReleaseFacts, Approval),
}

impl ContentCommand {
    /// Whom it concerns.
    pub fn custodian(&self) -> Option<&Pseudonym> {
        match self {
            Self::CountLeftovers(..) | Self::SetGate(..) => None,
            Self::Release(data, ..) => Some(&data.custodian),
        }
    }
}

/// What the record says of the gate and of releases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The newest policy: the next plan is made under it.
    pub gate: Option<ContentGate>,
    /// The newest search of restored content for what is left of the compromised tenant.
    pub leftovers: Option<LeftoversCounted>,
    /// What people let pass, by item; few.
    released: BTreeMap<Pseudonym, Release>,
}

impl Content {
    /// What was let pass before stays so as long as the same was seen, and the newest proposal is named.
    fn take(&mut self, data: &ItemsReleased) {
        for (place, item) in data.items.iter().enumerate() {
            let said = data.sights.get(place).filter(|sight| !sight.is_empty());
            let planned = said.and_then(|sight| sight.strip_prefix(PLANNED));
            let sight = said.filter(|_| planned.is_none());
            let known = self.released.remove(item);
            let mut release = Release {
                proposal: data.proposal.clone(),
                reasons: Vec::new(),
                sight: sight.cloned(),
                planned: planned.map(str::to_owned),
            };
            if let Some(known) = known {
                release.planned = release.planned.or_else(|| known.planned.clone());
                if planned.is_some() {
                    release.sight.clone_from(&known.sight);
                }
                release.reasons = if known.is_for(release.sight.as_deref()) {
                    known.reasons
                } else {
                    // What the gate found in other content was let pass there only.
                    without_findings(known)
                };
            }
            release.reasons.extend(data.reasons.iter().cloned());
            release.reasons.sort();
            release.reasons.dedup();
            self.released.insert(item.clone(), release);
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::ContentGateSet(data, _) => self.gate = Some((**data).clone()),
            Event::LeftoversCounted(data, _) => self.leftovers = Some(**data),
            Event::ItemsReleased(data, _) => self.take(data),
            _ => {}
        }
    }
}

fn without_findings(release: Release) -> Vec<String> {
    let is_finding = |reason: &String| Class::ALL.iter().any(|class| class.reason() == reason);
    let reasons = release.reasons.into_iter();
    reasons.filter(|reason| !is_finding(reason)).collect()
}

impl Case {
    /// The release that an item is written on, where it was held before, as long as its approval counts.
    pub fn release_of(&self, item: &Pseudonym) -> Option<&Release> {
        let release = self.content.released.get(item);
        release.filter(|release| !self.gates.struck.has(&release.proposal))
    }

    pub(super) fn decide_content(
        &self,
        command: ContentCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        match command {
            ContentCommand::CountLeftovers(data, facts) => {
                Ok(Event::LeftoversCounted(Box::new(data), Box::new(facts)))
            }
            ContentCommand::SetGate(data, facts) => {
                data.check(self.content.gate.as_ref().map_or(0, |gate| gate.number))?;
                Ok(Event::ContentGateSet(Box::new(data), Box::new(facts)))
            }
            ContentCommand::Release(data, facts, approval) => {
                self.check_known(&data.custodian)?;
                release::check(&data, &facts, &approval, now)?;
                Ok(Event::ItemsReleased(Box::new(data), Box::new(facts)))
            }
        }
    }

    /// The policy that workers act under: that of the plan which was put in force last, since that one was approved.
    pub fn gate_in_force(&self) -> Option<&ContentGate> {
        let newest = self.adopted.last().and_then(|plan| self.plans.get(plan));
        newest.and_then(|made| made.gate.as_ref())
    }

    /// Whether an item may be written as far as the gate goes: it was looked into, by this very policy, and passed.
    pub fn check_screened(&self, data: &ItemAttempted, known: ItemProgress) -> Result<(), Refusal> {
        let release = self.release_of(&data.item);
        if data.release.as_ref() != release.map(|release| &release.proposal) {
            return Err(Refusal::ReleaseNotNamed(data.item.to_string()));
        }
        match self.gate_in_force() {
            Some(gate) if known.passed != gate.number => {
                Err(Refusal::NotScreened(data.item.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Whether a verdict lets pass only what people let pass, and only as they saw it.
    pub fn check_let_pass(&self, data: &ContentScanned) -> Result<(), Refusal> {
        // A verdict that calls what was found "passed", and names no release for it, would need nobody.
        let is_let_pass = |class: &Class| data.let_pass.contains(class);
        if data.verdict == Verdict::Passed && !data.classes.iter().all(is_let_pass) {
            return Err(Refusal::NotReleased(data.item.to_string()));
        }
        if data.let_pass.is_empty() {
            return Ok(());
        }
        let release = self.release_of(&data.item);
        let is_covered = release.is_some_and(|release| {
            let mut classes = data.let_pass.iter();
            release.is_for(data.sight.as_deref())
                && classes.all(|class| release.covers(class.reason()))
        });
        if is_covered {
            return Ok(());
        }
        Err(Refusal::NotReleased(data.item.to_string()))
    }

    /// A plan holds the policy of its time: nobody makes one without it.
    pub(super) fn check_gate_of(&self, made: &PlanMade) -> Result<(), Refusal> {
        if made.gate == self.content.gate {
            return Ok(());
        }
        Err(Refusal::GateChanged)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{declare, given, name};
    use super::super::{Case, CaseCommand};
    use super::*;
    use crate::domain::content::Unscanned;
    use crate::domain::event::PlanCounts;

    fn gate(number: u64) -> ContentGate {
        ContentGate {
            bad: None,
            clamd: true,
            hold: Vec::new(),
            number,
            part_bytes_max: 1,
            unscanned: Unscanned::Hold,
            yara: None,
        }
    }

    fn made(plan: &str, gate: Option<ContentGate>) -> PlanMade {
        PlanMade {
            as_of: 0,
            choices: None,
            gate,
            inside: None,
            counts: PlanCounts::default(),
            parts: 0,
            plan: plan.to_owned(),
            points: None,
            unproven: None,
            source: None,
            window: None,
            workloads: None,
        }
    }

    #[test]
    fn the_policy_of_the_plan_in_force_counts_and_no_plan_leaves_it_out() {
        let mut case = given(vec![declare()]);
        let set = ContentCommand::SetGate(gate(1), GateFacts::default());
        let set = CaseCommand::Content(Box::new(set), DateTime::UNIX_EPOCH);
        let event = case.decide(set).expect("set");
        case.evolve(&event);
        assert_eq!(case.gate_in_force(), None, "no plan was made under it");
        assert_eq!(
            case.check_gate_of(&made("p", None)),
            Err(Refusal::GateChanged)
        );
        assert_eq!(
            case.check_gate_of(&made("p", Some(gate(2)))),
            Err(Refusal::GateChanged)
        );
        assert_eq!(case.check_gate_of(&made("p", Some(gate(1)))), Ok(()));
        case.plans.insert("p".to_owned(), made("p", Some(gate(1))));
        case.adopted.push("p".to_owned());
        assert_eq!(case.gate_in_force(), Some(&gate(1)));
        let intent = |release: Option<&str>| ItemAttempted {
            attempt: 1,
            item: name("item"),
            plan: "p".to_owned(),
            release: release.map(str::to_owned),
            wave: 1,
        };
        let first = intent(None);
        let not = case.check_screened(&first, ItemProgress::default());
        assert_eq!(not, Err(Refusal::NotScreened("item".to_owned())));
        let passed = |number| ItemProgress {
            passed: number,
            ..ItemProgress::default()
        };
        let another = case.check_screened(&first, passed(2));
        assert!(another.is_err(), "another policy");
        assert_eq!(case.check_screened(&first, passed(1)), Ok(()));
        assert_eq!(Case::default().check_screened(&first, passed(0)), Ok(()));

        // A released item is written on its newest release and on no other; what was let pass before stays so, as it was seen.
        let unnamed = case.check_screened(&intent(Some("q")), passed(1));
        assert_eq!(unnamed, Err(Refusal::ReleaseNotNamed("item".to_owned())));
        for (proposal, reason, sight) in [
            ("n", "size", "plan:as it was"),
            ("o", "content-malware", "seen o"),
            ("p", "content-macro", "seen q"),
            ("q", "content-executable", "seen q"),
        ] {
            let data = ItemsReleased {
                custodian: name("ann"),
                digest: String::new(),
                items: vec![name("item")],
                proposal: proposal.to_owned(),
                reasons: vec![reason.to_owned()],
                sights: vec![sight.to_owned()],
            };
            case.evolve(&Event::ItemsReleased(Box::new(data), Box::default()));
        }
        assert_eq!(case.check_screened(&intent(Some("q")), passed(1)), Ok(()));
        for other in [None, Some("p")] {
            assert!(
                case.check_screened(&intent(other), passed(1)).is_err(),
                "{other:?}"
            );
        }
        expect_let_pass(&case);
        expect_only_what_was_seen(&case);
    }

    fn expect_let_pass(case: &Case) {
        let release = case.release_of(&name("item")).expect("released");
        assert!(release.covers("content-macro") && release.covers("content-executable"));
        assert!(release.lets_write("size", Some("as it was")));
        for (reason, planned) in [
            ("size", Some("as it is")),
            ("size", None),
            ("content-malware", Some("as it was")),
        ] {
            assert!(!release.lets_write(reason, planned), "{reason} {planned:?}");
        }
        let other = "let pass in other content only";
        assert!(!release.covers("content-malware"), "{other}");
    }

    fn expect_only_what_was_seen(case: &Case) {
        let verdict = |sight: Option<&str>, let_pass: &[Class]| ContentScanned {
            classes: let_pass.to_vec(),
            gate: 1,
            item: name("item"),
            let_pass: let_pass.to_vec(),
            parts: 1,
            scanners: Vec::new(),
            sight: sight.map(str::to_owned),
            verdict: Verdict::Passed,
        };
        let both = [Class::Executable, Class::Macro];
        assert_eq!(case.check_let_pass(&verdict(Some("seen q"), &both)), Ok(()));
        assert_eq!(case.check_let_pass(&verdict(None, &[])), Ok(()));
        let not = Err(Refusal::NotReleased("item".to_owned()));
        let unsaid = ContentScanned {
            let_pass: vec![Class::Macro],
            ..verdict(Some("seen q"), &both)
        };
        assert_eq!(case.check_let_pass(&unsaid), not, "passed in spite of it");
        let unsaid = ContentScanned {
            let_pass: Vec::new(),
            ..unsaid
        };
        assert_eq!(case.check_let_pass(&unsaid), not, "passed in spite of both");
        for (sight, let_pass) in [
            (Some("seen p"), &both[..]),
            (None, &both),
            (Some("seen q"), &[Class::Malware]),
        ] {
            assert_eq!(
                case.check_let_pass(&verdict(sight, let_pass)),
                not,
                "{sight:?}"
            );
        }
    }
}
