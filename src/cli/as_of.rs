//! `--as-of TIME|INDEX`, as several commands take it: an instant, or the number of entries that the ledger had.

use chrono::{DateTime, Utc};
use unbroken_ledger::Timestamp;

use super::access::instant;
use super::flow;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::projections::as_of::size_at;

/// As of when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AsOfWhen {
    /// Everything that had been received by then.
    Instant(DateTime<Utc>),
    /// Entries 0 to n - 1.
    Size(u64),
}

/// Reads it: digits alone are a number of entries.
pub(crate) fn as_of_when(text: &str) -> std::result::Result<AsOfWhen, String> {
    if let Ok(size) = text.parse() {
        return Ok(AsOfWhen::Size(size));
    }
    instant(text).map(AsOfWhen::Instant).map_err(|_| {
        "an instant like 2026-03-01T00:00:00Z, or the number of entries that the ledger had"
            .to_owned()
    })
}

/// The size that is meant; all of the ledger where none is given.
pub(crate) fn size(journal: &Journal, wanted: Option<AsOfWhen>) -> Result<u64> {
    let all = journal.ledger().size();
    match wanted {
        None => Ok(all),
        Some(AsOfWhen::Size(size)) if size <= all => Ok(size),
        Some(AsOfWhen::Size(size)) => Err(Error::failed(format!(
            "--as-of {size}: the ledger has {all} entries"
        ))
        .hint(format!("0 to {all}; N means entries 0 to N-1"))),
        Some(AsOfWhen::Instant(at)) => {
            let at = Timestamp::from_micros(at.timestamp_micros())
                .ok_or_else(|| Error::failed("--as-of is too far away"))?;
            size_at(journal, at).map_err(flow::meaning)
        }
    }
}
