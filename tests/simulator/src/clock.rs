//! The simulator's clock: the machine's, or one that tests drive. The only file here that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// Time that only a test moves.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// Starts at an instant.
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(start.timestamp_millis())))
    }

    /// What it shows.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst))
            .unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves on to an instant, if that is not over already.
    pub fn advance_to(&self, at: DateTime<Utc>) {
        // Up, not down: whoever waits until an instant finds that it has come.
        let millis = (at.timestamp_micros() + 999).div_euclid(1_000);
        self.0.fetch_max(millis, Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance(&self, seconds: u32) {
        self.0
            .fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
    }
}

/// Whose time it is.
#[derive(Clone, Debug, Default)]
pub enum ClockMode {
    /// The test's.
    Manual(VirtualClock),
    /// The machine's.
    #[default]
    Real,
}

impl ClockMode {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Manual(clock) => clock.now(),
            Self::Real => Utc::now(),
        }
    }

    pub(crate) fn text(&self) -> String {
        self.now().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    pub(crate) fn advance(&self, seconds: u32) -> bool {
        if let Self::Manual(clock) = self {
            clock.advance(seconds);
            return true;
        }
        false
    }

    pub(crate) fn after(&self, minutes: i64) -> DateTime<Utc> {
        self.now() + TimeDelta::minutes(minutes)
    }
}
