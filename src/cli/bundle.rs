//! `unbroken bundle`: what is handed to a third party.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::access::CaseFolder;

/// Export what a third party needs to check the case without us.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    Export(Export),
}

/// Write a BagIt bag with entries, proofs, checkpoint and keys.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken bundle export --case acme --out acme-bundle
  unbroken bundle export --case acme --out jane \\
    --stream custodian/4f8f0a52-77b4-4c5f-9d7e-1b1f4c8f7a11

Without --stream all of it; with it those streams alone, and the proof that they are complete.
Personal facts are left out unless --disclose is given.")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The folder for the bundle; must not exist yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// A stream to include, beside `keys` and `ledger`; may be given again.
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: Vec<String>,
    /// Whose personal facts to show: a subject's pseudonym, or `all`; may be given again.
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) disclose: Vec<String>,
}
