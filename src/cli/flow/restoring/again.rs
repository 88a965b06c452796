//! What is taken up again after its wave was worked to its end: what people released since, and what waits for a scanner.

use std::collections::BTreeSet;

use super::super::waving::Again;
use super::super::{meaning, sources};
use crate::domain::case::Case;
use crate::error::Result;
use crate::journal::Journal;
use crate::sources::Source;

/// Waves that were worked to their end.
pub(super) fn closed(case: &Case) -> impl Iterator<Item = (String, u32)> {
    let plans = case.waves.all();
    plans.flat_map(|(plan, of)| of.closed.iter().map(|wave| (plan.clone(), *wave)))
}

/// Which of them have something to do again. Every row of their plans is looked at, part by part.
pub(super) fn again(journal: &Journal, source: &dyn Source, has_scanners: bool) -> Result<Again> {
    let case = journal.case().map_err(meaning)?;
    let closed: BTreeSet<(String, u32)> = closed(&case).collect();
    let mut again = Again::default();
    let plans: BTreeSet<&String> = closed.iter().map(|(plan, _)| plan).collect();
    for plan in plans
        .into_iter()
        .filter(|plan| sources::serves(&case, source, plan))
    {
        for part in journal.plan_parts(plan).map_err(meaning)? {
            let rows = journal.part_rows(plan, &part).map_err(meaning)?;
            let items = rows.iter().map(|row| &row.item);
            let progress = journal.progress(&part.custodian, items).map_err(meaning)?;
            for (row, progress) in rows.iter().zip(progress) {
                let wave = (plan.clone(), row.wave);
                if !closed.contains(&wave) {
                    continue;
                }
                if progress.ended.is_none() {
                    again.released.insert(wave);
                } else if has_scanners && progress.is_unscanned {
                    again.unscanned.insert(wave);
                }
            }
        }
    }
    Ok(again)
}
