//! `unbroken case decide`: people decide for a clean tenant, having weighed what else could be done.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::asked::Steps;
use super::super::flow::deciding::{self, Decided};
use super::super::flow::opening;
use super::super::output::Output;
use crate::domain::certificate::SIGNERS_MIN;
use crate::error::Result;

/// Decide for a clean tenant: asked for by one, approved by two others.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case decide --case acme --weighed purge_and_reset --weighed clean_tenant \\
    --reason 'keys of the tenant were taken' --propose
  unbroken case decide --case acme --weighed purge_and_reset --weighed clean_tenant \\
    --reason 'keys of the tenant were taken' --approve --keys /media/stick
  unbroken case decide --case acme --weighed purge_and_reset --weighed clean_tenant \\
    --reason 'keys of the tenant were taken'

What was weighed and why are the same each time: they are what is approved. To stay, purge and
reset (purge_and_reset) is always weighed.")]
pub(crate) struct Decide {
    #[command(flatten)]
    folder: CaseFolder,
    /// A way that was weighed, in lowercase letters and underscores; given twice at least.
    #[arg(long, value_name = "WAY", required = true)]
    weighed: Vec<String>,
    /// Why it is a clean tenant.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    steps: Steps,
}

/// Does what was asked.
pub(super) async fn run(wanted: &Decide, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let decided = Decided {
        weighed: wanted.weighed.clone(),
        reasons: wanted.reason.clone(),
    };
    let with = (&wanted.folder, &journal);
    let was_asked =
        decided.question(|question| wanted.steps.ask(with, question, SIGNERS_MIN, output))?;
    if was_asked {
        return Ok(());
    }
    deciding::decide(&journal, &decided).await?;
    let weighed = decided.weighed.join(", ");
    output.answer(
        &json!({ "decided": "clean_tenant", "weighed": decided.weighed }),
        &format!("decided for a clean tenant; weighed: {weighed}"),
    );
    Ok(())
}
