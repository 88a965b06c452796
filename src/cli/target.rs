//! `unbroken target`: what the clean tenant really does, seen before anything depends on it.

use clap::{Args, Subcommand};

use super::access::TargetAccess;

/// Look at the clean tenant.
#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    Probe(Probe),
}

/// Write one canary of each workload, read it back, remove it, and say what the tenant did.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken target probe --user canary@acme-clean.example --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key")]
pub(crate) struct Probe {
    /// The user whose mailbox and drive take the canaries.
    #[arg(long, value_name = "UPN")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}
