//! What each lane waited for: which quota bound a run is said from this, after the fact. Nothing is decided by it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

/// What a pause is called that no quota of ours explains.
pub const ASKED_TO_PAUSE: &str = "pauses that the service asked for";

/// How long one lane waited for what. Asked again in the same wait, it waits no longer.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    until: Option<DateTime<Utc>>,
    /// By the place of a meter; none for a pause that the service asked for.
    by: BTreeMap<Option<usize>, TimeDelta>,
}

impl Waits {
    /// At `now` nothing may go before `until`.
    pub(super) fn wait(&mut self, now: DateTime<Utc>, until: DateTime<Utc>, meter: Option<usize>) {
        let from = self.until.map_or(now, |before| before.max(now));
        if from < until {
            *self.by.entry(meter).or_default() += until - from;
            self.until = Some(until);
        }
    }

    /// Each cause, and how long.
    pub(super) fn each(&self) -> impl Iterator<Item = (Option<usize>, TimeDelta)> {
        self.by.iter().map(|(meter, span)| (*meter, *span))
    }
}

/// What a run asked for and waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Requests, as the engine counts them before it sends.
    pub requests: u64,
    /// Refusals for a quota.
    pub throttled: u64,
    /// By quota, in words: the longest that one lane waited for it; longest first.
    pub waits: Vec<(String, TimeDelta)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_counts_once_however_often_it_is_asked_about() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let mut waits = Waits::default();
        waits.wait(at(0), at(10), Some(1));
        waits.wait(at(2), at(10), Some(1));
        waits.wait(at(4), at(13), None);
        waits.wait(at(20), at(21), Some(1));
        let found: Vec<_> = waits.each().collect();
        let seconds = TimeDelta::seconds;
        assert_eq!(found, [(None, seconds(3)), (Some(1), seconds(11))]);
    }
}
