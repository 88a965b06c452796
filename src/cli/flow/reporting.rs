//! Issuing a report: what the verifier says now, the files made from the record, and the event that names their digests; and
//! making an issued one again.

mod kept;

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;
use sha2::{Digest as _, Sha256};
use unbroken_ledger::Hash;
use unbroken_verify::{Options, Verdict};

use super::super::open;
use super::meaning;
use super::sealing::Seal;
use crate::clock::{Clock, SystemClock};
use crate::domain::case::CaseCommand;
use crate::domain::event::{CheckedAs, IssuerFacts, ReportIssued};
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, JournalError};
use crate::reports::document::Document;
use crate::reports::edition::{self, EditionError, Files, Sealed};
use crate::reports::report::{Edition, Issue};
use crate::reports::trust;
use kept::Kept;

const VERIFY: &str = include_str!("../../reports/verify.txt");
/// The file with the salt, beside those that are hashed behind it.
const SALT: &str = "salt";
const QUORUM: &str = "trust/quorum";

/// A report that was issued.
pub(crate) struct Issued {
    pub(crate) data: ReportIssued,
    pub(crate) document: Document,
    /// The entry that says so.
    pub(crate) index: u64,
}

/// A new folder.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn make(path: &Path) -> Result<Self> {
        durable::create_private_folder(path).map_err(|error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be made", path.display()))
                .hint("--out names a folder that does not exist yet")
        })?;
        Ok(Self(path.to_owned()))
    }
}

impl Files for Folder {
    fn file(
        &mut self,
        name: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.0.join(name);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        let mut out = BufWriter::new(durable::create_new(&path)?);
        fill(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()
    }
}

/// A writer that hashes what passes.
struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What is asked for.
pub(crate) struct Wanted {
    /// For whom.
    pub(crate) edition: Edition,
    /// The person who hands it out.
    pub(crate) issuer: Option<String>,
    /// What the verifier is given.
    pub(crate) reader: Options,
    /// What the PDF is sealed with.
    pub(crate) seal: Option<Seal>,
}

/// Makes a report as of now, writes its files to a new folder, and records that it was issued.
pub(crate) fn issue(journal: &Journal, wanted: &Wanted, out: &Path) -> Result<Issued> {
    let ledger = journal.ledger();
    if let Some(seal) = &wanted.seal {
        seal.bind(journal)?;
    }
    let checkpoint = ledger.checkpoint_now().map_err(open::meaning)?.checkpoint;
    let checked = check(journal, &wanted.reader)?;
    let issue = Issue {
        number: journal.case().map_err(meaning)?.reports.len() as u64 + 1,
        edition: wanted.edition.clone(),
        origin: ledger.origin().to_owned(),
        size: checkpoint.size,
        root: checkpoint.root.to_string(),
        checked,
        made: SystemClock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
        issuer: wanted.issuer.clone(),
        seal_certificate: wanted.seal.as_ref().map(Seal::certificate),
        software: concat!("unbroken ", env!("CARGO_PKG_VERSION")).to_owned(),
        verify_text: VERIFY,
    };
    let mut folder = Folder::make(out)?;
    let shown = kept::shown(journal, &issue.edition)?;
    let mut kept = Kept::new(&issue.edition)?;
    let mut hashed = Hashed::new(&mut folder, &kept.salt).map_err(Error::failed)?;
    let mut sealing = |pdf: Vec<u8>| -> Sealed {
        let Some(seal) = &wanted.seal else {
            return Ok(pdf);
        };
        let sealed = seal.put_on(&pdf)?;
        kept.seal = sealed[pdf.len()..].to_vec();
        Ok(sealed)
    };
    let document =
        edition::write(journal, &issue, &mut sealing, &mut hashed).map_err(edition_meaning)?;
    let digests = hashed.digests;
    let data = recorded(&issue, digests, kept.put(journal, &shown)?.to_string());
    let facts = IssuerFacts {
        issuer: issue.issuer.clone(),
    };
    let receipt = journal
        .command_now(&CaseCommand::IssueReport(data.clone(), facts))
        .map_err(meaning)?;
    Ok(Issued {
        data,
        document,
        index: receipt.index,
    })
}

/// Makes an issued report again, to any files. Refused when a digest is another than the one that the record names.
pub(crate) fn again(journal: &Journal, number: u64, files: &mut dyn Files) -> Result<ReportIssued> {
    let case = journal.case().map_err(meaning)?;
    let found = number
        .checked_sub(1)
        .and_then(|place| case.reports.get(usize::try_from(place).ok()?));
    let Some((data, facts)) = found else {
        let count = case.reports.len();
        return Err(
            Error::failed(format!("report {number} was not issued; there are {count}"))
                .hint("`unbroken report issue` makes one"),
        );
    };
    let issue = issue_of(journal.ledger().origin(), data, facts);
    let name = Hash::parse(&data.kept);
    let name = name.ok_or_else(|| Error::failed("the event names no object"))?;
    let kept = Kept::read(journal, &name)?;
    let mut hashed = Hashed::new(files, &kept.salt).map_err(Error::failed)?;
    let mut sealing = |mut pdf: Vec<u8>| -> Sealed {
        pdf.extend(&kept.seal);
        Ok(pdf)
    };
    edition::write(journal, &issue, &mut sealing, &mut hashed).map_err(edition_meaning)?;
    let differs = |(name, digest): &(&String, &String)| data.files.get(*name) != Some(digest);
    match hashed.digests.iter().find(differs) {
        None => Ok(data.clone()),
        Some((name, _)) => Err(Error::new(
            ErrorKind::VerificationFailed,
            format!("report {number}: {name} comes out other than the record names it"),
        )
        .hint("facts that it showed were erased since, or another version of the program made it")),
    }
}

/// Passes files on, the salt before them, and hashes each behind the salt.
struct Hashed<'a> {
    files: &'a mut dyn Files,
    salt: Vec<u8>,
    digests: BTreeMap<String, String>,
}

