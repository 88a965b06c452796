//! `unbroken plan aliases`: the addresses that mailboxes of the clean tenant need beside their own, as a table for whoever adds
//! them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::access::CaseFolder;
use super::flow::{meaning, opening, sources};
use super::output::Output;
use crate::domain::alias::{Aliases, Row};
use crate::domain::item::Workload;
use crate::error::{Error, Result};
use crate::reports::csv;
use crate::reports::document::Table;
use crate::sources::Source;

/// List the addresses that mailboxes of the clean tenant need as aliases, so that answers to old mail arrive.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan aliases --case acme --source backups/mail > aliases.csv

The table is CSV, or JSON with --json. Nothing is added to a mailbox: that is done in Exchange, by
whoever runs the tenant. An old SMTP address can be added when its domain belongs to the tenant.
Rows without a mailbox are for a person to decide; what a mail says of an address its sender may
have written.")]
pub(crate) struct ListAliases {
    #[command(flatten)]
    folder: CaseFolder,
    /// The backup that was registered.
    #[arg(long, value_name = "PATH")]
    source: PathBuf,
}

/// Does what was asked.
pub(crate) fn run(wanted: &ListAliases, output: &Output) -> Result<()> {
    let source = sources::open(&wanted.source)?;
    let journal = opening::open_folder(&wanted.folder)?;
    sources::expect_registered(&journal, &*source, &wanted.source)?;
    let case = journal.case().map_err(meaning)?;
    let mapped: BTreeMap<String, String> = case
        .custodians
        .values()
        .filter_map(|known| {
            let old = known.facts.source_name.clone()?;
            Some((old, known.facts.target_upn.clone()?))
        })
        .collect();
    let (aliases, unread) = read(&*source)?;
    let rows = aliases.rows(&mapped);
    if unread > 0 {
        output.note(&format!("messages that could not be read: {unread}"));
    }
    let count = |has: bool| {
        rows.iter()
            .filter(|row| row.mailbox.is_some() == has)
            .count()
    };
    let value = json!({
        "aliases": rows.iter().map(as_json).collect::<Vec<_>>(),
        "with_mailbox": count(true),
        "without_mailbox": count(false),
        "unread": unread,
    });
    let text = String::from_utf8(csv::render(&table(&rows))).map_err(Error::failed)?;
    // Lines of a table on a terminal or in a pipe end as lines of text do there.
    output.answer(&value, text.replace("\r\n", "\n").trim_end());
    Ok(())
}

/// What the newest restore point names; a message that cannot be read is counted and never in the way.
fn read(source: &dyn Source) -> Result<(Aliases, u64)> {
    let description = source.description();
    let mut aliases = Aliases::default();
    let mut unread = 0;
    let Some(point) = description.points.last() else {
        return Ok((aliases, unread));
    };
    for custodian in &description.custodians {
        let items = source.items(&point.id, custodian).map_err(Error::failed)?;
        for item in items.flatten() {
            if item.workload != Workload::Mail {
                continue;
            }
            match source.exchange_names(&item) {
                Ok(named) => named.into_iter().for_each(|one| aliases.note(one)),
                Err(_) => unread += 1,
            }
        }
    }
    Ok((aliases, unread))
}

fn as_json(row: &Row) -> serde_json::Value {
    json!({
        "mailbox": row.mailbox,
        "alias": row.alias,
        "why": row.why.word(),
        "names": row.names,
        "seen": row.seen,
    })
}

fn table(rows: &[Row]) -> Table {
    Table {
        id: "aliases",
        caption: String::new(),
        columns: vec!["mailbox", "alias", "why", "names", "seen"],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    row.mailbox.clone().unwrap_or_default(),
                    row.alias.clone(),
                    row.why.word().to_owned(),
                    row.names.join("; "),
                    row.seen.to_string(),
                ]
            })
            .collect(),
    }
}
