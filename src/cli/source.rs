//! `unbroken source`: what a backup is and what it cannot show; naming it in the case.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::access::CaseFolder;

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
    /// A folder of EML files, MBOX files, a corso export, any folder of files, or our own archive.
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
