//! `unbroken ledger publish | proof`: the ledger as a transparency log for others, and one entry's place in it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::open;
use super::super::output::Output;
use crate::durable;
use crate::error::{Error, Result};

/// Write the ledger as a C2SP tlog-tiles folder that any static web server serves.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger publish --case acme --out /srv/www/acme

Run it again at any time: only what is new is written, the checkpoint last. Entries hold no
personal facts; they do hold counts, times and pseudonyms.")]
pub(crate) struct Publish {
    #[command(flatten)]
    folder: CaseFolder,
    /// The folder; made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Write one entry and its C2SP .tlog-proof.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger proof --case acme --index 41 --out entry-41

Whoever gets both files checks them with:
  $ unbroken-verify entry-41.tlog-proof --entry entry-41.json --trust acme.trust")]
pub(crate) struct Proof {
    #[command(flatten)]
    folder: CaseFolder,
    /// The entry.
    #[arg(long, value_name = "INDEX")]
    index: u64,
    /// Where to: OUT.tlog-proof and OUT.json are written.
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
}

pub(super) fn publish(wanted: &Publish, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    ledger.checkpoint_now().map_err(open::meaning)?;
    let (note, _) = ledger.newest_anchored();
    ledger.publish(&wanted.out, &note).map_err(open::meaning)?;
    let (out, size) = (wanted.out.display().to_string(), note.checkpoint.size);
    let cosigned = note.signatures.len() - 1;
    output.answer(
        &json!({ "folder": out, "size": size, "cosignatures": cosigned }),
        &format!("{out}: {size} entries published, checkpoint with {cosigned} cosignatures"),
    );
    Ok(())
}

pub(super) fn proof(wanted: &Proof, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    let newest = ledger.checkpoint_now().map_err(open::meaning)?;
    let (anchored, _) = ledger.newest_anchored();
    // A cosigned checkpoint is worth more, where it covers the entry.
    let note = if wanted.index < anchored.checkpoint.size {
        anchored
    } else {
        newest
    };
    let size = note.checkpoint.size;
    if wanted.index >= size {
        let index = wanted.index;
        return Err(
            Error::failed(format!("there is no entry {index}: the ledger has {size}"))
                .hint("the first entry is 0"),
        );
    }
    let (text, _) = ledger
        .tlog_proof(wanted.index, &note)
        .map_err(open::meaning)?;
    let mut entries = ledger.entries(wanted.index).map_err(open::meaning)?;
    let (entry, _) = entries
        .next()
        .expect("it is below the size")
        .map_err(open::meaning)?;
    let beside = |ending: &str| {
        let mut name = wanted.out.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    for (path, bytes) in [
        (beside(".tlog-proof"), text.as_bytes()),
        (beside(".json"), &entry[..]),
    ] {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(Error::failed)?;
        }
        durable::write_whole(&path, bytes).map_err(|error| {
            Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
        })?;
    }
    let out = wanted.out.display().to_string();
    output.answer(
        &json!({ "index": wanted.index, "size": size, "out": out }),
        &format!(
            "{out}.tlog-proof and {out}.json: entry {} in {size}",
            wanted.index
        ),
    );
    Ok(())
}
