//! The steps of a case, one function each: commands call one of them, the demo all of them in order.
//! What may be done is decided in the domain; nothing here prints.

pub(crate) mod anchoring;
pub(crate) mod asking;
pub(crate) mod closing;
pub(crate) mod comparing;
pub(crate) mod content;
pub(crate) mod copies;
pub(crate) mod custodians;
pub(crate) mod deciding;
pub(crate) mod digesting;
pub(crate) mod erasing;
pub(crate) mod evidence;
pub(crate) mod gating;
pub(crate) mod identities;
pub(crate) mod leftovers;
pub(crate) mod mapping;
pub(crate) mod moving;
pub(crate) mod notifying;
pub(crate) mod opening;
pub(crate) mod patience;
pub(crate) mod places;
pub(crate) mod planning;
mod reading;
mod record;
pub(crate) mod releasing;
pub(crate) mod reporting;
pub(crate) mod restoring;
pub(crate) mod sealing;
pub(crate) mod sharing;
pub(crate) mod sources;
pub(crate) mod suggesting;
mod teaming;
pub(crate) mod tenant;
pub(crate) mod waiving;
pub(crate) mod waving;
pub(crate) mod withdrawing;

use unbroken_ledger::random;

use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::engine::EngineError;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::JournalError;
use crate::targets::TargetError;

use super::open;

/// A new random name for somebody or something in the record.
pub(crate) fn new_pseudonym() -> Result<Pseudonym> {
    random::array()
        .map(Pseudonym::from_random)
        .map_err(Error::failed)
}

/// What a failure of the journal means.
pub(crate) fn meaning(error: JournalError) -> Error {
    match error {
        JournalError::Ledger(error) => open::meaning(error),
        JournalError::Refused(refusal @ Refusal::NobodyMapped) => {
            Error::new(ErrorKind::GateRefused, refusal)
                .hint("`unbroken case map` says who becomes whom")
        }
        JournalError::Refused(refusal) => Error::new(ErrorKind::GateRefused, refusal),
        JournalError::NoKey { .. } => Error::failed(error).hint(
            "--keys names the folder that holds it; docs/operating.md says which command needs \
             whose key",
        ),
        other => Error::failed(other),
    }
}

/// What a failure of the target means.
pub(crate) fn target_meaning(error: TargetError) -> Error {
    let refused = matches!(error.status, 400 | 401 | 403);
    let error = Error::failed(error);
    if refused {
        error.hint("check tenant, client id, certificate or secret, and the granted permissions")
    } else {
        error
    }
}

/// What the early end of a run means.
pub(crate) fn engine_meaning(error: EngineError) -> Error {
    match error {
        EngineError::Refused(_) => Error::new(ErrorKind::GateRefused, error),
        other => Error::failed(other)
            .hint("start again with the same command: it reads back what was under way"),
    }
}

#[cfg(test)]
mod tests;
