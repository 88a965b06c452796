//! The outer error: what went wrong, what caused it, what to do, and the exit code. Parts have their
//! own typed errors; this one is made where a command ends, and nothing here prints.

use std::error::Error as StdError;
use std::fmt;

/// What a failure means to whoever started the program; decides the exit code and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It did not work.
    Failed,
    /// A gate refused: a baseline, an approval or a wave is missing.
    GateRefused,
    /// It ended, but some items are not restored, or the verdict has exceptions.
    Incomplete,
    /// Somebody asked it to stop.
    Interrupted,
    /// Another process has the ledger open.
    LedgerLocked,
    /// There is no ledger where one was expected.
    NoLedger,
    /// The record is consistent, but without a trust file nobody knows whose it is.
    NotAnchored,
    /// The command line makes no sense.
    Usage,
    /// The record does not hold.
    VerificationFailed,
}

impl ErrorKind {
    /// The exit codes of the program, all of them, beside 0; `docs/operating.md` lists them.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::NoLedger => 10,
            Self::LedgerLocked => 11,
            Self::GateRefused => 12,
            Self::VerificationFailed => 20,
            Self::NotAnchored => 21,
            Self::Interrupted => 130,
        }
    }
}

/// A failure as a person sees it: what, why, and what to do about it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Box<dyn StdError + Send + Sync>,
    hints: Vec<String>,
}

/// What commands return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error whose first line is what `source` displays; its own sources become `caused by:`.
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
            hints: Vec::new(),
        }
    }

    /// A plain failure.
    pub fn failed(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Failed, source)
    }

    /// Says what was being done, in front of what went wrong.
    #[must_use]
    pub fn while_doing(self, what: impl Into<String>) -> Self {
        Self {
            kind: self.kind,
            source: Box::new(While {
                what: what.into(),
                source: self.source,
            }),
            hints: self.hints,
        }
    }

    /// Adds one sentence that says what to do.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// What the failure means.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The lines of the message: what went wrong first, then each cause. A cause that repeats the
    /// line above it (a transparent wrapper) is left out.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.source.to_string()];
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let line = error.to_string();
            if lines.last() != Some(&line) {
                lines.push(line);
            }
            cause = error.source();
        }
        lines
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

#[derive(Debug)]
struct While {
    what: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for While {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl StdError for While {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_what_was_done_and_each_cause_once() {
        let error = Error::failed(std::io::Error::other("no space left"))
            .while_doing("bundle: cannot be written")
            .hint("free some space");
        assert_eq!(
            error.lines(),
            ["bundle: cannot be written", "no space left"]
        );
        assert_eq!(error.hints(), ["free some space"]);
    }

    #[test]
    fn every_kind_has_an_exit_code_of_its_own() {
        let kinds = [
            ErrorKind::Failed,
            ErrorKind::GateRefused,
            ErrorKind::Incomplete,
            ErrorKind::Interrupted,
            ErrorKind::LedgerLocked,
            ErrorKind::NoLedger,
            ErrorKind::NotAnchored,
            ErrorKind::Usage,
            ErrorKind::VerificationFailed,
        ];
        let mut codes: Vec<u8> = kinds.iter().map(|kind| kind.exit_code()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [1, 2, 3, 10, 11, 12, 20, 21, 130]);
    }
}
