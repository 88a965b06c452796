//! `unbroken demo`: a whole case against the simulated tenant, through the same steps as a real one.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;

use super::access::instant;
use super::simulate::share;

/// Run a whole case against a simulated tenant: restore, read back, verify.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken demo
  unbroken demo --source backups/mail --out rehearsal")]
pub(crate) struct Demo {
    /// A backup to restore; a small sample of our own when not given.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: Option<PathBuf>,
    /// The folder for what it leaves; demo-out, or the next free name, when not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Where the simulated tenant listens; a free port on loopback when not given.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Keep the simulated tenant up afterwards, until Ctrl-C, so that other programs can look.
    #[arg(long)]
    pub(crate) keep_serving: bool,
    /// The newest instant that may be restored.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The seed of the simulated tenant's faults.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The share of the simulated tenant's requests that fail: 0 to 1.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub(crate) fault_rate: f64,
}
