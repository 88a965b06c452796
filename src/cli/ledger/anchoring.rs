//! `unbroken ledger anchor | heartbeat | seal`: what others say of the ledger, and its signs of life and of its end.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::anchoring::with_causes;
use super::super::flow::{self, opening};
use super::super::keys::expect_yes;
use super::super::open;
use super::super::output::Output;
use crate::anchors::{self, Configuration, Round};
use crate::clock::SystemClock;
use crate::domain::event::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::reading::Reading;
use crate::projections::results::Results;

/// Have the checkpoint witnessed and time-stamped by everybody for whom something is due.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger anchor --case acme

Who is asked stands in two files in the case's folder. anchors/witnesses is a C2SP tlog-policy
with addresses, anchors/authorities has a line for each time-stamping authority:
  witness w1 w1.example+b93e1b9d+BAbc… https://w1.example
  quorum w1
  authority a1 https://tsa.example/tsr roots.pem

Nothing is asked again while nothing happened. `unbroken restore` does the same every minute and
once more at its end.")]
pub(crate) struct Anchor {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Say on the record that the ledger lives although nothing happens.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger heartbeat --case acme")]
pub(crate) struct Heartbeat {
    #[command(flatten)]
    folder: CaseFolder,
}

/// End the ledger: only anchors and erasures are taken after it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger seal --case acme

After `unbroken case finish` and `unbroken report issue`: no report is issued behind the seal, and
nothing takes the seal back. A yes is asked for.")]
pub(crate) struct Seal {
    #[command(flatten)]
    folder: CaseFolder,
    /// Seal the record of a case that was not finished, with whatever is open in it.
    #[arg(long)]
    unfinished: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn anchor(wanted: &Anchor, output: &Output) -> Result<()> {
    let configuration = open::anchors(&wanted.folder.case)?;
    let ledger = open::ledger(&wanted.folder)?;
    let round = anchors::round(&ledger, &configuration, &SystemClock)
        .await
        .map_err(open::meaning)?;
    say(&round, &configuration, output);
    expect(&round)
}

pub(super) fn heartbeat(wanted: &Heartbeat, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    let receipt = ledger.heartbeat().map_err(open::meaning)?;
    ledger.checkpoint_now().map_err(open::meaning)?;
    let index = receipt.index;
    output.answer(
        &json!({ "index": index }),
        &format!("entry {index}: it lives"),
    );
    Ok(())
}

pub(super) async fn seal(wanted: &Seal, output: &Output) -> Result<()> {
    let configuration = open::anchors(&wanted.folder.case)?;
    let journal = opening::open_folder(&wanted.folder)?;
    expect_may_end(&journal, wanted, output)?;
    let ledger = journal.ledger();
    let receipt = ledger.seal().map_err(open::meaning)?;
    let round = anchors::round(ledger, &configuration, &SystemClock)
        .await
        .map_err(open::meaning)?;
    let index = receipt.index;
    output.note(&format!("sealed by entry {index}"));
    say(&round, &configuration, output);
    expect(&round)
}

/// The one step that nothing takes back: not before the case is finished, unless that is said, and not without a yes.
fn expect_may_end(journal: &Journal, wanted: &Seal, output: &Output) -> Result<()> {
    let case = journal.case().map_err(flow::meaning)?;
    let finished = case.finished.is_some();
    if !finished && !wanted.unfinished {
        let results = Results::load(journal).map_err(flow::meaning)?;
        let open = results.total().open;
        return Err(Error::new(
            ErrorKind::GateRefused,
            format!(
                "the case is not finished, {open} items have no outcome, and behind a seal \
                 nothing is restored any more"
            ),
        )
        .hint("`unbroken restore`, then `unbroken case finish`")
        .hint("--unfinished seals the record as it is, for a case that nobody goes on with"));
    }
    if !has_final_report(journal)? {
        output.note("no report of this state was issued, and none can be issued behind the seal");
    }
    expect_yes(
        wanted.yes,
        "End the ledger for good? Nothing is restored, reported, held or approved after it.",
    )
}

/// Whether a report was issued since the last step of the case.
fn has_final_report(journal: &Journal) -> Result<bool> {
    let mut last = None;
    let mut note = |event: &Event| last = Some(matches!(event, Event::ReportIssued(..)));
    let read = journal.events(&mut |placed| match &placed.event {
        Event::ProjectionsDigested(..) | Event::SealKeyBound(..) => {}
        event => note(event),
    });
    read.map_err(flow::meaning)?;
    Ok(last.unwrap_or(false))
}

fn say(round: &Round, configuration: &Configuration, output: &Output) {
    let mut text = String::new();
    let mut asked = Vec::new();
    for one in &round.asked {
        let said = match &one.outcome {
            Ok(time) => time.clone(),
            Err(error) => with_causes(error),
        };
        let is_ok = one.outcome.is_ok();
        let mark = if is_ok { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{mark} {:<9} {}: {said}", one.kind, one.name);
        asked.push(json!({ "kind": one.kind, "name": one.name, "ok": is_ok, "said": said }));
    }
    if round.asked.is_empty() {
        text.push_str(if configuration.is_empty() {
            "nobody is named in anchors/witnesses or anchors/authorities"
        } else {
            "nothing is due: everything is anchored"
        });
    } else {
        let _ = write!(text, "checkpoint of {} entries", round.size);
    }
    output.answer(&json!({ "size": round.size, "asked": asked }), &text);
}

fn expect(round: &Round) -> Result<()> {
    let other = round.asked.iter().any(|asked| {
        matches!(
            asked.outcome,
            Err(anchors::AnchorError::OtherHistory { .. })
        )
    });
    if other {
        return Err(Error::new(
            ErrorKind::VerificationFailed,
            "a witness has seen another history of this ledger",
        )
        .hint("keep the case's folder as it is; compare with the witness's checkpoint"));
    }
    if round.is_complete() {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::Incomplete, "not everybody answered well")
            .hint("start the same command again: only what is missing is asked for"),
    )
}
