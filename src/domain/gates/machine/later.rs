//! What a sequence tries beyond certificates and plans: waves, holds, trust, a domain that moves, the end.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::roads::{Step, What};
use super::story::{Issued, Looked};
use super::{World, name};
use crate::domain::case::CaseCommand;
use crate::domain::closing::ClosingCommand;
use crate::domain::domain_move::{MoveCommand, Step as MoveStep};
use crate::domain::event::{
    Audited, CaseClosed, CaseFinished, CertificateKind, Certified, ClosedFacts, DomainFacts,
    DomainMoveBegun, DomainStepAttempted, DomainStepEnded, EvidenceFacts, LicencesCounted,
    OurAppsChecked, PauseFacts, TargetHoldEvidenced, Wave, WaveReleased, WavesFacts, WavesPlanned,
};
use crate::domain::finding::Verdict;
use crate::domain::gates::GateCommand;
use crate::domain::hold::{HoldFacts, LegalHold};
use crate::domain::wave::WaveCommand;

impl World {
    fn wave(&mut self, command: WaveCommand) -> bool {
        self.command(CaseCommand::Waves(Box::new(command), self.now))
    }

    /// The plan has waves: its own approval opens none of them.
    pub(super) fn plan_waves(&mut self) {
        let planned = WavesPlanned {
            order: vec![0],
            plan: "p".to_owned(),
        };
        self.wave(WaveCommand::Plan(planned, WavesFacts::default()));
    }

    pub(super) fn count_licences(&mut self, step: Step) {
        let without = u64::from(step == Step::TooFewLicences);
        let counted = LicencesCounted {
            free: 0,
            users: 1,
            plan: "p".to_owned(),
            without,
            wave: 0,
        };
        if self.wave(WaveCommand::CountLicences(counted)) {
            self.story.has_licences = without == 0;
        }
    }

    pub(super) fn release(&mut self) {
        let Some((number, asked)) = self.newest(What::Release) else {
            return;
        };
        let (approval, signers) = (asked.as_given(number), asked.others());
        let released = WaveReleased {
            digest: "release".to_owned(),
            plan: "p".to_owned(),
            proposal: number.to_string(),
            wave: 0,
        };
        if self.wave(WaveCommand::Release(released, approval)) {
            self.asked[number].is_used = true;
            self.story.release_signers = Some(signers);
        }
    }

    pub(super) fn pause(&mut self, step: Step) {
        let wave = Wave {
            plan: "p".to_owned(),
            wave: 0,
        };
        let stops = step == Step::Pause;
        let command = if stops {
            WaveCommand::Pause(wave, PauseFacts::default())
        } else {
            WaveCommand::Resume(wave, PauseFacts::default())
        };
        if self.wave(command) {
            self.story.is_paused = stops;
        }
    }

    pub(super) fn hold(&mut self, step: Step) {
        let custodian = name("alice");
        if step == Step::EvidenceHold {
            let object = None;
            let data = TargetHoldEvidenced { custodian, object };
            let command = WaveCommand::EvidenceHold(data, EvidenceFacts::default());
            self.story.is_hold_shown |= self.wave(command);
            return;
        }
        let hold = LegalHold {
            custodian,
            hold: name("h"),
        };
        // A hold is placed on a closed case too: it is no late act.
        let command = CaseCommand::PlaceHold(hold, HoldFacts::default());
        if self.story.is_closed {
            return;
        }
        self.story.is_held |= self.command(command);
    }

    pub(super) fn audit(&mut self, step: Step) {
        let verdict = if step == Step::Audit {
            Verdict::Pass
        } else {
            Verdict::Fail
        };
        let audited = Audited {
            certifiers: None,
            at: Some(self.now),
            findings: String::new(),
            number: self.story.audits.len() as u64 + 1,
            until: None,
            verdicts: BTreeMap::from([("S1".to_owned(), verdict)]),
        };
        if self.gate(GateCommand::AuditSeparation(audited)) {
            self.story.audits.push(Looked {
                at: self.now,
                is_good: verdict == Verdict::Pass,
                waivers: Vec::new(),
            });
        }
    }

    pub(super) fn certify_trust(&mut self) {
        let now = self.now;
        let Some(newest) = self.story.audits.last().cloned() else {
            return;
        };
        let (audits, next) = (self.story.audits.len() as u64, self.story.issued + 1);
        let Some((number, asked)) = self.newest(What::Trust) else {
            return;
        };
        let (approval, signers) = (asked.as_given(number), asked.others());
        let until = now + TimeDelta::hours(48);
        let said = Certified {
            certificate: CertificateKind::Trust,
            digest: "trust".to_owned(),
            from: now,
            number: next,
            proposal: number.to_string(),
            rests_on: audits,
            until,
        };
        if self.gate(GateCommand::Certify(said, approval)) {
            self.asked[number].is_used = true;
            self.story.issued = next;
            self.story.trust = Some(Issued {
                number: next,
                from: now,
                until,
                signers,
                rests_on: newest,
            });
        }
    }

    /// The next step of the domain is taken, and done.
    pub(super) fn move_on(&mut self) -> Option<&'static str> {
        let of = self.case.moves.0.get(&name("d"));
        let step = of.and_then(crate::domain::domain_move::Move::next);
        let step = step.unwrap_or(MoveStep::Release);
        let attempted = DomainStepAttempted {
            domain: name("d"),
            step,
            undo: false,
        };
        let attempt = MoveCommand::Attempt(attempted);
        if !self.command(CaseCommand::Move(Box::new(attempt), self.now)) {
            return None;
        }
        self.has_moved = true;
        let ended = DomainStepEnded {
            domain: name("d"),
            done: true,
            object: String::new(),
            step,
            undo: false,
        };
        let end = MoveCommand::End(ended);
        self.command(CaseCommand::Move(Box::new(end), self.now));
        self.story.objection_to_move(self.now)
    }

    pub(super) fn end(&mut self, step: Step) {
        let now = self.now;
        let command = match step {
            Step::BeginMove => {
                let data = DomainMoveBegun { domain: name("d") };
                let facts = DomainFacts {
                    name: Some("old.example".to_owned()),
                };
                CaseCommand::Move(Box::new(MoveCommand::Begin(data, facts)), now)
            }
            Step::Finish => CaseCommand::Finish(CaseFinished::default()),
            Step::Close => {
                let data = CaseClosed {
                    audit: self.story.audits.len() as u64,
                };
                let facts = ClosedFacts {
                    attested_by: Some("the administrator".to_owned()),
                    digest: Some("ab".repeat(32)),
                };
                CaseCommand::Close(ClosingCommand::Close(data, facts), now)
            }
            _ => {
                let look = OurAppsChecked {
                    apps: 2,
                    at: now,
                    left: u64::from(step == Step::AppsLeft),
                    object: String::new(),
                };
                CaseCommand::Close(ClosingCommand::CheckApps(look), now)
            }
        };
        if self.command(command) && step == Step::Close {
            self.story.is_closed = true;
        }
    }
}
