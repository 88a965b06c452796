//! `unbroken source`: what a backup is and what it cannot show; naming it in the case.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use serde_json::json;

use super::access::CaseFolder;
use super::flow::{opening, sources};
use super::next;
use super::output::Output;
use crate::error::Result;
use crate::sources::{Source, strays};

/// Look into a backup, or make it a source of the case.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    Inspect(Inspect),
    Register(Register),
}

/// What a backup is, whose data it holds, and what it cannot evidence. Changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken source inspect backups/mail")]
pub(crate) struct Inspect {
    /// A folder of EML, MSG, MBOX, PST, ICS or VCF files, an export package of Purview, a corso export, any folder of files, or our
    /// own archive.
    pub(crate) path: PathBuf,
}

/// Record a backup as a source of the case, pinned by its digest.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken source register --case acme backups/mail")]
pub(crate) struct Register {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The backup.
    pub(crate) path: PathBuf,
}

/// Does what was asked.
pub(crate) fn run(command: SourceCommand, output: &Output) -> Result<()> {
    match command {
        SourceCommand::Inspect(inspect) => {
            let source = sources::open(&inspect.path)?;
            output.answer(&as_json(&*source), &as_text(&*source));
            warn(&*source, output);
        }
        SourceCommand::Register(register) => {
            let source = sources::open(&register.path)?;
            let journal = opening::open_folder(&register.folder)?;
            let is_new = sources::register(&journal, &*source, &register.path)?;
            let done = if is_new {
                "registered"
            } else {
                "registered already, and as it was then"
            };
            output.answer(
                &as_json(&*source),
                &format!("{done}\n{}", as_text(&*source)),
            );
            warn(&*source, output);
            next::before_plans(&journal, output)?;
        }
    }
    Ok(())
}

/// What of the folder would not be restored as what it is: an hour later nobody sees it among the counts.
fn warn(source: &dyn Source, output: &Output) {
    if let Some(text) = strays::warning(source.description().kind, &source.files_by_kind()) {
        output.note(&format!("warning: {text}"));
    }
}

fn as_json(source: &dyn Source) -> serde_json::Value {
    let description = source.description();
    let found = source.files_by_kind();
    let warning = strays::warning(description.kind, &found);
    let points: Vec<_> = description
        .points
        .iter()
        .map(|point| json!({ "id": point.id.0, "taken": point.taken.map(|at| at.to_rfc3339()) }))
        .collect();
    let custodians: Vec<&str> = description
        .custodians
        .iter()
        .map(|name| name.0.as_str())
        .collect();
    json!({
        "kind": description.kind,
        "format": description.format,
        "fidelity": sources::fidelity(description.fidelity),
        "evidence": {
            "access": description.evidence.access,
            "dates": description.evidence.dates,
            "digests": description.evidence.digests,
            "immutability": description.evidence.immutability,
        },
        "points": points,
        "custodians": custodians,
        "digest": description.digest.to_string(),
        "files": found,
        "warning": warning,
    })
}

fn as_text(source: &dyn Source) -> String {
    let description = source.description();
    let kind = format!("{} {}", description.kind, description.format);
    let mut text = format!(
        "kind        {}\nfidelity    {}\ndigest      {}\n",
        kind.trim_end(),
        sources::fidelity(description.fidelity),
        description.digest
    );
    let found = source.files_by_kind();
    if !found.is_empty() {
        let _ = writeln!(text, "files       {}", strays::words(&found));
    }
    for point in &description.points {
        let taken = point.taken.map_or_else(
            || "the source does not say when".to_owned(),
            |at| at.to_rfc3339(),
        );
        let _ = writeln!(text, "point       {} ({taken})", point.id.0);
    }
    for custodian in &description.custodians {
        let _ = writeln!(text, "custodian   {}", custodian.0);
    }
    let evidence = description.evidence;
    for (shown, what) in [
        (evidence.access, "who could read what"),
        (
            evidence.dates,
            "dates that an attacker could not have written",
        ),
        (
            evidence.digests,
            "digests of its own, against which each item could be checked",
        ),
        (
            evidence.immutability,
            "that nobody changed it since it was taken",
        ),
    ] {
        let word = if shown { "shows      " } else { "CANNOT SHOW" };
        let _ = writeln!(text, "{word} {what}");
    }
    text
}
