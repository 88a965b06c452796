//! A check of one file instead of a folder: an inclusion proof with its entry, or evidence against a log.

use std::path::Path;

use super::Check;
use crate::files::{VerifyError, small};
use crate::verdict::Verdict;
use crate::{Options, evidence, proof};

/// Larger than a proof, an entry or evidence can be.
const SINGLE_BYTES_MAX: u64 = 1 << 20;

/// A file that speaks for itself: an inclusion proof, or evidence against a log.
pub(super) fn run(path: &Path, options: &Options) -> Result<Verdict, VerifyError> {
    let bytes = small(path, SINGLE_BYTES_MAX)?.unwrap_or_default();
    let mut check = Check::new("file");
    check.bring(options)?;
    let entry = match &options.entry {
        Some(path) => small(path, SINGLE_BYTES_MAX)?,
        None => None,
    };
    if check.verdict.broken.is_empty() {
        let (trust, verdict) = (check.trust.as_ref(), &mut check.verdict);
        if bytes.starts_with(proof::START) {
            proof::check(&bytes, entry.as_deref(), trust, verdict);
        } else if bytes.starts_with(evidence::START) {
            evidence::check(&bytes, trust, verdict);
        } else {
            return Err(VerifyError::NothingThere {
                path: path.display().to_string(),
            });
        }
    }
    Ok(check.verdict)
}
