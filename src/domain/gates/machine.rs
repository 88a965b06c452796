//! The state machine under random commands: no worker acts unless every gate was open by a second account of what happened.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::guard::{Guard, REMOVED};
use super::*;
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::{
    CustodianFacts, CustodianMapped, PlanAdopted, PlanCounts, PlanMade, TargetConnected,
    TargetFacts, Wave,
};
use crate::domain::finding::Verdict;
use crate::domain::pseudonym::Pseudonym;

mod later;
mod roads;
mod steps;
mod story;

use roads::{ANYTHING, LONG_ROAD, ROAD, Step, WAIVED_ROAD, What};
use steps::{declare, pin, register};
use story::{Asked, Issued, Looked, Story};

const SEQUENCES: u64 = 100_000;
const STEPS: usize = 64;
const PEOPLE: u64 = 4;

/// xorshift64*: the same sequences in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn person(&mut self) -> String {
        format!("p{}", self.roll(PEOPLE))
    }
}

struct World {
    case: Case,
    story: Story,
    asked: Vec<Asked>,
    by_digest: BTreeMap<String, usize>,
    now: DateTime<Utc>,
    dice: Dice,
    has_written: bool,
    has_moved: bool,
    /// What was accepted after the end, where something was.
    late: Option<&'static str>,
}

