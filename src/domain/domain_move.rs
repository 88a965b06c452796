//! A domain's way into the clean tenant: which step may follow which, what is rolled back when, and what each needs. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{
    AddressFacts, AddressSwapAttempted, AddressSwapped, DomainFacts, DomainMoveBegun,
    DomainStepAttempted, DomainStepEnded, Event,
};
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// A step, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// MX points to a relay that holds mail: until it moves, the attacker gets it.
    HoldMail,
    /// The compromised tenant let go of the domain.
    Release,
    /// The clean tenant knows the domain.
    Add,
    /// The clean tenant has verified it by its record in DNS.
    Verify,
    /// What has to stand in DNS stands there: MX, SPF, DKIM, autodiscover.
    Publish,
    /// Users have their addresses in it.
    Swap,
}

/// All of them.
pub const STEPS: [Step; 6] = [
    Step::HoldMail,
    Step::Release,
    Step::Add,
    Step::Verify,
    Step::Publish,
    Step::Swap,
];

impl Step {
    /// As commands and the record name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HoldMail => "hold-mail",
            Self::Release => "release",
            Self::Add => "add",
            Self::Verify => "verify",
            Self::Publish => "publish",
            Self::Swap => "swap",
        }
    }

    /// The step of that name.
    pub fn parse(name: &str) -> Option<Self> {
        STEPS.into_iter().find(|step| step.name() == name)
    }

    /// Whether it is shown by evidence that somebody brings, since nothing that we may call can show it.
    pub fn is_by_evidence(self) -> bool {
        matches!(self, Self::HoldMail | Self::Release | Self::Publish)
    }

    /// The one that must be done before it.
    fn before(self) -> Option<Self> {
        match self {
            Self::HoldMail | Self::Release => None,
            Self::Add => Some(Self::Release),
            Self::Verify => Some(Self::Add),
            Self::Publish => Some(Self::Verify),
            Self::Swap => Some(Self::Publish),
        }
    }
}

/// What is asked of a move.
#[derive(Clone, Debug, PartialEq)]
pub enum MoveCommand {
    /// Begin with a domain.
    Begin(DomainMoveBegun, DomainFacts),
    /// Take a step, or roll one back: the intent.
    Attempt(DomainStepAttempted),
    /// Say what became of it: the outcome.
    End(DomainStepEnded),
    /// Give a user another address: the intent.
    AttemptSwap(AddressSwapAttempted, AddressFacts),
    /// Say which address the user has: the outcome.
    EndSwap(AddressSwapped, AddressFacts),
}

impl MoveCommand {
    /// Whom the facts of its event concern, where that is a custodian.
    pub fn custodian(&self) -> Option<&Pseudonym> {
        match self {
            Self::AttemptSwap(data, _) => Some(&data.custodian),
            Self::EndSwap(data, _) => Some(&data.custodian),
            _ => None,
        }
    }
}

/// One domain's way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// The domain, where the fact could be had.
    pub name: Option<String>,
    /// Steps that stand, in the order in which they were done.
    pub done: Vec<Step>,
    /// An intent without an outcome: the step, and whether it is rolled back.
    pub under_way: Option<(Step, bool)>,
    /// Users whose swap has no outcome yet, and whether they get their address of before.
    pub swapping: BTreeMap<Pseudonym, bool>,
    /// Users who have their address in the domain, with that of before.
    pub swapped: BTreeMap<Pseudonym, Option<String>>,
}

impl Move {
    /// The next step that is not done.
    pub fn next(&self) -> Option<Step> {
        let mut left = STEPS.into_iter().skip(1);
        left.find(|step| !self.done.contains(step))
    }

    /// Whether something rests on a step, which is rolled back first. Nothing rests on held mail, and what is verified goes with
    /// what was added.
    fn carries(&self, step: Step) -> bool {
        let rests = |later: &Step| *later > step && !(step == Step::Add && *later == Step::Verify);
        let has_users = step != Step::Swap && !self.swapped.is_empty();
        step != Step::HoldMail && (has_users || self.done.iter().any(rests))
    }

