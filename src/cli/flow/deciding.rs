//! The decision for a clean tenant as a step: what was weighed and why, signed by those who decide.

use super::asking::{DECISION, Question};
use super::gating;
use crate::domain::declaration::decision_words;
use crate::domain::event::{CleanTenantDecided, DecisionFacts};
use crate::domain::gates::GateCommand;
use crate::error::Result;
use crate::journal::Journal;

/// What is decided.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// The ways that were weighed.
    pub(crate) weighed: Vec<String>,
    /// Why it is a clean tenant.
    pub(crate) reasons: String,
}

impl Decided {
    /// Asks, approves or decides: `with` gets the question.
    pub(crate) fn question<T>(&self, with: impl FnOnce(&Question<'_>) -> T) -> T {
        with(&Question {
            scope: DECISION,
            words: &|until| decision_words(&self.weighed, &self.reasons, until),
            hint: "`unbroken case decide --propose`, with the same words",
        })
    }
}

/// Puts it on the record.
pub(crate) async fn decide(journal: &Journal, decided: &Decided) -> Result<()> {
    let asked = decided.question(|question| question.asked(journal))?;
    let data = CleanTenantDecided {
        digest: asked.approval.digest.clone(),
        proposal: asked.approval.proposal.clone(),
        weighed: decided.weighed.clone(),
    };
    let facts = DecisionFacts {
        reasons: Some(decided.reasons.clone()),
    };
    gating::command(journal, GateCommand::Decide(data, facts, asked.approval)).await
}