impl<'a> Hashed<'a> {
    fn new(files: &'a mut dyn Files, salt: &[u8]) -> io::Result<Self> {
        if !salt.is_empty() {
            files.file(SALT, &mut |file| file.write_all(salt))?;
        }
        Ok(Self {
            files,
            salt: salt.to_vec(),
            digests: BTreeMap::new(),
        })
    }
}

impl Files for Hashed<'_> {
    fn file(
        &mut self,
        name: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut digest = String::new();
        self.files.file(name, &mut |out| {
            let mut hashing = Hashing {
                out,
                hash: Sha256::new_with_prefix(&self.salt),
            };
            fill(&mut hashing)?;
            digest = Hash(hashing.hash.finalize().into()).to_string();
            Ok(())
        })?;
        self.digests.insert(name.to_owned(), digest);
        Ok(())
    }
}

/// The number of the newest report of an edition that covers at most `size` entries and can be made again: once facts are
/// erased, what showed them is gone with them.
pub(crate) fn newest(journal: &Journal, edition: &Edition, size: u64) -> Result<Option<u64>> {
    let case = journal.case().map_err(meaning)?;
    let erased = journal.ledger().with_state(|state| {
        let custodians = case.custodians.keys();
        let entries = custodians.filter_map(|name| state.erased_at(name.as_str()));
        entries.max()
    });
    let of_edition = case.reports.iter().rev().find(|(data, _)| {
        data.edition == edition.name()
            && data.custodian.as_ref() == edition.custodian()
            && data.size <= size
            && erased.is_none_or(|entry| entry < data.size)
    });
    Ok(of_edition.map(|(data, _)| data.number))
}

/// What the verifier finds. Where all that is wrong is that too few witnesses have seen the newest entries yet, the record itself
/// is asked about again: it holds or not whoever has seen it, and the report says what is missing.
fn check(journal: &Journal, reader: &Options) -> Result<CheckedAs> {
    let ledger = journal.ledger();
    let verify =
        |reader: &Options| unbroken_verify::verify(ledger.dir(), reader).map_err(Error::failed);
    let verdict = verify(reader)?;
    let found = checked(&verdict);
    let only_quorum = verdict.broken.iter().all(|finding| finding.rule == QUORUM);
    let (Some(trust), true, false) = (&reader.trust, only_quorum, verdict.broken.is_empty()) else {
        return Ok(found);
    };
    let alone = trust.with_extension("log-alone");
    durable::write_whole(&alone, trust::policy(ledger, &[]).as_bytes()).map_err(Error::failed)?;
    let again = verify(&Options {
        trust: Some(alone.clone()),
        ..reader.clone()
    });
    let _is_only_in_the_way = std::fs::remove_file(&alone);
    let again = checked(&again?);
    let rule = again.rule.clone().or_else(|| Some(QUORUM.to_owned()));
    Ok(CheckedAs {
        rule,
        witnessed: found.witnessed,
        ..again
    })
}

fn checked(verdict: &Verdict) -> CheckedAs {
    let broken = verdict.broken.first();
    CheckedAs {
        entry: broken.and_then(|finding| finding.entry),
        rule: broken.map(|finding| finding.rule.clone()),
        suspect: verdict.suspect.0,
        suspect_first: verdict.suspect.1.clone(),
        timestamped: verdict.timestamped,
        verdict: verdict.kind.name().to_owned(),
        witnessed: verdict.witnessed,
    }
}

fn recorded(issue: &Issue, files: BTreeMap<String, String>, kept: String) -> ReportIssued {
    ReportIssued {
        checked: issue.checked.clone(),
        custodian: issue.edition.custodian().cloned(),
        edition: issue.edition.name().to_owned(),
        files,
        kept,
        made: issue.made.clone(),
        number: issue.number,
        root: issue.root.clone(),
        seal_certificate: issue.seal_certificate.clone(),
        size: issue.size,
        software: issue.software.clone(),
    }
}

fn issue_of(origin: &str, data: &ReportIssued, facts: &IssuerFacts) -> Issue {
    let edition = match (&*data.edition, &data.custodian) {
        ("full", _) => Edition::Full,
        (_, Some(only)) => Edition::Custodian(only.clone()),
        _ => Edition::Redacted,
    };
    Issue {
        number: data.number,
        edition,
        origin: origin.to_owned(),
        size: data.size,
        root: data.root.clone(),
        checked: data.checked.clone(),
        made: data.made.clone(),
        issuer: facts.issuer.clone(),
        seal_certificate: data.seal_certificate.clone(),
        software: data.software.clone(),
        verify_text: VERIFY,
    }
}

fn edition_meaning(error: EditionError<JournalError>) -> Error {
    match error {
        EditionError::Record(error) => meaning(error),
        other => Error::failed(other),
    }
}
