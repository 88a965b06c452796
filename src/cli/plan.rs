//! `unbroken plan`: exactly what will be written where; asked for, approved and adopted.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::access::{CaseFolder, instant};

/// Make a plan, show it, have it approved by somebody else, adopt it.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    Adopt(Adopt),
    Approve(Approve),
    Make(Make),
    Propose(Propose),
    Show(Show),
}

/// Read the source as of an instant and plan each item of each mapped person.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan make --case acme --source backups/mail --as-of 2026-03-31T22:00:00Z")]
pub(crate) struct Make {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The backup that was registered.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: PathBuf,
    /// The newest instant that may be restored; the newest restore point when not given.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// What the newest plan would do.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan show --case acme")]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}

/// Ask for the approval of the newest plan.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan propose --case acme --expires-in-hours 24")]
pub(crate) struct Propose {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// How long the approval may take.
    #[arg(long, value_name = "HOURS", default_value_t = 24,
          value_parser = clap::value_parser!(u32).range(1..=720))]
    pub(crate) expires_in_hours: u32,
}

/// Approve the newest proposal; with the key of somebody who did not propose it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan approve --case acme --keys /media/stick")]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}

/// Make the approved plan the one that workers follow.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken plan adopt --case acme")]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
}
