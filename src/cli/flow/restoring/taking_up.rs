//! What failed is tried once more, where whoever restores asks for it: on the record before the run, so that
//! every item has one end.

use std::collections::BTreeMap;

use super::super::meaning;
use super::rows::is_to_be_written;
use crate::domain::case::CaseCommand;
use crate::domain::custodian::Ended;
use crate::domain::event::{ItemsTakenUp, TAKEN_UP_MAX};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::Result;
use crate::journal::{Journal, JournalError};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenUp {
    /// How many items are tried once more.
    pub(crate) items: u64,
    /// How many stay as they are: their custodian's files are open to others by now.
    pub(crate) refused: u64,
}

/// Takes up every item of the plans in force that failed and that a plan says is written. What cannot be read in the backup at all
/// was never begun, and is none of them.
pub(crate) async fn take_up(journal: &Journal) -> Result<TakenUp> {
    let case = journal.case().map_err(meaning)?;
    let mut taken = TakenUp::default();
    // The newest first: it says of an item what earlier ones said otherwise.
    for plan in case.adopted.iter().rev() {
        let mut failed: BTreeMap<Pseudonym, Vec<Pseudonym>> = BTreeMap::new();
        for part in journal.plan_parts(plan).map_err(meaning)? {
            let rows = journal.part_rows(plan, &part).map_err(meaning)?;
            let items = rows.iter().map(|row| &row.item);
            let progress = journal.progress(&part.custodian, items).map_err(meaning)?;
            let of = failed.entry(part.custodian.clone()).or_default();
            for (row, progress) in rows.iter().zip(progress) {
                let release = case.release_of(&row.item);
                if progress.ended == Some(Ended::Failed) && is_to_be_written(row, release) {
                    of.push(row.item.clone());
                }
            }
        }
        for (custodian, mut items) in failed {
            items.sort();
            items.dedup();
            for items in items.chunks(TAKEN_UP_MAX) {
                let data = ItemsTakenUp {
                    custodian: custodian.clone(),
                    items: items.to_vec(),
                    plan: plan.clone(),
                };
                match journal.command(CaseCommand::TakeUp(data)).await {
                    Ok(_) => taken.items += items.len() as u64,
                    Err(JournalError::Refused(Refusal::PlanBeforeAccess(_))) => {
                        taken.refused += items.len() as u64;
                    }
                    Err(error) => return Err(meaning(error)),
                }
            }
        }
    }
    Ok(taken)
}
