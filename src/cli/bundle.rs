//! `unbroken bundle`: what is handed to a third party.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::access::CaseFolder;
use super::open;
use super::output::Output;
use crate::error::{Error, Result};
use crate::reports::bundle::{BundleError, Disclosed, export};
use crate::reports::html::ENTRIES_MAX;

/// Export what a third party needs to check the case without us.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    Export(Export),
}

/// Write a BagIt bag with entries, proofs, checkpoint and keys.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken bundle export --case acme --out acme-bundle
  unbroken bundle export --case acme --out jane \\
    --stream custodian/4f8f0a52-77b4-4c5f-9d7e-1b1f4c8f7a11

Without --stream all of it; with it those streams alone, and the proof that they are complete as
of the newest `unbroken ledger heads`. Personal facts are left out unless --disclose is given.")]
pub(crate) struct Export {
    #[command(flatten)]
    folder: CaseFolder,
    /// The folder for the bundle; must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A stream to include, beside `keys` and `ledger`; may be given again.
    #[arg(long, value_name = "STREAM")]
    stream: Vec<String>,
    /// Whose personal facts to show: a subject's pseudonym, or `all`; may be given again.
    #[arg(long, value_name = "SUBJECT")]
    disclose: Vec<String>,
}

/// Does what was asked.
pub(crate) fn run(command: BundleCommand, output: &Output) -> Result<()> {
    let BundleCommand::Export(wanted) = command;
    let ledger = open::ledger(&wanted.folder)?;
    ledger.checkpoint_now().map_err(open::meaning)?;
    let (checkpoint, tokens) = ledger.newest_anchored();
    let disclosed = disclosed(wanted.disclose);
    let exported = export(
        &ledger,
        &checkpoint,
        &tokens,
        &wanted.stream,
        &disclosed,
        &wanted.out,
    )
    .map_err(meaning)?;
    let out = wanted.out.display().to_string();
    if exported.entries > ENTRIES_MAX {
        output.note(&format!(
            "no data/verify.html: a page holds {ENTRIES_MAX} entries at most; --stream makes one \
             for a custodian"
        ));
    }
    output.answer(
        &json!({
            "bundle": out,
            "size": exported.size,
            "entries": exported.entries,
            "disclosures": exported.disclosures,
        }),
        &format!(
            "{out}: {} of {} entries, {} personal facts shown",
            exported.entries, exported.size, exported.disclosures
        ),
    );
    Ok(())
}

fn disclosed(subjects: Vec<String>) -> Disclosed {
    if subjects.is_empty() {
        Disclosed::Nobody
    } else if subjects.iter().any(|subject| subject == "all") {
        Disclosed::Everybody
    } else {
        Disclosed::Subjects(subjects.into_iter().collect::<BTreeSet<_>>())
    }
}

/// What a failure of the export means.
pub(crate) fn meaning(error: BundleError) -> Error {
    match error {
        BundleError::Ledger(error) => open::meaning(error),
        BundleError::NoHeads => Error::failed(error).hint("`unbroken ledger heads` records them"),
        BundleError::UnknownStream { .. } => {
            Error::failed(error).hint("a stream looks like custodian/<pseudonym>")
        }
        other => Error::failed(other),
    }
}
