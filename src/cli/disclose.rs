//! `unbroken disclose`: one custodian's story as a bundle of its own, complete as of now and checked before it is handed out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use unbroken_ledger::Ledger;

use super::access::CaseFolder;
use super::bundle::meaning as bundle_meaning;
use super::flow::{custodians, meaning, opening};
use super::output::Output;
use super::{open, verify};
use crate::domain::pseudonym::Pseudonym;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::custodian_stream;
use crate::reports::bundle::{Disclosed, Exported, export};
use crate::reports::trust;

/// Hand out one custodian's story, and nothing of anybody else's.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken disclose --case acme --custodian jane@acme.example --out for-jane
  unbroken disclose --case acme --custodian jane@acme.example --with-case

The bundle holds every event about the custodian's items with their facts, and the streams `keys`
and `ledger` that any check needs. Nobody else's facts are in it; others appear as random
pseudonyms at most. Without --with-case the bundle does not prove who the pseudonym is: that
stands among the operator's entries. With it those are in too, with the custodian's facts alone.")]
pub(crate) struct Disclose {
    #[command(flatten)]
    folder: CaseFolder,
    /// The custodian: a pseudonym, a name in the source, or a user in the clean tenant.
    #[arg(long, value_name = "WHO")]
    custodian: String,
    /// The folder for the bundle; must not exist yet. `disclosure-<pseudonym>` when not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show the operator's entries too: who the custodian is, legal holds, plans put in force.
    #[arg(long)]
    with_case: bool,
}

/// Does what was asked.
pub(crate) fn run(wanted: &Disclose, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, &wanted.custodian)?;
    if let Err(erased) = case.check_known(&custodian) {
        return Err(Error::new(ErrorKind::GateRefused, erased).hint(
            "without its facts the stream can still be shown: `unbroken bundle export --stream`",
        ));
    }
    let name = format!("disclosure-{custodian}");
    let out = wanted.out.clone().unwrap_or_else(|| PathBuf::from(name));
    let beside = beside(&out)?;
    let ledger = journal.ledger();
    let exported = write(ledger, &custodian, wanted.with_case, &out)?;
    let witnesses = open::anchors(&wanted.folder.case)?.policy;
    durable::write_whole(&beside, trust::policy(ledger, &witnesses).as_bytes()).map_err(
        |error| {
            Error::failed(error).while_doing(format!("{}: cannot be written", beside.display()))
        },
    )?;
    let verdict = verify::check(&out, Some(&beside), None)?;
    let verdict_json: serde_json::Value = serde_json::from_str(&verdict.to_json())
        .map_err(|error| Error::failed(error).while_doing("the verifier's answer is not JSON"))?;
    let value = json!({
        "bundle": out.display().to_string(),
        "trust": beside.display().to_string(),
        "custodian": custodian.as_str(),
        "size": exported.size,
        "heads": exported.heads,
        "entries": exported.entries,
        "disclosures": exported.disclosures,
        "verdict": verdict_json,
    });
    let mut text = said(&exported, &custodian, &out, &beside);
    if !wanted.with_case {
        text.push_str(
            "That the pseudonym is this person stands among the operator's entries, which are not \
             in it: --with-case adds them.\n",
        );
    }
    text.push_str("\nThe verifier says\n\n");
    text.push_str(&verdict.to_text());
    output.answer(&value, &text);
    verify::expect(&verdict)
}

/// The heads first, so that the bundle is complete as of now; a sealed ledger has those that it was sealed with.
fn write(ledger: &Ledger, custodian: &Pseudonym, with_case: bool, out: &Path) -> Result<Exported> {
    let stream = custodian_stream(custodian);
    let mut streams = vec![stream.clone()];
    let (is_sealed, has_events) = ledger.with_state(|state| {
        if with_case {
            let all = state.streams().map(|(name, _)| name.to_owned());
            streams.extend(all.filter(|name| name.starts_with("case/")));
        }
        (state.is_sealed(), state.stream(&stream).next > 0)
    });
    if !has_events {
        let text = format!("custodian {custodian}: no event about any item yet");
        return Err(Error::failed(text).hint("`unbroken case status` says what is waiting"));
    }
    if !is_sealed {
        ledger.record_heads().map_err(open::meaning)?;
    }
    ledger.checkpoint_now().map_err(open::meaning)?;
    let (checkpoint, tokens) = ledger.newest_anchored();
    let only = Disclosed::Subjects(BTreeSet::from([custodian.to_string()]));
    export(ledger, &checkpoint, &tokens, &streams, &only, out).map_err(bundle_meaning)
}

/// The trust file's place: beside the bundle and not in it, since it goes another way.
fn beside(out: &Path) -> Result<PathBuf> {
    let mut name = out.as_os_str().to_owned();
    name.push(".trust");
    let path = PathBuf::from(name);
    if path.exists() {
        let text = format!("{}: is there already", path.display());
        return Err(Error::failed(text).hint("--out names another bundle"));
    }
    Ok(path)
}

fn said(exported: &Exported, custodian: &Pseudonym, out: &Path, trust: &Path) -> String {
    format!(
        "{}: custodian {custodian}: {} of {} entries, {} personal facts, nobody else's\n\
         {}: whom the reader has to trust; hand it over by another way\n\
         Complete as of the heads in entry {}: what the ledger's host signed there and the \
         checkpoint covers.\n",
        out.display(),
        exported.entries,
        exported.size,
        exported.disclosures,
        trust.display(),
        exported.heads,
    )
}
