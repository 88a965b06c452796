//! `unbroken exceptions`: every item that is not identical, with reason, entry and owner; and giving one to somebody.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::access::CaseFolder;
use super::counts::csv;
use super::flow::{self, opening};
use super::output::Output;
use crate::domain::case::CaseCommand;
use crate::domain::event::ExceptionAssigned;
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::exceptions::{Exception, exceptions, unlisted};
use crate::projections::reading::Reading;
use crate::projections::results::Results;
use crate::projections::signers::Signers;

const COLUMNS: &str = "item,custodian,workload,outcome,reason,entry,owner,assigned,locator,detail";

/// Every item that did not arrive identical: why, which entry says so, and who looks after it.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Example:
  unbroken exceptions --case acme
  unbroken exceptions --case acme --csv --redacted > acme-exceptions.csv
  unbroken exceptions assign 0b5f6c0e8d2c4f6e9a512f3c6a1d7e90 --to operator-1 --case acme

An item that nobody was named for is looked after by whoever put its plan in force.")]
pub(crate) struct Exceptions {
    #[command(subcommand)]
    command: Option<ExceptionsCommand>,
    #[command(flatten)]
    folder: Option<CaseFolder>,
    /// A line of CSV for each item.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Leave personal facts out: no locator, no detail.
    #[arg(long)]
    redacted: bool,
}

/// What is done about one.
#[derive(Debug, Subcommand)]
pub(crate) enum ExceptionsCommand {
    Assign(Assign),
}

/// Record who looks after an item.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken exceptions assign 0b5f6c0e8d2c4f6e9a512f3c6a1d7e90 --to operator-1 --case acme")]
pub(crate) struct Assign {
    /// The item's pseudonym, or its locator in the source.
    item: String,
    /// The person, by the name that the roots gave with a key.
    #[arg(long, value_name = "PERSON")]
    to: String,
    #[command(flatten)]
    folder: CaseFolder,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Exceptions, output: &Output) -> Result<()> {
    match (&wanted.command, &wanted.folder) {
        (Some(ExceptionsCommand::Assign(wanted)), _) => assign(wanted, output),
        (None, Some(folder)) => list(folder, wanted, output),
        (None, None) => Err(Error::new(ErrorKind::Usage, "no case is named").hint("--case DIR")),
    }
}

fn list(folder: &CaseFolder, wanted: &Exceptions, output: &Output) -> Result<()> {
    let journal = opening::open_folder(folder)?;
    let mut listed = exceptions(&journal).map_err(flow::meaning)?;
    if wanted.redacted {
        for exception in &mut listed {
            exception.locator = None;
            exception.detail = None;
        }
    }
    let results = Results::load(&journal).map_err(flow::meaning)?;
    let erased = unlisted(&results);
    let values: Vec<Value> = listed.iter().map(to_json).collect();
    let value = json!({ "exceptions": values, "erased": erased });
    let text = if wanted.csv {
        to_csv(&listed)
    } else {
        to_text(&listed, erased)
    };
    output.answer(&value, &text);
    Ok(())
}

fn to_json(exception: &Exception) -> Value {
    json!({
        "item": exception.item,
        "custodian": exception.custodian,
        "workload": exception.workload,
        "outcome": exception.outcome,
        "reason": exception.reason,
        "entry": exception.index,
        "owner": exception.owner,
        "assigned": exception.is_assigned,
        "locator": exception.locator,
        "detail": exception.detail,
    })
}

fn to_csv(listed: &[Exception]) -> String {
    let mut text = format!("{COLUMNS}\n");
    for exception in listed {
        let entry = exception.index.map(|index| index.to_string());
        let assigned = exception.is_assigned.to_string();
        let fields = [
            exception.item.as_str(),
            exception.custodian.as_str(),
            &exception.workload,
            exception.outcome,
            &exception.reason,
            entry.as_deref().unwrap_or_default(),
            &exception.owner,
            &assigned,
            exception.locator.as_deref().unwrap_or_default(),
            exception.detail.as_deref().unwrap_or_default(),
        ];
        let _ = writeln!(text, "{}", fields.map(csv).join(","));
    }
    text
}

fn to_text(listed: &[Exception], erased: u64) -> String {
    let mut text = String::new();
    let mut numbers: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for exception in listed {
        let key = (exception.outcome, exception.owner.as_str());
        *numbers.entry(key).or_default() += 1;
        let entry = exception.index.map(|index| format!("entry {index}"));
        let _ = writeln!(
            text,
            "{:<11} {:<32} {:<12} {}: {}",
            exception.outcome,
            exception.item.as_str(),
            entry.unwrap_or_default(),
            exception.owner,
            exception.reason,
        );
    }
    let _ = writeln!(text, "\n{} items are not identical", listed.len());
    for ((outcome, owner), number) in numbers {
        let _ = writeln!(text, "{number:>9} {outcome}, looked after by {owner}");
    }
    if erased > 0 {
        let _ = writeln!(
            text,
            "{erased:>9} erased before they ended: nobody can list them"
        );
    }
    text
}

fn assign(wanted: &Assign, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let person = person(&journal, &wanted.to)?;
    let item = item(&journal, &wanted.item)?;
    let data = ExceptionAssigned {
        item: item.clone(),
        person: person.clone(),
    };
    if !journal.takes("ExceptionAssigned/1") {
        return Err(Error::new(
            ErrorKind::GateRefused,
            "the policy of this ledger does not know ExceptionAssigned/1",
        )
        .hint("it was opened by an older version; the roots can change its policy"));
    }
    let command = CaseCommand::AssignException(data);
    let receipt = journal.command_now(&command).map_err(flow::meaning)?;
    output.answer(
        &json!({ "item": item, "owner": person, "entry": receipt.index }),
        &format!("entry {}: {person} looks after {item}", receipt.index),
    );
    Ok(())
}

/// Somebody whom the roots named: a name that nobody has is a mistake that would be found too late.
pub(super) fn person(journal: &Journal, name: &str) -> Result<Pseudonym> {
    let mut signers = Signers::default();
    journal
        .entries(u64::MAX, &mut |written| signers.take(&written))
        .map_err(flow::meaning)?;
    let person = Pseudonym::parse(name).filter(|_| signers.has_person(name));
    person.ok_or_else(|| {
        Error::failed(format!(
            "{name}: no key of this ledger belongs to that person"
        ))
        .hint("persons are named when their keys are enrolled: operator-1, approver-1")
    })
}

fn item(journal: &Journal, name: &str) -> Result<Pseudonym> {
    let listed = exceptions(journal).map_err(flow::meaning)?;
    let mut named = listed
        .into_iter()
        .filter(|e| e.item.as_str() == name || e.locator.as_deref() == Some(name));
    match (named.next(), named.next()) {
        (Some(exception), None) => Ok(exception.item),
        (Some(_), Some(_)) => Err(Error::failed(format!("{name}: several items lie there"))
            .hint("name one by its pseudonym: `unbroken exceptions` lists them")),
        _ => Err(Error::failed(format!(
            "{name}: no item of that name that is not identical"
        ))
        .hint("`unbroken exceptions` lists them")),
    }
}
