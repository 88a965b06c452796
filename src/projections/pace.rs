//! Waves by their pace: what was estimated, when they began and ended, and what bound them. What is made of a difference is
//! the reader's.

use std::collections::BTreeMap;

use unbroken_ledger::Timestamp;

use super::reading::Reading;
use crate::domain::event::{Event, WaveEstimated};

/// A quota bound a wave when a lane waited for it during half of the time that was worked, or longer.
const BINDS_FROM_PERCENT: u64 = 50;

/// One wave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WavePace {
    /// What was estimated when it was opened; `None` where it was restored without quotas, or by an older version.
    pub estimated: Option<WaveEstimated>,
    /// When it was opened first.
    pub began: Option<Timestamp>,
    /// When it was closed last.
    pub ended: Option<Timestamp>,
    /// How often the workers ran.
    pub runs: u64,
    /// How long they ran, in seconds.
    pub worked_s: u64,
    /// Requests.
    pub requests: u64,
    /// Refusals for a quota.
    pub throttled: u64,
    /// What was waited for, in seconds of one lane, summed over the runs.
    pub waited: BTreeMap<String, u64>,
}

/// How an end compares with its estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Sooner than estimated.
    Before,
    /// In the estimated range.
    Inside,
    /// Later than estimated.
    After,
    /// There is nothing to compare with.
    NotEstimated,
    /// The wave is open.
    NotEnded,
}

impl Compared {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Before => "sooner",
            Self::Inside => "inside",
            Self::After => "later",
            Self::NotEstimated => "not estimated",
            Self::NotEnded => "not ended",
        }
    }
}

impl WavePace {
    /// From its opening to its closing, pauses of whoever ran it included, in seconds.
    pub fn took_s(&self) -> Option<u64> {
        let micros = self.ended?.micros() - self.began?.micros();
        Some(u64::try_from(micros).unwrap_or(0) / 1_000_000)
    }

    /// Its end beside its estimate.
    pub fn compared(&self) -> Compared {
        let Some(took_s) = self.took_s() else {
            return Compared::NotEnded;
        };
        match &self.estimated {
            None => Compared::NotEstimated,
            Some(estimated) if took_s < estimated.earliest_s => Compared::Before,
            Some(estimated) if took_s > estimated.latest_s => Compared::After,
            Some(_) => Compared::Inside,
        }
    }

    /// What was waited for longest, where that was half of the work or more; `None` where no quota bound it.
    pub fn bound_by(&self) -> Option<&str> {
        let longest = self.waited.iter().max_by_key(|(_, seconds)| **seconds)?;
        let binds = longest.1 * 100 >= self.worked_s * BINDS_FROM_PERCENT;
        (binds && *longest.1 > 0).then_some(longest.0)
    }
}

/// Every wave that was opened, by plan and number.
pub fn waves<R: Reading>(record: &R) -> Result<BTreeMap<(String, u32), WavePace>, R::Error> {
    let mut waves: BTreeMap<(String, u32), WavePace> = BTreeMap::new();
    record.events(&mut |placed| match placed.event {
        Event::WaveEstimated(data, _) => {
            let wave = waves.entry((data.plan.clone(), data.wave)).or_default();
            // An estimate that is made while it is known how it goes is none.
            if wave.began.is_none() {
                wave.estimated = Some(*data);
            }
        }
        Event::WaveOpened(data, _) => {
            let wave = waves.entry((data.plan, data.wave)).or_default();
            wave.began.get_or_insert(placed.received);
            wave.ended = None;
        }
        Event::WavePaced(data, _) => {
            let wave = waves.entry((data.plan, data.wave)).or_default();
            wave.runs += 1;
            wave.worked_s += data.seconds;
            wave.requests += data.requests;
            wave.throttled += data.throttled;
            for waited in data.waited {
                *wave.waited.entry(waited.quota).or_default() += waited.seconds;
            }
        }
        Event::WaveClosed(data, _) => {
            let wave = waves.entry((data.plan, data.wave)).or_default();
            wave.ended = Some(placed.received);
        }
        _ => {}
    })?;
    waves.retain(|_, wave| wave.began.is_some());
    Ok(waves)
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Script;
    use super::*;
    use crate::domain::event::{WaitedFor, Wave, WavePaced};

    fn wave() -> Wave {
        Wave {
            plan: "p".to_owned(),
            wave: 1,
        }
    }

    fn estimated(earliest_s: u64, latest_s: u64) -> Event {
        let data = WaveEstimated {
            bound_by: "q".to_owned(),
            earliest_s,
            items: 3,
            latest_s,
            plan: "p".to_owned(),
            wave: 1,
            workers: 16,
        };
        Event::WaveEstimated(Box::new(data), Box::default())
    }

    fn paced(seconds: u64, waited: &[(&str, u64)]) -> Event {
        let waited = waited.iter().map(|(quota, seconds)| WaitedFor {
            quota: (*quota).to_owned(),
            seconds: *seconds,
        });
        let data = WavePaced {
            plan: "p".to_owned(),
            requests: 10,
            seconds,
            throttled: 1,
            waited: waited.collect(),
            wave: 1,
        };
        Event::WavePaced(Box::new(data), Box::default())
    }

    fn only(script: &Script) -> WavePace {
        let mut waves = waves(script).expect("nothing can go wrong");
        assert_eq!(waves.len(), 1);
        waves.pop_first().expect("one").1
    }

    #[test]
    fn an_end_is_compared_with_what_was_said_before_the_beginning() {
        let mut script = Script::default();
        script.case(estimated(0, 1));
        script.case(Event::WaveOpened(Box::new(wave()), Box::default()));
        assert_eq!(only(&script).compared(), Compared::NotEnded);
        // Said afterwards: too late.
        script.case(estimated(7_000, 8_000));
        script.case(Event::WaveClosed(Box::new(wave()), Box::default()));
        let found = only(&script);
        let took = found.took_s().expect("it ended");
        assert_eq!(found.estimated.as_ref().map(|said| said.latest_s), Some(1));
        let with = |earliest_s, latest_s| {
            let mut found = found.clone();
            let said = found.estimated.as_mut().expect("estimated");
            (said.earliest_s, said.latest_s) = (earliest_s, latest_s);
            found.compared()
        };
        assert_eq!(with(took, took), Compared::Inside);
        assert_eq!(with(took + 1, took + 2), Compared::Before);
        if took > 0 {
            assert_eq!(with(0, took - 1), Compared::After);
        }
        let never = WavePace {
            estimated: None,
            ..found
        };
        assert_eq!(never.compared(), Compared::NotEstimated);
    }

    #[test]
    fn what_was_waited_for_during_half_of_the_work_bound_it() {
        let mut script = Script::default();
        script.case(Event::WaveOpened(Box::new(wave()), Box::default()));
        script.case(paced(100, &[("a", 60), ("b", 10)]));
        script.case(paced(100, &[("a", 39), ("b", 20)]));
        let found = only(&script);
        assert_eq!((found.runs, found.requests, found.throttled), (2, 20, 2));
        assert_eq!(found.bound_by(), None, "99 of 200 seconds");
        script.case(paced(0, &[("a", 1)]));
        assert_eq!(only(&script).bound_by(), Some("a"));
    }
}
