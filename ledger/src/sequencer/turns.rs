//! Turns: whoever submits writes, for all who wait. There is no writing thread, so that one event alone wakes nobody.
//!
//! The first submission that finds nobody writing leads: it takes what waits, writes it, answers, and hands the lead to
//! the submission that then waits longest. What a batch does is one level up.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::{Job, MAX_BATCH, Receipt, SubmitError, lock};

pub(super) type Answer = Result<Receipt, SubmitError>;

enum Turn {
    Waits,
    Leads,
    Done(Vec<Answer>),
}

/// Events of one emitter, handed in together.
pub(super) struct Submission {
    jobs: Mutex<Vec<Job>>,
    count: usize,
    turn: Mutex<Turn>,
    changed: Condvar,
}

impl Submission {
    fn new(jobs: Vec<Job>) -> Self {
        Self {
            count: jobs.len(),
            jobs: Mutex::new(jobs),
            turn: Mutex::new(Turn::Waits),
            changed: Condvar::new(),
        }
    }

    fn set(&self, turn: Turn) {
        *lock(&self.turn) = turn;
        self.changed.notify_one();
    }

    /// Waits for the answers; `None` when this submission is to lead.
    fn wait(&self) -> Option<Vec<Answer>> {
        let turn = lock(&self.turn);
        let mut turn = self
            .changed
            .wait_while(turn, |turn| matches!(turn, Turn::Waits))
            .unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *turn, Turn::Waits) {
            Turn::Done(answers) => Some(answers),
            Turn::Waits | Turn::Leads => None,
        }
    }

    pub(super) fn take_jobs(&self) -> Vec<Job> {
        std::mem::take(&mut lock(&self.jobs))
    }

    pub(super) fn answer(&self, answers: Vec<Answer>) {
        self.set(Turn::Done(answers));
    }

    fn fail(&self, error: &SubmitError) {
        self.answer(vec![Err(error.clone()); self.count]);
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Submission>>,
    is_led: bool,
    is_closed: bool,
}

/// Who writes next.
#[derive(Default)]
pub(super) struct Turns(Mutex<Queue>);

impl Turns {
    pub(super) fn close(&self) {
        lock(&self.0).is_closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.0).is_closed
    }

    /// Returns with the answers, in the order of the jobs; `None` when nothing is taken any more. `write` is called for
    /// the batches that this caller leads, and answers each submission of its batch.
    pub(super) fn hand_in(
        &self,
        jobs: Vec<Job>,
        write: impl Fn(&[Arc<Submission>]),
        stopped: impl Fn() -> SubmitError,
    ) -> Option<Vec<Answer>> {
        let submission = Arc::new(Submission::new(jobs));
        {
            let mut queue = lock(&self.0);
            if queue.is_closed {
                return None;
            }
            queue.waiting.push_back(Arc::clone(&submission));
            if !queue.is_led {
                queue.is_led = true;
                submission.set(Turn::Leads);
            }
        }
        loop {
            if let Some(answers) = submission.wait() {
                return Some(answers);
            }
            let lead = Lead {
                turns: self,
                batch: self.next_batch(),
                stopped: &stopped,
            };
            write(&lead.batch);
        }
    }

    /// Whole submissions, the oldest first, while they fit; at least one.
    fn next_batch(&self) -> Vec<Arc<Submission>> {
        let mut queue = lock(&self.0);
        let mut batch = Vec::new();
        let mut count = 0;
        while let Some(next) = queue.waiting.front() {
            count += next.count;
            if count > MAX_BATCH && !batch.is_empty() {
                break;
            }
            batch.extend(queue.waiting.pop_front());
        }
        batch
    }
}

/// Hands the lead on when it goes, also when writing panicked: then nobody waits for answers that never come.
struct Lead<'a> {
    turns: &'a Turns,
    batch: Vec<Arc<Submission>>,
    stopped: &'a dyn Fn() -> SubmitError,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = (self.stopped)();
            let mut queue = lock(&self.turns.0);
            queue.is_closed = true;
            queue.is_led = false;
            let waiting = std::mem::take(&mut queue.waiting);
            drop(queue);
            for submission in self.batch.iter().chain(&waiting) {
                submission.fail(&error);
            }
            return;
        }
        let mut queue = lock(&self.turns.0);
        match queue.waiting.front() {
            Some(next) => next.set(Turn::Leads),
            None => queue.is_led = false,
        }
    }
}
