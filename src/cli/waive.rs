//! `unbroken waive`: one object of one check is let pass for a time, asked for by one and approved by two others.

use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::flow::waiving::{self, Wanted};
use super::flow::{opening, planning};
use super::keyring;
use super::keys::expect_yes;
use super::output::Output;
use crate::error::Result;

/// Let one object of one check pass for a time. There is no waiver for a check as such.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken waive --case acme --check C16 --object sso.new.example \\
    --reason 'federated until the move' --hours 72 --propose
  unbroken waive --case acme --check C16 --object sso.new.example \\
    --reason 'federated until the move' --approve --keys /media/stick
  unbroken waive --case acme --check C16 --object sso.new.example \\
    --reason 'federated until the move'

Check, object and reason are the same each time: they are what is approved. The next look
counts it.")]
pub(crate) struct Waive {
    #[command(flatten)]
    folder: CaseFolder,
    /// The check: C1 to C32, S1 to S24.
    #[arg(long, value_name = "ID")]
    check: String,
    /// The object, as the finding names it.
    #[arg(long, value_name = "TEXT")]
    object: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Ask for approval.
    #[arg(long, group = "step")]
    propose: bool,
    /// Approve the newest proposal of it; with the key of somebody who did not propose it.
    #[arg(long, group = "step")]
    approve: bool,
    /// For how long it holds, from the proposal.
    #[arg(long, value_name = "HOURS", default_value_t = 72, requires = "propose",
          value_parser = clap::value_parser!(u32).range(1..=2160))]
    hours: u32,
    /// Sign without asking.
    #[arg(long, requires = "approve")]
    yes: bool,
}

/// Does what was asked.
pub(crate) async fn run(waive: &Waive, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&waive.folder)?;
    let wanted = Wanted {
        check: waive.check.clone(),
        object: waive.object.clone(),
        reason: waive.reason.clone(),
    };
    if waive.propose {
        let proposal = waiving::propose(&journal, &wanted, i64::from(waive.hours))?.to_string();
        output.answer(
            &json!({ "proposal": proposal }),
            &format!("proposal {proposal}\ntwo others approve it now"),
        );
        return Ok(());
    }
    if waive.approve {
        let approver = waive.folder.ring().key(keyring::APPROVER)?;
        let (proposal, approval) = waiving::proposal_of(&journal, &wanted)?;
        output.note(&format!(
            "lets pass    {} of {}\nbecause      {}\nuntil        {}\nasked by     {}",
            wanted.object, wanted.check, wanted.reason, approval.expires, approval.requester
        ));
        expect_yes(waive.yes, "Approve this?")?;
        planning::approve(&journal, &proposal, &*approver)?;
        output.answer(
            &json!({ "proposal": proposal.to_string(), "approved": true }),
            "approved: the waiver",
        );
        return Ok(());
    }
    let until = waiving::waive(&journal, &wanted).await?;
    output.answer(
        &json!({ "check": wanted.check, "object": wanted.object, "until": until }),
        &format!(
            "waived: {} of {} until {until}",
            wanted.object, wanted.check
        ),
    );
    Ok(())
}
