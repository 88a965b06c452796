//! `unbroken verify`: hands the files to the independent verifier and prints what it says.

use std::path::PathBuf;

use clap::Args;

/// Check a bundle or a ledger directory with the independent verifier.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken verify demo-out/bundle --trust demo-out/trust

The same as `unbroken-verify`. Exit codes: 0 valid, 3 valid with exceptions, 20 invalid,
21 consistent but not anchored (no trust file).")]
pub(crate) struct Verify {
    /// A bundle or a ledger directory.
    pub(crate) path: PathBuf,
    /// Whom to trust: a C2SP tlog-policy that names the origin, received apart from the bundle.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// An earlier checkpoint of the same ledger; a ledger that does not extend it is invalid.
    #[arg(long, value_name = "NOTE")]
    pub(crate) at_least: Option<PathBuf>,
}
