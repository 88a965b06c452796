//! A plan's estimate as people and programs read it: when each wave ends and what binds it.

use std::fmt::Write as _;

use chrono::TimeDelta;
use serde_json::json;

use super::flow::meaning;
use super::pace::Pace;
use crate::domain::item::Workload;
use crate::domain::plan::Decision;
use crate::engine::estimate::{Load, WaveEstimate};
use crate::error::Result;
use crate::journal::Journal;

/// Where the figures come from, said wherever they stand.
const BASIS: &str = "documented, not measured";

/// Sums the plan up, part by part, and estimates.
pub(crate) fn of_plan(journal: &Journal, plan: &str, pace: Pace) -> Result<Vec<WaveEstimate>> {
    let load = load_of(journal, plan, None)?;
    Ok(load.estimate(&pace.quotas(), usize::from(pace.workers)))
}

/// The sums of a plan, or of one of its waves.
pub(crate) fn load_of(journal: &Journal, plan: &str, only: Option<u32>) -> Result<Load> {
    let mut load = Load::default();
    for part in journal.plan_parts(plan).map_err(meaning)? {
        for row in journal.part_rows(plan, &part).map_err(meaning)? {
            let workload = Workload::parse(&row.workload);
            let is_asked = only.is_none_or(|wave| wave == row.wave);
            let is_written = row.decision == Decision::Restore && is_asked;
            if let Some(workload) = workload.filter(|_| is_written) {
                let custodian = part.custodian.as_str();
                load.add(row.wave, custodian, workload, row.size);
                let sizes = row.history.iter().map(|version| version.size);
                load.add_history(row.wave, custodian, sizes);
            }
        }
    }
    Ok(load)
}

/// For people.
pub(crate) fn as_text(waves: &[WaveEstimate]) -> String {
    if waves.is_empty() {
        return format!("nothing is to be restored, so nothing is estimated ({BASIS})\n");
    }
    waves.iter().fold(String::new(), |mut text, wave| {
        let _ = writeln!(
            text,
            "wave {}: {} items, {} bytes; ends {} after the start ({BASIS})\n\
             \x20       bound by {}",
            wave.wave,
            wave.items,
            wave.bytes,
            range(wave),
            wave.binds
        );
        text
    })
}

/// For programs: seconds.
pub(crate) fn as_json(waves: &[WaveEstimate]) -> serde_json::Value {
    let waves: Vec<_> = waves
        .iter()
        .map(|wave| {
            json!({
                "wave": wave.wave,
                "items": wave.items,
                "bytes": wave.bytes,
                "earliest_s": wave.earliest.num_seconds(),
                "latest_s": wave.latest.num_seconds(),
                "bound_by": wave.binds,
            })
        })
        .collect();
    json!({ "basis": BASIS, "waves": waves })
}

fn range(wave: &WaveEstimate) -> String {
    let (earliest, latest) = (span(wave.earliest), span(wave.latest));
    if earliest == latest {
        return earliest;
    }
    format!("{earliest} to {latest}")
}

/// `3 d 5 h`, `2 h 47 min`, `20 min`, `less than a minute`.
fn span(span: TimeDelta) -> String {
    let (days, hours, minutes) = (
        span.num_days(),
        span.num_hours() % 24,
        span.num_minutes() % 60,
    );
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_their_two_largest_units() {
        let said = |seconds| span(TimeDelta::seconds(seconds));
        assert_eq!(said(59), "less than a minute");
        assert_eq!(said(1_260), "21 min");
        assert_eq!(said(10_020), "2 h 47 min");
        assert_eq!(said(278_400), "3 d 5 h");
    }

    #[test]
    fn every_form_says_that_nothing_was_measured() {
        let wave = WaveEstimate {
            wave: 1,
            items: 2,
            bytes: 3,
            earliest: TimeDelta::seconds(60),
            latest: TimeDelta::seconds(120),
            binds: "something".to_owned(),
        };
        assert!(as_text(std::slice::from_ref(&wave)).contains(BASIS));
        assert!(as_text(&[]).contains(BASIS));
        assert_eq!(as_json(&[wave])["basis"], BASIS);
    }
}