    fn check(&self, step: Step, undo: bool) -> Result<(), Refusal> {
        if let Some((open, _)) = self.under_way {
            return Err(Refusal::StepUnderWay(open.name()));
        }
        let refused = || Refusal::StepOutOfOrder {
            step: step.name(),
            undo,
        };
        let is_done = self.done.contains(&step);
        let may = if undo {
            let is_partly = step == Step::Swap && !self.swapped.is_empty();
            (is_done || is_partly) && step != Step::Verify && !self.carries(step)
        } else {
            let is_ready = step.before().is_none_or(|one| self.done.contains(&one));
            !is_done && is_ready
        };
        if may { Ok(()) } else { Err(refused()) }
    }
}

/// The moves of a case, by the domain's name in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(pub BTreeMap<Pseudonym, Move>);

impl Moves {
    /// Domains that belong to the clean tenant now: verified there.
    pub fn arrived(&self) -> impl Iterator<Item = &str> {
        let arrived = self.0.values().filter(|one| {
            let leaves = one.under_way == Some((Step::Add, true));
            one.done.contains(&Step::Verify) && !leaves
        });
        arrived.filter_map(|one| one.name.as_deref())
    }

    /// By the domain itself.
    pub fn named(&self, domain: &str) -> Option<(&Pseudonym, &Move)> {
        let is_it = |one: &Move| {
            let name = one.name.as_deref().unwrap_or_default();
            name.eq_ignore_ascii_case(domain)
        };
        self.0.iter().find(|(_, one)| is_it(one))
    }

    /// Whether a user's address in any domain was swapped, or is about to be.
    pub fn is_swapped(&self, user: &Pseudonym) -> bool {
        let mut moves = self.0.values();
        moves.any(|one| one.swapped.contains_key(user) || one.swapping.contains_key(user))
    }

    fn of(&self, domain: &Pseudonym) -> Result<&Move, Refusal> {
        let found = self.0.get(domain);
        found.ok_or_else(|| Refusal::NoSuchDomain(domain.to_string()))
    }

    pub(super) fn decide(&self, command: MoveCommand) -> Result<Event, Refusal> {
        match command {
            MoveCommand::Begin(data, facts) => {
                let name = facts.name.clone().unwrap_or_default();
                if !is_domain(&name) {
                    return Err(Refusal::NotADomain(name));
                }
                if self.named(&name).is_some() || self.0.contains_key(&data.domain) {
                    return Err(Refusal::MoveAgain(name));
                }
                Ok(Event::DomainMoveBegun(Box::new(data), Box::new(facts)))
            }
            MoveCommand::Attempt(data) => {
                self.of(&data.domain)?.check(data.step, data.undo)?;
                Ok(Event::DomainStepAttempted(Box::new(data), Box::default()))
            }
            MoveCommand::End(data) => {
                let of = self.of(&data.domain)?;
                if of.under_way != Some((data.step, data.undo)) {
                    return Err(Refusal::NoStepUnderWay(data.step.name()));
                }
                let swaps_back = data.undo && !of.swapped.is_empty();
                // An address without an outcome keeps the step under way, whatever became of the others: ended as not done, nobody
                // would read back what that address is.
                let is_open = !of.swapping.is_empty() || (data.done && swaps_back);
                if data.step == Step::Swap && is_open {
                    return Err(Refusal::StepUnderWay(Step::Swap.name()));
                }
                Ok(Event::DomainStepEnded(Box::new(data), Box::default()))
            }
            MoveCommand::AttemptSwap(data, facts) => {
                let of = self.of(&data.domain)?;
                let is_known = of.swapped.contains_key(&data.custodian);
                let is_under_way = of.under_way == Some((Step::Swap, data.undo));
                if !is_under_way || is_known != data.undo {
                    return Err(Refusal::StepOutOfOrder {
                        step: Step::Swap.name(),
                        undo: data.undo,
                    });
                }
                Ok(Event::AddressSwapAttempted(Box::new(data), Box::new(facts)))
            }
            MoveCommand::EndSwap(data, facts) => {
                let of = self.of(&data.domain)?;
                if of.swapping.get(&data.custodian) != Some(&data.undo) {
                    return Err(Refusal::NoStepUnderWay(Step::Swap.name()));
                }
                Ok(Event::AddressSwapped(Box::new(data), Box::new(facts)))
            }
        }
    }

