//! `unbroken release`: held items are let pass, asked for by one and approved by two others.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::CaseFolder;
use super::exchange::{self, shown};
use super::flow::releasing::{self, Asked, Choice};
use super::flow::{opening, planning};
use super::keyring;
use super::keys::expect_yes;
use super::output::Output;
use crate::error::Result;
use crate::projections::content::HeldItem;

/// A request is a list of names and a sentence.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Let held items pass, on the approval of two others; the next `restore` writes them.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    Apply(Apply),
    Approve(Approve),
    List(List),
    Propose(Propose),
}

#[derive(Args, Clone, Debug)]
struct Which {
    /// Whose: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: Option<String>,
    /// The item; may be given again.
    #[arg(long, value_name = "ITEM")]
    item: Vec<String>,
    /// Only what is held for this reason.
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
}

impl From<Which> for Choice {
    fn from(which: Which) -> Self {
        Self {
            custodian: which.custodian,
            items: which.item,
            reason: which.reason,
        }
    }
}

/// What is held, why, and whether it may be released.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken release list --case acme --reason content-macro")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    which: Which,
}

/// Ask for the release of held items, and leave a request file.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken release propose --case acme --custodian jane@acme.example --reason content-macro \\
    --why 'the finance templates, checked with their author'

The sentence is a personal fact of the custodian. What is released is looked into once more when it
is written; found for anything else, it is held again.")]
pub(crate) struct Propose {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    which: Which,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// For how long it may be approved and applied.
    #[arg(long, value_name = "HOURS", default_value_t = 72,
          value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
    /// Leave the request here; in the folder requests/ of the case when not given.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

/// Approve a release; with the key of somebody who did not ask for it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken release approve --case acme --request acme/requests/release-2f.request \\
    --keys /media/stick

Every item is shown first, with what was found in it, and a yes is asked for.")]
pub(crate) struct Approve {
    #[command(flatten)]
    folder: CaseFolder,
    /// The request, as `release propose` leaves it.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

/// Put the release on the record that two others approved.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken release apply --case acme --request acme/requests/release-2f.request")]
pub(crate) struct Apply {
    #[command(flatten)]
    folder: CaseFolder,
    /// The request, as `release propose` leaves it.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
}

/// Does what was asked.
pub(crate) async fn run(command: ReleaseCommand, output: &Output) -> Result<()> {
    match command {
        ReleaseCommand::Apply(wanted) => run_apply(&wanted, output).await,
        ReleaseCommand::Approve(wanted) => run_approve(&wanted, output),
        ReleaseCommand::List(wanted) => run_list(wanted, output),
        ReleaseCommand::Propose(wanted) => run_propose(wanted, output),
    }
}

fn run_list(wanted: List, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let held = releasing::held(&journal, &wanted.which.into())?;
    let rows: Vec<serde_json::Value> = held.iter().map(row).collect();
    let mut text = lines(&held);
    let may = held.iter().filter(|held| held.is_releasable()).count();
    let _ = write!(text, "{} held, {may} of them may be released", held.len());
    output.answer(&json!({ "held": rows }), &text);
    Ok(())
}

fn row(held: &HeldItem) -> serde_json::Value {
    json!({
        "item": held.item.as_str(),
        "custodian": held.custodian.as_str(),
        "entry": held.index,
        "workload": held.workload,
        "reason": held.reason,
        "reasons": held.reasons,
        "releasable": held.is_releasable(),
        "name": held.name,
        "locator": held.locator,
        "found": held.found,
    })
}

/// A line an item, and below it what was found where; all of it comes from elsewhere.
fn lines(held: &[HeldItem]) -> String {
    let mut text = String::new();
    for one in held {
        let may = if one.is_releasable() {
            "releasable"
        } else {
            "never"
        };
        let name = shown(one.name.as_deref().unwrap_or_default());
        let reasons = one.reasons.join(", ");
        let _ = writeln!(
            text,
            "{}  {may:<10}  {reasons}  {} {name}",
            one.item, one.workload
        );
        for found in &one.found {
            let (name, part) = (shown(&found.name), shown(&found.part));
            let _ = writeln!(text, "    {}: {name} in {part}", found.class.word());
        }
    }
    text
}

fn run_propose(wanted: Propose, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let place = exchange::request_place(wanted.request.as_deref(), &wanted.folder.case)?;
    let hours = i64::from(wanted.hours);
    let asked = releasing::propose(&journal, &wanted.which.into(), &wanted.why, hours)?;
    let path = place.file("release", &asked.proposal);
    let bytes = serde_json::to_vec_pretty(&asked).expect("it is plain JSON");
    exchange::write_new(&path, &bytes)?;
    let path = path.display().to_string();
    output.answer(
        &json!({ "proposal": asked.proposal, "items": asked.items.len(), "request": path }),
        &format!(
            "proposal {}\nof items {}\nfor      {}\nrequest  {path}\ntwo others approve it now",
            asked.proposal,
            asked.items.len(),
            asked.reasons.join(", ")
        ),
    );
    Ok(())
}

fn run_approve(wanted: &Approve, output: &Output) -> Result<()> {
    let approver = wanted.folder.ring().key(keyring::APPROVER)?;
    let journal = opening::open_folder(&wanted.folder)?;
    let bytes = exchange::read(&wanted.request, REQUEST_BYTES_MAX)?;
    let (asked, proposal, approval) = releasing::read(&journal, &bytes)?;
    let choice = Choice {
        items: asked.items.iter().map(ToString::to_string).collect(),
        ..Choice::default()
    };
    let held = releasing::held(&journal, &choice)?;
    output.note(lines(&held).trim_end());
    output.note(&format!(
        "lets pass    {}\nbecause      {}\nuntil        {}\nasked by     {}",
        asked.reasons.join(", "),
        shown(&asked.why),
        approval.expires,
        approval.requester
    ));
    expect_yes(wanted.yes, "Approve this?")?;
    planning::approve(&journal, &proposal, &*approver)?;
    output.answer(
        &json!({ "proposal": asked.proposal, "approved": true }),
        "approved: the release",
    );
    Ok(())
}

async fn run_apply(wanted: &Apply, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let bytes = exchange::read(&wanted.request, REQUEST_BYTES_MAX)?;
    let (asked, _, approval) = releasing::read(&journal, &bytes)?;
    let Asked { items, reasons, .. } = asked.clone();
    releasing::apply(&journal, asked, approval).await?;
    output.answer(
        &json!({ "released": items, "reasons": reasons }),
        &format!(
            "released: {} items; `unbroken restore` writes them",
            items.len()
        ),
    );
    Ok(())
}
