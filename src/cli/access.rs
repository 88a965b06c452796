//! Arguments that several commands share: the folder of the case and its key files.

use std::path::PathBuf;

use clap::Args;

/// The folder of the case.
#[derive(Args, Clone, Debug)]
pub(crate) struct CaseFolder {
    /// The folder of the case: its ledger, its checkpoint, its keys.
    #[arg(long, value_name = "DIR")]
    pub(crate) case: PathBuf,
    /// The folder with the key files that this step signs with; the case's own when not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
}

impl CaseFolder {
    /// Where the key files lie.
    pub(crate) fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.case.join("keys"))
    }
}
