//! `unbroken source`: what a backup is and what it cannot show; naming it in the case.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use serde_json::json;

use super::access::CaseFolder;
use super::flow::{opening, sources};
use super::output::Output;
use crate::error::Result;
use crate::sources::SourceDescription;

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
            let description = source.description();
            output.answer(&as_json(description), &as_text(description));
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
            let description = source.description();
            output.answer(
                &as_json(description),
                &format!("{done}\n{}", as_text(description)),
            );
        }
    }
    Ok(())
}

fn as_json(description: &SourceDescription) -> serde_json::Value {
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
    })
}

fn as_text(description: &SourceDescription) -> String {
    let mut text = format!(
        "kind        {} {}\nfidelity    {}\ndigest      {}\n",
        description.kind,
        description.format,
        sources::fidelity(description.fidelity),
        description.digest
    );
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
        (evidence.digests, "digests of its own that were checked"),
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
