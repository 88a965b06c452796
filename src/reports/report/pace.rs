//! Estimates against what happened, in section E: for each wave its range, its end, and which quota was expected to bind and did.

use super::super::document::{Block, Section, Table};
use super::{Edition, Gathered};
use crate::projections::pace::WavePace;

/// The section with what was estimated of each wave; in an edition for one custodian nothing is said of everybody's work.
pub(super) fn with_waves(gathered: &Gathered, section: Section) -> Section {
    if gathered.waves.is_empty() || matches!(gathered.issue.edition, Edition::Custodian(_)) {
        return section;
    }
    let rows = gathered.waves.iter();
    let rows = rows.map(|((plan, wave), pace)| row(plan, *wave, pace));
    section
        .with(Block::Heading("Estimates against what happened".to_owned()))
        .says(
            "A range is estimated from the plan's sums and the documented quotas when a wave is \
             opened; nothing of it is measured. It supposes that the work is not interrupted: \
             where the workers ran more than once, the time between the runs is in what it took.",
        )
        .with(Block::Table(Table {
            id: "waves",
            caption: "Each wave's estimate, and its end".to_owned(),
            columns: vec![
                "Wave",
                "Plan",
                "Estimated to take",
                "Began (UTC)",
                "Ended (UTC)",
                "Took",
                "Beside the estimate",
                "Expected to bind",
                "Bound by",
                "Runs",
                "Requests",
                "Throttled",
            ],
            rows: rows.collect(),
        }))
}

fn row(plan: &str, wave: u32, pace: &WavePace) -> Vec<String> {
    let not_said = || "-".to_owned();
    let said = pace.estimated.as_ref();
    let range = said.map(|said| format!("{} to {}", span(said.earliest_s), span(said.latest_s)));
    let time = |time: Option<unbroken_ledger::Timestamp>| {
        time.map_or_else(not_said, |time| time.to_string())
    };
    let bound_by = match (pace.bound_by(), pace.runs) {
        (Some(quota), _) => quota.to_owned(),
        (None, 0) => not_said(),
        (None, _) => "no quota: the workers and the answers they waited for".to_owned(),
    };
    vec![
        wave.to_string(),
        plan.chars().take(12).collect(),
        range.unwrap_or_else(not_said),
        time(pace.began),
        time(pace.ended),
        pace.took_s().map_or_else(not_said, span),
        pace.compared().words().to_owned(),
        said.map_or_else(not_said, |said| said.bound_by.clone()),
        bound_by,
        pace.runs.to_string(),
        pace.requests.to_string(),
        pace.throttled.to_string(),
    ]
}

/// `77 h 20 min`, `20 min 5 s`, `5 s`.
fn span(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_their_two_largest_units() {
        assert_eq!(span(5), "5 s");
        assert_eq!(span(1_205), "20 min 5 s");
        assert_eq!(span(278_400), "77 h 20 min");
    }

    #[test]
    fn what_was_not_said_or_did_not_bind_is_not_made_up() {
        let cells = row("abcdef0123456789", 2, &WavePace::default());
        assert_eq!(cells[..3], ["2", "abcdef012345", "-"]);
        assert_eq!(cells[6..9], ["not ended", "-", "-"]);
        let ran = WavePace {
            runs: 1,
            worked_s: 10,
            ..WavePace::default()
        };
        assert!(row("p", 1, &ran)[8].starts_with("no quota"));
    }
}
