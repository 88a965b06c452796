//! The only file of this crate that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

/// What time it is; tests drive their own.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(0),
            Err(_) => 0,
        };
        Timestamp::from_micros(micros).unwrap_or_else(|| {
            Timestamp::from_micros(0).expect("1970 is between the years 1 and 9999")
        })
    }
}
