//! `unbroken reconcile`: the counts of the case held against each other; what agrees with what is decided in the projections.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::access::CaseFolder;
use super::counts::{self, csv};
use super::flow::{self, opening};
use super::output::Output;
use crate::error::{Error, ErrorKind, Result};
use crate::projections::reconciliation::Reconciliation;

/// Hold the counts against each other: enumerated = restored + held + skipped + failed + erased + open.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken reconcile --case acme
  unbroken reconcile --case acme --csv > acme-counts.csv

What the plans in force enumerate is counted from their rows, what became of it from the events.
Exit code 3 where any two places of the record disagree; each is named with its rule.")]
pub(crate) struct Reconcile {
    #[command(flatten)]
    folder: CaseFolder,
    /// A line of CSV for each custodian and workload.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Reconcile, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let found = Reconciliation::load(&journal).map_err(flow::meaning)?;
    let text = if wanted.csv {
        to_csv(&found)
    } else {
        to_text(&found)
    };
    output.answer(&to_json(&found), &text);
    let Some(first) = found.disagreements.first() else {
        return Ok(());
    };
    let number = found.disagreements.len();
    let text = format!(
        "{number} counts do not agree; the first: {}: {}: {} required, {} found",
        first.place, first.rule, first.required, first.found
    );
    Err(Error::new(ErrorKind::Incomplete, text)
        .hint("`unbroken provenance ITEM` shows every entry of an item"))
}

fn to_json(found: &Reconciliation) -> Value {
    let cells = found.results.cells.iter();
    let cells = cells.map(|((custodian, workload), cell)| {
        let mut value = counts::to_json(cell);
        value["custodian"] = custodian.as_str().into();
        value["workload"] = workload.as_str().into();
        value
    });
    let disagreements = found.disagreements.iter().map(|one| {
        json!({
            "rule": one.rule,
            "place": one.place,
            "required": one.required,
            "found": one.found,
        })
    });
    let erased = found.not_compared.iter().map(ToString::to_string);
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "total": counts::to_json(&found.results.total()),
        "agrees": found.disagreements.is_empty(),
        "disagreements": disagreements.collect::<Vec<_>>(),
        "not_compared": erased.collect::<Vec<_>>(),
    })
}

fn to_csv(found: &Reconciliation) -> String {
    let mut text = format!("custodian,workload,{},adds_up\n", counts::COLUMNS.join(","));
    for ((custodian, workload), cell) in &found.results.cells {
        let numbers = counts::numbers(cell).map(|number| number.to_string());
        let (custodian, workload) = (csv(custodian.as_str()), csv(workload));
        let adds_up = cell.adds_up();
        let _ = writeln!(
            text,
            "{custodian},{workload},{},{adds_up}",
            numbers.join(",")
        );
    }
    text
}

fn to_text(found: &Reconciliation) -> String {
    let mut text = format!("{:<43}{}\n", "custodian and workload", counts::heading());
    for ((custodian, workload), cell) in &found.results.cells {
        let mark = if cell.adds_up() {
            ""
        } else {
            "  DOES NOT ADD UP"
        };
        let row = counts::row(cell);
        let _ = writeln!(text, "{:<32} {workload:<10}{row}{mark}", custodian.as_str());
    }
    let total = found.results.total();
    let _ = writeln!(text, "{:<43}{}", "in all", counts::row(&total));
    let sum = format!(
        "{} enumerated = {} restored + {} held + {} skipped + {} failed + {} erased + {} open",
        total.enumerated,
        total.restored(),
        total.held,
        total.skipped,
        total.failed,
        total.erased,
        total.open
    );
    let _ = writeln!(text, "\n{sum}");
    for one in &found.disagreements {
        let _ = writeln!(
            text,
            "DISAGREES  {}: {}: {} required, {} found",
            one.place, one.rule, one.required, one.found
        );
    }
    for custodian in &found.not_compared {
        let _ = writeln!(
            text,
            "NOT COMPARED  {custodian}: its rows are erased, only their number is left"
        );
    }
    if found.disagreements.is_empty() {
        text.push_str("plans, parts, rows, outcomes and the end of the case agree\n");
    }
    text
}
