//! The wave: opened, worked on until each item has its outcome, closed; and the end of the case.

mod again;
mod pacing;
pub(super) mod rows;
pub(crate) mod taking_up;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use unbroken_ledger::{State, Timestamp};

use super::planning::newest;
use super::record::JournalRecord;
use super::{digesting, engine_meaning, meaning, places, sources, waving};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::{EndedFacts, Event, ItemEnded, ItemFailed, Wave};
use crate::domain::item::Digest;
use crate::domain::plan::{Decision, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::engine::record::{AtGate, Custodian, ItemId, PlannedTeams, Standing, Work};
use crate::engine::{Engine, Options, People, Progress, RunSummary, Time, run};
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::projections::coverage::Coverage;
use crate::sources::Source;
use crate::targets::{LONGEST_REQUEST, Target, TargetUser};
use rows::{OpenRow, OpenRows};

/// The machine's clock and its timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealTime;

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

/// Restores what the newest plan in force says, one wave of it. It may be called again after any interruption.
pub(crate) async fn restore<T: Target + Clone + 'static>(
    journal: &Journal,
    source: Arc<dyn Source>,
    target: T,
    options: Options,
    stop: watch::Receiver<bool>,
    progress: &dyn Progress,
) -> Result<RunSummary> {
    let wave = next(journal, &*source, options.scanners.is_some(), &[])?;
    let wave = wave.map_or_else(|| last(journal, &*source), Ok)?;
    restore_wave(journal, wave, (source, target), options, stop, progress).await
}

/// What a run works on next that has worked on `done`; `None` where nothing is left.
pub(crate) fn next(
    journal: &Journal,
    source: &dyn Source,
    has_scanners: bool,
    done: &[Wave],
) -> Result<Option<Wave>> {
    let case = journal.case().map_err(meaning)?;
    let plan = in_force(journal, &case, source)?;
    let again = again::again(journal, source, has_scanners)?;
    Ok(waving::next(&case, &plan, &again, done))
}

/// The last wave of the newest plan: where nothing is left it says so by itself, or is refused for what stands in the way.
pub(crate) fn last(journal: &Journal, source: &dyn Source) -> Result<Wave> {
    let case = journal.case().map_err(meaning)?;
    let plan = in_force(journal, &case, source)?;
    let wave = waving::due(&case, &plan);
    Ok(Wave { plan, wave })
}

/// The plan whose waves are worked on: of those made from this backup the one that was adopted last. One that was made since and is
/// not in force stops nothing; where none is, the newest is refused for what it lacks. With another backup than the plan's every
/// item would fail.
fn in_force(journal: &Journal, case: &Case, source: &dyn Source) -> Result<String> {
    if case.adopted.is_empty() {
        return Ok(newest(journal)?.plan);
    }
    let mut newest_first = case.adopted.iter().rev();
    let plan = newest_first.find(|plan| sources::serves(case, source, plan));
    plan.cloned().ok_or_else(|| {
        let text = "no plan in force was made from this backup: nothing of it is restored";
        Error::new(crate::error::ErrorKind::GateRefused, text).hint(
            "--source names the backup that the plan was made from; `unbroken plan make` makes \
             one for another backup",
        )
    })
}

/// Restores one wave.
pub(crate) async fn restore_wave<T: Target + Clone + 'static>(
    journal: &Journal,
    wave: Wave,
    (source, target): (Arc<dyn Source>, T),
    options: Options,
    stop: watch::Receiver<bool>,
    progress: &dyn Progress,
) -> Result<RunSummary> {
    let (plan, number) = (wave.plan.clone(), wave.wave);
    let case = journal.case().map_err(meaning)?;
    super::content::expect_scanners(&case, options.scanners.as_deref())?;
    // Refused before the wave opens: a wave that nobody may work on is not opened.
    case.gates
        .check_worker(SystemClock.now())
        .map_err(|refusal| {
            meaning(refusal.into())
                .hint("`unbroken baseline`, then `unbroken certify`: docs/gates.md")
        })?;
    expect_attested(journal, &case, &plan)?;
    waving::expect_holds(&case, journal, &plan, number)?;
    let is_open = case.open_waves.contains(&(plan.clone(), number));
    if !is_open {
        let may_open = case.decide(CaseCommand::OpenWave(wave.clone()));
        may_open.map_err(|refusal| waving::refused(refusal.into()))?;
    }
    places::look(journal, &target, &wave, true).await?;
    let (quotas, workers) = (options.quotas, options.overall);
    if !case.open_waves.contains(&(plan, number)) {
        pacing::estimated(journal, &wave, &quotas, workers)?;
        journal
            .command(CaseCommand::OpenWave(wave.clone()))
            .await
            .map_err(waving::refused)?;
    }
    let backlog = OpenRows::load(journal, &*source)?.into_backlog().await?;
    let began = SystemClock.now();
    let summary = run(Engine {
        record: JournalRecord(journal.clone()),
        source: Arc::clone(&source),
        // The workers ask for the whole of a step before they begin it.
        target: target.counted_elsewhere(),
        people: people(&case),
        time: RealTime,
        backlog: Box::new(backlog),
        options,
        stop,
        progress,
    })
    .await
    .map_err(engine_meaning)?;
    pacing::paced(journal, &wave, &summary.pace, SystemClock.now() - began)?;
    let left = OpenRows::load(journal, &*source)?.left()?;
    if left.rows == 0 {
        // A wave is over when whoever belongs into its teams is in them.
        super::teaming::complete(journal, &target, &left.teams).await?;
        places::look(journal, &target, &wave, false).await?;
        close(journal, &*source, wave).await?;
    }
    digesting::record(journal)?;
    Ok(summary)
}

