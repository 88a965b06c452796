//! A rule of docs/ledger-format.md that something breaks: the rule's id and what was found.

/// Why an event or an entry is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {found}")]
pub struct Refusal {
    /// The rule id.
    pub rule: &'static str,
    /// What was found, without personal facts.
    pub found: String,
}

impl Refusal {
    /// A refusal by a rule.
    pub fn new(rule: &'static str, found: impl Into<String>) -> Self {
        Self {
            rule,
            found: found.into(),
        }
    }

    /// The emitter decided on something that has changed since: read again and decide again.
    pub fn is_stale(&self) -> bool {
        matches!(self.rule, "gate/stale" | "stream/seq" | "stream/link")
    }
}

impl From<crate::canonical::NotCanonical> for Refusal {
    fn from(error: crate::canonical::NotCanonical) -> Self {
        Self::new(error.rule, format!("at byte {}", error.offset))
    }
}

/// `Err` unless the condition holds.
pub(crate) fn ensure(
    holds: bool,
    rule: &'static str,
    found: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::new(rule, found()))
    }
}
