//! A sliding window: how much was counted in the last span of time, and when enough of it will have left. Numbers only.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// How finely the window remembers. What was counted leaves up to one slot late, never early: a hundredth is given away.
const SLOTS: i64 = 100;

/// What was counted in the last `length`.
#[derive(Clone, Debug)]
pub(super) struct Window {
    slot_us: i64,
    /// Slot number and sum, ascending; at most `SLOTS` + 1 of them.
    slots: VecDeque<(i64, u64)>,
    sum: u64,
}

impl Window {
    /// Nothing counted yet.
    pub(super) fn new(length: TimeDelta) -> Self {
        let length_us = length.num_microseconds().unwrap_or(i64::MAX);
        Self {
            slot_us: (length_us / SLOTS).max(1),
            slots: VecDeque::new(),
            sum: 0,
        }
    }

    /// What lies in the window now.
    pub(super) fn sum(&mut self, now: DateTime<Utc>) -> u64 {
        let oldest = self.slot_of(now) - SLOTS;
        while let Some((slot, counted)) = self.slots.front()
            && *slot < oldest
        {
            self.sum -= counted;
            self.slots.pop_front();
        }
        self.sum
    }

    /// `None` when `amount` fits below `limit` now; otherwise the earliest instant at which it will. What is larger than
    /// the whole limit waits for an empty window: it cannot be made smaller here.
    pub(super) fn opens(
        &mut self,
        now: DateTime<Utc>,
        amount: u64,
        limit: u64,
    ) -> Option<DateTime<Utc>> {
        let mut sum = self.sum(now);
        let room = limit.saturating_sub(amount);
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
    pub(super) fn count(&mut self, now: DateTime<Utc>, amount: u64) {
        let current = self.slot_of(now);
        self.sum += amount;
        match self.slots.back_mut() {
            // A clock that was set back counts into the newest slot: later, never sooner.
            Some((slot, counted)) if *slot >= current => *counted += amount,
            _ => self.slots.push_back((current, amount)),
        }
    }

    fn slot_of(&self, at: DateTime<Utc>) -> i64 {
        at.timestamp_micros().div_euclid(self.slot_us)
    }

    fn start_of(&self, slot: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(slot.saturating_mul(self.slot_us))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