/// Closes a wave, and those of earlier plans that were open when this one's was adopted: their rows were worked on with its own,
/// and nobody would come back to them.
async fn close(journal: &Journal, source: &dyn Source, wave: Wave) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let others = case.open_waves.iter().map(|(plan, wave)| Wave {
        plan: plan.clone(),
        wave: *wave,
    });
    let is_paused = |wave: &Wave| case.waves.is_paused(&wave.plan, wave.wave);
    let is_of_it = |wave: &Wave| sources::serves(&case, source, &wave.plan);
    let others = others.filter(|other| *other != wave && !is_paused(other) && is_of_it(other));
    for wave in others.chain([wave.clone()]) {
        let closed = journal.command(CaseCommand::CloseWave(wave)).await;
        closed.map_err(meaning)?;
    }
    Ok(())
}

/// The identity map of the case: who of the old tenant is who in the target.
fn people(case: &Case) -> People {
    let facts = case.custodians.values().map(|known| &known.facts);
    People::new(facts.filter_map(|facts| {
        let target = facts.target_upn.clone()?;
        Some((facts.source_name.clone()?, target))
    }))
}

/// How long a worker has to wait that took streams over, because the one before it may still have a request under way:
/// only while an item that was begun has no outcome, since every effect stands behind its intent.
pub(crate) fn wait_for_old_requests(journal: &Journal) -> Result<Option<Duration>> {
    let handed = journal.ledger().with_state(State::last_handover);
    let left = still_under_way(handed, SystemClock.now());
    if left.is_none() {
        return Ok(None);
    }
    let is_begun = journal.look(|book| book.items.is_any_open());
    let is_begun = is_begun.map_err(meaning)?;
    Ok(left.filter(|_| is_begun))
}

/// What is left of the longest request that could have begun before the streams changed hands.
fn still_under_way(handed: Option<Timestamp>, now: DateTime<Utc>) -> Option<Duration> {
    let handed = DateTime::from_timestamp_micros(handed?.micros())?;
    let since = (now - handed).to_std().unwrap_or(Duration::ZERO);
    LONGEST_REQUEST
        .checked_sub(since)
        .filter(|left| !left.is_zero())
}

/// Ends the case with its counts.
pub(crate) async fn finish(journal: &Journal) -> Result<()> {
    if journal.case().map_err(meaning)?.adopted.is_empty() {
        let why = "no plan was put in force: there is nothing to finish";
        return Err(Error::new(crate::error::ErrorKind::GateRefused, why).hint(
            "`unbroken plan make` begins; a case that ends without a restore stays as it is",
        ));
    }
    let totals = Coverage::load(journal).map_err(meaning)?.totals;
    let none_left = |left: u64, hint: &str| {
        let text = format!("{left} items have no outcome yet");
        let error = Error::new(crate::error::ErrorKind::Incomplete, text);
        if left == 0 {
            Ok(())
        } else {
            Err(error.hint(hint))
        }
    };
    none_left(open_items(journal)?, "`unbroken restore` goes on with them")?;
    let case = journal.case().map_err(meaning)?;
    let waves = case.check_no_wave_left();
    waves.map_err(|refusal| meaning(refusal.into()))?;
    // Of a plan that was never begun, or of waves of an earlier one that nobody opens any more.
    none_left(
        items_without_outcome(journal)?,
        "`unbroken restore` brings what a plan in force names; what an earlier one alone names, \
         another plan has to name",
    )?;
    journal
        .command(CaseCommand::Finish(totals))
        .await
        .map_err(meaning)?;
    digesting::record(journal)?;
    Ok(())
}

