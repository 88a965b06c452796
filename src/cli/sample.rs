//! `unbroken sample`: draws items that anybody can draw again, and writes each with its full proof.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use unbroken_ledger::{Ledger, SignedCheckpoint, tlog_proof};

use super::access::CaseFolder;
use super::flow::{self, opening};
use super::open;
use super::output::Output;
use crate::domain::pseudonym::Pseudonym;
use crate::durable;
use crate::error::{Error, Result};
use crate::projections::as_of::AsOf;
use crate::projections::sampling::{Draw, Member, Sample as Drawn, Strata, draw};

/// Longer than any sentence that a person would say over the telephone.
const SEED_BYTES_MAX: usize = 1024;

/// Draw a reproducible sample of the items, each with every entry and its proof.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken sample --case acme --seed 'lottery of 2026-11-28' --n 25 --out acme-sample
  unbroken sample --case acme --seed 7 --n 10 --stratify outcome --disclose --out acme-sample

Whoever has a full bundle draws the same again: docs/sampling.md says how, in ten lines.
Each entry is checked without this program:
  $ unbroken-verify F.tlog-proof --entry F.json --trust acme.trust")]
pub(crate) struct Sample {
    #[command(flatten)]
    folder: CaseFolder,
    /// What the order depends on: chosen by the auditor, after the record was made.
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    seed: String,
    /// How many items; with --stratify of each stratum.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    n: u64,
    /// Only this custodian's items.
    #[arg(long, value_name = "PSEUDONYM")]
    custodian: Option<String>,
    /// Draw from each stratum apart.
    #[arg(long, value_enum)]
    stratify: Option<Stratify>,
    /// Show the personal facts of the drawn items.
    #[arg(long)]
    disclose: bool,
    /// The folder for the sample; must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stratify {
    /// By mail and files.
    Workload,
    /// By identical, as declared, held, skipped, failed, open.
    Outcome,
}

fn seed(text: &str) -> std::result::Result<String, String> {
    if text.is_empty() || text.len() > SEED_BYTES_MAX || text.contains(char::is_control) {
        return Err("a seed is one line of 1 to 1024 bytes".to_owned());
    }
    Ok(text.to_owned())
}

/// Does what was asked.
pub(crate) fn run(wanted: &Sample, output: &Output) -> Result<()> {
    let custodian = wanted.custodian.as_deref().map(custodian).transpose()?;
    if wanted.out.symlink_metadata().is_ok() {
        return Err(
            Error::failed(format!("{}: exists already", wanted.out.display()))
                .hint("--out names a folder that does not exist yet"),
        );
    }
    let journal = opening::open_folder(&wanted.folder)?;
    let ledger = journal.ledger();
    let note = ledger.checkpoint_now().map_err(open::meaning)?;
    let size = note.checkpoint.size;
    let strata = match wanted.stratify {
        None => Strata::One,
        Some(Stratify::Workload) => Strata::Workload,
        Some(Stratify::Outcome) => Strata::Outcome,
    };
    let asked = Draw {
        seed: wanted.seed.clone(),
        n: usize::try_from(wanted.n).unwrap_or(usize::MAX),
        custodian,
        strata,
    };
    let sample = draw(&AsOf::new(&journal, size), &asked).map_err(flow::meaning)?;
    if sample.drawn.is_empty() {
        return Err(Error::failed("there is nothing to draw from")
            .hint("`unbroken state` says how many items have an entry"));
    }
    let described = describe(&asked, &sample, ledger, &note);
    let folder = Folder::begin(&wanted.out)?;
    folder.write("sample.json", format!("{described:#}\n").as_bytes())?;
    folder.write("checkpoint", note.to_note().as_bytes())?;
    folder.write_items(ledger, &note, &sample, wanted.disclose)?;
    folder.finish()?;
    output.answer(&described, &said(&sample, &wanted.out));
    Ok(())
}

fn custodian(name: &str) -> Result<Pseudonym> {
    Pseudonym::parse(name).ok_or_else(|| {
        Error::failed(format!("{name}: a custodian is named by its pseudonym"))
            .hint("`unbroken state --json` lists them")
    })
}

fn describe(asked: &Draw, sample: &Drawn, ledger: &Ledger, note: &SignedCheckpoint) -> Value {
    let stratify = match asked.strata {
        Strata::One => "none",
        Strata::Outcome => "outcome",
        Strata::Workload => "workload",
    };
    let drawn = sample.drawn.iter().map(|member| {
        json!({
            "item": member.item,
            "custodian": member.custodian,
            "stratum": member.stratum,
            "key": member.key.to_string(),
            "entries": member.entries,
        })
    });
    let custodian = asked.custodian.as_ref().map(Pseudonym::as_str);
    json!({
        "algorithm": "unbroken/sample/v1",
        "origin": ledger.origin(),
        "size": note.checkpoint.size,
        "root": note.checkpoint.root.to_string(),
        "seed": asked.seed,
        "n": asked.n,
        "custodian": custodian.unwrap_or_default(),
        "stratify": stratify,
        "population": sample.population,
        "population_digest": sample.population_digest.to_string(),
        "strata": sample.strata,
        "drawn": drawn.collect::<Vec<_>>(),
    })
}