    /// Takes an event in.
    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::DomainMoveBegun(data, facts) => {
                let begun = Move {
                    name: facts.name.clone(),
                    ..Move::default()
                };
                self.0.insert(data.domain.clone(), begun);
            }
            Event::DomainStepAttempted(data, _) => {
                if let Some(of) = self.0.get_mut(&data.domain) {
                    of.under_way = Some((data.step, data.undo));
                }
            }
            Event::DomainStepEnded(data, _) => {
                let Some(of) = self.0.get_mut(&data.domain) else {
                    return;
                };
                of.under_way = None;
                if data.done && data.undo {
                    let goes = |step: Step| {
                        step == data.step || (data.step == Step::Add && step == Step::Verify)
                    };
                    of.done.retain(|step| !goes(*step));
                } else if data.done {
                    of.done.push(data.step);
                }
            }
            Event::AddressSwapAttempted(data, _) => {
                if let Some(of) = self.0.get_mut(&data.domain) {
                    of.swapping.insert(data.custodian.clone(), data.undo);
                }
            }
            Event::AddressSwapped(data, facts) => {
                let Some(of) = self.0.get_mut(&data.domain) else {
                    return;
                };
                of.swapping.remove(&data.custodian);
                if data.done && data.undo {
                    of.swapped.remove(&data.custodian);
                } else if data.done {
                    of.swapped
                        .insert(data.custodian.clone(), facts.before.clone());
                }
            }
            _ => {}
        }
    }
}

