//! What is asked in words: proposed by their digest, approved by others who read them, beside the ledger or elsewhere.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use unbroken_ledger::Hash;

use super::super::exchange::{self, RequestPlace};
use super::gating::newest_of;
use super::{meaning, planning};
use crate::clock::{Clock, SystemClock};
use crate::domain::approval::Approval;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// What the words' file ends in, beside the request.
pub(crate) const WORDS: &str = "words";
/// Longer words nobody reads before they sign.
pub(crate) const WORDS_BYTES_MAX: usize = 64 << 10;
/// Headings of which the words alone say what is approved.
pub(crate) const SCOPES: [&str; 4] = [DECISION, ORDER, RELEASE, super::waiving::SCOPE];
/// The decision for a clean tenant.
pub(crate) const DECISION: &str = "decision";
/// Another order of waves.
pub(crate) const ORDER: &str = "wave-order";
/// The release of a wave.
pub(crate) const RELEASE: &str = "wave";

/// One question. Its words end when the proposal does.
pub(crate) struct Question<'a> {
    /// Under which heading it is asked.
    pub(crate) scope: &'static str,
    /// The words, given their end.
    pub(crate) words: &'a dyn Fn(DateTime<Utc>) -> String,
    /// How it is proposed: for whoever has not yet.
    pub(crate) hint: &'static str,
}

/// A question that was asked.
pub(crate) struct Asked {
    /// The proposal.
    pub(crate) proposal: Hash,
    /// What is approved.
    pub(crate) words: String,
    /// Who approved it so far.
    pub(crate) approval: Approval,
}

impl Question<'_> {
    /// Asks.
    pub(crate) fn propose(&self, journal: &Journal, hours: i64) -> Result<(Hash, String)> {
        let now = SystemClock.now();
        let expires = planning::expiry(now, TimeDelta::hours(hours))?;
        let until = DateTime::from_timestamp_micros(expires.micros())
            .ok_or_else(|| Error::failed("the expiry is too far away"))?;
        let words = (self.words)(until);
        if words.len() > WORDS_BYTES_MAX {
            return Err(Error::failed(format!(
                "what is asked has {} bytes, at most {WORDS_BYTES_MAX}",
                words.len()
            )));
        }
        let digest = Hash::of(words.as_bytes());
        let receipt = journal.propose(&digest, self.scope, expires);
        Ok((receipt.map_err(meaning)?.leaf, words))
    }

    /// The newest proposal of exactly this.
    pub(crate) fn asked(&self, journal: &Journal) -> Result<Asked> {
        let digest = |until| Hash::of((self.words)(until).as_bytes()).to_string();
        let found = newest_of(journal, self.scope, digest)?;
        let (proposal, approval) = found.ok_or_else(|| {
            let text = format!("nobody proposed this {}", self.scope);
            Error::new(ErrorKind::GateRefused, text).hint(self.hint)
        })?;
        Ok(Asked {
            proposal,
            words: (self.words)(approval.expires),
            approval,
        })
    }
}

/// Leaves the request and, beside it, the words: what the proposal's digest is made of. Words may be personal and are no part
/// of the ledger; the approver's machine holds them against the digest.
pub(crate) fn leave(
    journal: &Journal,
    (proposal, words): (&Hash, &str),
    place: RequestPlace,
    what: &str,
) -> Result<PathBuf> {
    let path = place.file(what, &proposal.to_string());
    // Any earlier event of the same key shows that the key was in use here; what is asked stands in the words.
    let request = planning::request_about(journal, proposal, |entry| {
        entry.event.stream.starts_with("case/") && entry.event.kind != "Proposed"
    })?;
    exchange::write_new(&path, &request.to_bytes())?;
    exchange::write_new(&beside(&path), words.as_bytes())?;
    Ok(path)
}

/// Where the words of a request lie.
pub(crate) fn beside(request: &Path) -> PathBuf {
    request.with_extension(WORDS)
}
