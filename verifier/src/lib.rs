//! The second implementation of docs/ledger-format.md: it reads files and says what holds; it shares no code with the
//! ledger, has no network and keeps no entry in memory.

mod anchors;
mod batches;
mod broken;
mod bytes;
mod check;
mod disclosures;
mod event;
mod evidence;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod note;
mod partial;
mod policy;
mod proof;
mod rest;
mod rules;
mod signature;
mod state;
mod suspect;
mod timestamp;
mod tree;
mod trust;
mod verdict;
mod walk;

use std::path::{Path, PathBuf};

pub use files::VerifyError;
pub use timestamp::{Authorities, Timestamp, TimestampError, check_timestamp, token_in_response};
pub use verdict::{Finding, Verdict, VerdictKind};

/// What the reader brings along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The trust file: a C2SP tlog-policy that names the ledger.
    pub trust: Option<PathBuf>,
    /// An earlier checkpoint of the same ledger.
    pub at_least: Option<PathBuf>,
    /// Certificates in PEM of the roots that the reader trusts for time.
    pub authorities: Option<PathBuf>,
    /// The entry that a `.tlog-proof` speaks of.
    pub entry: Option<PathBuf>,
}

/// Checks a bundle, a ledger directory, a `.tlog-proof` or an evidence file. An error means that nothing could be said;
/// whatever is wrong with the record itself stands in the verdict.
pub fn verify(path: &Path, options: &Options) -> Result<Verdict, VerifyError> {
    check::run(path, options)
}
