//! Lists of a site as a person restores them: columns of every kind, people through the map, lookups in any order and in
//! circles, files of items; exactly once whatever happens in between.

mod archive;
mod journey;
mod making;
mod mishaps;
mod pages;
mod planted;

/// Restores of lists and pages as the tenant saw them.
pub(crate) fn exchanges() -> Vec<m365_simulator::Exchange> {
    [journey::exchanges(), pages::exchanges()].concat()
}

/// A case with lists in its backup, up to a plan in force.
pub(crate) fn listed(case: &crate::case::Case) {
    archive::prepared(case, &[("2026-01-01T00:00:00Z", archive::quay())]);
}
