//! `unbroken access held` and `access release`: what waits, and how two people let it in.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::sharing::prepare;
use super::super::flow::sharing::queue::{self, Held, State, Wanted};
use super::super::flow::{meaning, opening, planning};
use super::super::keys::expect_yes;
use super::super::output::Output;
use super::super::{exchange, keyring};
use super::Said;
use crate::error::Result;

/// What the access plan in force holds, why, and what is to be done about it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access held --case acme
  unbroken access held --case acme --custodian jane@acme.example --json")]
pub(crate) struct HeldList {
    #[command(flatten)]
    folder: CaseFolder,
    /// One custodian only: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: Option<String>,
}

/// Let in what is held: one asks, two others approve, then `access apply` grants it.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    Approve(Approve),
    Ask(Ask),
    Grant(Grant),
}

/// Ask to release grants of one custodian, named as `access held` names them.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access release ask --case acme --sidecar access.csv --map principals.csv \\
    --row 4d05e1202951518eb52507b975517768/4 --reason 'the auditors, letter of 4 May'
  unbroken access release ask --case acme --sidecar access.csv --map principals.csv \\
    --row 4d05e1202951518eb52507b975517768/7 --to ben@acme-clean.onmicrosoft.com \\
    --reason 'Ben came back'

Nothing else of whoever is released comes along: neither other grants nor groups.")]
pub(crate) struct Ask {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    said: Said,
    /// What is held, from `unbroken access held`; again for several.
    #[arg(long = "row", value_name = "ROW", required = true)]
    rows: Vec<String>,
    /// Who that is in the clean tenant, where the map does not say it: a principal name.
    #[arg(long, value_name = "USER")]
    to: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// How long the approval may take.
    #[arg(long, value_name = "HOURS", default_value_t = 72,
          value_parser = clap::value_parser!(u32).range(1..=720))]
    expires_in_hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

/// Approve a release; with the key of somebody who did not ask for it. Two are needed.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access release approve --case acme --number 1 --keys /media/stick

What is approved is shown first, and a yes is asked for.")]
pub(crate) struct Approve {
    #[command(flatten)]
    folder: CaseFolder,
    /// The number of the release.
    #[arg(long, value_name = "NUMBER")]
    number: u64,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

/// Put on the record that two others approved; `access apply` lets in then.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken access release grant --case acme --number 1")]
pub(crate) struct Grant {
    #[command(flatten)]
    folder: CaseFolder,
    /// The number of the release.
    #[arg(long, value_name = "NUMBER")]
    number: u64,
}

fn state(held: &Held) -> String {
    match held.state {
        State::Waiting => "held".to_owned(),
        State::Asked(number) => format!("asked {number}"),
        State::Released(number) => format!("released {number}"),
    }
}

fn line(row: &serde_json::Value) -> String {
    let word = |name: &str| row[name].as_str().unwrap_or_default();
    if row["item"] == true {
        return format!("all of {}:{}", word("custodian"), word("path"));
    }
    let to = row["to"]
        .as_str()
        .map_or_else(String::new, |to| format!(" as {to}"));
    format!(
        "{}{to} ({}) on {}:{}",
        word("principal"),
        word("source_level"),
        word("custodian"),
        word("path")
    )
}

/// Does what was asked.
pub(super) fn held(list: &HeldList, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&list.folder)?;
    let case = journal.case().map_err(meaning)?;
    let only = queue::only(&case, list.custodian.as_deref())?;
    let mut queue = queue::held(&journal)?;
    queue.retain(|held| only.as_ref().is_none_or(|only| *only == held.custodian));
    let mut text = String::new();
    for held in &queue {
        let why = held.row["why"].as_str().unwrap_or_default();
        let (id, state, way_out) = (held.id(), state(held), held.way_out());
        let _ = writeln!(
            text,
            "{state:<11} {id}  {}: {why}; {way_out}",
            line(&held.row)
        );
        let mut value = held.row.clone();
        value["id"] = id.into();
        value["state"] = state.into();
        value["what_to_do"] = way_out.into();
        output.line(&value);
    }
    let count = |wanted: fn(&State) -> bool| queue.iter().filter(|one| wanted(&one.state)).count();
    let (waiting, released) = (
        count(|state| *state == State::Waiting),
        count(|state| matches!(state, State::Released(_))),
    );
    let asked = queue.len() - waiting - released;
    let _ = write!(
        text,
        "{waiting} held, {asked} asked for, {released} released"
    );
    let value = json!({ "held": waiting, "asked": asked, "released": released });
    output.answer(&value, &text);
    Ok(())
}

/// Does what was asked.
pub(super) async fn release(command: &ReleaseCommand, output: &Output) -> Result<()> {
    match command {
        ReleaseCommand::Approve(approve) => run_approve(approve, output),
        ReleaseCommand::Ask(ask) => run_ask(ask, output).await,
        ReleaseCommand::Grant(grant) => run_grant(grant, output).await,
    }
}

async fn run_ask(ask: &Ask, output: &Output) -> Result<()> {
    let prepared = prepare(&ask.said.sidecar, &ask.said.map)?;
    let journal = opening::open_folder(&ask.folder)?;
    let wanted = Wanted {
        rows: ask.rows.clone(),
        to: ask.to.clone(),
        reason: ask.reason.clone(),
        hours: i64::from(ask.expires_in_hours),
    };
    let place = exchange::request_place(ask.request.as_deref(), &ask.folder.case)?;
    let (number, proposal) = queue::ask(&journal, &prepared, &wanted).await?;
    let request = queue::request(&journal, &proposal, number)?;
    let path = place.file("release", &proposal.to_string());
    exchange::write_new(&path, &request.to_bytes())?;
    let path = path.display().to_string();
    output.answer(
        &json!({ "release": number, "proposal": proposal.to_string(), "request": path }),
        &format!(
            "release {number}\nproposal {proposal}\nrequest  {path}\ntwo others approve it now"
        ),
    );
    Ok(())
}

fn run_approve(approve: &Approve, output: &Output) -> Result<()> {
    let approver = approve.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&approve.folder)?;
    let asked = queue::asked(&journal, approve.number)?;
    for row in &asked.rows {
        output.note(&format!("{:<12} {}", "lets in", line(row)));
    }
    output.note(&format!("{:<12} {}", "because", asked.reason));
    output.note(&format!("{:<12} {}", "asked by", asked.approval.requester));
    expect_yes(approve.yes, "Approve this?")?;
    planning::approve(&journal, &asked.proposal, &*approver)?;
    output.answer(
        &json!({ "release": approve.number, "approved": true }),
        &format!("approved: release {}", approve.number),
    );
    Ok(())
}

async fn run_grant(grant: &Grant, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&grant.folder)?;
    let asked = queue::asked(&journal, grant.number)?;
    let grants = asked.data.grants;
    queue::grant(&journal, asked).await?;
    output.answer(
        &json!({ "release": grant.number, "grants": grants, "released": true }),
        &format!("released: {grants} grants; `unbroken access apply` lets in now"),
    );
    Ok(())
}
