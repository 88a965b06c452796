//! One custodian's items: which attempt is open, which item has its outcome; decides the workers' intents. Pure.

use std::collections::HashMap;

use super::content::{Class, Verdict};
use super::event::Event;
use super::pseudonym::Pseudonym;
use super::refusal::Refusal;

/// How far one item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemProgress {
    /// How many attempts were begun.
    pub attempts: u32,
    /// The last of them has no outcome yet.
    pub is_open: bool,
    /// What was written may stand in the target although nobody saw the answer.
    pub may_be_written: bool,
    /// The number of the content gate that let it pass; 0 while none did, and when it has ended.
    pub passed: u64,
    /// It is held because a scanner did not answer: it is looked at again.
    pub is_unscanned: bool,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// The four ways in which an item ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Could not be written.
    Failed,
    /// Waits for a person.
    Held,
    /// Written and read back.
    Restored,
    /// Need not be written.
    Skipped,
}

/// The item that an event of a worker speaks of.
pub fn item_of(event: &Event) -> Option<&Pseudonym> {
    match event {
        Event::ItemAttempted(data, _) => Some(&data.item),
        Event::AttemptFailed(data, _) => Some(&data.item),
        Event::AttemptInterrupted(data, _) => Some(&data.item),
        Event::ContentScanned(data, _) => Some(&data.item),
        Event::PartialFound(data, _) => Some(&data.item),
        Event::ItemRestored(data, _) => Some(&data.item),
        Event::ItemHeld(data, _) | Event::ItemSkipped(data, _) => Some(&data.item),
        Event::ItemFailed(data, _) => Some(&data.item),
        _ => None,
    }
}

/// The items whose end an event of the case takes back; they are in the case's stream and change those of a custodian.
pub fn taken_back(event: &Event) -> &[Pseudonym] {
    match event {
        Event::ItemsReleased(data, _) => &data.items,
        Event::ItemsTakenUp(data, _) => &data.items,
        _ => &[],
    }
}

impl ItemProgress {
    /// Whether an event that speaks of the item may be recorded: intents must be next, outcomes must answer an intent, and an
    /// item ends once.
    pub fn check(self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::ItemAttempted(data, _) => {
                self.unended(&data.item)?;
                let item = data.item.to_string();
                if self.is_open {
                    return Err(Refusal::AttemptOpen {
                        item,
                        attempt: self.attempts,
                    });
                }
                if data.attempt != self.attempts + 1 {
                    return Err(Refusal::NoSuchAttempt {
                        item,
                        attempt: data.attempt,
                    });
                }
                Ok(())
            }
            Event::ContentScanned(..) if self.is_unscanned => Ok(()),
            Event::ContentScanned(data, _) => self.unended(&data.item),
            Event::AttemptFailed(data, _) => self.open(&data.item, data.attempt),
            Event::AttemptInterrupted(data, _) => self.open(&data.item, data.attempt),
            Event::PartialFound(data, _) => self.open(&data.item, data.attempt),
            Event::ItemRestored(data, _) => self.open(&data.item, data.attempt),
            Event::ItemHeld(data, _) | Event::ItemSkipped(data, _) => self.unended(&data.item),
            Event::ItemFailed(data, _) => self.unended(&data.item),
            _ => Ok(()),
        }
    }

    fn unended(self, item: &Pseudonym) -> Result<(), Refusal> {
        match self.ended {
            None => Ok(()),
            Some(_) => Err(Refusal::ItemEnded(item.to_string())),
        }
    }

    fn open(self, item: &Pseudonym, attempt: u32) -> Result<(), Refusal> {
        self.unended(item)?;
        if self.is_open && self.attempts == attempt {
            return Ok(());
        }
        Err(Refusal::NoSuchAttempt {
            item: item.to_string(),
            attempt,
        })
    }

    /// How far the item is after an event that speaks of it.
    #[must_use]
    pub fn after(self, event: &Event) -> Self {
        let end = |ended| Self {
            is_open: false,
            passed: 0,
            is_unscanned: false,
            ended: Some(ended),
            ..self
        };
        match event {
            Event::ItemAttempted(data, _) => Self {
                attempts: data.attempt,
                is_open: true,
                ..self
            },
            Event::AttemptFailed(data, _) => Self {
                is_open: false,
                may_be_written: self.may_be_written || data.outcome_unknown,
                ..self
            },
            Event::AttemptInterrupted(..) => Self {
                is_open: false,
                may_be_written: true,
                ..self
            },
            Event::ContentScanned(data, _) => {
                // It was held for nothing else than that nobody could look: now somebody did.
                let was_unseen = self.is_unscanned && data.verdict != Verdict::NotScanned;
                let is_passed = data.verdict == Verdict::Passed;
                Self {
                    passed: if is_passed { data.gate } else { 0 },
                    is_unscanned: self.is_unscanned && !was_unseen,
                    ended: self.ended.filter(|_| !was_unseen),
                    ..self
                }
            }
            // Looked into once more: what is let pass is what was approved, and nothing that was not seen then.
            Event::ItemsReleased(..) => Self {
                passed: 0,
                is_unscanned: false,
                ended: None,
                ..self
            },
            // It may have been written all the same: the next attempt looks first.
            Event::ItemsTakenUp(..) => Self {
                passed: 0,
                ended: None,
                ..self
            },
            Event::ItemRestored(..) => end(Ended::Restored),
            Event::ItemHeld(data, _) => Self {
                is_unscanned: data.reason == Class::NotScanned.reason(),
                ..end(Ended::Held)
            },
            Event::ItemSkipped(..) => end(Ended::Skipped),
            Event::ItemFailed(..) => end(Ended::Failed),
            _ => self,
        }
    }
}

