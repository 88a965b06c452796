//! Numbers of items by outcome, and how those that are restored came to be in the target; which item counts where is not decided
//! here.

use std::ops::AddAssign;

use super::{Ended, Outcome};

/// How a restored item came to be in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// This restore wrote it.
    Written,
    /// It was there in part, and this restore added the rest.
    Completed,
    /// It was there before this restore first tried.
    Found,
    /// It was there when this restore tried again: an earlier try can have written it.
    FoundAgain,
}

impl Arrival {
    /// From the words of the record. The intent stands there before the write, so what a first attempt finds is not ours.
    pub fn of(wrote: &str, attempt: u32) -> Self {
        match (wrote, attempt) {
            ("found", 0 | 1) => Self::Found,
            ("found", _) => Self::FoundAgain,
            ("completed", _) => Self::Completed,
            _ => Self::Written,
        }
    }
}

/// The counts of some items. All but `bytes` are numbers of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that the plans in force name, each once.
    pub enumerated: u64,
    /// Restored without any difference.
    pub identical: u64,
    /// Restored, with differences that were declared.
    pub as_declared: u64,
    /// Not written, waits for a person.
    pub held: u64,
    /// Not written, need not be.
    pub skipped: u64,
    /// Could not be written.
    pub failed: u64,
    /// Planned, and erased before it had an outcome: what it was is not known any more.
    pub erased: u64,
    /// Planned, and without an outcome so far.
    pub open: u64,
    /// Bytes of the restored items whose size is disclosed.
    pub bytes: u64,
    /// How many of the restored items have their size disclosed.
    pub sized: u64,
    /// How many of the restored items were there in part, and were completed.
    pub completed: u64,
    /// How many of the restored items were there before this restore first tried.
    pub found: u64,
    /// How many of the restored items were there when this restore tried again.
    pub found_again: u64,
}

impl Counts {
    /// Written to the target and read back.
    pub fn restored(&self) -> u64 {
        self.identical + self.as_declared
    }

    /// Of the restored items those that this restore wrote as a whole.
    pub fn written(&self) -> u64 {
        let others = self.completed + self.found + self.found_again;
        self.restored().saturating_sub(others)
    }

    /// What became of the items, summed over all outcomes.
    pub fn accounted(&self) -> u64 {
        self.restored() + self.held + self.skipped + self.failed + self.erased + self.open
    }

    /// enumerated = restored + held + skipped + failed + erased + open.
    pub fn adds_up(&self) -> bool {
        self.enumerated == self.accounted()
    }

    pub(super) fn take(&mut self, ended: &Ended) {
        match ended.outcome {
            Outcome::Identical => self.identical += 1,
            Outcome::AsDeclared => self.as_declared += 1,
            Outcome::Held => self.held += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed => self.failed += 1,
        }
        if let Some(bytes) = ended.bytes {
            self.bytes += bytes;
            self.sized += 1;
        }
        match ended.arrival {
            Some(Arrival::Completed) => self.completed += 1,
            Some(Arrival::Found) => self.found += 1,
            Some(Arrival::FoundAgain) => self.found_again += 1,
            Some(Arrival::Written) | None => {}
        }
    }

    /// Takes out an item that is counted elsewhere, and was not restored here.
    pub(super) fn leave_out(&mut self, outcome: Option<Outcome>) {
        self.enumerated = self.enumerated.saturating_sub(1);
        let of = self.of_missing(outcome);
        *of = of.saturating_sub(1);
    }

    /// Counts an item that was not restored.
    pub(super) fn take_in(&mut self, outcome: Option<Outcome>) {
        self.enumerated += 1;
        *self.of_missing(outcome) += 1;
    }

    fn of_missing(&mut self, outcome: Option<Outcome>) -> &mut u64 {
        match outcome {
            Some(Outcome::Held) => &mut self.held,
            Some(Outcome::Skipped) => &mut self.skipped,
            Some(Outcome::Failed) => &mut self.failed,
            _ => &mut self.open,
        }
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.enumerated += other.enumerated;
        self.identical += other.identical;
        self.as_declared += other.as_declared;
        self.held += other.held;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.erased += other.erased;
        self.open += other.open;
        self.bytes += other.bytes;
        self.sized += other.sized;
        self.completed += other.completed;
        self.found += other.found;
        self.found_again += other.found_again;
    }
}
