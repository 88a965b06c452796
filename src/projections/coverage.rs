//! How many items ended in which way, and why: the numbers that must add up.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::reading::Reading;
use super::results::{Outcome, lifted};
use crate::domain::event::{CaseFinished, Event};
use crate::domain::pseudonym::Pseudonym;

/// One item that did not simply arrive: for the list that a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The entry that records it.
    pub index: u64,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// The item.
    pub item: Pseudonym,
    /// `held`, `skipped` or `failed`.
    pub outcome: &'static str,
    /// The class of the reason.
    pub reason: String,
    /// Where it lies in the source, where that may be shown.
    pub locator: String,
    /// What people call it, where that may be shown: the subject, the file's name.
    pub name: String,
    /// What a person should know.
    pub detail: String,
}

/// The counts.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Over all; `enumerated` is the sum of the outcomes.
    pub totals: CaseFinished,
    /// By workload: restored.
    pub restored_by_workload: BTreeMap<String, u64>,
    /// By outcome and reason.
    pub reasons: BTreeMap<(&'static str, String), u64>,
    /// Every item that was held, skipped or failed.
    pub exceptions: Vec<Exception>,
    /// Attempts that failed and were tried again.
    pub failed_attempts: u64,
    /// Intents.
    pub attempts: u64,
    /// What is held or failed: by which entry, as what and why.
    left: HashMap<Pseudonym, (u64, Outcome, String)>,
    /// Entries of ends that were taken back.
    lifted: HashSet<u64>,
}

impl Coverage {
    /// Folds the record.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut coverage = Self::default();
        record.events(&mut |placed| {
            coverage.take_back(&placed.event);
            if let Some(custodian) = &placed.custodian {
                coverage.take(placed.index, custodian, &placed.event);
            }
        })?;
        let lifted = std::mem::take(&mut coverage.lifted);
        coverage
            .exceptions
            .retain(|one| !lifted.contains(&one.index));
        Ok(coverage)
    }

    /// An end that was taken back is no outcome.
    fn take_back(&mut self, event: &Event) {
        let Some(lifted) = lifted(event) else {
            return;
        };
        for item in lifted.items {
            let left = self.left.get(item);
            let left = left.filter(|(_, outcome, reason)| lifted.takes_back(*outcome, reason));
            if let Some((index, outcome, reason)) = left {
                match outcome {
                    Outcome::Failed => self.totals.failed -= 1,
                    _ => self.totals.held -= 1,
                }
                self.totals.enumerated -= 1;
                if let Some(count) = self.reasons.get_mut(&(outcome.name(), reason.clone())) {
                    *count -= 1;
                }
                self.lifted.insert(*index);
                self.left.remove(item);
            }
        }
        self.reasons.retain(|_, count| *count > 0);
    }

    fn take(&mut self, index: u64, custodian: &Pseudonym, event: &Event) {
        let totals = &mut self.totals;
        let (outcome, item, reason, facts) = match event {
            Event::ItemAttempted(..) => {
                self.attempts += 1;
                return;
            }
            Event::AttemptFailed(..) => {
                self.failed_attempts += 1;
                return;
            }
            Event::ItemRestored(data, _) => {
                totals.enumerated += 1;
                match &*data.class {
                    "identical" => totals.identical += 1,
                    _ => totals.as_declared += 1,
                }
                *self
                    .restored_by_workload
                    .entry(data.workload.clone())
                    .or_default() += 1;
                return;
            }
            Event::ItemHeld(data, facts) => {
                totals.held += 1;
                let left = (index, Outcome::Held, data.reason.clone());
                self.left.insert(data.item.clone(), left);
                ("held", &data.item, &data.reason, facts)
            }
            Event::ItemSkipped(data, facts) => {
                totals.skipped += 1;
                ("skipped", &data.item, &data.reason, facts)
            }
            Event::ItemFailed(data, facts) => {
                totals.failed += 1;
                let left = (index, Outcome::Failed, data.reason.clone());
                self.left.insert(data.item.clone(), left);
                ("failed", &data.item, &data.reason, facts)
            }
            _ => return,
        };
        totals.enumerated += 1;
        *self.reasons.entry((outcome, reason.clone())).or_default() += 1;
        self.exceptions.push(Exception {
            index,
            custodian: custodian.clone(),
            item: item.clone(),
            outcome,
            reason: reason.clone(),
            locator: facts.locator.clone().unwrap_or_default(),
            name: facts.name.clone().unwrap_or_default(),
            detail: facts.detail.clone().unwrap_or_default(),
        });
    }
}
