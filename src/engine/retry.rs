//! When a failed effect is tried again: a pure function of (failure, what went before, now). Nothing waits here.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::targets::{Retry, TargetError};

/// How often the same step of the same item may fail in a row before the item is given up.
pub const SAME_STEP_MAX: u32 = 12;
/// How often an item may be attempted at all, whatever the reasons.
pub const ATTEMPTS_MAX: u32 = 200;
/// The service needs up to 15 minutes before a new user has a mailbox and a drive; a margin on top.
/// <https://learn.microsoft.com/graph/known-issues> "No instant access after creation".
pub const NEW_USER_PATIENCE: Duration = Duration::from_mins(20);
/// A `Retry-After` beyond this is not believed: a day's quota comes back after a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(25);

const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_mins(1);
const NEW_USER_PAUSE: Duration = Duration::from_secs(20);

/// A mapped user whom a site does not know: SharePoint learns of a new user later than the directory.
pub const UNKNOWN_TO_SITE: &str = "UserUnknownToSite";
/// Another item has to stand first; nothing is wrong with this one.
pub const WAITS_FOR_ANOTHER: &str = "LookupNotThere";

/// The codes that a mailbox or a drive answers with while it is being made; they flip between calls.
const NEW_USER_CODES: [&str; 8] = [
    "ErrorInvalidUser",
    "ErrorNonExistentMailbox",
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotHostedInExchangeOnline",
    "ResourceNotFound",
    "TeamNotReady",
    UNKNOWN_TO_SITE,
    "mysiteNotFound",
];

/// What to do with an item after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not before this instant.
    Later(DateTime<Utc>),
    /// Give the item up.
    Never,
    /// At once.
    Now,
}

/// The kinds of failure that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The user's mailbox or drive is still being made.
    NewUser,
    /// The same again would fail the same way.
    Permanent,
    /// The service asked us to slow down: nothing is wrong with the item.
    Throttled,
    /// Anything that may pass: a lost connection, a 5xx.
    Transient,
}

/// What went before, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// The attempt that failed, from 1.
    pub attempt: u32,
    /// How often the same step failed in a row, this failure included.
    pub same_step: u32,
    /// When the item was first refused because its user is new.
    pub refused_since: Option<DateTime<Utc>>,
}

/// Sorts a failure.
pub fn classify(failure: &TargetError) -> Class {
    if failure.status == 404 && NEW_USER_CODES.contains(&failure.code.as_str()) {
        return Class::NewUser;
    }
    match (failure.retry, failure.status) {
        (Retry::Never, _) => Class::Permanent,
        (Retry::After(_), _) | (Retry::Soon, 429) => Class::Throttled,
        (Retry::Soon, _) => Class::Transient,
    }
}

/// Decides. `seed` spreads the items: the same item and attempt always get the same pause.
pub fn decide(
    failure: &TargetError,
    history: History,
    now: DateTime<Utc>,
    seed: &[u8],
) -> Decision {
    if history.attempt >= ATTEMPTS_MAX {
        return Decision::Never;
    }
    match classify(failure) {
        Class::Permanent => Decision::Never,
        Class::NewUser => {
            let since = history.refused_since.unwrap_or(now);
            if now - since >= chrono(NEW_USER_PATIENCE) {
                return Decision::Never;
            }
            let usual = match &*failure.code {
                // A team is there after seconds, most often.
                "TeamNotReady" => backoff(history.same_step, seed),
                _ => jittered(NEW_USER_PAUSE, history.attempt, seed),
            };
            let pause = asked(failure).max(usual);
            Decision::Later(now + chrono(pause))
        }
        Class::Throttled => {
            let pause = match failure.retry {
                Retry::After(_) => asked(failure) + spread(history.attempt, seed),
                Retry::Never | Retry::Soon => backoff(history.same_step, seed),
            };
            Decision::Later(now + chrono(pause))
        }
        // Whoever waits decides when it has waited long enough: the other one may have to be tried often.
        Class::Transient if failure.code == WAITS_FOR_ANOTHER => {
            Decision::Later(now + chrono(backoff(history.same_step, seed)))
        }
        Class::Transient if history.same_step > SAME_STEP_MAX => Decision::Never,
        // Asking again whether it happened costs nothing, and the answer decides what is left to do.
        Class::Transient if failure.outcome_unknown && history.same_step == 1 => Decision::Now,
        Class::Transient => Decision::Later(now + chrono(backoff(history.same_step, seed))),
    }
}

/// What `Retry-After` said; nothing where it said nothing.
pub fn asked(failure: &TargetError) -> Duration {
    match failure.retry {
        Retry::After(seconds) => Duration::from_secs(seconds).min(RETRY_AFTER_MAX),
        Retry::Never | Retry::Soon => Duration::ZERO,
    }
}

