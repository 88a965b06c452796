//! The bundle of docs/ledger-format.md 11.2, whole or for chosen streams, as a BagIt bag; it copies
//! what the ledger holds, and the service key signs what was copied.

mod attestation;
mod case_file;
mod choice;
mod custody;
mod facts;
mod key_files;
mod pass;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use unbroken_ledger::key::SignerError;
use unbroken_ledger::objects::ObjectError;
use unbroken_ledger::vault::VaultError;
use unbroken_ledger::{Hash, HeadProof, Ledger, LedgerError, SignedCheckpoint};

use super::bag::{Bag, BagError};
use super::edition::{Failure, Files, REPORT_JSON};
use super::html;
use attestation::Head;
use choice::Choice;
use facts::Facts;
use pass::Pass;

/// Entries, disclosures and head lines that go into one file.
const LINES_MAX: usize = 4096;

/// What is enough to write a verifier, and what the report's readers are referred to.
const PAGES: [(&str, &str); 3] = [
    ("docs/fidelity.md", include_str!("../../docs/fidelity.md")),
    (
        "docs/threat-model.md",
        include_str!("../../docs/threat-model.md"),
    ),
    (
        "format/ledger-format.md",
        include_str!("../../docs/ledger-format.md"),
    ),
];
const VERIFY: &str = include_str!("verify.txt");

/// Whose personal facts a bundle shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Disclosed {
    /// Everybody's.
    Everybody,
    /// Nobody's.
    #[default]
    Nobody,
    /// Those of these subjects, by pseudonym.
    Subjects(BTreeSet<String>),
}