fn name(text: &str) -> Pseudonym {
    Pseudonym::parse(text).expect("a pseudonym")
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            case: Case::default(),
            story: Story::default(),
            asked: Vec::new(),
            by_digest: BTreeMap::new(),
            now: DateTime::from_timestamp(1_790_000_000, 0).expect("a time"),
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            has_written: false,
            has_moved: false,
            late: None,
        }
    }

    /// Runs one sequence; the objection to a write that happened nevertheless, if there is one.
    fn run(&mut self) -> Option<&'static str> {
        let mut road = match self.dice.roll(4) {
            0 => WAIVED_ROAD.iter(),
            1 => LONG_ROAD.iter(),
            _ => ROAD.iter(),
        };
        for _ in 0..STEPS {
            let wanders = self.dice.roll(100) < 24;
            let step = if wanders {
                let any = self.dice.roll(ANYTHING.len() as u64);
                ANYTHING[usize::try_from(any).expect("small")]
            } else {
                road.next().copied().unwrap_or(Step::Work)
            };
            if let Some(objection) = self.take(step).or(self.late) {
                return Some(objection);
            }
        }
        None
    }

    fn command(&mut self, command: CaseCommand) -> bool {
        match self.case.decide(command) {
            Ok(event) => {
                self.case.evolve(&event);
                if self.story.is_closed {
                    self.late = Some("something was accepted after the case was closed");
                }
                true
            }
            Err(_) => false,
        }
    }

    fn gate(&mut self, command: GateCommand) -> bool {
        self.command(CaseCommand::Gate(Box::new(command), self.now))
    }

    fn take(&mut self, step: Step) -> Option<&'static str> {
        match step {
            Step::Work => return self.work(),
            Step::Wait => {
                let minutes = [5, 60, 24 * 60, 5 * 24 * 60]
                    [usize::try_from(self.dice.roll(4)).expect("small")];
                self.now += TimeDelta::minutes(minutes);
            }
            Step::Look | Step::BadLook | Step::WaivedLook => self.look(step),
            Step::Ask(what) => self.ask(what),
            Step::Approve(what) | Step::ApproveOwn(what) | Step::Reject(what) => {
                self.vote(step, what);
            }
            Step::Certify => self.certify(),
            Step::MoveOn => return self.move_on(),
            Step::Licences | Step::TooFewLicences => self.count_licences(step),
            Step::Release => self.release(),
            Step::Pause | Step::Resume => self.pause(step),
            Step::PlaceHold | Step::EvidenceHold => self.hold(step),
            Step::Audit | Step::BadAudit => self.audit(step),
            Step::CertifyTrust => self.certify_trust(),
            Step::BeginMove | Step::Finish | Step::CheckApps | Step::AppsLeft | Step::Close => {
                self.end(step);
            }
            Step::Waive => self.waive(),
            Step::Revoke => self.revoke(),
            _ => self.go_on(step),
        }
        None
    }

    /// A worker tries to write an item.
    fn work(&mut self) -> Option<&'static str> {
        let gates = self.case.gates.check_worker(self.now);
        let work = self.case.check_work(&name("alice"), "p", 0);
        if gates.is_err() || work.is_err() || !self.story.is_pinned {
            return None;
        }
        self.has_written = true;
        self.story.objection(self.now)
    }

    fn go_on(&mut self, step: Step) {
        let wave = Wave {
            plan: "p".to_owned(),
            wave: 0,
        };
        let command = match step {
            Step::Declare => declare(),
            Step::Register => register(),
            Step::Connect => CaseCommand::ConnectTarget(
                TargetConnected { simulated: true },
                TargetFacts {
                    tenant_id: Some("t".to_owned()),
                    ..TargetFacts::default()
                },
            ),
            Step::Map => CaseCommand::MapCustodian(
                CustodianMapped {
                    custodian: name("alice"),
                    mapped: true,
                },
                CustodianFacts::default(),
            ),
            Step::Pin => pin(self.now),
            Step::MakePlan => {
                self.plan_waves();
                CaseCommand::MakePlan(PlanMade {
                    as_of: 0,
                    gate: None,
                    inside: None,
                    counts: PlanCounts::default(),
                    parts: 1,
                    plan: "p".to_owned(),
                    points: None,
                    choices: None,
                    unproven: None,
                    source: None,
                    window: None,
                    workloads: None,
                })
            }
            Step::Adopt => return self.adopt(),
            Step::OpenWave => CaseCommand::OpenWave(wave),
            _ => CaseCommand::CloseWave(wave),
        };
        if self.command(command) {
            match step {
                Step::Connect => self.story.is_connected = true,
                Step::Map => self.story.is_mapped = true,
                Step::Pin => self.story.is_pinned = true,
                Step::OpenWave => {
                    self.story.is_open = true;
                    self.story.opened_with_licences = self.story.has_licences;
                }
                Step::CloseWave => self.story.is_open = false,
                _ => {}
            }
        }
    }

    fn look(&mut self, step: Step) {
        let verdict = match step {
            Step::Look => Verdict::Pass,
            Step::BadLook => Verdict::Fail,
            _ => Verdict::Waived,
        };
        let mut looked = Looked {
            at: self.now,
            is_good: verdict != Verdict::Fail,
            waivers: Vec::new(),
        };
        if verdict == Verdict::Waived {
            // A waiver that ended lets nothing pass any more: the look would fail.
            let standing = self.story.waivers.last().filter(|(end, _)| self.now < *end);
            let Some((end, _)) = standing else {
                return;
            };
            looked.waivers.push(*end);
        }
        let number = self.story.looks.len() as u64 + 1;
        let audited = Audited {
            certifiers: None,
            at: Some(self.now),
            findings: String::new(),
            number,
            until: looked.waivers.first().copied(),
            verdicts: BTreeMap::from([
                ("C1".to_owned(), Verdict::Pass),
                ("C16".to_owned(), verdict),
            ]),
        };
        if self.gate(GateCommand::CheckBaseline(audited)) {
            self.story.looks.push(looked);
        }
    }

    fn digest(what: What) -> String {
        match what {
            What::Certificate => "certificate".to_owned(),
            What::Plan => "p".to_owned(),
            What::Waiver => "waiver".to_owned(),
            What::Release => "release".to_owned(),
            What::Trust => "trust".to_owned(),
        }
    }

    fn ask(&mut self, what: What) {
        let asked = Asked {
            digest: Self::digest(what),
            requester: self.dice.person(),
            expires: self.now + TimeDelta::hours(24),
            ..Asked::default()
        };
        self.by_digest
            .insert(asked.digest.clone(), self.asked.len());
        self.asked.push(asked);
    }

    fn newest(&mut self, what: What) -> Option<(usize, &mut Asked)> {
        let number = *self.by_digest.get(&Self::digest(what))?;
        Some((number, &mut self.asked[number]))
    }

    fn vote(&mut self, step: Step, what: What) {
        let person = self.dice.person();
        let Some((_, asked)) = self.newest(what) else {
            return;
        };
        match step {
            Step::ApproveOwn(_) => {
                let own = asked.requester.clone();
                asked.approved.insert(own);
            }
            Step::Reject(_) => {
                asked.rejected.insert(person);
            }
            _ => {
                asked.approved.insert(person);
            }
        }
    }

    fn adopt(&mut self) {
        let now = self.now;
        let Some((number, asked)) = self.newest(What::Plan) else {
            return;
        };
        // The ledger holds this rule for a plan, with m of 1.
        if asked.as_given(number).check("p", 1, now).is_err() {
            return;
        }
        let signers = asked.others();
        let adopted = PlanAdopted {
            digest: "p".to_owned(),
            plan: "p".to_owned(),
            proposal: number.to_string(),
        };
        if self.command(CaseCommand::AdoptPlan(adopted)) {
            self.asked[number].is_used = true;
            self.story.plan_signers = Some(signers);
        }
    }

    fn certify(&mut self) {
        let now = self.now;
        let hours = [12, 48, 168][usize::try_from(self.dice.roll(3)).expect("small")];
        let Some(newest) = self.story.looks.last().cloned() else {
            return;
        };
        let (looks, next) = (self.story.looks.len() as u64, self.story.issued + 1);
        let Some((number, asked)) = self.newest(What::Certificate) else {
            return;
        };
        let (approval, signers) = (asked.as_given(number), asked.others());
        let said = Certified {
            certificate: CertificateKind::Readiness,
            digest: "certificate".to_owned(),
            from: now,
            number: next,
            proposal: number.to_string(),
            rests_on: looks,
            until: now + TimeDelta::hours(hours),
        };
        let until = said.until;
        if self.gate(GateCommand::Certify(said, approval)) {
            self.asked[number].is_used = true;
            self.story.issued = next;
            self.story.certificate = Some(Issued {
                number: next,
                from: now,
                until,
                signers,
                rests_on: newest,
            });
        }
    }

    fn waive(&mut self) {
        let now = self.now;
        let hours = [6, 24, 100][usize::try_from(self.dice.roll(3)).expect("small")];
        let Some((number, asked)) = self.newest(What::Waiver) else {
            return;
        };
        let (approval, signers) = (asked.as_given(number), asked.others());
        let until = now + TimeDelta::hours(hours);
        let waived = FindingWaived {
            check: "C16".to_owned(),
            digest: "waiver".to_owned(),
            from: now,
            proposal: number.to_string(),
            until,
        };
        let facts = WaivedFacts {
            object: Some("new.example".to_owned()),
            reason: Some("until Friday".to_owned()),
        };
        if self.gate(GateCommand::Waive(waived, facts, approval)) {
            self.asked[number].is_used = true;
            self.story.waivers.push((until, signers));
        }
    }

    fn revoke(&mut self) {
        let Some(number) = self.story.certificate.as_ref().map(|one| one.number) else {
            return;
        };
        let revoked = CertificateRevoked {
            cause: "drift".to_owned(),
            number,
        };
        if self.gate(GateCommand::Revoke(revoked)) {
            self.story.certificate = None;
        }
    }
}

