//! What the workers have to do: the rows of the plans in force, and how far the record shows each of them.

use std::collections::{BTreeMap, HashMap};

use super::reading::Reading;
use crate::domain::choices;
use crate::domain::custodian::{CustodianItems, Ended, ItemProgress};
use crate::domain::event::Event;
use crate::domain::item::ItemKey;
use crate::domain::plan::{Decision, KnownItem, NARROWER, NOT_MAPPED, PlanRow, PlannedFolder};
use crate::domain::pseudonym::Pseudonym;

/// One custodian's work.
#[derive(Clone, Debug, Default)]
pub struct CustodianWork {
    /// The name in the source.
    pub source_name: String,
    /// The user in the target; empty where nobody is mapped.
    pub target_upn: String,
    /// The user's object id; empty where nobody is mapped.
    pub target_user_id: String,
    /// The rows of open waves, with the plan that holds them; an item stands here once.
    pub rows: Vec<(String, PlanRow)>,
    /// How far each item is.
    pub items: CustodianItems,
    /// Folders that are there already, with their ids in the target.
    pub folders: Vec<(PlannedFolder, String)>,
}

/// All work.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// By custodian.
    pub custodians: BTreeMap<Pseudonym, CustodianWork>,
}

impl Work {
    /// Folds the record and reads the plans in force.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut work = Self::default();
        let mut paths: HashMap<Pseudonym, PlannedFolder> = HashMap::new();
        record.events(&mut |recorded| {
            let Some(custodian) = recorded.custodian else {
                return;
            };
            let known = work.custodians.entry(custodian).or_default();
            known.items.evolve(&recorded.event);
            match &recorded.event {
                Event::FolderAttempted(data, facts) => {
                    let path = facts
                        .path
                        .clone()
                        .and_then(|p| serde_json::from_value(p).ok());
                    paths.extend(path.map(|path| (data.folder.clone(), path)));
                }
                Event::FolderReady(data, facts) => {
                    let ready = paths
                        .get(&data.folder)
                        .cloned()
                        .zip(facts.target_id.clone());
                    known.folders.extend(ready);
                }
                _ => {}
            }
        })?;
        let case = record.case_now()?;
        for (name, known) in &case.custodians {
            let work = work.custodians.entry(name.clone()).or_default();
            work.source_name = known.facts.source_name.clone().unwrap_or_default();
            work.target_upn = known.facts.target_upn.clone().unwrap_or_default();
            work.target_user_id = known.facts.target_user_id.clone().unwrap_or_default();
        }
        for plan in &case.adopted {
            for part in record.parts_of(plan)? {
                let custodian = work.custodians.entry(part.custodian.clone()).or_default();
                let rows = record.rows_of(plan, &part)?;
                let open = rows
                    .into_iter()
                    .filter(|row| case.open_waves.contains(&(plan.clone(), row.wave)));
                custodian.rows.extend(open.map(|row| (plan.clone(), row)));
            }
        }
        for custodian in work.custodians.values_mut() {
            keep_first_of_each(&mut custodian.rows);
        }
        Ok(work)
    }

    /// Rows that have no outcome yet.
    pub fn open_rows(&self) -> usize {
        let open = |custodian: &CustodianWork| {
            let ended = |row: &PlanRow| custodian.items.progress(&row.item).ended.is_some();
            custodian.rows.iter().filter(|(_, row)| !ended(row)).count()
        };
        self.custodians.values().map(open).sum()
    }
}

/// A second plan names items of the first again; each is worked on once.
fn keep_first_of_each(rows: &mut Vec<(String, PlanRow)>) {
    let mut seen = std::collections::HashSet::new();
    rows.retain(|(_, row)| seen.insert(row.item.clone()));
}

/// What an earlier plan's row makes known to the next plan, by its key. Where several rows have one key, one that is held for a
/// missing mapping says less than any other.
pub fn known_item(row: &PlanRow, progress: ItemProgress) -> Option<(ItemKey, KnownItem)> {
    let is_restored = progress.ended == Some(Ended::Restored);
    let is_held_unmapped = row.decision == Decision::Hold
        && ([NOT_MAPPED, NARROWER].contains(&&*row.reason)
            || choices::REASONS.contains(&&*row.reason));
    let known = KnownItem {
        is_restored,
        is_held_unmapped,
        item: row.item.clone(),
        post: row.post.clone(),
    };
    Some((row.item_key()?, known))
}
