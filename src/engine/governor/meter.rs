//! One quota: what was counted against it, how evenly it is spent, and how much of it we have learned to be ours.
//!
//! The documents say what a quota is, not what a request really costs nor who else draws on it. So each meter holds a
//! *share* of its documented quota. It falls to just below what went through when the service objected, by at most three
//! tenths at a time; it is held for ten minutes or the quota's own length, whichever is longer; then it grows by 1, 2, 4, 8
//! hundredths, back to the whole. A service that objects again sets it again: what is lost to finding out stays small.

use chrono::{DateTime, TimeDelta, Utc};

use super::window::Window;

/// Never the last hundredth: retries inside the service and clocks that differ.
const MARGIN_PERCENT: u64 = 99;
/// Quotas up to this long are spent evenly; longer ones as the shorter ones allow, so that a small restore is not spread
/// over a day.
pub(super) const PACED_UP_TO: TimeDelta = TimeDelta::minutes(10);
/// How far ahead of the even pace we may be: a quarter of the quota.
const BURST_PART: i64 = 4;

/// In thousandths of the documented quota.
const WHOLE: u64 = 1_000;
const LEAST: u64 = 100;
/// After an objection: this much of what went through.
const BELOW: u64 = 970;
/// One lesson takes away at most this much.
const CUT_MOST: u64 = 700;
/// The lesson of an objection that this quota hardly explains: somebody else's load, or a service in trouble.
const CUT_UNEXPLAINED: u64 = 950;
/// So many cuts in a row did not help.
const IN_VAIN: u32 = 8;
const HOLD_LEAST: TimeDelta = TimeDelta::minutes(10);
const STEP_FIRST: u64 = 10;
const STEP_MOST: u64 = 80;

/// One quota of one lane.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    documented: u64,
    length: TimeDelta,
    window: Window,
    /// When all that was sent would have been sent at the even pace.
    paced_until: DateTime<Utc>,
    share: u64,
    learned: Option<Learned>,
}

/// What follows an objection.
#[derive(Clone, Copy, Debug)]
struct Learned {
    at: DateTime<Utc>,
    grows: DateTime<Utc>,
    step: u64,
    /// Objections in a row, each soon after the one before, and the share before the first of them.
    in_a_row: u32,
    before: u64,
}

impl Meter {
    pub(super) fn new(documented: u64, length: TimeDelta) -> Self {
        Self {
            documented: documented.max(1),
            length,
            window: Window::new(length),
            paced_until: DateTime::<Utc>::MIN_UTC,
            share: WHOLE,
            learned: None,
        }
    }

    pub(super) fn length(&self) -> TimeDelta {
        self.length
    }

    /// The thousandths of the documented quota that are used at most.
    pub(super) fn share(&self) -> u64 {
        self.share
    }

    /// `None` when `amount` may go now; otherwise the earliest instant.
    pub(super) fn opens(&mut self, now: DateTime<Utc>, amount: u64) -> Option<DateTime<Utc>> {
        if amount == 0 {
            return None;
        }
        self.grow(now);
        let limit = self.limit();
        let window = self.window.opens(now, amount, limit);
        window.max(self.pace(now, amount))
    }

    /// Counts what is being sent.
    pub(super) fn count(&mut self, now: DateTime<Utc>, amount: u64) {
        if amount == 0 {
            return;
        }
        self.window.count(now, amount);
        self.paced_until = self.paced_until.max(now) + self.span(amount);
    }

    /// How full it is, in thousandths of what we allow ourselves.
    pub(super) fn fullness(&mut self, now: DateTime<Utc>) -> u64 {
        self.window.sum(now).saturating_mul(WHOLE) / self.limit()
    }

    /// Too long to be spent evenly.
    pub(super) fn is_long(&self) -> bool {
        self.length > PACED_UP_TO
    }

    /// It was cut again and again and the service still objects: it is not the one. Takes back what the row of cuts took.
    pub(super) fn is_in_vain(&mut self) -> bool {
        let Some(learned) = self.learned.as_mut().filter(|l| l.in_a_row >= IN_VAIN) else {
            return false;
        };
        self.share = learned.before;
        learned.in_a_row = 0;
        true
    }

    /// The service objected, and of all quotas this one explains it best. A long quota is blamed on good evidence only and
    /// believed at once: to find out by steps would cost a day each.
    pub(super) fn learn(&mut self, now: DateTime<Utc>) {
        let before = self.share;
        let is_full = self.is_long() || self.fullness(now) >= WHOLE / 2;
        if !is_full && self.learned.is_some_and(|l| now - l.at < self.length / 4) {
            return;
        }
        self.share = if is_full {
            let went_through = self.window.sum(now).saturating_mul(BELOW) / self.documented;
            let most = if self.is_long() { LEAST } else { CUT_MOST };
            went_through.clamp(self.share * most / WHOLE, self.share * BELOW / WHOLE)
        } else {
            self.share * CUT_UNEXPLAINED / WHOLE
        }
        .max(LEAST);
        let row = self.learned.filter(|l| now - l.at < self.length * 2);
        self.hold(now);
        if let Some(learned) = &mut self.learned {
            learned.in_a_row = row.map_or(1, |row| row.in_a_row + 1);
            learned.before = row.map_or(before, |row| row.before);
        }
    }

