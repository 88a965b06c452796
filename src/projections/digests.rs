//! Digests of what the folds come to, from public data alone, and the replay that must meet those that the record holds.
//! docs/projections.md is normative for them.
//!
//! Nothing personal goes in: a digest over a short fact is a commitment that can be guessed, and one over facts that were
//! erased since could not be met again.

mod folds;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use unbroken_ledger::{Hash, Value};

use super::reading::{Reading, Written};
use crate::domain::event::{Event, ProjectionsDigested};

/// A fold that is digested.
pub trait Fold {
    /// Its name and version: another version is another projection.
    fn name(&self) -> &'static str;

    /// Takes an entry in.
    fn take(&mut self, written: &Written);

    /// What it has come to, line by line in its order; each is a canonical JSON array.
    fn lines(&self, each: &mut dyn FnMut(&Value));
}

/// The folds of this version.
pub fn current() -> Vec<Box<dyn Fold>> {
    vec![
        Box::<folds::ApprovalsFold>::default(),
        Box::<folds::CaseFold>::default(),
        Box::<folds::CoverageFold>::default(),
        Box::<folds::CustodyFold>::default(),
        Box::<folds::HoldsFold>::default(),
    ]
}

/// SHA-256 over the projection's name and its lines.
pub fn digest(fold: &dyn Fold) -> Hash {
    let mut digest = Sha256::new();
    digest.update(b"unbroken/projection/v1\n");
    digest.update(fold.name());
    digest.update(b"\n");
    fold.lines(&mut |line| {
        digest.update(line.to_bytes());
        digest.update(b"\n");
    });
    Hash(digest.finalize().into())
}

fn digests(folds: &[Box<dyn Fold>]) -> BTreeMap<String, String> {
    let named = folds
        .iter()
        .map(|fold| (fold.name().to_owned(), digest(&**fold).to_string()));
    named.collect()
}

/// What there is to log now; `None` where the newest logged digests say the same already: so a digest never calls for another.
pub fn due<R: Reading>(record: &R) -> Result<Option<ProjectionsDigested>, R::Error> {
    let mut folds = current();
    let mut size = 0;
    let mut newest: Option<ProjectionsDigested> = None;
    record.entries(u64::MAX, &mut |written| {
        size = written.index + 1;
        for fold in &mut folds {
            fold.take(&written);
        }
        newest = logged(&written).cloned().or(newest.take());
    })?;
    let projections = digests(&folds);
    let is_new = newest.is_none_or(|newest| newest.projections != projections);
    Ok(is_new.then_some(ProjectionsDigested { projections, size }))
}

fn logged(written: &Written) -> Option<&ProjectionsDigested> {
    match written.placed.as_ref().map(|placed| &placed.event) {
        Some(Event::ProjectionsDigested(data, _)) => Some(data),
        _ => None,
    }
}

/// A logged digest that the replay did not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The entry that holds the digest.
    pub index: u64,
    /// Of entries 0 to `size` - 1.
    pub size: u64,
    /// The projection, with its version.
    pub projection: String,
    /// What the entry says.
    pub logged: String,
    /// What the replay came to; empty where the entry speaks of entries that it could not have seen.
    pub replayed: String,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Entries that hold digests.
    pub entries: u64,
    /// Digests that were met.
    pub met: u64,
    /// Projections that this version does not have, with how many digests of them were passed over.
    pub unknown: BTreeMap<String, u64>,
    /// Digests that were not met.
    pub mismatches: Vec<Mismatch>,
}

/// Replays the record through `folds` and compares at each size that a digest was logged for.
pub fn replay<R: Reading>(record: &R, mut folds: Vec<Box<dyn Fold>>) -> Result<Replayed, R::Error> {
    let mut replayed = Replayed::default();
    let mut awaited: BTreeMap<u64, Vec<(u64, ProjectionsDigested)>> = BTreeMap::new();
    let mut size = 0;
    record.entries(u64::MAX, &mut |written| {
        size = written.index + 1;
        if let Some(data) = logged(&written) {
            let at = awaited.entry(data.size).or_default();
            at.push((written.index, data.clone()));
        }
    })?;
    let mut compare = |size: u64, folds: &[Box<dyn Fold>]| {
        for (index, data) in awaited.remove(&size).into_iter().flatten() {
            // An entry cannot have seen what came after it.
            let now = if data.size > index {
                BTreeMap::new()
            } else {
                digests(folds)
            };
            replayed.compare(index, &data, &now, folds);
        }
    };
    record.entries(size, &mut |written| {
        compare(written.index, &folds);
        for fold in &mut folds {
            fold.take(&written);
        }
    })?;
    compare(size, &folds);
    for (index, data) in awaited.into_values().flatten() {
        replayed.compare(index, &data, &BTreeMap::new(), &folds);
    }
    Ok(replayed)
}

impl Replayed {
    fn compare(
        &mut self,
        index: u64,
        data: &ProjectionsDigested,
        now: &BTreeMap<String, String>,
        folds: &[Box<dyn Fold>],
    ) {
        self.entries += 1;
        for (projection, logged) in &data.projections {
            if !folds.iter().any(|fold| fold.name() == projection) {
                *self.unknown.entry(projection.clone()).or_default() += 1;
                continue;
            }
            let replayed = now.get(projection).cloned().unwrap_or_default();
            if *logged == replayed {
                self.met += 1;
                continue;
            }
            self.mismatches.push(Mismatch {
                index,
                size: data.size,
                projection: projection.clone(),
                logged: logged.clone(),
                replayed,
            });
        }
    }
}

#[cfg(test)]
mod tests;
