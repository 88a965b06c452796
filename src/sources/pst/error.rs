//! What can be wrong with an Outlook data file, in one type: the place and the rule, never the content.

use std::io;

/// Why a file or a part of it was not read.
#[derive(Debug, thiserror::Error)]
pub enum PstError {
    /// A structure breaks a rule of [MS-PST].
    #[error("{place}: {rule}")]
    Damaged {
        /// The structure.
        place: &'static str,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// It is not a data file, or of a kind that is not read.
    #[error("not an Outlook data file that can be read: {0}")]
    Unsupported(&'static str),
    /// One item wants more memory or more steps than any item may have.
    #[error("larger than any item of a mailbox may be")]
    TooLarge,
    /// The operating system refused.
    #[error("cannot be read")]
    Io(#[from] io::Error),
}

/// A structure that breaks a rule.
pub(super) fn damaged<T>(place: &'static str, rule: &'static str) -> Result<T, PstError> {
    Err(PstError::Damaged { place, rule })
}
