//! `unbroken provenance`: everything that ever happened to an item, with proofs.

use chrono::{DateTime, Utc};
use clap::Args;

use super::access::{CaseFolder, instant};

/// Everything that ever happened to an item: planned, tried, restored, read back, by whom.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken provenance 0b5f6c0e-8d2c-4f6e-9a51-2f3c6a1d7e90 --case acme \\
    --as-of 2026-05-01T12:00:00Z")]
pub(crate) struct Provenance {
    /// The item, as plans, outcomes and reports name it.
    pub(crate) item: String,
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// Only what had happened by then.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}
