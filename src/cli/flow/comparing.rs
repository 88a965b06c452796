//! Two plans held against each other, custodian by custodian: no more is in memory than the marks of one custodian's rows.

use std::collections::BTreeMap;

use super::meaning;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::plan_diff::{Change, Counts, Rows};
use crate::domain::pseudonym::Pseudonym;
use crate::error::Result;
use crate::journal::Journal;

/// What differs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Difference {
    /// By custodian; whoever has no difference is there too.
    pub(crate) people: BTreeMap<Pseudonym, Counts>,
    /// Of all.
    pub(crate) total: Counts,
    /// Custodians who were erased: their rows are gone from both.
    pub(crate) erased: Vec<Pseudonym>,
}

type Parts = BTreeMap<Pseudonym, Vec<PlanPart>>;

fn parts(journal: &Journal, plan: &str) -> Result<Parts> {
    let mut by_custodian = Parts::new();
    for part in journal.plan_parts(plan).map_err(meaning)? {
        let of = by_custodian.entry(part.custodian.clone()).or_default();
        of.push(part);
    }
    Ok(by_custodian)
}

/// Compares; `see` gets each row that differs, as it is met.
pub(crate) fn compare(
    journal: &Journal,
    first: &str,
    second: &str,
    see: &mut dyn FnMut(&Pseudonym, &PlanRow, &Change),
) -> Result<Difference> {
    let (before, after) = (parts(journal, first)?, parts(journal, second)?);
    let mut custodians: Vec<&Pseudonym> = before.keys().chain(after.keys()).collect();
    custodians.sort();
    custodians.dedup();
    let mut difference = Difference::default();
    for custodian in custodians {
        let vault = journal.ledger().vault();
        if vault.erased_at(custodian.as_str()).is_some() {
            difference.erased.push(custodian.clone());
            continue;
        }
        let of = |parts: &Parts| parts.get(custodian).cloned().unwrap_or_default();
        let counts = one(
            journal,
            (first, &of(&before)),
            (second, &of(&after)),
            &mut |row, change| {
                see(custodian, row, change);
            },
        )?;
        difference.total.sum(&counts);
        difference.people.insert(custodian.clone(), counts);
    }
    Ok(difference)
}

fn one(
    journal: &Journal,
    (first, before): (&str, &[PlanPart]),
    (second, after): (&str, &[PlanPart]),
    see: &mut dyn FnMut(&PlanRow, &Change),
) -> Result<Counts> {
    let mut rows = Rows::default();
    for part in before {
        let read = journal.part_rows(first, part).map_err(meaning)?;
        for row in &read {
            rows.take(row);
        }
    }
    let mut counts = Counts::default();
    for part in after {
        for row in journal.part_rows(second, part).map_err(meaning)? {
            let change = rows.meet(&row);
            counts.add(&change);
            if change != Change::Same {
                see(&row, &change);
            }
        }
    }
    // What the marks do not say of a row that is gone is read a second time, and only where some are.
    if rows.left() > 0 {
        for part in before {
            for row in journal.part_rows(first, part).map_err(meaning)? {
                if rows.is_left(&row) {
                    counts.add(&Change::Removed);
                    see(&row, &Change::Removed);
                }
            }
        }
    }
    Ok(counts)
}
