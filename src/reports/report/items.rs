//! The list of every item with its outcome, as the file `tables/items.csv`: written as a stream, since a case may have millions.

use std::io::{self, Write};

use super::super::csv;
use super::view::View;
use super::{Edition, Issue};
use crate::domain::event::{EndedFacts, Event, RestoredFacts};
use crate::projections::reading::{Placed, Reading};

const COLUMNS: [&str; 13] = [
    "Entry",
    "Custodian",
    "Item",
    "Kind",
    "Outcome",
    "Reason",
    "Bytes",
    "SHA-256 in the backup",
    "Digest read back",
    "Name",
    "Where in the backup",
    "Id in the new tenant",
    "How it came there",
];

/// Writes the list. An error of the record is an error of the writing: half a list is none.
pub fn write_items<R>(record: &R, issue: &Issue, out: &mut dyn Write) -> io::Result<()>
where
    R: Reading,
    R::Error: std::error::Error + Send + Sync + 'static,
{
    let edition: &Edition = &issue.edition;
    let view = View::new(record, edition, issue.size);
    out.write_all(&csv::line(COLUMNS.into_iter()))?;
    let mut written = Ok(());
    view.events(&mut |placed| {
        if written.is_ok()
            && let Some(cells) = cells(&placed)
        {
            written = out.write_all(&csv::line(cells.iter().map(String::as_str)));
        }
    })
    .map_err(io::Error::other)?;
    written
}

fn cells(placed: &Placed) -> Option<Vec<String>> {
    let custodian = placed.custodian.as_ref()?;
    let [kind, outcome, reason] = match &placed.event {
        Event::ItemRestored(data, _) => {
            let outcome = if data.class == "identical" {
                "identical"
            } else {
                "as declared"
            };
            let reasons: Vec<&str> = data
                .deltas
                .iter()
                .chain(&data.transforms)
                .map(String::as_str)
                .collect();
            [
                data.workload.clone(),
                outcome.to_owned(),
                reasons.join("; "),
            ]
        }
        Event::ItemHeld(data, _) => [&data.workload, "held", &data.reason].map(str::to_owned),
        Event::ItemSkipped(data, _) => [&data.workload, "skipped", &data.reason].map(str::to_owned),
        Event::ItemFailed(data, _) => [&data.workload, "failed", &data.reason].map(str::to_owned),
        _ => return None,
    };
    let item = crate::projections::custody::item_of(&placed.event)?;
    let first = [
        placed.index.to_string(),
        custodian.to_string(),
        item.to_string(),
        kind,
        outcome,
        reason,
    ];
    let facts = match &placed.event {
        Event::ItemRestored(data, facts) => {
            of_restored(facts, format!("{}, attempt {}", data.wrote, data.attempt))
        }
        Event::ItemHeld(_, facts) | Event::ItemSkipped(_, facts) | Event::ItemFailed(_, facts) => {
            of_ended(facts)
        }
        _ => return None,
    };
    Some(first.into_iter().chain(facts).collect())
}

fn of_restored(facts: &RestoredFacts, came: String) -> [String; 7] {
    let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
    [
        facts
            .size
            .map(|bytes| bytes.to_string())
            .unwrap_or_default(),
        text(&facts.source_digest),
        text(&facts.readback_digest),
        text(&facts.name),
        text(&facts.locator),
        text(&facts.target_id),
        came,
    ]
}

fn of_ended(facts: &EndedFacts) -> [String; 7] {
    let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
    let none = String::new;
    [
        none(),
        none(),
        none(),
        text(&facts.name),
        text(&facts.locator),
        none(),
        none(),
    ]
}
