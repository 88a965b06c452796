//! `unbroken provenance`: everything that ever happened to an item, with proofs.

use std::fmt::Write as _;

use clap::Args;

use serde_json::{Value, json};
use unbroken_ledger::Ledger;

use super::access::CaseFolder;
use super::as_of::{self, AsOfWhen, as_of_when};
use super::flow::{self, opening};
use super::output::Output;
use super::summary::erased_by;
use crate::error::{Error, Result};
use crate::projections::as_of::AsOf;
use crate::projections::custody::custody;
use crate::projections::reading::Placed;

/// Everything that ever happened to an item: planned, tried, restored, read back, by whom.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken provenance 0b5f6c0e-8d2c-4f6e-9a51-2f3c6a1d7e90 --case acme \\
    --as-of 2026-05-01T12:00:00Z
  unbroken provenance 0b5f6c0e-8d2c-4f6e-9a51-2f3c6a1d7e90 --case acme --as-of 41

--as-of 41 is the record when it had 41 entries, 0 to 40.")]
pub(crate) struct Provenance {
    /// The item's pseudonym, or its locator in the source.
    pub(crate) item: String,
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// Only what the record showed then: an instant, or its number of entries.
    #[arg(long, value_name = "TIME|INDEX", value_parser = as_of_when)]
    pub(crate) as_of: Option<AsOfWhen>,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Provenance, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let as_of = AsOf::new(&journal, as_of::size(&journal, wanted.as_of)?);
    let events = custody(&as_of, &wanted.item).map_err(flow::meaning)?;
    if events.is_empty() {
        return Err(
            Error::failed(format!("{}: nothing in the record by then", wanted.item))
                .hint("an item is named by its pseudonym or by its locator in the source"),
        );
    }
    let ledger = journal.ledger();
    let checkpoint = ledger.checkpoint_now().map_err(super::open::meaning)?;
    let size = checkpoint.checkpoint.size;
    let erased = journal.case().map_err(flow::meaning)?.erased;
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            let entry = event.custodian.as_ref().and_then(|whose| erased.get(whose));
            shown(ledger, size, event, entry.copied())
        })
        .collect();
    let mut text = String::new();
    for event in &events {
        let _ = writeln!(
            text,
            "{}  entry {:>6}  {}\n    {}\n    {}",
            event["received"].as_str().unwrap_or_default(),
            event["index"],
            event["type"].as_str().unwrap_or_default(),
            event["data"],
            event["erased"].as_u64().map_or_else(
                || event["facts"].to_string(),
                |entry| format!("facts: {}", erased_by(entry)),
            ),
        );
    }
    let _ = write!(
        text,
        "\nEach entry is proven in the tree of {size} entries (--json prints the proofs), root {}",
        checkpoint.checkpoint.root
    );
    let value =
        json!({ "as_of": as_of.size(), "checkpoint": checkpoint.to_note(), "events": events });
    output.answer(&value, &text);
    Ok(())
}

/// `erased` is the entry that erased whose item it is.
fn shown(ledger: &Ledger, size: u64, recorded: &Placed, erased: Option<u64>) -> Value {
    let encoded = recorded.event.encode();
    let proof: Vec<String> = ledger
        .inclusion_proof(recorded.index, size)
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "index": recorded.index,
        "received": recorded.received.to_string(),
        "type": encoded.kind,
        "data": encoded.data,
        "facts": encoded.facts,
        "erased": erased,
        "leaf": recorded.leaf.to_string(),
        "proof": proof,
    })
}
