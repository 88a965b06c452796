//! `unbroken export siem`: the record as lines for a SIEM, one an entry, as they are read.

use clap::{Args, Subcommand, ValueEnum};

use super::access::CaseFolder;
use super::flow::{self, opening};
use super::output::Output;
use crate::error::Result;
use crate::projections::reading::Reading;
use crate::projections::signers::Signers;
use crate::reports::siem::{self, Shown};

/// Hand the record to another system.
#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    Siem(Siem),
}

/// Write every entry as a line of JSON for a SIEM.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken export siem --case acme --format ocsf > acme.ocsf.jsonl
  unbroken export siem --case acme --format ocsf --from 4096 --edition full

One entry a line, in the order of the ledger; docs/siem.md has the mapping. Personal facts are left
out unless --edition full is given: a SIEM keeps them for years, and erasing a custodian here does
not reach there.")]
pub(crate) struct Siem {
    #[command(flatten)]
    folder: CaseFolder,
    /// The lines' format.
    #[arg(long, value_enum)]
    format: Format,
    /// Whether personal facts are shown.
    #[arg(long, value_enum, default_value = "redacted")]
    edition: Edition,
    /// From this entry on: one behind the last `metadata.sequence` that the SIEM has.
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    from: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// OCSF 1.5.0, class API Activity.
    Ocsf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Edition {
    /// Public data alone.
    Redacted,
    /// With the disclosed facts.
    Full,
}

/// Does what was asked.
pub(crate) fn run(command: ExportCommand, output: &Output) -> Result<()> {
    let ExportCommand::Siem(wanted) = command;
    let Format::Ocsf = wanted.format;
    let shown = match wanted.edition {
        Edition::Redacted => Shown::Redacted,
        Edition::Full => Shown::Full,
    };
    let journal = opening::open_folder(&wanted.folder)?;
    let origin = journal.ledger().origin().to_owned();
    let mut signers = Signers::default();
    output.stream(|out| {
        let mut written = Ok(());
        let read = journal.entries(u64::MAX, &mut |entry| {
            signers.take(&entry);
            if written.is_ok() && entry.index >= wanted.from {
                let line = siem::ocsf(&origin, &entry, &signers.of(&entry), shown);
                written = writeln!(out, "{line}");
            }
        });
        read.map_err(flow::meaning)?;
        Ok(written)
    })
}