/// A `Retry-After` as far as it is believed.
pub fn pause_of(seconds: u64) -> chrono::TimeDelta {
    chrono(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// Doubles from half a second up to a minute, give or take a quarter.
pub fn backoff(failures: u32, seed: &[u8]) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let pause = BACKOFF_FIRST
        .saturating_mul(1 << doublings)
        .min(BACKOFF_MAX);
    jittered(pause, failures, seed)
}

/// Up to half a second, so that those who were told the same instant do not all come at once.
fn spread(attempt: u32, seed: &[u8]) -> Duration {
    Duration::from_millis(u64::from(noise(attempt, seed)) * 500 / u64::from(u16::MAX))
}

fn jittered(pause: Duration, attempt: u32, seed: &[u8]) -> Duration {
    let swing = (pause / 2).mul_f64(f64::from(noise(attempt, seed)) / f64::from(u16::MAX));
    pause * 3 / 4 + swing
}

fn noise(attempt: u32, seed: &[u8]) -> u16 {
    let hash = Sha256::new()
        .chain_update(seed)
        .chain_update(attempt.to_be_bytes())
        .finalize();
    u16::from_be_bytes([hash[0], hash[1]])
}

fn chrono(duration: Duration) -> chrono::TimeDelta {
    chrono::TimeDelta::from_std(duration).expect("every pause here is bounded by a day or so")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
    }

    fn failure(status: u16, code: &str, retry: Retry) -> TargetError {
        TargetError {
            operation: "POST /users/{id}/messages",
            status,
            code: code.to_owned(),
            message: String::new(),
            request_id: None,
            retry,
            outcome_unknown: false,
        }
    }

    fn after(attempt: u32) -> History {
        History {
            attempt,
            same_step: attempt,
            refused_since: None,
        }
    }

    fn pause(decision: Decision) -> Duration {
        match decision {
            Decision::Later(at) => (at - now()).to_std().expect("not in the past"),
            Decision::Never => panic!("given up"),
            Decision::Now => Duration::ZERO,
        }
    }

    #[test]
    fn what_would_fail_the_same_way_is_not_tried_again() {
        let failure = failure(400, "ErrorInvalidProperty", Retry::Never);
        assert_eq!(decide(&failure, after(1), now(), b"a"), Decision::Never);
    }

    #[test]
    fn retry_after_is_honoured_and_never_undercut() {
        for seconds in [0, 1, 7, 300] {
            let failure = failure(429, "TooManyRequests", Retry::After(seconds));
            for attempt in 1..ATTEMPTS_MAX {
                let pause = pause(decide(&failure, after(attempt), now(), b"item"));
                assert!(pause >= Duration::from_secs(seconds));
                assert!(pause <= Duration::from_secs(seconds) + Duration::from_millis(500));
            }
        }
    }

    #[test]
    fn a_retry_after_of_a_century_is_not_believed() {
        let failure = failure(429, "TooManyRequests", Retry::After(u64::MAX));
        let pause = pause(decide(&failure, after(1), now(), b"item"));
        assert!(pause <= RETRY_AFTER_MAX + Duration::from_secs(1));
    }

    #[test]
    fn without_retry_after_the_pauses_grow_and_are_bounded() {
        let failure = failure(429, "TooManyRequests", Retry::Soon);
        let pauses: Vec<Duration> = (1..12)
            .map(|attempt| pause(decide(&failure, after(attempt), now(), b"item")))
            .collect();
        assert!(pauses[0] >= Duration::from_millis(375));
        assert!(pauses[4] > pauses[0] * 4, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= BACKOFF_MAX * 5 / 4));
    }

    #[test]
    fn items_are_spread_and_each_always_gets_the_same_pause() {
        let failure = failure(503, "serviceNotAvailable", Retry::Soon);
        let of = |seed: &[u8]| decide(&failure, after(3), now(), seed);
        assert_eq!(of(b"one"), of(b"one"));
        assert_ne!(of(b"one"), of(b"two"));
    }

    #[test]
    fn a_step_that_keeps_failing_is_given_up() {
        let failure = failure(503, "serviceNotAvailable", Retry::Soon);
        assert_ne!(
            decide(&failure, after(SAME_STEP_MAX), now(), b"a"),
            Decision::Never
        );
        assert_eq!(
            decide(&failure, after(SAME_STEP_MAX + 1), now(), b"a"),
            Decision::Never
        );
        let throttled = self::failure(429, "TooManyRequests", Retry::After(1));
        assert_eq!(
            decide(&throttled, after(ATTEMPTS_MAX), now(), b"a"),
            Decision::Never
        );
    }

    #[test]
    fn an_unknown_outcome_is_looked_up_at_once_but_only_once() {
        let mut failure = failure(504, "gatewayTimeout", Retry::Soon);
        failure.outcome_unknown = true;
        assert_eq!(decide(&failure, after(1), now(), b"a"), Decision::Now);
        assert_ne!(decide(&failure, after(2), now(), b"a"), Decision::Now);
    }

    #[test]
    fn a_new_user_gets_a_quarter_of_an_hour() {
        for code in NEW_USER_CODES {
            let failure = failure(404, code, Retry::Never);
            let history = |minutes: i64| History {
                attempt: 40,
                same_step: 40,
                refused_since: Some(now() - chrono::TimeDelta::minutes(minutes)),
            };
            let early = decide(&failure, history(15), now(), b"a");
            assert!(matches!(early, Decision::Later(_)), "{code}");
            assert_eq!(
                decide(&failure, history(20), now(), b"a"),
                Decision::Never,
                "{code}"
            );
        }
        let gone = failure(404, "ErrorItemNotFound", Retry::Never);
        assert_eq!(decide(&gone, after(1), now(), b"a"), Decision::Never);
    }
}
