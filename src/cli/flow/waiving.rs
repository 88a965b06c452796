//! Waivers as steps: asked for, approved by two others, recorded; and read back from the record for the next look.

use chrono::{DateTime, Utc};
use unbroken_ledger::Hash;

use super::asking::Question;
use super::{gating, meaning};
use crate::clock::{Clock, SystemClock};
use crate::domain::event::{FindingWaived, WaivedFacts};
use crate::domain::gates::GateCommand;
use crate::domain::waiver::{Waiver, words};
use crate::error::Result;
use crate::journal::Journal;
use crate::projections::approvals::Approvals;

/// The heading of waivers.
pub(crate) const SCOPE: &str = "waiver";

/// What is to be let pass.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The check.
    pub(crate) check: String,
    /// The object, as the finding names it.
    pub(crate) object: String,
    /// Why.
    pub(crate) reason: String,
}

impl Wanted {
    /// Asks, approves or waives: `with` gets the question.
    pub(crate) fn question<T>(&self, with: impl FnOnce(&Question<'_>) -> T) -> T {
        with(&Question {
            scope: SCOPE,
            words: &|until| words(&self.check, &self.object, &self.reason, until),
            hint: "`unbroken waive --propose`, with the same check, object and reason",
        })
    }
}

/// Puts it on the record.
pub(crate) async fn waive(journal: &Journal, wanted: &Wanted) -> Result<DateTime<Utc>> {
    let approval = wanted
        .question(|question| question.asked(journal))?
        .approval;
    let until = approval.expires;
    let data = FindingWaived {
        check: wanted.check.clone(),
        digest: approval.digest.clone(),
        from: SystemClock.now(),
        proposal: approval.proposal.clone(),
        until,
    };
    let facts = WaivedFacts {
        object: Some(wanted.object.clone()),
        reason: Some(wanted.reason.clone()),
    };
    gating::command(journal, GateCommand::Waive(data, facts, approval)).await?;
    Ok(until)
}

/// The waivers of the record, with who asked for each and who signed.
pub(crate) fn recorded(journal: &Journal) -> Result<Vec<Waiver>> {
    let case = journal.case().map_err(meaning)?;
    let asked = Approvals::load(journal).map_err(meaning)?;
    let mut waivers = Vec::new();
    let counts = |proposal: &str| !case.gates.struck.has(proposal);
    for (data, facts) in case
        .gates
        .waivers
        .iter()
        .filter(|(data, _)| counts(&data.proposal))
    {
        let name = Hash::parse(&data.proposal);
        let Some(proposal) = name.and_then(|name| asked.proposals.get(&name)) else {
            continue;
        };
        waivers.push(Waiver {
            check: data.check.clone(),
            object: facts.object.clone().unwrap_or_default(),
            reason: facts.reason.clone().unwrap_or_default(),
            requester: proposal.requester.clone(),
            signers: proposal.approved.iter().cloned().collect(),
            from: data.from,
            until: data.until,
        });
    }
    Ok(waivers)
}
