//! The bundle of docs/ledger-format.md 11.2, whole or for chosen streams, as a BagIt bag; it copies
//! what the ledger holds and signs nothing.

mod choice;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use unbroken_ledger::objects::ObjectError;
use unbroken_ledger::vault::VaultError;
use unbroken_ledger::{Hash, HeadProof, Ledger, LedgerError, SignedCheckpoint};

use super::bag::{Bag, BagError};
use super::edition::REPORT_JSON;
use super::html;
use choice::Choice;

/// Entries, disclosures and head lines that go into one file.
const LINES_MAX: usize = 4096;

const FORMAT: &str = include_str!("../../docs/ledger-format.md");
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

/// Writes the bundle as of a checkpoint, with the time-stamp tokens over exactly it, to `target`, which must not exist yet.
/// No `streams`: all.
pub fn export(
    ledger: &Ledger,
    checkpoint: &SignedCheckpoint,
    tokens: &[Vec<u8>],
    streams: &[String],
    disclosed: &Disclosed,
    target: &Path,
) -> Result<Exported, BundleError> {
    let size = checkpoint.checkpoint.size;
    let choice = Choice::make(ledger, size, streams)?;
    let mut bag = Bag::begin(target)?;
    let index = index_file(ledger.origin(), size, &choice);
    bag.payload("bundle.json", |file| file.write_all(index.as_bytes()))?;
    bag.payload("checkpoint", |file| {
        file.write_all(checkpoint.to_note().as_bytes())
    })?;
    for (number, token) in tokens.iter().enumerate() {
        let name = format!("timestamps/{number:012}");
        bag.payload(&name, |file| file.write_all(token))?;
    }
    let facts = facts(ledger, disclosed)?;
    let copied = Copying {
        ledger,
        size,
        choice: &choice,
        facts: &facts,
    }
    .copy(&mut bag)?;
    for (path, tile) in ledger.level_0_tiles(size) {
        bag.payload(&path, |file| file.write_all(&tile))?;
    }
    write_heads(&mut bag, &choice.heads_lines)?;
    if copied.entries <= html::ENTRIES_MAX {
        write_page(&mut bag, choice.is_full())?;
    }
    bag.payload("format/ledger-format.md", |file| {
        file.write_all(FORMAT.as_bytes())
    })?;
    bag.tag_file("VERIFY.txt", VERIFY.as_bytes())?;
    bag.finish(&[
        ("Bagging-Date", &copied.day),
        ("External-Identifier", ledger.origin()),
        (
            "Bag-Software-Agent",
            concat!("unbroken ", env!("CARGO_PKG_VERSION")),
        ),
    ])?;
    Ok(Exported {
        size,
        entries: copied.entries,
        disclosures: copied.disclosures,
        heads: choice.heads,
    })
}

/// Canonical JSON: no name in it needs an escape.
fn index_file(origin: &str, size: u64, choice: &Choice) -> String {
    let kind = if choice.is_full() { "full" } else { "partial" };
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

/// The facts to show, by digest: whose, and the encoded disclosure.
type Facts = BTreeMap<String, (String, String)>;

fn facts(ledger: &Ledger, disclosed: &Disclosed) -> Result<Facts, BundleError> {
    let mut facts = Facts::new();
    let subjects = match disclosed {
        Disclosed::Everybody => ledger.vault().subjects()?,
        Disclosed::Nobody => Vec::new(),
        Disclosed::Subjects(subjects) => subjects.iter().cloned().collect(),
    };
    for subject in subjects {
        for fact in ledger.vault().facts(&subject)? {
            let encoded = fact.disclosure.encoded().to_owned();
            facts.insert(fact.disclosure.digest(), (fact.subject, encoded));
        }
    }
    Ok(facts)
}

/// One pass over the ledger.
struct Copying<'a> {
    ledger: &'a Ledger,
    size: u64,
    choice: &'a Choice,
    facts: &'a Facts,
}

