//! The pace of a wave on the record: what is estimated before it is opened, and what a run waited for. Nothing is paced here.

use chrono::TimeDelta;

use super::super::meaning;
use crate::cli::estimate;
use crate::domain::event::{Event, WaitedFor, Wave, WaveEstimated, WavePaced};
use crate::engine::governor::{Pace, Quotas};
use crate::error::Result;
use crate::journal::Journal;

fn seconds(span: TimeDelta) -> u64 {
    u64::try_from(span.num_seconds()).unwrap_or(0)
}

/// Notes the estimate of a wave that is about to be opened; none where no quota is kept, or where the ledger was opened by an
/// older version.
pub(super) fn estimated(
    journal: &Journal,
    wave: &Wave,
    quotas: &Quotas,
    workers: usize,
) -> Result<()> {
    if quotas.unpaced || !journal.takes("WaveEstimated/1") {
        return Ok(());
    }
    let load = estimate::load_of(journal, &wave.plan, Some(wave.wave))?;
    let Some(found) = load.estimate(quotas, workers).pop() else {
        return Ok(());
    };
    let data = WaveEstimated {
        bound_by: found.binds,
        earliest_s: seconds(found.earliest),
        items: found.items,
        latest_s: seconds(found.latest),
        plan: wave.plan.clone(),
        wave: wave.wave,
        workers: workers as u64,
    };
    let event = Event::WaveEstimated(Box::new(data), Box::default());
    journal.note(&event).map_err(meaning)?;
    Ok(())
}

/// Notes what a run asked for and waited for; nothing where it asked for nothing.
pub(super) fn paced(journal: &Journal, wave: &Wave, pace: &Pace, took: TimeDelta) -> Result<()> {
    if pace.requests == 0 || !journal.takes("WavePaced/1") {
        return Ok(());
    }
    let waited = pace.waits.iter().map(|(quota, span)| WaitedFor {
        quota: quota.clone(),
        seconds: seconds(*span),
    });
    let data = WavePaced {
        plan: wave.plan.clone(),
        requests: pace.requests,
        seconds: seconds(took),
        throttled: pace.throttled,
        waited: waited.filter(|waited| waited.seconds > 0).collect(),
        wave: wave.wave,
    };
    let event = Event::WavePaced(Box::new(data), Box::default());
    journal.note(&event).map_err(meaning)?;
    Ok(())
}