    /// Close to objecting: no growth for now.
    pub(super) fn hold(&mut self, now: DateTime<Utc>) {
        self.learned = Some(Learned {
            at: now,
            grows: now + self.length.max(HOLD_LEAST),
            step: STEP_FIRST,
            in_a_row: 1,
            before: self.share,
        });
    }

    fn grow(&mut self, now: DateTime<Utc>) {
        while let Some(learned) = &mut self.learned
            && learned.grows <= now
        {
            self.share += learned.step;
            learned.step = (learned.step * 2).min(STEP_MOST);
            learned.grows += self.length;
            if self.share >= WHOLE {
                self.share = WHOLE;
                self.learned = None;
            }
        }
    }

    /// A quota of a few has no hundredth to give away: it is used whole until the service objects.
    fn limit(&self) -> u64 {
        if self.share == WHOLE {
            return self.documented.saturating_mul(MARGIN_PERCENT).div_ceil(100);
        }
        let part = self.documented.saturating_mul(self.share * MARGIN_PERCENT);
        (part / (WHOLE * 100)).max(1)
    }

    /// The even pace, and a quarter of the quota ahead of it.
    fn pace(&self, now: DateTime<Utc>, amount: u64) -> Option<DateTime<Utc>> {
        if self.length > PACED_UP_TO || self.paced_until <= now {
            return None;
        }
        let ahead = self.length / i32::try_from(BURST_PART).expect("a small number");
        let at = self.paced_until - (ahead - self.span(amount)).max(TimeDelta::zero());
        (at > now).then_some(at)
    }

    /// How long the quota lasts for that much.
    fn span(&self, amount: u64) -> TimeDelta {
        let length = u128::from(self.length.num_microseconds().unwrap_or(0).unsigned_abs());
        let micros = u128::from(amount) * length / u128::from(self.limit());
        TimeDelta::microseconds(i64::try_from(micros).unwrap_or(i64::MAX / 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
    }

    /// A meter of 1,000 a minute that has sent as fast as it may for some minutes and is full.
    fn busy() -> (Meter, DateTime<Utc>) {
        let mut meter = Meter::new(1_000, TimeDelta::minutes(1));
        let mut now = start();
        while now < start() + TimeDelta::minutes(3) || meter.fullness(now) < 980 {
            match meter.opens(now, 1) {
                Some(at) => now = at,
                None => meter.count(now, 1),
            }
        }
        (meter, now)
    }

    #[test]
    fn an_objection_sets_the_share_just_below_what_went_through_and_bounded() {
        let (mut meter, now) = busy();
        meter.learn(now);
        assert!((900..=970).contains(&meter.share()), "{}", meter.share());
        for _ in 0..50 {
            let before = meter.share();
            meter.learn(now);
            assert!(meter.share() >= (before * 7 / 10).max(LEAST));
        }
        assert!(meter.share() >= LEAST);
    }

    #[test]
    fn the_share_is_held_and_then_comes_back_faster_and_faster() {
        let (mut meter, now) = busy();
        (0..5).for_each(|_| meter.learn(now));
        let low = meter.share();
        assert_eq!(meter.opens(now + TimeDelta::minutes(9), 1), None);
        assert_eq!(meter.share(), low, "held");
        meter.opens(now + TimeDelta::minutes(11), 1);
        assert_eq!(meter.share(), low + 10 + 20);
        meter.opens(now + TimeDelta::minutes(60), 1);
        assert_eq!(meter.share(), WHOLE);
    }

    #[test]
    fn what_a_quiet_quota_does_not_explain_costs_little_and_rarely() {
        let mut meter = Meter::new(1_000, TimeDelta::minutes(1));
        (0..100).for_each(|_| meter.learn(start()));
        assert_eq!(meter.share(), CUT_UNEXPLAINED);
    }

    #[test]
    fn a_quota_of_four_is_used_whole_until_the_service_objects() {
        let sent_in = |meter: &mut Meter, from: DateTime<Utc>| {
            let (mut now, mut sent) = (from, 0);
            while now < from + TimeDelta::seconds(60) {
                if let Some(at) = meter.opens(now, 1) {
                    now = at;
                } else {
                    meter.count(now, 1);
                    sent += 1;
                }
            }
            sent
        };
        let mut meter = Meter::new(4, TimeDelta::seconds(1));
        let sent = sent_in(&mut meter, start());
        assert!((230..=240).contains(&sent), "{sent}");
        let later = start() + TimeDelta::seconds(60);
        meter.learn(later);
        let sent = sent_in(&mut meter, later);
        assert!((170..=182).contains(&sent), "{sent}");
    }

    #[test]
    fn a_quarter_goes_at_once_and_the_rest_evenly() {
        let mut meter = Meter::new(1_000, TimeDelta::minutes(1));
        let mut sent = 0;
        while meter.opens(start(), 1).is_none() {
            meter.count(start(), 1);
            sent += 1;
        }
        assert!((240..=260).contains(&sent), "{sent}");
        let next = meter.opens(start(), 1).expect("not now") - start();
        assert!(next <= TimeDelta::milliseconds(100), "{next}");
    }
}
