//! Items that a later plan in force names anew, under another pseudonym: an item is counted where the later plan leaves it. The
//! plan's decisions do not live here.

use std::collections::HashMap;

use crate::domain::plan::{EARLIER_VERSION, PlanRow};
use crate::domain::pseudonym::Pseudonym;

/// What a plan in force called an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierName {
    /// The pseudonym.
    pub item: Pseudonym,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// `mail`, `files` and so on.
    pub workload: String,
    /// Whether it is the version from before the breach of another item, which is held.
    pub is_earlier_version: bool,
    plan: usize,
}

/// The names that were met so far, by the items' keys.
#[derive(Debug, Default)]
pub struct Names {
    met: HashMap<String, EarlierName>,
    plans: usize,
    is_single: bool,
}

impl Names {
    /// For so many plans in force. With one there is nothing to keep.
    pub fn of(plans: usize) -> Self {
        Self {
            is_single: plans < 2,
            ..Self::default()
        }
    }

    /// The rows that follow are those of the next plan, in the order in which they were put in force.
    pub fn next_plan(&mut self) {
        self.plans += 1;
    }

    /// The other name that an earlier plan has for this row's item. Whoever was restored under it stays there.
    pub fn earlier(&mut self, custodian: &Pseudonym, row: &PlanRow) -> Option<EarlierName> {
        if self.is_single || row.key.is_empty() {
            return None;
        }
        if let Some(met) = self.met.get(&row.key)
            && met.item == row.item
        {
            return None;
        }
        let now = EarlierName {
            item: row.item.clone(),
            custodian: custodian.clone(),
            workload: row.workload.clone(),
            is_earlier_version: row.reason == EARLIER_VERSION,
            plan: self.plans,
        };
        let before = self.met.insert(row.key.clone(), now)?;
        (before.plan < self.plans).then_some(before)
    }
}
