//! `unbroken hold`: legal holds. While one stands, nobody is erased.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::CaseFolder;
use super::flow::{custodians, meaning, new_pseudonym, opening};
use super::output::Output;
use crate::domain::case::{Case, CaseCommand};
use crate::domain::hold::{HoldFacts, LegalHold};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, Result};

/// Place and release legal holds: a custodian who stands under one cannot be erased.
#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    List(List),
    Place(Place),
    Release(Release),
}

/// Who stands under a legal hold, and why.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken hold list --case acme")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Place a custodian under a legal hold.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken hold place --case acme --custodian jane@acme.example --reason 'Acme v. Doe, 26-cv-101'

The reason is a personal fact of the custodian: kept encrypted, shown to whoever is given that
custodian's facts, and erased with them. Write nothing into it that the custodian may not read.")]
pub(crate) struct Place {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// The matter.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Release a legal hold. Others that the custodian stands under go on.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken hold release --case acme --custodian jane@acme.example --reason 'settled 2027-02-01'")]
pub(crate) struct Release {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// The hold, where the custodian stands under several: its name from `unbroken hold list`.
    #[arg(long, value_name = "HOLD")]
    hold: Option<String>,
    /// Why it is over.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Does what was asked.
pub(crate) fn run(command: HoldCommand, output: &Output) -> Result<()> {
    match command {
        HoldCommand::List(list) => run_list(&list, output),
        HoldCommand::Place(place) => run_place(place, output),
        HoldCommand::Release(release) => run_release(release, output),
    }
}

fn run_list(list: &List, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&list.folder)?;
    let case = journal.case().map_err(meaning)?;
    let mut shown = Vec::new();
    let mut text = String::new();
    for custodian in case.holds.custodians() {
        let name = case.custodians.get(custodian);
        let name = name.and_then(|known| known.facts.source_name.as_deref());
        let name = name.unwrap_or_default();
        for (hold, reason) in case.holds.of(custodian) {
            let reason = reason.unwrap_or_default();
            let _ = writeln!(text, "hold {hold}  custodian {custodian}  {name}: {reason}");
            shown.push(json!({
                "hold": hold.as_str(),
                "custodian": custodian.as_str(),
                "name": name,
                "reason": reason,
            }));
        }
    }
    if shown.is_empty() {
        text.push_str("nobody stands under a legal hold");
    }
    output.answer(&json!({ "holds": shown }), &text);
    Ok(())
}

fn run_place(place: Place, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&place.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, &place.custodian)?;
    let hold = new_pseudonym()?;
    let data = LegalHold {
        custodian: custodian.clone(),
        hold: hold.clone(),
    };
    let facts = reason(place.reason)?;
    let receipt = journal
        .command_now(&CaseCommand::PlaceHold(data, facts))
        .map_err(meaning)?;
    let index = receipt.index;
    output.answer(
        &json!({ "hold": hold.as_str(), "custodian": custodian.as_str(), "index": index }),
        &format!("entry {index}: hold {hold} stands over custodian {custodian}"),
    );
    Ok(())
}

fn run_release(release: Release, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&release.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, &release.custodian)?;
    let hold = which(&case, &custodian, release.hold.as_deref())?;
    let data = LegalHold {
        custodian: custodian.clone(),
        hold: hold.clone(),
    };
    let facts = reason(release.reason)?;
    let receipt = journal
        .command_now(&CaseCommand::ReleaseHold(data, facts))
        .map_err(meaning)?;
    let index = receipt.index;
    output.answer(
        &json!({ "hold": hold.as_str(), "custodian": custodian.as_str(), "index": index }),
        &format!("entry {index}: hold {hold} over custodian {custodian} is released"),
    );
    Ok(())
}

/// The hold that is meant: the one named, or the only one.
fn which(case: &Case, custodian: &Pseudonym, named: Option<&str>) -> Result<Pseudonym> {
    if let Some(named) = named {
        return Pseudonym::parse(named)
            .ok_or_else(|| Error::failed(format!("{named}: no name of a hold")));
    }
    let mut holds = case.holds.of(custodian).map(|(hold, _)| hold.clone());
    match (holds.next(), holds.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            let text = format!("custodian {custodian} stands under no legal hold");
            Err(Error::failed(text).hint("`unbroken hold list` names those that stand"))
        }
        (Some(_), Some(_)) => {
            let text = format!("custodian {custodian} stands under several legal holds");
            Err(Error::failed(text).hint("--hold names one of `unbroken hold list`"))
        }
    }
}

/// A hold without a reason could be released by nobody who was not there.
fn reason(text: String) -> Result<HoldFacts> {
    if text.trim().is_empty() || text.len() > 4096 {
        return Err(Error::failed("a reason has 1 to 4096 bytes").hint("--reason names the matter"));
    }
    Ok(HoldFacts { reason: Some(text) })
}
