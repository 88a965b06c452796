//! How fast a restore may go: the size of the tenant, from which its quotas follow, and how many items at a time.

use clap::Args;

use crate::engine::Options;
use crate::engine::governor::{LicenceTier, Quotas};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// What the documented quotas depend on, and what we do within them.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Licences of the clean tenant: SharePoint's quotas follow from them.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) licences: u64,
    /// Items at the same time.
    #[arg(long, value_name = "N", default_value_t = 16,
          value_parser = clap::value_parser!(u16).range(1..=4_096))]
    pub(crate) workers: u16,
}

impl Pace {
    /// The documented quotas.
    pub(crate) fn quotas(self) -> Quotas {
        Quotas::documented(LicenceTier::of(self.licences))
    }

    /// How the engine is started.
    pub(crate) fn options(self, quotas: Quotas) -> Options {
        Options {
            overall: usize::from(self.workers),
            quotas,
            ..Options::default()
        }
    }
}

/// Without any pace only a simulated tenant is restored into: a real one would object at once, and remember.
pub(crate) fn expect_simulated(journal: &Journal) -> Result<()> {
    let case = journal.case().map_err(super::flow::meaning)?;
    if case.declared.is_some_and(|(case, _)| case.simulated) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::GateRefused,
        "--without-quotas is for a simulated tenant, and this case was not declared as one",
    )
    .hint("leave it out: the documented quotas of the tenant are kept"))
}
