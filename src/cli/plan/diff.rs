//! `unbroken plan diff`: what a second plan would do otherwise than a first, by custodian, and row by row where asked.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::super::access::CaseFolder;
use super::super::exchange::shown;
use super::super::flow::{comparing, meaning, opening};
use super::super::output::Output;
use crate::domain::case::Case;
use crate::domain::plan::PlanRow;
use crate::domain::plan_diff::{Change, Counts};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, Result};

/// What one plan does otherwise than another: decisions, targets, transforms, waves, windows, content.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan diff --case acme 5b1f 9c04
  unbroken plan diff --case acme 5b1f 9c04 --rows

A plan is named by its hash or by the first digits of it. An item that both plans hold is the same
item, whatever restore point it is read from. It only reads.")]
pub(crate) struct Diff {
    #[command(flatten)]
    folder: CaseFolder,
    /// The plan that is compared with.
    #[arg(value_name = "PLAN")]
    first: String,
    /// The plan that is looked at.
    #[arg(value_name = "PLAN")]
    second: String,
    /// One line for each row that differs, before the counts.
    #[arg(long)]
    rows: bool,
}

/// Does what was asked.
pub(super) fn run(diff: &Diff, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&diff.folder)?;
    let case = journal.case().map_err(meaning)?;
    let (first, second) = (named(&case, &diff.first)?, named(&case, &diff.second)?);
    let mut see = |custodian: &Pseudonym, row: &PlanRow, change: &Change| {
        if diff.rows {
            let (value, text) = row_of(custodian, row, change);
            output.answer(&value, &text);
        }
    };
    let difference = comparing::compare(&journal, &first, &second, &mut see)?;
    let mut people = Vec::new();
    let mut text = format!(
        "{:>9} {:>9} {:>9} {:>9}  custodian\n",
        "added", "removed", "changed", "same"
    );
    let differing = difference
        .people
        .iter()
        .filter(|(_, counts)| counts.is_any());
    for (custodian, counts) in differing {
        let _ = writeln!(text, "{}  {}", line(counts), name_of(&case, custodian));
        people.push(json!({ "custodian": custodian, "counts": counts_of(counts) }));
    }
    let _ = writeln!(
        text,
        "{}  all {} custodians",
        line(&difference.total),
        difference.people.len()
    );
    for custodian in &difference.erased {
        let _ = writeln!(text, "erased, so not compared: {custodian}");
    }
    let value = json!({
        "first": first,
        "second": second,
        "custodians": people,
        "total": counts_of(&difference.total),
        "erased": difference.erased,
    });
    output.answer(&value, &text);
    Ok(())
}

fn line(counts: &Counts) -> String {
    let mut line = format!(
        "{:>9} {:>9} {:>9} {:>9}",
        counts.added, counts.removed, counts.changed, counts.same
    );
    let aspects: Vec<String> = counts
        .aspects
        .iter()
        .map(|(aspect, count)| format!("{aspect} {count}"))
        .collect();
    if !aspects.is_empty() {
        let _ = write!(line, "  ({})", aspects.join(", "));
    }
    line
}

fn counts_of(counts: &Counts) -> Value {
    json!({
        "added": counts.added,
        "removed": counts.removed,
        "changed": counts.changed,
        "same": counts.same,
        "aspects": counts.aspects,
    })
}

fn name_of(case: &Case, custodian: &Pseudonym) -> String {
    let known = case.custodians.get(custodian);
    let name = known.and_then(|known| known.facts.source_name.clone());
    name.unwrap_or_else(|| custodian.to_string())
}

fn row_of(custodian: &Pseudonym, row: &PlanRow, change: &Change) -> (Value, String) {
    let (word, aspects) = match change {
        Change::Added => ("added", Vec::new()),
        Change::Removed => ("removed", Vec::new()),
        Change::Changed(aspects) => ("changed", aspects.clone()),
        Change::Same => ("same", Vec::new()),
    };
    let value = json!({
        "change": word,
        "aspects": aspects,
        "custodian": custodian,
        "item": row.item,
        "workload": row.workload,
        "locator": row.locator,
        "decision": row.decision,
        "reason": row.reason,
        "wave": row.wave,
    });
    let what = aspects.join(", ");
    let locator = shown(&row.locator);
    (
        value,
        format!("{word:<8} {}: {locator}  {what}", shown(&row.custodian)),
    )
}

/// The one plan of the case whose hash begins so.
fn named(case: &Case, wanted: &str) -> Result<String> {
    let mut found = case.plans.keys().filter(|plan| plan.starts_with(wanted));
    let hint = "`unbroken state --json` lists the plans";
    match (found.next(), found.next()) {
        (Some(plan), None) if !wanted.is_empty() => Ok(plan.clone()),
        (None, _) => Err(Error::failed(format!("{wanted}: no plan of this case")).hint(hint)),
        _ => Err(Error::failed(format!("{wanted}: several plans of this case")).hint(hint)),
    }
}
