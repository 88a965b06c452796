//! `unbroken case window`, `case evidence` and `case checklist`: breach windows, and what of the compromised tenant decays.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use super::super::access::{CaseFolder, instant};
use super::super::flow::{gating, opening};
use super::super::output::Output;
use crate::error::Result;

/// Declare a breach window, of the whole tenant or of one custodian; the next plan is made by it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case window --case acme --custodian jane@acme.example \\
    --from 2026-03-20T00:00:00Z --to 2026-04-09T00:00:00Z

A custodian's own window never narrows that of the tenant: the wider of both counts.")]
pub(crate) struct Window {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: Option<String>,
    /// The first instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: DateTime<Utc>,
    /// The last instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: DateTime<Utc>,
}

/// Record that evidence of the compromised tenant was saved, and keep the file with the case.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case evidence --case acme --kind sign-ins --file export/signins.json

`unbroken case checklist` lists the kinds, and until when each can be had. The file is kept with the
case, encrypted, 256 MiB at most; its digest goes on the record, and `unbroken case kept` holds one
against the other.")]
pub(crate) struct EvidenceFile {
    #[command(flatten)]
    folder: CaseFolder,
    /// What it is, as the checklist names it.
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// The file.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// What of the compromised tenant decays: saved, due, or lost.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case checklist --case acme")]
pub(crate) struct Checklist {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Does what was asked.
pub(super) async fn run_window(window: &Window, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&window.folder)?;
    let who = window.custodian.as_deref();
    gating::set_window(&journal, who, window.from, window.to).await?;
    let whose = who.unwrap_or("the whole tenant");
    output.answer(
        &json!({ "custodian": who, "from": window.from, "to": window.to }),
        &format!(
            "breach window of {whose}: from {} until {}",
            window.from, window.to
        ),
    );
    Ok(())
}

/// Does what was asked.
pub(super) async fn run_evidence(evidence: &EvidenceFile, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&evidence.folder)?;
    let digest = gating::save_evidence(&journal, &evidence.kind, &evidence.file).await?;
    output.answer(
        &json!({ "kind": evidence.kind, "digest": digest }),
        &format!("{}: {digest}", evidence.kind),
    );
    Ok(())
}

/// Does what was asked.
pub(super) fn run_checklist(checklist: &Checklist, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&checklist.folder)?;
    let list = gating::checklist(&journal)?;
    let mut text = String::new();
    let mut rows = Vec::new();
    for (due, what) in list {
        let state = match (due.is_saved, due.is_lost) {
            (true, _) => "saved",
            (_, true) => "lost",
            _ => "due",
        };
        let by = due.by.format("%Y-%m-%d");
        let _ = writeln!(text, "{:<20} {state:<6} by {by}  {what}", due.kind);
        rows.push(json!({ "kind": due.kind, "state": state, "by": due.by, "what": what }));
    }
    output.answer(&json!({ "checklist": rows }), text.trim_end());
    Ok(())
}
