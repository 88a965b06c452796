//! The wave: opened, worked on until each item has its outcome, closed; and the end of the case.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::planning::{WAVE, newest};
use super::record::JournalRecord;
use super::{digesting, engine_meaning, meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::CaseCommand;
use crate::domain::event::{EndedFacts, Event, ItemEnded, ItemFailed, Wave};
use crate::domain::item::{Digest, Workload};
use crate::domain::plan::{Decision, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::sharepoint_name::{NAME_CHANGED, accepted_folder};
use crate::engine::record::{Custodian, ItemId, Standing, Work};
use crate::engine::{Engine, Options, Progress, RunSummary, Time, run};
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::projections::coverage::Coverage;
use crate::projections::work::{CustodianWork, Work as OpenWork};
use crate::sources::Source;
use crate::targets::{Target, TargetUser};

/// The machine's clock and its timer.
#[derive(Clone, Copy)]
struct RealTime;

impl Time for RealTime {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now()
    }

    async fn wait_until(&self, at: DateTime<Utc>) {
        if let Ok(wait) = (at - self.now()).to_std() {
            tokio::time::sleep(wait.min(Duration::from_hours(1))).await;
        }
    }
}

/// Restores what the newest plan in force says. It may be called again after any interruption.
pub(crate) async fn restore<T: Target + 'static>(
    journal: &Journal,
    source: Arc<dyn Source>,
    target: T,
    stop: watch::Receiver<bool>,
    progress: &dyn Progress,
) -> Result<RunSummary> {
    let plan = newest(journal)?.plan;
    let wave = Wave {
        plan: plan.clone(),
        wave: WAVE,
    };
    let case = journal.case().map_err(meaning)?;
    if !case.open_waves.contains(&(plan, WAVE)) {
        journal
            .command(CaseCommand::OpenWave(wave.clone()))
            .await
            .map_err(meaning)?;
    }
    let open = OpenWork::load(journal).map_err(meaning)?;
    end_what_is_not_written(journal, &open).await?;
    let summary = run(Engine {
        record: JournalRecord(journal.clone()),
        source,
        target,
        time: RealTime,
        work: work(&open),
        options: Options::default(),
        stop,
        progress,
    })
    .await
    .map_err(engine_meaning)?;
    let left = OpenWork::load(journal).map_err(meaning)?.open_rows();
    if left == 0 {
        journal
            .command(CaseCommand::CloseWave(wave))
            .await
            .map_err(meaning)?;
    }
    digesting::record(journal)?;
    Ok(summary)
}

/// Ends the case with its counts.
pub(crate) async fn finish(journal: &Journal) -> Result<()> {
    let totals = Coverage::load(journal).map_err(meaning)?.totals;
    let left = OpenWork::load(journal).map_err(meaning)?.open_rows();
    if left > 0 {
        return Err(Error::new(
            crate::error::ErrorKind::Incomplete,
            format!("{left} items have no outcome yet"),
        )
        .hint("`unbroken restore` goes on with them"));
    }
    journal
        .command(CaseCommand::Finish(totals))
        .await
        .map_err(meaning)?;
    digesting::record(journal)?;
    Ok(())
}

/// Items of open waves that have no outcome yet.
pub(crate) fn open_items(journal: &Journal) -> Result<u64> {
    Ok(OpenWork::load(journal).map_err(meaning)?.open_rows() as u64)
}

/// What the engine has to do, in the order of the plan.
fn work(open: &OpenWork) -> Vec<Work> {
    open.custodians
        .iter()
        .flat_map(|(custodian, of)| {
            let rows = of.rows.iter().filter(|(_, row)| is_open(of, row));
            rows.filter_map(|(plan, row)| work_of(custodian, of, plan, row))
        })
        .collect()
}

fn is_open(of: &CustodianWork, row: &PlanRow) -> bool {
    row.decision == Decision::Restore && of.items.progress(&row.item).ended.is_none()
}

fn work_of(custodian: &Pseudonym, of: &CustodianWork, plan: &str, row: &PlanRow) -> Option<Work> {
    let source = row.source_item()?;
    let (target_folder, mut transforms) = accepted_folder(&source.folder, &row.target_name);
    if source.workload == Workload::Files && row.target_name != source.name {
        transforms.push(NAME_CHANGED);
    }
    let progress = of.items.progress(&row.item);
    let standing = match (progress.attempts, progress.is_open) {
        (0, _) => Standing::Fresh,
        (_, true) => Standing::Interrupted,
        (_, false) => Standing::Failed { not_before: None },
    };
    Some(Work {
        item: ItemId(row.item.to_string()),
        custodian: Custodian(custodian.to_string()),
        user: TargetUser {
            id: of.target_user_id.clone(),
            user_principal_name: of.target_upn.clone(),
        },
        key: row.item_key()?,
        target_folder,
        target_name: row.target_name.clone(),
        transforms,
        source,
        plan: Digest::parse(plan)?,
        wave: row.wave,
        attempts: progress.attempts,
        standing,
    })
}

/// Rows that are held, skipped or cannot be read get their outcome without a worker.
async fn end_what_is_not_written(journal: &Journal, open: &OpenWork) -> Result<()> {
    for (custodian, of) in &open.custodians {
        for (_, row) in &of.rows {
            if of.items.progress(&row.item).ended.is_some() {
                continue;
            }
            if let Some(event) = ended_without_writing(row) {
                journal.record(custodian, event).await.map_err(meaning)?;
            }
        }
    }
    Ok(())
}

fn ended_without_writing(row: &PlanRow) -> Option<Event> {
    let facts = EndedFacts {
        detail: None,
        locator: Some(row.locator.clone()),
        name: Some(row.name.clone()).filter(|name| !name.is_empty()),
    };
    let ended = || {
        Box::new(ItemEnded {
            item: row.item.clone(),
            reason: row.reason.clone(),
            workload: row.workload.clone(),
        })
    };
    match row.decision {
        Decision::Restore => None,
        Decision::Hold => Some(Event::ItemHeld(ended(), Box::new(facts))),
        Decision::Skip => Some(Event::ItemSkipped(ended(), Box::new(facts))),
        Decision::Unreadable => {
            let failed = ItemFailed {
                attempts: 0,
                code: "unreadable".to_owned(),
                item: row.item.clone(),
                reason: row.reason.clone(),
                workload: row.workload.clone(),
            };
            Some(Event::ItemFailed(Box::new(failed), Box::new(facts)))
        }
    }
}
