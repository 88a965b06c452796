//! `unbroken ledger`: the record itself: its keys, its size, its health.

mod anchoring;
mod publishing;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::CaseFolder;
use super::flow::digesting::{self, Digested};
use super::flow::opening;
use super::open;
use super::output::Output;
use crate::error::Result;
use crate::reports::trust;

/// Look at the record of a case.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    Anchor(anchoring::Anchor),
    Check(Check),
    Heads(Heads),
    Heartbeat(anchoring::Heartbeat),
    Info(Info),
    Proof(publishing::Proof),
    Publish(publishing::Publish),
    Seal(anchoring::Seal),
    Trust(Trust),
}

/// Read every entry again: form, chain, signatures, rules, the checkpoint's root, and what the folds
/// of it came to when that was logged.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger check --case acme

It uses the program's own code. A reader who need not trust it uses `unbroken-verify`.")]
pub(crate) struct Check {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Record the heads of all streams, so that a partial bundle can prove that it is complete.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger heads --case acme")]
pub(crate) struct Heads {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Name, size, newest checkpoint, keys, and what kinds of entries there are.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger info --case acme")]
pub(crate) struct Info {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Print the trust file: whose ledger it is. Hand it over by another way than the bundle.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger trust --case acme > acme.trust")]
pub(crate) struct Trust {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Does what was asked.
pub(crate) async fn run(command: LedgerCommand, output: &Output) -> Result<()> {
    match command {
        LedgerCommand::Anchor(anchor) => anchoring::anchor(&anchor, output).await,
        LedgerCommand::Heartbeat(wanted) => anchoring::heartbeat(&wanted, output),
        LedgerCommand::Seal(wanted) => anchoring::seal(&wanted, output).await,
        LedgerCommand::Publish(wanted) => publishing::publish(&wanted, output),
        LedgerCommand::Proof(wanted) => publishing::proof(&wanted, output),
        LedgerCommand::Check(check) => run_check(&check, output),
        LedgerCommand::Heads(heads) => run_heads(&heads, output),
        LedgerCommand::Info(info) => run_info(&info, output),
        LedgerCommand::Trust(wanted) => run_trust(&wanted, output),
    }
}

fn run_check(check: &Check, output: &Output) -> Result<()> {
    // Opening reads and checks every entry, and stops at the first that breaks a rule.
    let journal = opening::open_folder(&check.folder)?;
    let (origin, size) = (journal.ledger().origin(), journal.ledger().size());
    let replayed = digesting::expect_met(&journal)?;
    let said = digesting::said(&journal, &replayed);
    output.answer(
        &json!({
            "origin": origin,
            "entries": size,
            "holds": true,
            "projections": {
                "entries": replayed.entries,
                "met": replayed.met,
                "not_checked": replayed.unknown,
                "taken": digesting::is_taken(&journal),
            },
        }),
        &format!("{size} entries of {origin} hold\n{said}"),
    );
    Ok(())
}

fn run_heads(heads: &Heads, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&heads.folder)?;
    let ledger = journal.ledger();
    if digesting::record(&journal)? == Digested::NotTaken {
        output.note("no digests of projections: the ledger does not take them");
    }
    let (receipt, streams) = ledger.record_heads().map_err(open::meaning)?;
    ledger.checkpoint_now().map_err(open::meaning)?;
    let (index, count) = (receipt.index, streams.count());
    output.answer(
        &json!({ "index": index, "streams": count, "root": streams.root().to_string() }),
        &format!("entry {index} holds the heads of {count} streams"),
    );
    Ok(())
}

fn run_info(info: &Info, output: &Output) -> Result<()> {
    let ledger = open::ledger(&info.folder)?;
    let checkpoint = ledger.checkpoint().checkpoint;
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for read in ledger.entries(0).map_err(open::meaning)? {
        let (_, entry) = read.map_err(open::meaning)?;
        *types.entry(entry.event.kind).or_default() += 1;
    }
    let keys: Vec<(String, String, bool)> = ledger.with_state(|state| {
        let keys = state.keys().map(|(id, key)| {
            let roles: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
            (id.to_string(), roles.join(" "), key.is_active)
        });
        keys.collect()
    });
    let mut text = format!(
        "origin      {}\nentries     {}\ncheckpoint  {} entries, root {}\n\nkeys\n",
        ledger.origin(),
        ledger.size(),
        checkpoint.size,
        checkpoint.root,
    );
    for (id, roles, is_active) in &keys {
        let state = if *is_active { "" } else { " (no longer)" };
        let _ = writeln!(text, "  {id} {roles}{state}");
    }
    text.push_str("\nentries by type\n");
    for (kind, count) in &types {
        let _ = writeln!(text, "{count:>9} {kind}");
    }
    let keys: Vec<_> = keys
        .iter()
        .map(|(id, roles, is_active)| json!({ "keyid": id, "roles": roles, "active": is_active }))
        .collect();
    let value = json!({
        "origin": ledger.origin(),
        "entries": ledger.size(),
        "checkpoint": { "size": checkpoint.size, "root": checkpoint.root.to_string() },
        "keys": keys,
        "types": types,
    });
    output.answer(&value, &text);
    Ok(())
}

fn run_trust(wanted: &Trust, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    let witnesses = open::anchors(&wanted.folder.case)?.policy;
    let policy = trust::policy(&ledger, &witnesses);
    output.answer(&json!({ "trust": policy }), &policy);
    Ok(())
}