/// What the record says of a custodian's items, all of them in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustodianItems {
    items: HashMap<Pseudonym, ItemProgress>,
}

impl CustodianItems {
    /// How far an item is.
    pub fn progress(&self, item: &Pseudonym) -> ItemProgress {
        self.items.get(item).copied().unwrap_or_default()
    }

    /// Every item that something is known of.
    pub fn iter(&self) -> impl Iterator<Item = (&Pseudonym, &ItemProgress)> {
        self.items.iter()
    }

    /// Whether an event of a worker may be recorded.
    pub fn check(&self, event: &Event) -> Result<(), Refusal> {
        item_of(event).map_or(Ok(()), |item| self.progress(item).check(event))
    }

    /// Takes an event in.
    pub fn evolve(&mut self, event: &Event) {
        for item in item_of(event).into_iter().chain(taken_back(event)) {
            let after = self.progress(item).after(event);
            self.items.insert(item.clone(), after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::*;
    use super::*;

    fn item() -> Pseudonym {
        Pseudonym::parse("item").expect("a pseudonym")
    }

    fn attempted(attempt: u32) -> Event {
        let data = ItemAttempted {
            attempt,
            item: item(),
            plan: "p".to_owned(),
            release: None,
            wave: 0,
        };
        Event::ItemAttempted(Box::new(data), Box::default())
    }

    fn failed(attempt: u32, outcome_unknown: bool) -> Event {
        let data = AttemptFailed {
            attempt,
            code: "Timeout".to_owned(),
            item: item(),
            operation: "POST".to_owned(),
            outcome_unknown,
            retry: "soon".to_owned(),
            status: 0,
            wait_s: 1,
        };
        Event::AttemptFailed(Box::new(data), Box::default())
    }

    fn held() -> Event {
        let data = ItemEnded {
            item: item(),
            reason: "r".to_owned(),
            sight: None,
            workload: "mail".to_owned(),
        };
        Event::ItemHeld(Box::new(data), Box::default())
    }

    fn given(events: &[Event]) -> CustodianItems {
        let mut items = CustodianItems::default();
        for event in events {
            items.check(event).expect("given is allowed");
            items.evolve(event);
        }
        items
    }

    #[test]
    fn an_attempt_is_next_and_alone() {
        let items = given(&[attempted(1)]);
        assert!(matches!(
            items.check(&attempted(2)),
            Err(Refusal::AttemptOpen { .. })
        ));
        let items = given(&[attempted(1), failed(1, false)]);
        assert!(matches!(
            items.check(&attempted(3)),
            Err(Refusal::NoSuchAttempt { .. })
        ));
        assert!(matches!(
            items.check(&attempted(1)),
            Err(Refusal::NoSuchAttempt { .. })
        ));
        assert_eq!(items.check(&attempted(2)), Ok(()));
        assert!(!items.progress(&item()).may_be_written);
        assert!(
            given(&[attempted(1), failed(1, true)])
                .progress(&item())
                .may_be_written
        );
    }

    #[test]
    fn an_item_ends_once() {
        let items = given(&[held()]);
        assert!(matches!(items.check(&held()), Err(Refusal::ItemEnded(_))));
        assert!(matches!(
            items.check(&attempted(1)),
            Err(Refusal::ItemEnded(_))
        ));
        assert!(matches!(
            items.check(&failed(1, false)),
            Err(Refusal::ItemEnded(_))
        ));
    }

    fn held_for(reason: &str) -> Event {
        let Event::ItemHeld(mut data, facts) = held() else {
            unreachable!("it is one")
        };
        reason.clone_into(&mut data.reason);
        Event::ItemHeld(data, facts)
    }

    fn scanned(verdict: Verdict) -> Event {
        let data = super::super::content::ContentScanned {
            classes: Vec::new(),
            gate: 3,
            item: item(),
            let_pass: Vec::new(),
            parts: 1,
            scanners: Vec::new(),
            sight: None,
            verdict,
        };
        Event::ContentScanned(Box::new(data), Box::default())
    }

    #[test]
    fn what_no_scanner_saw_is_looked_at_again_and_nothing_else_is() {
        let unseen = [
            scanned(Verdict::NotScanned),
            held_for("content-not-scanned"),
        ];
        let items = given(&unseen);
        assert_eq!(items.progress(&item()).ended, Some(Ended::Held));
        assert!(matches!(
            items.check(&attempted(1)),
            Err(Refusal::ItemEnded(_))
        ));
        assert_eq!(items.check(&scanned(Verdict::Passed)), Ok(()));
        let [one, two] = unseen;
        let items = given(&[one, two, scanned(Verdict::Passed)]);
        let progress = items.progress(&item());
        assert_eq!((progress.ended, progress.passed), (None, 3));
        let other = given(&[held()]);
        assert!(matches!(
            other.check(&scanned(Verdict::Passed)),
            Err(Refusal::ItemEnded(_))
        ));
    }
}
