//! `unbroken restore`: the work itself; may be stopped and started again at any time.

use std::path::PathBuf;

use clap::Args;

use super::access::{CaseFolder, TargetAccess};

/// Restore what the adopted plan says, read each item back, record both.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken restore --case acme --source backups/mail --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

Stop it with Ctrl-C and start it again with the same command: it looks into the tenant for what it
had begun before it writes anything.")]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The backup that was registered.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
}
