//! Where the items of a sidecar lie in the tenant: by the record of what was restored, never by a name alone.

use std::collections::BTreeMap;

use super::super::{meaning, target_meaning};
use super::Prepared;
use crate::domain::access::ItemId;
use crate::domain::case::Case;
use crate::domain::custodian::Ended;
use crate::domain::item::Workload;
use crate::domain::plan::PlanRow;
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;
use crate::targets::{TargetId, TargetUser};

/// One custodian's items.
pub(crate) struct Located {
    pub(crate) custodian: Pseudonym,
    pub(crate) owner: TargetUser,
    /// The item of the sidecar that is the whole drive.
    pub(crate) root: ItemId,
    /// Those that are in the tenant.
    pub(crate) ids: BTreeMap<ItemId, TargetId>,
    /// How many are not.
    pub(crate) absent: u64,
}

/// By path in the source: the path in the target, and whether it is restored.
#[derive(Default)]
struct Restored(BTreeMap<String, (Vec<String>, bool)>);

impl Restored {
    fn load(journal: &Journal, case: &Case, custodian: &Pseudonym) -> Result<Self> {
        let mut found = Self::default();
        for plan in &case.adopted {
            for part in journal.plan_parts(plan).map_err(meaning)? {
                if part.custodian != *custodian {
                    continue;
                }
                let rows = journal.part_rows(plan, &part).map_err(meaning)?;
                let items = rows.iter().map(|row| &row.item);
                let progress = journal.progress(custodian, items).map_err(meaning)?;
                for (row, progress) in rows.iter().zip(progress) {
                    if row.workload == Workload::Files.name() {
                        found.add(row, progress.ended == Some(Ended::Restored));
                    }
                }
            }
        }
        Ok(found)
    }

    fn add(&mut self, row: &PlanRow, is_restored: bool) {
        let folder = &row.folder.below;
        let placed = row.target_folder.as_ref().unwrap_or(&row.folder);
        let path = |names: &[String]| names.join("/");
        let mut source = folder.clone();
        source.push(row.name.clone());
        let mut target = placed.below.clone();
        target.push(row.target_name.clone());
        let known = self.0.entry(path(&source)).or_insert((target, false));
        known.1 |= is_restored;
        // Folders keep their places level by level, except where a long path was moved elsewhere.
        if folder.len() == placed.below.len() {
            for depth in 1..=folder.len() {
                let target = placed.below[..depth].to_vec();
                let known = self
                    .0
                    .entry(path(&folder[..depth]))
                    .or_insert((target, false));
                known.1 |= is_restored;
            }
        }
    }
}

/// Finds the items of every custodian who is mapped, or of one; those of sites are not opened yet. A map that says something else
/// than the case is refused.
pub(crate) async fn locate(
    journal: &Journal,
    target: &Graph,
    prepared: &Prepared,
    only: Option<&Pseudonym>,
) -> Result<Vec<Located>> {
    let case = journal.case().map_err(meaning)?;
    let mut found = Vec::new();
    for root in prepared.sidecar.tree.roots() {
        let (name, _) = prepared.place(*root);
        let known = case
            .custodians
            .iter()
            .find(|(_, known)| known.facts.source_name.as_deref() == Some(name));
        let Some((custodian, known)) = known.filter(|(_, known)| known.is_mapped) else {
            continue;
        };
        if only.is_some_and(|only| only != custodian) || !prepared.plan.is_written(*root) {
            continue;
        }
        let facts = &known.facts;
        let (Some(id), Some(upn)) = (&facts.target_user_id, &facts.target_upn) else {
            continue;
        };
        // A site has groups of its own, and nobody whom `invite` could close its items to.
        if upn.starts_with("https://") {
            continue;
        }
        check_agrees(prepared, name, upn)?;
        let owner = TargetUser {
            id: id.clone(),
            user_principal_name: upn.clone(),
        };
        let restored = Restored::load(journal, &case, custodian)?;
        let mut located = Located {
            custodian: custodian.clone(),
            owner,
            root: *root,
            ids: BTreeMap::new(),
            absent: 0,
        };
        located.find(target, prepared, &restored).await?;
        found.push(located);
    }
    Ok(found)
}

/// Files lie in the drive of whom the case says; a map with another opinion of it would judge the wrong person.
fn check_agrees(prepared: &Prepared, name: &str, upn: &str) -> Result<()> {
    let source = prepared.sidecar.directory.find(name);
    let mapped = source.and_then(|source| prepared.mapping.target_of(source).ok());
    let key = mapped.map(|id| &prepared.mapping.target().principal(id).key);
    if key.is_some_and(|key| key.eq_ignore_ascii_case(upn)) {
        return Ok(());
    }
    let text = format!("{name}: the case has mapped this custodian to {upn}, the map has not");
    Err(Error::new(ErrorKind::GateRefused, text)
        .hint("the map of principals holds a row for each custodian, as `case map` has it"))
}

/// A path that is spelled in another way than the backup's would leave the item open to whoever sees the folder above it.
fn no_row(path: &str) -> Error {
    let text = format!("{path}: must be closed, and no plan of the case has such a file or folder");
    Error::new(ErrorKind::GateRefused, text)
        .hint("spell it as the backup does, or leave it out where it was not backed up")
}

impl Located {
    async fn find(
        &mut self,
        target: &Graph,
        prepared: &Prepared,
        restored: &Restored,
    ) -> Result<()> {
        let tree = &prepared.sidecar.tree;
        for item in tree.ids().filter(|item| tree.root_of(*item) == self.root) {
            let (_, path) = prepared.place(item);
            let names = match restored.0.get(path) {
                _ if path.is_empty() => Vec::new(),
                Some((names, true)) => names.clone(),
                None if !prepared.plan.target.item(item).inherits => {
                    return Err(no_row(path));
                }
                _ => {
                    self.absent += 1;
                    continue;
                }
            };
            let id = target.drive_item(&self.owner, &names).await;
            let Some(id) = id.map_err(target_meaning)? else {
                // Opened folders above it would show it, wherever it is.
                let text = format!("{path}: recorded as restored, and not found in the drive");
                return Err(Error::new(ErrorKind::GateRefused, text)
                    .hint("nothing was opened; `unbroken sample` reads restored items again"));
            };
            self.ids.insert(item, id);
        }
        Ok(())
    }
}