/// What the pass came to.
#[derive(Default)]
struct Copied {
    entries: u64,
    disclosures: u64,
    /// The day of the last entry: nothing in a bundle depends on when it is written.
    day: String,
}

impl Copying<'_> {
    fn copy(&self, bag: &mut Bag) -> Result<Copied, BundleError> {
        let mut copied = Copied::default();
        let mut entries = LinesInFiles::new("entries");
        let mut lines = LinesInFiles::new("disclosures");
        let mut objects = BTreeSet::new();
        let count = usize::try_from(self.size).unwrap_or(usize::MAX);
        for read in self.ledger.entries(0)?.take(count) {
            let (bytes, entry) = read?;
            copied.day = entry.received.to_string().chars().take(10).collect();
            if !self.choice.shows(entry.index) {
                continue;
            }
            let length = u16::try_from(bytes.len()).expect("an entry has at most 65,535 bytes");
            let framed = [&length.to_be_bytes()[..], &bytes].concat();
            entries.push(bag, entry.index, &framed, 1)?;
            copied.entries += 1;
            let shown: Vec<String> = entry
                .event
                .sd
                .iter()
                .filter_map(|digest| self.facts.get(digest))
                .map(|(subject, encoded)| disclosure_line(entry.index, subject, encoded))
                .collect();
            copied.disclosures += shown.len() as u64;
            lines.push(bag, entry.index, shown.concat().as_bytes(), shown.len())?;
            objects.extend(named_objects(&entry, self.choice.is_full()));
        }
        entries.flush(bag)?;
        lines.flush(bag)?;
        for name in objects {
            let bytes = self.ledger.objects().read(&name)?;
            bag.payload(&format!("objects/{name}"), |file| file.write_all(&bytes))?;
        }
        Ok(copied)
    }
}

fn disclosure_line(index: u64, subject: &str, encoded: &str) -> String {
    format!("{{\"index\":{index},\"subject\":\"{subject}\",\"disclosure\":\"{encoded}\"}}\n")
}

/// The objects that an entry names and that anybody may read: tokens, cosigned notes, plans. A plan names every custodian,
/// with how many items each has: who is given a part of the ledger is not given that.
fn named_objects(entry: &unbroken_ledger::Entry, is_full: bool) -> Vec<Hash> {
    let fields: &[&str] = match entry.event.kind.as_str() {
        "PlanMade/1" if is_full => &["plan"],
        "TimestampReceived" => &["imprint", "token"],
        "WitnessReceived" => &["note"],
        _ => &[],
    };
    let named = fields
        .iter()
        .filter_map(|name| entry.event.data.field(name)?.as_str());
    named.filter_map(Hash::parse).collect()
}

/// Records that go into files of at most 4,096, each named by the entry of its first record.
struct LinesInFiles {
    folder: &'static str,
    first: u64,
    count: usize,
    bytes: Vec<u8>,
}

impl LinesInFiles {
    fn new(folder: &'static str) -> Self {
        Self {
            folder,
            first: 0,
            count: 0,
            bytes: Vec::new(),
        }
    }

    /// Adds what belongs to one entry; it is never torn over two files.
    fn push(
        &mut self,
        bag: &mut Bag,
        index: u64,
        bytes: &[u8],
        count: usize,
    ) -> Result<(), BagError> {
        if self.count + count > LINES_MAX {
            self.flush(bag)?;
        }
        if self.count == 0 {
            self.first = index;
        }
        self.count += count;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self, bag: &mut Bag) -> Result<(), BagError> {
        if self.count > 0 {
            let name = format!("{}/{:012}", self.folder, self.first);
            bag.payload(&name, |file| file.write_all(&self.bytes))?;
        }
        self.count = 0;
        self.bytes.clear();
        Ok(())
    }
}

/// The page that checks itself, from the files of the record that stand in the bag already, and the report if one does.
fn write_page(bag: &mut Bag, is_full: bool) -> Result<(), BagError> {
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

fn write_heads(bag: &mut Bag, lines: &[HeadProof]) -> Result<(), BagError> {
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