fn said(sample: &Drawn, out: &Path) -> String {
    let mut text = format!(
        "population  {} items, SHA-256 {}\n",
        sample.population, sample.population_digest
    );
    for (stratum, count) in &sample.strata {
        let of = |member: &&Member| member.stratum == *stratum;
        let drawn = sample.drawn.iter().filter(of).count();
        let _ = writeln!(text, "{drawn:>9} of {count} drawn from {stratum}");
    }
    let entries: usize = sample.drawn.iter().map(|member| member.entries.len()).sum();
    let _ = write!(
        text,
        "{}: {} items, {entries} entries, each with its proof",
        out.display(),
        sample.drawn.len()
    );
    text
}

/// The folder in the making: it gets its name when all of it is written.
struct Folder {
    target: PathBuf,
    temporary: PathBuf,
}

impl Folder {
    fn begin(target: &Path) -> Result<Self> {
        let temporary = durable::sibling_of(target);
        let folder = Self {
            target: target.to_owned(),
            temporary,
        };
        if folder.temporary.symlink_metadata().is_ok() {
            fs::remove_dir_all(&folder.temporary).map_err(|error| folder.cannot("", error))?;
        }
        if let Some(above) = target.parent() {
            fs::create_dir_all(above).map_err(|error| folder.cannot("", error))?;
        }
        durable::create_private_folder(&folder.temporary)
            .and_then(|()| fs::create_dir(folder.temporary.join("items")))
            .map_err(|error| folder.cannot("items", error))?;
        Ok(folder)
    }

    fn cannot(&self, name: &str, error: std::io::Error) -> Error {
        let path = self.target.join(name);
        Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.temporary.join(name);
        durable::write_whole(&path, bytes).map_err(|error| self.cannot(name, error))
    }

    /// Each entry of each item as it stands in the ledger, with its proof; and the facts that its digests open.
    fn write_items(
        &self,
        ledger: &Ledger,
        note: &SignedCheckpoint,
        sample: &Drawn,
        disclose: bool,
    ) -> Result<()> {
        let mut of_entry: BTreeMap<u64, &Member> = BTreeMap::new();
        for member in &sample.drawn {
            let folder = self.temporary.join("items").join(member.item.as_str());
            fs::create_dir(&folder).map_err(|error| self.cannot("items", error))?;
            of_entry.extend(member.entries.iter().map(|index| (*index, member)));
        }
        let size = note.checkpoint.size;
        let mut facts = Facts::default();
        for read in ledger.entries(0).map_err(open::meaning)? {
            let (bytes, entry) = read.map_err(open::meaning)?;
            let Some(member) = of_entry.remove(&entry.index) else {
                continue;
            };
            let name = format!("items/{}/{:012}", member.item, entry.index);
            let proof = ledger
                .inclusion_proof(entry.index, size)
                .ok_or_else(|| Error::failed(format!("entry {} has no proof", entry.index)))?;
            let proof = tlog_proof::encode(entry.index, &proof, note);
            self.write(&format!("{name}.json"), &bytes)?;
            self.write(&format!("{name}.tlog-proof"), proof.as_bytes())?;
            if disclose {
                let lines = facts.lines(ledger, member, entry.index, &entry.event.sd)?;
                self.write(&format!("{name}.disclosures"), lines.as_bytes())?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        durable::rename(&self.temporary, &self.target).map_err(|error| self.cannot("", error))
    }
}

/// The facts of the custodians, read once each.
#[derive(Default)]
struct Facts {
    by_custodian: BTreeMap<Pseudonym, BTreeMap<String, String>>,
}

impl Facts {
    /// Lines as docs/ledger-format.md section 9 has them.
    fn lines(
        &mut self,
        ledger: &Ledger,
        member: &Member,
        index: u64,
        digests: &[String],
    ) -> Result<String> {
        let custodian = &member.custodian;
        if !self.by_custodian.contains_key(custodian) {
            let erased = ledger.with_state(|s| s.erased_at(custodian.as_str()).is_some());
            let kept = if erased {
                Vec::new()
            } else {
                let kept = ledger.vault().facts(custodian.as_str());
                kept.map_err(Error::failed)?
            };
            let facts = kept.into_iter().map(|kept| {
                let encoded = kept.disclosure.encoded().to_owned();
                (kept.disclosure.digest(), encoded)
            });
            self.by_custodian.insert(custodian.clone(), facts.collect());
        }
        let facts = &self.by_custodian[custodian];
        let shown = digests.iter().filter_map(|digest| facts.get(digest));
        Ok(shown.fold(String::new(), |mut lines, encoded| {
            let _ = writeln!(
                lines,
                "{{\"index\":{index},\"subject\":\"{custodian}\",\"disclosure\":\"{encoded}\"}}"
            );
            lines
        }))
    }
}
