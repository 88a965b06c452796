//! Calls that mean the same however often they are made, made again as the target asks.

use std::time::Duration;

use crate::targets::{Retry, TargetError};

const TRIES_MAX: u32 = 6;
const WAIT_MAX: Duration = Duration::from_mins(5);

/// Tries again as the target asks.
pub(crate) async fn patiently<T, F, R>(mut call: F) -> Result<T, TargetError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, TargetError>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = match error.retry {
            Retry::After(seconds) => Duration::from_secs(seconds),
            Retry::Soon => pause(tries),
            Retry::Never => return Err(error),
        };
        if tries == TRIES_MAX {
            return Err(error);
        }
        tokio::time::sleep(wait.min(WAIT_MAX)).await;
    }
}

/// Asks until something that was made a moment ago is there everywhere; `None` where it does not come.
pub(crate) async fn until_there<T, F, R>(mut call: F) -> Result<Option<T>, TargetError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<Option<T>, TargetError>>,
{
    for tries in 1..=TRIES_MAX {
        if let Some(found) = patiently(&mut call).await? {
            return Ok(Some(found));
        }
        tokio::time::sleep(pause(tries)).await;
    }
    Ok(None)
}

fn pause(tries: u32) -> Duration {
    Duration::from_millis(250 << tries.min(6))
}