/// How far sequences came.
#[derive(Default)]
struct Reached {
    wrote: u64,
    moved: u64,
    closed: u64,
}

/// Runs sequences until one shows a write that must not have been; how many reached what on the way.
fn first_objection(sequences: u64) -> (Option<&'static str>, Reached) {
    let mut reached = Reached::default();
    for seed in 1..=sequences {
        let mut world = World::new(seed);
        let objection = world.run();
        reached.wrote += u64::from(world.has_written);
        reached.moved += u64::from(world.has_moved);
        reached.closed += u64::from(world.story.is_closed);
        if objection.is_some() {
            return (objection, reached);
        }
    }
    (None, reached)
}

#[test]
fn no_worker_acts_while_a_gate_is_shut() {
    let (objection, reached) = first_objection(SEQUENCES);
    assert_eq!(objection, None);
    let Reached {
        wrote,
        moved,
        closed,
    } = reached;
    assert!(
        wrote * 5 >= SEQUENCES,
        "{wrote} of {SEQUENCES} reached a write"
    );
    // Hundreds of domains moved and cases were closed: what is said of them was not said of nothing.
    assert!(
        moved >= 500 && closed >= 200,
        "{moved} moved a domain, {closed} were closed"
    );
}

#[test]
fn each_guard_would_be_missed() {
    for guard in [
        Guard::Findings,
        Guard::LookAge,
        Guard::Readiness,
        Guard::Drift,
        Guard::Others,
        Guard::WaiverDate,
        Guard::Plan,
        Guard::Wave,
        Guard::Release,
        Guard::Pause,
        Guard::Hold,
        Guard::Licences,
        Guard::Trust,
        Guard::Closed,
    ] {
        REMOVED.set(Some(guard));
        let (objection, _) = first_objection(SEQUENCES);
        REMOVED.set(None);
        assert!(
            objection.is_some(),
            "{guard:?} can be taken away and nobody notices"
        );
    }
}
