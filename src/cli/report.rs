//! `unbroken report`: what legal, an auditor and a regulator read; issuing one is on the record.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use unbroken_verify::Options;

use super::access::CaseFolder;
use super::flow::sealing::Seal;
use super::flow::{self, opening, reporting};
use super::open;
use super::output::Output;
use crate::domain::pseudonym::Pseudonym;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::reports::report::Edition;
use crate::reports::trust;

/// Issue a report, make an issued one again, list them.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    Again(Again),
    Issue(Issue),
    List(List),
}

/// Whom a report is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Wanted {
    /// Everything that is disclosed.
    Full,
    /// Pseudonyms, classes and counts only.
    Redacted,
}

/// Make a report as of now and record that it was issued, with the digest of each of its files.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken report issue --case acme --edition full --issuer 'J. Doe' --out report-1
  unbroken report issue --case acme --custodian 4f8f0a5277b44c5f9d7e1b1f4c8f7a11 --out jane

The independent verifier checks the record first; its verdict stands on page 1.")]
pub(crate) struct Issue {
    #[command(flatten)]
    folder: CaseFolder,
    /// Whose eyes it is for.
    #[arg(
        long,
        value_enum,
        default_value = "redacted",
        conflicts_with = "custodian"
    )]
    edition: Wanted,
    /// An edition about one custodian alone, named by its pseudonym.
    #[arg(long, value_name = "PSEUDONYM")]
    custodian: Option<String>,
    /// The person who hands it out.
    #[arg(long, value_name = "PERSON")]
    issuer: Option<String>,
    #[command(flatten)]
    seal: SealFiles,
    /// The folder for its files; must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The seal on the PDF (PAdES): without it the PDF is not sealed, and the report says so.
#[derive(Args, Debug)]
pub(crate) struct SealFiles {
    /// The seal's private key: P-256 or RSA, PKCS#8 in PEM.
    #[arg(long, value_name = "FILE", requires = "seal_certificate")]
    seal_key: Option<PathBuf>,
    /// Its certificate, and those above it (PEM).
    #[arg(long, value_name = "FILE", requires = "seal_key")]
    seal_certificate: Option<PathBuf>,
    /// Put a time stamp of the authorities in anchors/authorities into the seal.
    #[arg(long, requires = "seal_key")]
    stamp: bool,
}

impl SealFiles {
    fn read(&self, folder: &CaseFolder) -> Result<Option<Seal>> {
        let (Some(key), Some(certificate)) = (&self.seal_key, &self.seal_certificate) else {
            return Ok(None);
        };
        let mut authorities = Vec::new();
        if self.stamp {
            authorities = open::anchors(&folder.case)?.authorities;
            if authorities.is_empty() {
                return Err(Error::failed(
                    "anchors/authorities names nobody to ask for a time stamp",
                )
                .hint("`unbroken ledger anchor --help` shows the file"));
            }
        }
        Seal::read(key, certificate, authorities).map(Some)
    }
}

/// Make an issued report again, and see that it comes out as the record names it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken report again 1 --case acme --out report-1-again")]
pub(crate) struct Again {
    /// The report's number.
    number: u64,
    #[command(flatten)]
    folder: CaseFolder,
    /// The folder for its files; must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The reports that were issued.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken report list --case acme")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
}

/// Does what was asked.
pub(crate) fn run(command: ReportCommand, output: &Output) -> Result<()> {
    match command {
        ReportCommand::Again(again) => run_again(&again, output),
        ReportCommand::Issue(issue) => run_issue(issue, output),
        ReportCommand::List(list) => run_list(&list, output),
    }
}

fn run_issue(wanted: Issue, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let asked = reporting::Wanted {
        edition: edition(&journal, wanted.edition, wanted.custodian)?,
        reader: reader(&journal, &wanted.folder)?,
        seal: wanted.seal.read(&wanted.folder)?,
        issuer: wanted.issuer,
    };
    let issued = reporting::issue(&journal, &asked, &wanted.out)?;
    let data = &issued.data;
    let verdict = issued.document.verdicts().join("\n");
    output.answer(
        &json!({
            "report": data.number,
            "edition": data.edition,
            "entry": issued.index,
            "size": data.size,
            "verdict": verdict,
            "files": data.files,
        }),
        &format!(
            "{}: report {} ({}) over {} entries, issued by entry {}\n{verdict}",
            wanted.out.display(),
            data.number,
            data.edition,
            data.size,
            issued.index
        ),
    );
    Ok(())
}

/// What the verifier is given: the case's own trust file, as its witnesses are now, and the authorities' certificates.
pub(crate) fn reader(journal: &Journal, folder: &CaseFolder) -> Result<Options> {
    let configuration = open::anchors(&folder.case)?;
    let keep = |name: &str, text: &str| -> Result<PathBuf> {
        let path = folder.case.join(name);
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text) {
            durable::write_whole(&path, text.as_bytes()).map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
            })?;
        }
        Ok(path)
    };
    let policy = trust::policy(journal.ledger(), &configuration.policy);
    let mut options = Options {
        trust: Some(keep("trust", &policy)?),
        ..Options::default()
    };
    if !configuration.roots.is_empty() {
        options.authorities = Some(keep("authorities.pem", &configuration.roots)?);
    }
    Ok(options)
}

fn edition(journal: &Journal, wanted: Wanted, custodian: Option<String>) -> Result<Edition> {
    let Some(text) = custodian else {
        return Ok(match wanted {
            Wanted::Full => Edition::Full,
            Wanted::Redacted => Edition::Redacted,
        });
    };
    let case = journal.case().map_err(flow::meaning)?;
    let known = Pseudonym::parse(&text).filter(|name| case.custodians.contains_key(name));
    known.map(Edition::Custodian).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("{text}: the case has no such custodian"),
        )
        .hint("a custodian is named by the pseudonym that `unbroken state` shows")
    })
}

fn run_again(wanted: &Again, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let mut files = reporting::Folder::make(&wanted.out)?;
    let data = reporting::again(&journal, wanted.number, &mut files)?;
    output.answer(
        &json!({ "report": data.number, "edition": data.edition, "same": true }),
        &format!(
            "{}: report {} ({}), each of its {} files as the record names it",
            wanted.out.display(),
            data.number,
            data.edition,
            data.files.len()
        ),
    );
    Ok(())
}

fn run_list(list: &List, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&list.folder)?;
    let case = journal.case().map_err(flow::meaning)?;
    let mut text = String::new();
    let mut values = Vec::new();
    for (data, _) in &case.reports {
        let _ = writeln!(
            text,
            "{:>4}  {}  {:<9}  {:>9} entries  {}",
            data.number, data.made, data.edition, data.size, data.checked.verdict
        );
        values.push(json!(data));
    }
    if values.is_empty() {
        text.push_str("no report was issued");
    }
    output.answer(&json!({ "reports": values }), &text);
    Ok(())
}
