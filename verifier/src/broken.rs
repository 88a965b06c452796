//! A broken rule: its id in docs/ledger-format.md and what was found; where it was found is added by whoever reads.

use std::fmt;

/// A rule of the format that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The rule id of docs/ledger-format.md.
    pub(crate) rule: &'static str,
    /// What was found, without personal facts.
    pub(crate) why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.why)
    }
}

pub(crate) type Checked<T = ()> = Result<T, Broken>;

pub(crate) fn broken<T>(rule: &'static str, why: impl fmt::Display) -> Checked<T> {
    Err(Broken {
        rule,
        why: why.to_string(),
    })
}

/// `why` is spelled out only when the rule is broken: `format_args!` costs an entry that holds
/// nothing.
pub(crate) fn ensure(holds: bool, rule: &'static str, why: impl fmt::Display) -> Checked {
    if holds { Ok(()) } else { broken(rule, why) }
}
