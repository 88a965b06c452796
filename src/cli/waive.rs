//! `unbroken waive`: one object of one check is let pass for a time, asked for by one and approved by two others.

use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::asked::Steps;
use super::flow::opening;
use super::flow::waiving::{self, Wanted};
use super::output::Output;
use crate::domain::certificate::SIGNERS_MIN;
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
    #[command(flatten)]
    steps: Steps,
}

/// Does what was asked.
pub(crate) async fn run(waive: &Waive, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&waive.folder)?;
    let wanted = Wanted {
        check: waive.check.clone(),
        object: waive.object.clone(),
        reason: waive.reason.clone(),
    };
    let with = (&waive.folder, &journal);
    let was_asked =
        wanted.question(|question| waive.steps.ask(with, question, SIGNERS_MIN, output))?;
    if was_asked {
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
