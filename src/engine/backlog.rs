//! What is left to do, handed out in portions, so that no more of a plan is held than is worked on. The seam to whoever
//! reads the plan; no decision is made here.

use std::collections::VecDeque;

use super::record::{Custodian, ItemId, RecordError, Work};

/// The answer of a backlog.
#[derive(Debug)]
pub enum Portion {
    /// Nothing is left.
    End,
    /// Every custodian that has something left has enough of it already.
    Later,
    /// Some items of one custodian.
    Work(Vec<Work>),
}

/// What is left to do. Early waves come first, and custodians take turns; items that an earlier run was killed over come
/// before all others: until they are resolved nobody knows what the target holds.
pub trait Backlog: Send {
    /// How many items there are in all, those handed out included.
    fn total(&self) -> u64;

    /// An item that was handed out has its outcome.
    fn ended(&mut self, _item: &ItemId) {}

    /// The next portion, of a custodian that has not enough yet.
    fn next(&mut self, has_enough: &dyn Fn(&Custodian) -> bool) -> Result<Portion, RecordError>;
}

/// A list that is in memory anyhow.
#[derive(Debug)]
pub struct Listed {
    total: u64,
    left: VecDeque<Work>,
}

impl From<Vec<Work>> for Listed {
    fn from(work: Vec<Work>) -> Self {
        Self {
            total: work.len() as u64,
            left: work.into(),
        }
    }
}

impl Backlog for Listed {
    fn total(&self) -> u64 {
        self.total
    }

    fn next(&mut self, _has_enough: &dyn Fn(&Custodian) -> bool) -> Result<Portion, RecordError> {
        if self.left.is_empty() {
            return Ok(Portion::End);
        }
        Ok(Portion::Work(self.left.drain(..).collect()))
    }
}