impl Disclosed {
    /// The edition's name: `full`, `redacted`, `custodian` (one, and that one's facts), or `selected`.
    pub fn edition(&self, streams: &[String]) -> &'static str {
        match (self, streams) {
            (Self::Everybody, []) => "full",
            (Self::Nobody, []) => "redacted",
            (Self::Subjects(subjects), [stream]) => {
                let custodian = stream.strip_prefix("custodian/");
                let alone = subjects.len() == 1
                    && custodian.is_some_and(|custodian| subjects.contains(custodian));
                if alone { "custodian" } else { "selected" }
            }
            _ => "selected",
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The checkpoint's size.
    pub size: u64,
    /// Entries that are shown.
    pub entries: u64,
    /// Personal facts that are shown.
    pub disclosures: u64,
    /// The entry with the heads that a partial bundle's completeness rests on; 0 for a full one.
    pub heads: u64,
}

/// Why no bundle was written; nothing stands under its name then.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Writing failed.
    #[error(transparent)]
    Bag(#[from] BagError),
    /// Reading failed.
    #[error("the ledger cannot be read")]
    Ledger(#[from] LedgerError),
    /// A partial bundle rests on heads that are not there.
    #[error("no StreamHeads within the checkpoint: record the heads first")]
    NoHeads,
    /// An object that an entry names.
    #[error("an object of the ledger cannot be read")]
    Object(#[from] ObjectError),
    /// The report that belongs into it.
    #[error("the report cannot be written into the bundle")]
    Report(#[source] Failure),
    /// The head and the manifest are signed, or there is no bundle.
    #[error("the bundle cannot be signed")]
    Signer(#[from] SignerError),
    /// Nobody ever wrote in it.
    #[error("{stream}: the ledger has no such stream")]
    UnknownStream {
        /// The stream that was asked for.
        stream: String,
    },
    /// The personal facts.
    #[error("the vault cannot be read")]
    Vault(#[from] VaultError),
}

/// Writes the files of a report where it is told to.
pub type WriteReport<'a> = dyn FnMut(&mut dyn Files) -> Result<(), Failure> + 'a;

/// As [`export_with`], without a report.
pub fn export(
    ledger: &Ledger,
    checkpoint: &SignedCheckpoint,
    tokens: &[Vec<u8>],
    streams: &[String],
    disclosed: &Disclosed,
    target: &Path,
) -> Result<Exported, BundleError> {
    let none: &mut WriteReport = &mut |_| Ok(());
    export_with(ledger, checkpoint, tokens, streams, disclosed, none, target)
}

/// Writes the bundle as of a checkpoint, with the time-stamp tokens over exactly it, to `target`, which must not exist yet.
/// No `streams`: all. The report's files go below `data/report`.
pub fn export_with(
    ledger: &Ledger,
    checkpoint: &SignedCheckpoint,
    tokens: &[Vec<u8>],
    streams: &[String],
    disclosed: &Disclosed,
    report: &mut WriteReport,
    target: &Path,
) -> Result<Exported, BundleError> {
    let size = checkpoint.checkpoint.size;
    let choice = Choice::make(ledger, size, streams)?;
    let bag = Bag::begin(target)?;
    let index = index_file(ledger.origin(), size, &choice);
    bag.payload("bundle.json", |file| file.write_all(index.as_bytes()))?;
    let note = checkpoint.to_note();
    bag.payload("checkpoint", |file| file.write_all(note.as_bytes()))?;
    for (number, token) in tokens.iter().enumerate() {
        let name = format!("timestamps/{number:012}");
        bag.payload(&name, |file| file.write_all(token))?;
    }
    let facts = Facts::load(ledger, disclosed)?;
    let copied = Pass {
        ledger,
        size,
        choice: &choice,
        facts: &facts,
        bag: &bag,
    }
    .run()?;
    write_objects(&bag, ledger, &copied.objects)?;
    for (path, tile) in ledger.level_0_tiles(size) {
        bag.payload(&path, |file| file.write_all(&tile))?;
    }
    write_heads(&bag, &choice.heads_lines)?;
    report(&mut InBag(&bag)).map_err(BundleError::Report)?;
    if copied.entries <= html::ENTRIES_MAX {
        write_page(&bag, choice.is_full())?;
    }
    let keys = key_files::fold(&copied.keys);
    key_files::write(&bag, &keys, &ledger.service_key())?;
    let head = Head {
        origin: ledger.origin(),
        size,
        root: checkpoint.checkpoint.root,
        checkpoint: &note,
        kind: choice.kind(),
        edition: disclosed.edition(streams),
        streams: &choice.streams,
        entries: copied.entries,
        disclosures: copied.disclosures,
        timestamps: tokens.len(),
        actions: copied.actions,
    };
    case_file::write(&bag, &head, &keys)?;
    for (path, text) in PAGES {
        bag.payload(path, |file| file.write_all(text.as_bytes()))?;
    }
    bag.tag_file("VERIFY.txt", VERIFY.as_bytes())?;
    let manifest = bag.close_payload(&[
        ("Bagging-Date", &copied.day),
        ("External-Identifier", ledger.origin()),
        (
            "Bag-Software-Agent",
            concat!("unbroken ", env!("CARGO_PKG_VERSION")),
        ),
    ])?;
    bag.tag_file(
        "head.dsse.json",
        head.envelope(ledger, &manifest)?.as_bytes(),
    )?;
    let signature = attestation::ssh_signature(ledger, &manifest)?;
    bag.tag_file("manifest-sha256.txt.sig", signature.as_bytes())?;
    bag.finish()?;
    Ok(Exported {
        size,
        entries: copied.entries,
        disclosures: copied.disclosures,
        heads: choice.heads,
    })
}

fn write_objects(bag: &Bag, ledger: &Ledger, names: &BTreeSet<Hash>) -> Result<(), BundleError> {
    for name in names {
        let bytes = match ledger.objects().read(name) {
            Ok(bytes) => bytes,
            // Whoever reads the bundle counts what is not there as not checked (11.5): the rest of it holds all the same.
            Err(ObjectError::Missing { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        bag.payload(&format!("objects/{name}"), |file| file.write_all(&bytes))?;
    }
    Ok(())
}

/// Canonical JSON: no name in it needs an escape.
fn index_file(origin: &str, size: u64, choice: &Choice) -> String {
    let kind = choice.kind();
    let streams: Vec<String> = choice
        .streams
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    format!(
        "{{\"v\":1,\"origin\":\"{origin}\",\"kind\":\"{kind}\",\"size\":{size},\"heads\":{},\
         \"streams\":[{}]}}",
        choice.heads,
        streams.join(",")
    )
}

/// A report's files, in the bag.
struct InBag<'a>(&'a Bag);

impl Files for InBag<'_> {
    fn file(
        &mut self,
        name: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = format!("report/{name}");
        self.0
            .payload(&path, |file| fill(file))
            .map_err(io::Error::other)
    }
}

/// The page that checks itself, from the files of the record that stand in the bag already, and the report if one does.
fn write_page(bag: &Bag, is_full: bool) -> Result<(), BagError> {
    bag.from_payload("verify.html", |file, folder, paths| {
        let names: Vec<String> = paths
            .iter()
            .filter(|path| html::embeds(path, is_full))
            .cloned()
            .collect();
        let report = paths
            .iter()
            .find(|path| path.rsplit('/').next() == Some(REPORT_JSON));
        let report = report.map(|path| fs::read_to_string(folder.join(path)));
        html::write_page(file, folder, &names, report.transpose()?.as_deref())
    })
}

fn write_heads(bag: &Bag, lines: &[HeadProof]) -> Result<(), BagError> {
    for (number, lines) in lines.chunks(LINES_MAX).enumerate() {
        bag.payload(&format!("heads/{number:012}"), |file| {
            lines.iter().try_for_each(|line| write_head(file, line))
        })?;
    }
    Ok(())
}

fn write_head(file: &mut dyn Write, head: &HeadProof) -> io::Result<()> {
    let proof: Vec<String> = head
        .proof
        .iter()
        .map(|hash| format!("\"{hash}\""))
        .collect();
    writeln!(
        file,
        "{{\"stream\":\"{}\",\"next\":{},\"last\":\"{}\",\"leaf\":{},\"proof\":[{}]}}",
        head.stream,
        head.next,
        head.last,
        head.leaf,
        proof.join(",")
    )
}

#[cfg(test)]
mod tests;
