//! The three steps of whatever needs others: asked, approved by them, done. One set of arguments for all of it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::exchange;
use super::flow::asking::{self, Question};
use super::flow::planning;
use super::keyring;
use super::keys::expect_yes;
use super::output::Output;
use crate::error::Result;
use crate::journal::Journal;

/// Which step it is; without either it is done.
#[derive(Args, Debug)]
pub(crate) struct Steps {
    /// Ask for approval, and leave a request file for approvers elsewhere.
    #[arg(long, group = "step")]
    propose: bool,
    /// Approve the newest proposal of it; with the key of somebody who did not propose it.
    #[arg(long, group = "step")]
    approve: bool,
    /// How long the proposal holds, from now.
    #[arg(long, value_name = "HOURS", default_value_t = 72, requires = "propose",
          value_parser = clap::value_parser!(u32).range(1..=2160))]
    hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE", requires = "propose")]
    request: Option<PathBuf>,
    /// Sign without asking.
    #[arg(long, requires = "approve")]
    yes: bool,
}

impl Steps {
    /// Asks or approves where that is what was wanted; false where it is to be done now. `needed` others approve.
    pub(crate) fn ask(
        &self,
        (folder, journal): (&CaseFolder, &Journal),
        question: &Question<'_>,
        needed: usize,
        output: &Output,
    ) -> Result<bool> {
        if self.propose {
            let place = exchange::request_place(self.request.as_deref(), &folder.case)?;
            let (proposal, words) = question.propose(journal, i64::from(self.hours))?;
            let path = asking::leave(journal, (&proposal, &words), place, question.scope)?;
            let (proposal, path) = (proposal.to_string(), path.display().to_string());
            let others = match needed {
                1 => "one other approves it now",
                _ => "two others approve it now",
            };
            output.answer(
                &json!({ "proposal": proposal, "request": path, "words": words }),
                &format!("proposal {proposal}\nrequest  {path}\n{others}"),
            );
            return Ok(true);
        }
        if !self.approve {
            return Ok(false);
        }
        let approver = folder.ring().key(keyring::APPROVER)?;
        let asked = question.asked(journal)?;
        output.note(asked.words.trim_end());
        let by = &asked.approval.requester;
        output.note(&format!("asked by {by}, until {}", asked.approval.expires));
        expect_yes(self.yes, "Approve this?")?;
        planning::approve(journal, &asked.proposal, &*approver)?;
        output.answer(
            &json!({ "proposal": asked.proposal.to_string(), "approved": true }),
            &format!("approved: the {}", question.scope),
        );
        Ok(true)
    }
}
