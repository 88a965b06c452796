//! Whether a sidecar spells what it names as the plans in force do: asked before anybody approves it. When access is applied it is
//! asked again, and refused for good.

use std::collections::BTreeSet;

use super::Prepared;
use super::known::KnownFiles;
use super::located::{custodian_of, no_row};
use crate::domain::access::ItemId;
use crate::domain::case::Case;
use crate::domain::identity::nearest;
use crate::error::Result;
use crate::journal::Journal;

/// Refuses a path that must be closed and that no plan in force has, where the plans have files of the custodian at all.
pub(super) fn expect_spelled(journal: &Journal, case: &Case, prepared: &Prepared) -> Result<()> {
    for root in prepared.sidecar.tree.roots() {
        let (name, _) = prepared.place(*root);
        let Some((custodian, known)) = custodian_of(case, name)? else {
            continue;
        };
        let upn = known.facts.target_upn.as_deref().unwrap_or_default();
        let wanted = closed(prepared, *root);
        if !known.is_mapped || upn.starts_with("https://") || wanted.is_empty() {
            continue;
        }
        let is_wanted = |path: &str| wanted.contains(path);
        let files = KnownFiles::load(journal, case, custodian, &is_wanted)?;
        let missing = wanted.iter().find(|path| files.of(path).is_none());
        let Some(missing) = missing.filter(|_| files.rows > 0) else {
            continue;
        };
        let all = KnownFiles::load(journal, case, custodian, &|_| true)?;
        let error = no_row(missing);
        return Err(match nearest(missing, all.paths()) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error,
        });
    }
    Ok(())
}

/// The paths of a custodian that get a scope of their own.
fn closed(prepared: &Prepared, root: ItemId) -> BTreeSet<&str> {
    let tree = &prepared.sidecar.tree;
    let items = tree.ids().filter(|item| tree.root_of(*item) == root);
    let closed = items.filter(|item| !prepared.plan.target.item(*item).inherits);
    let paths = closed.map(|item| prepared.place(item).1);
    paths.filter(|path| !path.is_empty()).collect()
}

/// Custodians of the sidecar whom the case does not know and who are nearly called like one whom it does: who that is, a person
/// has to say. What is theirs stays closed.
pub(crate) fn strangers(case: &Case, prepared: &Prepared) -> Vec<String> {
    let known = || {
        let all = case.custodians.values();
        all.filter_map(|known| known.facts.source_name.as_deref())
    };
    let roots = prepared.sidecar.tree.roots().iter();
    let names = roots.map(|root| prepared.place(*root).0);
    let names = names.filter(|name| !known().any(|one| one.eq_ignore_ascii_case(name)));
    let near = names.filter_map(|name| {
        let near = nearest(name, known())?;
        Some(format!(
            "{name}: no custodian of this case, and what the sidecar says of theirs is held; did \
             you mean {near}?"
        ))
    });
    near.collect()
}
