//! A sliding window that never lets more than its quota through in any span of its length. Numbers only.

use chrono::{DateTime, TimeDelta, Utc};

/// How finely the window remembers: what was counted leaves one slot late, so about a twentieth of the time is given away.
const SLOTS: i64 = 20;
/// Other apps of ours, retries inside the service: never the last hundredth.
const SHARE_PERCENT: u64 = 99;

/// What was counted in the last `length`.
#[derive(Clone, Debug)]
pub struct Window {
    limit: u64,
    slot: TimeDelta,
    /// Slot number and sum, ascending; at most `SLOTS` + 1 of them.
    slots: Vec<(i64, u64)>,
}

impl Window {
    /// An empty window of `quota` per `length`.
    pub fn new(quota: u64, length: TimeDelta) -> Self {
        let slot = length / i32::try_from(SLOTS).expect("a small number");
        Self {
            limit: (quota / 100 * SHARE_PERCENT).max(1),
            slot,
            slots: Vec::new(),
        }
    }

    /// `None` when `amount` fits now; otherwise the earliest instant at which it may.
    pub fn earliest(&mut self, now: DateTime<Utc>, amount: u64) -> Option<DateTime<Utc>> {
        let current = self.slot_of(now);
        self.slots.retain(|(slot, _)| *slot >= current - SLOTS);
        if amount == 0 {
            return None;
        }
        // What is larger than the whole quota waits for an empty window.
        let room = self.limit.saturating_sub(amount);
        let mut sum: u64 = self.slots.iter().map(|(_, counted)| counted).sum();
        let mut waits_for = None;
        for (slot, counted) in &self.slots {
            if sum <= room {
                break;
            }
            sum -= counted;
            waits_for = Some(*slot);
        }
        waits_for.map(|slot| self.start_of(slot + SLOTS + 1))
    }

    /// Counts what is being sent.
    pub fn count(&mut self, now: DateTime<Utc>, amount: u64) {
        if amount == 0 {
            return;
        }
        let current = self.slot_of(now);
        match self.slots.last_mut() {
            // A clock that was set back counts into the newest slot: later, never sooner.
            Some((slot, counted)) if *slot >= current => *counted += amount,
            _ => self.slots.push((current, amount)),
        }
    }

    fn slot_of(&self, at: DateTime<Utc>) -> i64 {
        at.timestamp_millis()
            .div_euclid(self.slot.num_milliseconds())
    }

    fn start_of(&self, slot: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(slot.saturating_mul(self.slot.num_milliseconds()))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
