//! Anchoring beside a restore: a round every minute. What fails is asked again in the next one; the restore never waits.

use std::convert::Infallible;
use std::time::Duration;

use unbroken_ledger::Ledger;

use crate::anchors::{self, Configuration};
use crate::clock::SystemClock;

const EVERY: Duration = Duration::from_mins(1);

/// Until it is dropped. With nobody to ask it only waits.
pub(crate) async fn keep(ledger: &Ledger, configuration: &Configuration) -> Infallible {
    loop {
        if !configuration.is_empty() {
            // Every answer that counts is in the ledger; whoever did not answer is still due. `ledger anchor` says who.
            let _next_round = anchors::round(ledger, configuration, &SystemClock).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}
