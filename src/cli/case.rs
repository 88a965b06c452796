//! `unbroken case`: declaring a case, connecting its clean tenant, saying who is who, and its state.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::access::{CaseFolder, TargetAccess, instant};

/// Declare a case, connect its clean tenant, map its people, see where it stands.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    Connect(Connect),
    Declare(Declare),
    Map(Map),
    Status(Status),
}

/// Open the ledger of a new case and declare it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case declare --case acme --name acme.example/2026-04 --title 'Acme, April 2026' \\
    --source-tenant acme.onmicrosoft.com --declared-by 'J. Doe' \\
    --window-from 2026-04-01T00:00:00Z --window-to 2026-04-09T00:00:00Z")]
pub(crate) struct Declare {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The ledger's name, as the start of its origin: lowercase, without scheme.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What people call the case.
    #[arg(long)]
    pub(crate) title: String,
    /// The compromised tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) source_tenant: String,
    /// Who declares it.
    #[arg(long, value_name = "PERSON")]
    pub(crate) declared_by: String,
    /// The first instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) window_from: DateTime<Utc>,
    /// The last instant at which the intruder may have been in.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) window_to: DateTime<Utc>,
    /// A rehearsal: the origin ends in /simulated and can never be shown as evidence.
    #[arg(long)]
    pub(crate) simulated: bool,
}

/// Ask the clean tenant who it is, and record the answer.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case connect --case acme --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key")]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}

/// Say who becomes whom, from a CSV file with the header `source,target`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case map --case acme --csv people.csv --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

people.csv:
  source,target
  jane@acme.example,jane@acme-clean.example")]
pub(crate) struct Map {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The mapping file.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}

/// Where the case stands: what is planned, restored, held, skipped, failed.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case status --case acme")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}
