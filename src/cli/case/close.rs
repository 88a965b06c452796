//! `unbroken case apps-gone` and `case close`: our own way in is gone, and nothing happens in the case any more.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::access::{CaseFolder, TargetAccess};
use super::super::flow::{closing, opening, tenant};
use super::super::output::Output;
use crate::error::{Error, ErrorKind, Result};

/// Look whether our own applications, their principals and roles are gone from the clean tenant.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case apps-gone --case acme --expected expected.json \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

An administrator removes them; the application that only reads looks, and only reads. Exit code 12
while one is there.")]
pub(crate) struct AppsGone {
    #[command(flatten)]
    folder: CaseFolder,
    /// What was declared of the clean tenant: which applications are ours.
    #[arg(long, value_name = "FILE")]
    expected: PathBuf,
    #[command(flatten)]
    target: TargetAccess,
}

/// Close the case: on a clean separation audit of the last day, with our own applications gone.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case close --case acme --attested-by 'A. Admin' --evidence verify-app-removed.png

The application that looked is removed last, and cannot see that it is gone: a person vouches for
it, with evidence. Reports, holds and erasures stay possible; `ledger seal` ends the ledger.")]
pub(crate) struct Close {
    #[command(flatten)]
    folder: CaseFolder,
    /// Who vouches for the removal of the application that looked.
    #[arg(long, value_name = "PERSON")]
    attested_by: String,
    /// What shows it: its digest goes on the record.
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
}

/// Does what was asked.
pub(super) async fn run_apps_gone(wanted: &AppsGone, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let graph = tenant::of_case(&journal, &wanted.target).await?;
    let by = (&*wanted.expected, &*wanted.target.client_id);
    let left = closing::check_apps(&journal, &graph, by).await?;
    let text = if left.is_empty() {
        "our own applications are gone".to_owned()
    } else {
        left.join("\n")
    };
    output.answer(&json!({ "left": left }), &text);
    if left.is_empty() {
        return Ok(());
    }
    let text = format!("{} of our own ways in are left", left.len());
    Err(Error::new(ErrorKind::GateRefused, text).hint("an administrator removes them; look again"))
}

/// Does what was asked.
pub(super) async fn run_close(wanted: &Close, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let audit = closing::close(&journal, &wanted.attested_by, &wanted.evidence).await?;
    output.answer(
        &json!({ "closed": true, "audit": audit }),
        &format!("closed, on separation audit {audit}; `unbroken ledger seal` ends the ledger"),
    );
    Ok(())
}
