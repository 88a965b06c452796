//! `unbroken access propose`, `approve`, `adopt`: an access plan is approved by somebody else before anybody is let in.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::access::CaseFolder;
use super::super::flow::sharing::{approval, prepare, spelled};
use super::super::flow::{meaning, opening, planning};
use super::super::keys::expect_yes;
use super::super::output::Output;
use super::super::{exchange, keyring};
use super::Said;
use crate::domain::access::SealedAccess;
use crate::error::Result;
use crate::journal::Journal;

/// Keep an access plan and ask for its approval; or amend the one in force.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access propose --case acme --sidecar access.csv --map principals.csv
  unbroken access propose --case acme --sidecar access.csv --map principals-2.csv \\
    --amends principals.csv

Once a plan is in force, another map or another sidecar needs an amendment: it holds each row
that changed, and is approved for those rows.")]
pub(crate) struct Propose {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    said: Said,
    /// The map that the access plan in force was made with.
    #[arg(long, value_name = "FILE")]
    amends: Option<PathBuf>,
    /// Somebody who sees items by office, an administrator, by principal name; again for several. Only who is approved with the
    /// plan can be named to `apply` and `diff`.
    #[arg(long, value_name = "USER")]
    declared: Vec<String>,
    /// How long the approval may take.
    #[arg(long, value_name = "HOURS", default_value_t = 24,
          value_parser = clap::value_parser!(u32).range(1..=720))]
    expires_in_hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

/// Approve the newest proposed access plan; with the key of somebody who did not propose it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access approve --case acme --keys /media/stick

What is approved is shown first, and a yes is asked for.")]
pub(crate) struct Approve {
    #[command(flatten)]
    folder: CaseFolder,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

/// Put the approved access plan into force: from then on `access apply` follows it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access adopt --case acme")]
pub(crate) struct Adopt {
    #[command(flatten)]
    folder: CaseFolder,
}

/// What a plan would do, as an approver reads it.
fn summary(journal: &Journal, plan: &str, sealed: &SealedAccess) -> Result<String> {
    let [kept, held, lost] = sealed.grants;
    let mut text = format!(
        "access plan  {plan}\n{:<12} {} custodians: {kept} grants kept, {held} held, {lost} lost",
        "of",
        sealed.parts.len()
    );
    if let Some(amends) = &sealed.amends {
        let _ = write!(text, "\n{:<12} {}", "amends", amends.plan);
        for row in approval::changed(journal, amends)? {
            let _ = write!(text, "\n{:<12} {}", "changes", said(&row));
        }
    }
    for name in approval::declared(journal, sealed)? {
        let _ = write!(text, "\n{:<12} {name} sees items by office", "declares");
    }
    Ok(text)
}

fn said(row: &Value) -> String {
    let fate = |fate: &Value| match (fate["target"].as_str(), fate["fate"].as_str()) {
        (Some(target), Some(word)) => format!("{target} ({word})"),
        (None, Some(word)) => word.to_owned(),
        _ => "no row".to_owned(),
    };
    format!(
        "{}: {} becomes {}",
        row["source"].as_str().unwrap_or_default(),
        fate(&row["before"]),
        fate(&row["after"])
    )
}

/// Does what was asked.
pub(super) async fn propose(propose: &Propose, output: &Output) -> Result<()> {
    let prepared = prepare(&propose.said.sidecar, &propose.said.map)?;
    let journal = opening::open_folder(&propose.folder)?;
    let place = exchange::request_place(propose.request.as_deref(), &propose.folder.case)?;
    let case = journal.case().map_err(meaning)?;
    for stranger in spelled::strangers(&case, &prepared) {
        output.note(&format!("warning: {stranger}"));
    }
    let kept = approval::keep(
        &journal,
        &prepared,
        (propose.amends.as_deref(), &propose.declared),
    )
    .await?;
    let hours = i64::from(propose.expires_in_hours);
    let proposal = approval::propose(&journal, &kept.plan, hours)?;
    let request = approval::request(&journal, &proposal, &kept.plan)?;
    let path = place.file("access", &proposal.to_string());
    exchange::write_new(&path, &request.to_bytes())?;
    let (plan, path) = (kept.plan.to_string(), path.display().to_string());
    let [grants, held, lost] = kept.sealed.grants;
    let text = format!(
        "proposal {proposal}\n{}\nrequest      {path}\nsomebody else approves it now",
        summary(&journal, &plan, &kept.sealed)?
    );
    let value = json!({
        "proposal": proposal.to_string(), "plan": plan,
        "kept": grants, "held": held, "lost": lost, "request": path,
    });
    output.answer(&value, &text);
    Ok(())
}

/// Does what was asked.
pub(super) fn approve(approve: &Approve, output: &Output) -> Result<()> {
    let approver = approve.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&approve.folder)?;
    let (proposal, of, sealed) = approval::newest(&journal)?;
    output.note(&summary(&journal, &of.digest, &sealed)?);
    output.note(&format!("{:<12} {}", "asked by", of.requester));
    expect_yes(approve.yes, "Approve this?")?;
    planning::approve(&journal, &proposal, &*approver)?;
    output.answer(
        &json!({ "plan": of.digest, "approved": true }),
        &format!("approved: access plan {}", of.digest),
    );
    Ok(())
}

/// Does what was asked.
pub(super) async fn adopt(adopt: &Adopt, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&adopt.folder)?;
    let adopted = approval::adopt(&journal).await?;
    let value = json!({
        "plan": adopted.plan, "amends": adopted.amends, "changed": adopted.changed,
    });
    let amends = adopted.amends.as_ref().map_or_else(String::new, |before| {
        format!("\nin place of {before}, {} rows changed", adopted.changed)
    });
    output.answer(
        &value,
        &format!("in force: access plan {}{amends}", adopted.plan),
    );
    Ok(())
}
