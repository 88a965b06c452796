//! `unbroken bundle`: what is handed to a third party.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::access::CaseFolder;
use super::flow::{opening, reporting};
use super::open;
use super::output::Output;
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, Result};
use crate::reports::bundle::{BundleError, Disclosed, export_with};
use crate::reports::html::ENTRIES_MAX;
use crate::reports::report;

/// Export what a third party needs to check the case without us.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    Export(Export),
}

/// Write a BagIt bag with entries, proofs, checkpoint and keys.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken bundle export --case acme --out acme-bundle
  unbroken bundle export --case acme --out acme-full --edition full
  unbroken bundle export --case acme --out jane --custodian 4f8f0a5277b44c5f9d7e1b1f4c8f7a11

All of it and nobody's facts (redacted) unless said otherwise; all editions have one head. With
--custodian or --stream those streams alone, and the proof that they are complete as of the newest
`unbroken ledger heads`.")]
pub(crate) struct Export {
    #[command(flatten)]
    folder: CaseFolder,
    /// The folder for the bundle; must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// full: everybody's personal facts are shown; redacted: nobody's.
    #[arg(long, value_enum, conflicts_with_all = ["custodian", "stream", "disclose"])]
    edition: Option<Edition>,
    /// One custodian's edition: that stream alone, with that custodian's facts.
    #[arg(long, value_name = "SUBJECT", conflicts_with_all = ["stream", "disclose"])]
    custodian: Option<String>,
    /// A stream to include, beside `keys` and `ledger`; may be given again.
    #[arg(long, value_name = "STREAM")]
    stream: Vec<String>,
    /// Whose personal facts to show: a subject's pseudonym, or `all`; may be given again.
    #[arg(long, value_name = "SUBJECT")]
    disclose: Vec<String>,
}

/// Whose facts are shown in a bundle over everything.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Edition {
    Full,
    Redacted,
}

/// Does what was asked.
pub(crate) fn run(command: BundleCommand, output: &Output) -> Result<()> {
    let BundleCommand::Export(wanted) = command;
    let journal = opening::open_folder(&wanted.folder)?;
    let ledger = journal.ledger();
    ledger.checkpoint_now().map_err(open::meaning)?;
    let (checkpoint, tokens) = ledger.newest_anchored();
    let (streams, disclosed) = edition(&wanted);
    let number = match of_report(&disclosed, &streams) {
        Some(edition) => reporting::newest(&journal, &edition, checkpoint.checkpoint.size)?,
        None => None,
    };
    let exported = export_with(
        ledger,
        &checkpoint,
        &tokens,
        &streams,
        &disclosed,
        &mut |files| match number {
            Some(number) => reporting::again(&journal, number, files)
                .map(drop)
                .map_err(Into::into),
            None => Ok(()),
        },
        &wanted.out,
    )
    .map_err(meaning)?;
    if number.is_none() {
        output.note(
            "no report in it: none was issued for this edition since the last erasure \
             (`unbroken report issue`)",
        );
    }
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
            "edition": disclosed.edition(&streams),
            "size": exported.size,
            "entries": exported.entries,
            "disclosures": exported.disclosures,
            "report": number,
        }),
        &format!(
            "{out}: {} edition, {} of {} entries, {} personal facts shown",
            disclosed.edition(&streams),
            exported.entries,
            exported.size,
            exported.disclosures
        ),
    );
    Ok(())
}

/// The edition of the report that belongs into a bundle.
fn of_report(disclosed: &Disclosed, streams: &[String]) -> Option<report::Edition> {
    match (disclosed.edition(streams), disclosed) {
        ("full", _) => Some(report::Edition::Full),
        ("redacted", _) => Some(report::Edition::Redacted),
        ("custodian", Disclosed::Subjects(subjects)) => {
            let only = subjects.first().and_then(|only| Pseudonym::parse(only));
            only.map(report::Edition::Custodian)
        }
        _ => None,
    }
}

/// Which streams, and whose facts.
fn edition(wanted: &Export) -> (Vec<String>, Disclosed) {
    let disclosed = match (wanted.edition, &wanted.custodian) {
        (Some(Edition::Full), _) => Disclosed::Everybody,
        (Some(Edition::Redacted), _) => Disclosed::Nobody,
        (None, Some(custodian)) => {
            let stream = format!("custodian/{custodian}");
            let only = BTreeSet::from([custodian.clone()]);
            return (vec![stream], Disclosed::Subjects(only));
        }
        (None, None) => disclosed(&wanted.disclose),
    };
    (wanted.stream.clone(), disclosed)
}

fn disclosed(subjects: &[String]) -> Disclosed {
    if subjects.is_empty() {
        Disclosed::Nobody
    } else if subjects.iter().any(|subject| subject == "all") {
        Disclosed::Everybody
    } else {
        Disclosed::Subjects(subjects.iter().cloned().collect())
    }
}

/// What a failure of the export means.
pub(crate) fn meaning(error: BundleError) -> Error {
    match error {
        BundleError::Ledger(error) => open::meaning(error),
        BundleError::NoHeads => Error::failed(error).hint("`unbroken ledger heads` records them"),
        BundleError::Signer(error) => Error::failed(error)
            .hint("the roots enrol or rotate a service key; its file belongs into --keys"),
        BundleError::UnknownStream { .. } => {
            Error::failed(error).hint("a stream looks like custodian/<pseudonym>")
        }
        other => Error::failed(other),
    }
}
