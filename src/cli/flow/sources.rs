//! Making a backup a source of the case, and holding it against what was registered.

use std::path::Path;

use super::meaning;
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::{SourceEvidence, SourceFacts, SourceRegistered};
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::sources::{Fidelity, Source, SourceDescription, SourceError};

/// Opens a backup of whatever kind it is.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>> {
    let trial = super::super::read_trial::trial();
    crate::sources::open_on_trial(path, trial).map_err(|error: SourceError| {
        let unknown = matches!(error, SourceError::UnknownLayout { .. });
        let error = Error::failed(error);
        if unknown {
            error.hint("docs/archive-format.md describes our own layout")
        } else {
            error
        }
    })
}

/// The word for a source's fidelity in events.
pub(crate) fn fidelity(fidelity: Fidelity) -> &'static str {
    match fidelity {
        Fidelity::OriginalBytes => "original-bytes",
        Fidelity::Reconstructed => "reconstructed",
        Fidelity::VendorDerivative => "vendor-derivative",
    }
}

/// Records a source; the same one again is no second source. Whether it is new.
pub(crate) fn register(journal: &Journal, source: &dyn Source, path: &Path) -> Result<bool> {
    let description = source.description();
    let case = journal.case().map_err(meaning)?;
    let digest = description.digest.to_string();
    if case
        .sources
        .iter()
        .any(|(_, facts)| facts.digest.as_deref() == Some(&digest))
    {
        return Ok(false);
    }
    let data = registered(description, case.sources.len() as u64);
    let facts = SourceFacts {
        digest: Some(digest),
        path: Some(path.display().to_string()),
        points: Some(
            description
                .points
                .iter()
                .map(|point| point.id.0.clone())
                .collect(),
        ),
    };
    journal
        .command_now(&CaseCommand::RegisterSource(data, facts))
        .map_err(meaning)?;
    Ok(true)
}

/// The number of a backup in the case.
pub(crate) fn number_of(case: &Case, source: &dyn Source) -> Option<u64> {
    let digest = source.description().digest.to_string();
    let mut known = case.sources.iter();
    let (data, _) = known.find(|(_, facts)| facts.digest.as_deref() == Some(&digest))?;
    Some(data.source)
}

/// Whether a plan can be carried out from a backup: it was made from it, or from what lay at the same place before it changed. A
/// plan of an older version does not say, and is believed.
pub(crate) fn serves(case: &Case, source: &dyn Source, plan: &str) -> bool {
    let made_from = case.plans.get(plan).and_then(|made| made.source);
    let (Some(planned), Some(given)) = (made_from, number_of(case, source)) else {
        return true;
    };
    let path = |number: u64| {
        let mut known = case.sources.iter();
        let (_, facts) = known.find(|(data, _)| data.source == number)?;
        facts.path.as_deref()
    };
    planned == given || path(planned).is_some_and(|planned| path(given) == Some(planned))
}

fn registered(description: &SourceDescription, number: u64) -> SourceRegistered {
    SourceRegistered {
        custodians: description.custodians.len() as u64,
        evidence: SourceEvidence {
            access: description.evidence.access,
            dates: description.evidence.dates,
            digests: description.evidence.digests,
            immutability: description.evidence.immutability,
        },
        fidelity: fidelity(description.fidelity).to_owned(),
        format: description.format.to_owned(),
        kind: description.kind.to_owned(),
        points: description.points.len() as u64,
        source: number,
    }
}

/// Refuses a backup that was never registered, or that has changed since.
pub(crate) fn expect_registered(journal: &Journal, source: &dyn Source, path: &Path) -> Result<()> {
    let digest = source.description().digest.to_string();
    let case = journal.case().map_err(meaning)?;
    if case
        .sources
        .iter()
        .any(|(_, facts)| facts.digest.as_deref() == Some(&digest))
    {
        return Ok(());
    }
    let shown = path.display().to_string();
    let before = case.sources.iter().rev();
    let mut before = before.filter(|(_, facts)| facts.path.as_deref() == Some(&*shown));
    let Some((known, _)) = before.next() else {
        let text = format!("{shown}: this backup is no source of the case");
        return Err(Error::failed(text).hint("`unbroken source register` makes it one"));
    };
    let text = format!(
        "{shown}: something in this backup was added, removed or changed since it was registered \
         as source {}",
        known.source
    );
    Err(Error::failed(text)
        .hint(
            "a file that a look leaves behind (.DS_Store, Thumbs.db) is enough: take it away and \
             the backup is what it was",
        )
        .hint(
            "where the change is meant, `unbroken source register` makes it a source of its own; \
             an item whose bytes changed is then not restored by the plan from before",
        ))
}
