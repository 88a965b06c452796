//! `unbroken ledger`: the record itself: its keys, its size, its health.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::access::CaseFolder;

/// Look at the record of a case.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    Check(Check),
    Heads(Heads),
    Info(Info),
    Keys(Keys),
}

/// Name, size, newest checkpoint and what kinds of entries there are.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger info --case acme")]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}

/// Read every entry again and check index, chain, signatures and rules.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger check --case acme")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}

/// Record the heads of all streams, so that a partial bundle can prove that it is complete.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger heads --case acme")]
pub(crate) struct Heads {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}

/// Make a set of keys for a new case, one file each. Move each to its owner before it is used.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken ledger keys new-keys")]
pub(crate) struct Keys {
    /// The folder for them; must not exist yet.
    pub(crate) folder: PathBuf,
}