/// Items of all plans in force that have no outcome yet, whatever became of their waves.
pub(crate) fn items_without_outcome(journal: &Journal) -> Result<u64> {
    OpenRows::of_all(journal)?.count()
}

/// Items of waves that were opened that have no outcome yet: those that were released after their wave had ended among them.
pub(crate) fn open_items(journal: &Journal) -> Result<u64> {
    OpenRows::of_begun(journal)?.count()
}

fn work_of(
    custodian: &Pseudonym,
    user: &TargetUser,
    plan: &str,
    open: &OpenRow,
    teams: Option<PlannedTeams>,
) -> Option<Work> {
    let (row, progress) = (&open.row, open.progress);
    let source = row.source_item()?;
    let (target_folder, transforms) = row.target()?;
    let standing = match (progress.attempts, progress.is_open) {
        (0, _) => Standing::Fresh,
        (_, true) => Standing::Interrupted,
        (_, false) => Standing::Failed { not_before: None },
    };
    Some(Work {
        item: ItemId(row.item.to_string()),
        custodian: Custodian(custodian.to_string()),
        user: user.clone(),
        key: row.item_key()?,
        target_folder,
        target_name: row.target_name.clone(),
        transforms,
        choices: row.todo().collect(),
        source,
        history: row.versions()?,
        history_left_out: row.history_left_out,
        plan: Digest::parse(plan)?,
        wave: row.wave,
        attempts: progress.attempts,
        standing,
        standing_at_gate: AtGate {
            passed: progress.passed,
            is_unscanned: progress.is_unscanned,
            release: open.release.clone(),
        },
        teams: teams.map(|teams| PlannedTeams {
            post: row.post.clone(),
            // Its own row is what decides it.
            held: teams.held.filter(|_| row.team.is_none()),
            ..teams
        }),
    })
}

/// A row that is held, skipped or cannot be read gets its outcome without a worker.
async fn end_without_writing(
    journal: &Journal,
    custodian: &Pseudonym,
    row: &PlanRow,
) -> Result<()> {
    if let Some(event) = ended_without_writing(row) {
        journal.record(custodian, event).await.map_err(meaning)?;
    }
    Ok(())
}

fn ended_without_writing(row: &PlanRow) -> Option<Event> {
    let facts = EndedFacts {
        detail: None,
        locator: Some(row.locator.clone()),
        name: Some(row.name.clone()).filter(|name| !name.is_empty()),
    };
    let ended = |sight| {
        Box::new(ItemEnded {
            item: row.item.clone(),
            reason: row.reason.clone(),
            sight,
            workload: row.workload.clone(),
        })
    };
    match row.decision {
        Decision::Restore => None,
        Decision::Hold => Some(Event::ItemHeld(ended(row.sight()), Box::new(facts))),
        Decision::Skip => Some(Event::ItemSkipped(ended(None), Box::new(facts))),
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

/// A wave with a sensitive custodian in it opens after that one's owner attested.
fn expect_attested(journal: &Journal, case: &Case, plan: &str) -> Result<()> {
    if case.grants.sensitive.values().all(|attested| *attested) {
        return Ok(());
    }
    for part in journal.plan_parts(plan).map_err(meaning)? {
        let attested = case.grants.check_attested(&part.custodian);
        attested.map_err(|refusal| {
            meaning(refusal.into()).hint("`unbroken access attest` records what the owner says")
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_over_waits_out_the_longest_request_and_no_longer() {
        let handed = Timestamp::parse("2026-11-23T20:00:00.000000Z").expect("a time");
        let at = |minutes: u32, seconds: u32| {
            let text = format!("2026-11-23T20:{minutes:02}:{seconds:02}Z");
            crate::cli::access::instant(&text).expect("an instant")
        };
        let left = |now| still_under_way(Some(handed), now).map(|left| left.as_secs());
        assert_eq!(left(at(0, 0)), Some(120));
        assert_eq!(left(at(1, 30)), Some(30));
        assert_eq!(left(at(2, 0)), None);
        assert_eq!(left(at(59, 0)), None);
        // A clock that was set back waits the whole time rather than none.
        let before = crate::cli::access::instant("2026-11-23T19:00:00Z").expect("one");
        assert_eq!(left(before), Some(120));
        assert_eq!(still_under_way(None, before), None);
    }
}