/// Whether a text is a domain: two labels or more of letters, digits and hyphens (RFC 1123).
pub fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Pseudonym {
        Pseudonym::parse(text).expect("a pseudonym")
    }

    fn take(moves: &mut Moves, command: MoveCommand) -> Result<(), Refusal> {
        let event = moves.decide(command)?;
        moves.evolve(&event);
        Ok(())
    }

    fn step(moves: &mut Moves, step: Step, undo: bool) -> Result<(), Refusal> {
        let domain = name("d");
        take(
            moves,
            MoveCommand::Attempt(DomainStepAttempted {
                domain: domain.clone(),
                step,
                undo,
            }),
        )?;
        let end = DomainStepEnded {
            domain,
            done: true,
            object: String::new(),
            step,
            undo,
        };
        take(moves, MoveCommand::End(end))
    }

    fn begun() -> Moves {
        let mut moves = Moves::default();
        let data = DomainMoveBegun { domain: name("d") };
        let facts = DomainFacts {
            name: Some("old.example".to_owned()),
        };
        take(&mut moves, MoveCommand::Begin(data, facts)).expect("begun");
        moves
    }

    #[test]
    fn steps_have_an_order_and_are_rolled_back_from_the_end() {
        let mut moves = begun();
        let early = Err(Refusal::StepOutOfOrder {
            step: "add",
            undo: false,
        });
        assert_eq!(step(&mut moves, Step::Add, false), early);
        for one in STEPS {
            assert_eq!(step(&mut moves, one, false), Ok(()), "{one:?}");
        }
        assert_eq!(moves.arrived().collect::<Vec<_>>(), ["old.example"]);
        assert!(
            step(&mut moves, Step::Add, true).is_err(),
            "users are in it"
        );
        assert!(
            step(&mut moves, Step::Verify, true).is_err(),
            "it goes with add"
        );
        for one in [Step::Swap, Step::Publish, Step::Add, Step::Release] {
            assert_eq!(step(&mut moves, one, true), Ok(()), "{one:?}");
        }
        assert_eq!(moves.arrived().count(), 0);
        assert_eq!(moves.0[&name("d")].done, [Step::HoldMail]);
        assert_eq!(step(&mut moves, Step::HoldMail, true), Ok(()));
        assert_eq!(moves.0[&name("d")].next(), Some(Step::Release));
    }

    #[test]
    fn an_intent_without_an_outcome_is_resolved_before_anything_else() {
        let mut moves = begun();
        let attempt = |step| {
            MoveCommand::Attempt(DomainStepAttempted {
                domain: name("d"),
                step,
                undo: false,
            })
        };
        take(&mut moves, attempt(Step::Release)).expect("begun");
        let busy = Err(Refusal::StepUnderWay("release"));
        assert_eq!(take(&mut moves, attempt(Step::HoldMail)), busy);
        let other = MoveCommand::End(DomainStepEnded {
            domain: name("d"),
            done: true,
            object: String::new(),
            step: Step::Add,
            undo: false,
        });
        assert_eq!(take(&mut moves, other), Err(Refusal::NoStepUnderWay("add")));
    }

    #[test]
    fn users_are_swapped_within_the_step_and_each_has_an_outcome() {
        let mut moves = begun();
        for one in &STEPS[1..5] {
            step(&mut moves, *one, false).expect("in order");
        }
        let swap = |undo| AddressSwapAttempted {
            custodian: name("ann"),
            domain: name("d"),
            undo,
        };
        let before = || AddressFacts {
            wanted: Some("ann@old.example".to_owned()),
            before: Some("ann@clean.example".to_owned()),
        };
        let intent = |undo| MoveCommand::AttemptSwap(swap(undo), before());
        assert!(take(&mut moves, intent(false)).is_err(), "not begun");
        let begin = |undo| {
            MoveCommand::Attempt(DomainStepAttempted {
                domain: name("d"),
                step: Step::Swap,
                undo,
            })
        };
        let end = |done, undo| {
            MoveCommand::End(DomainStepEnded {
                domain: name("d"),
                done,
                object: String::new(),
                step: Step::Swap,
                undo,
            })
        };
        let outcome = |undo| {
            let data = AddressSwapped {
                custodian: name("ann"),
                domain: name("d"),
                done: true,
                undo,
            };
            MoveCommand::EndSwap(data, before())
        };
        take(&mut moves, begin(false)).expect("due");
        take(&mut moves, intent(false)).expect("begun");
        assert!(
            take(&mut moves, end(true, false)).is_err(),
            "ann has no outcome"
        );
        let open = Err(Refusal::StepUnderWay("swap"));
        assert_eq!(
            take(&mut moves, end(false, false)),
            open,
            "nor is it over because others failed"
        );
        take(&mut moves, outcome(false)).expect("intended");
        // Somebody else failed: the step is not done, and ann's address can be given back all the same.
        take(&mut moves, end(false, false)).expect("ended");
        assert!(
            step(&mut moves, Step::Publish, true).is_err(),
            "ann is in it"
        );
        take(&mut moves, begin(true)).expect("partly done");
        assert!(
            take(&mut moves, end(true, true)).is_err(),
            "ann is still in it"
        );
        take(&mut moves, intent(true)).expect("known");
        take(&mut moves, outcome(true)).expect("intended");
        take(&mut moves, end(true, true)).expect("all are back");
        assert_eq!(step(&mut moves, Step::Publish, true), Ok(()));
    }

    #[test]
    fn a_domain_is_labels() {
        for good in ["old.example", "a-b.c1.example"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in [
            "",
            "example",
            "-a.example",
            "a..example",
            "a b.example",
            "a/../b.example",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
        assert!(begun().named("OLD.example").is_some());
    }
}
