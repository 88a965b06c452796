//! Logging what the folds have come to, at the moments that docs/projections.md names, and meeting it again.

use std::fmt::Write as _;

use super::meaning;
use crate::domain::event::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::digests::{self, Replayed};

const KIND: &str = "ProjectionsDigested/1";

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digested {
    /// The entry.
    Recorded(u64),
    /// The newest digests say the same.
    Unchanged,
    /// The ledger was opened under a policy that does not know it, or is sealed.
    NotTaken,
}

/// Whether the ledger takes digests at all.
pub(crate) fn is_taken(journal: &Journal) -> bool {
    let sealed = journal
        .ledger()
        .with_state(unbroken_ledger::State::is_sealed);
    journal.takes(KIND) && !sealed
}

/// Logs the digests where they are due.
pub(crate) fn record(journal: &Journal) -> Result<Digested> {
    if !is_taken(journal) {
        return Ok(Digested::NotTaken);
    }
    let Some(data) = digests::due(journal).map_err(meaning)? else {
        return Ok(Digested::Unchanged);
    };
    let event = Event::ProjectionsDigested(Box::new(data), Box::default());
    let receipt = journal.note(&event).map_err(meaning)?;
    Ok(Digested::Recorded(receipt.index))
}

/// Replays the record and refuses where a logged digest is not met.
pub(crate) fn expect_met(journal: &Journal) -> Result<Replayed> {
    let replayed = digests::replay(journal, digests::current()).map_err(meaning)?;
    let Some(first) = replayed.mismatches.first() else {
        return Ok(replayed);
    };
    let found = if first.replayed.is_empty() {
        "nothing that it could have seen".to_owned()
    } else {
        first.replayed.clone()
    };
    let more = replayed.mismatches.len() - 1;
    let text = format!(
        "entry {}: projection {} of {} entries is logged as {}, the replay comes to {found}",
        first.index, first.projection, first.size, first.logged
    );
    Err(Error::new(ErrorKind::VerificationFailed, text)
        .hint(format!(
            "{more} further digests are not met; docs/projections.md says what it means"
        ))
        .hint("the entries themselves hold: `unbroken-verify` checks them without this program"))
}

/// What a replay came to, in words.
pub(crate) fn said(journal: &Journal, replayed: &Replayed) -> String {
    let mut text = format!(
        "{} digests of projections met in {} entries",
        replayed.met, replayed.entries
    );
    if replayed.entries == 0 {
        "no digests of projections in it".clone_into(&mut text);
    }
    for (projection, count) in &replayed.unknown {
        let _ = write!(
            text,
            "; {count} of {projection}, which this version does not have: NOT checked"
        );
    }
    if !journal.takes(KIND) {
        text.push_str("; its policy does not know them: none are logged");
    }
    text
}
