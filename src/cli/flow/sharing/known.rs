//! What the plans in force and the record say of the files that a sidecar names: their planned names, and the id under which each
//! was restored. What really lies in the drive is asked elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::meaning;
use super::listed::KnownLists;
use crate::domain::case::Case;
use crate::domain::custodian::Ended;
use crate::domain::event::Event;
use crate::domain::file::name_beside;
use crate::domain::item::Workload;
use crate::domain::plan::PlanRow;
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::TargetId;

/// One path of the source.
#[derive(Default)]
pub(super) struct Known {
    /// Where the plans put it, every one of them, and for a file the name beside another as well.
    pub(super) names: BTreeSet<Vec<String>>,
    /// The files of that path that were restored, the one of the newest plan last; several where the source had several.
    pub(super) restored: Vec<Pseudonym>,
    /// A folder in which something was restored.
    pub(super) folder: Option<Vec<String>>,
}

/// One custodian's paths in the source, as far as the sidecar names them or they were moved.
#[derive(Default)]
pub(super) struct KnownFiles {
    by_path: BTreeMap<String, Known>,
    /// Files that do not lie below the folders that they had in the source.
    pub(super) moved: Vec<(String, Pseudonym)>,
    /// Of a site.
    pub(super) lists: KnownLists,
    /// Files that the plans have, whichever paths are kept.
    pub(super) rows: u64,
}

fn path(names: &[String]) -> String {
    names.join("/")
}

/// Each row that the plans in force have of a custodian, and whether its item was restored; a part at a time.
pub(super) fn each_row(
    journal: &Journal,
    case: &Case,
    custodian: &Pseudonym,
    mut take: impl FnMut(&PlanRow, bool),
) -> Result<()> {
    for plan in &case.adopted {
        for part in journal.plan_parts(plan).map_err(meaning)? {
            if part.custodian != *custodian {
                continue;
            }
            let rows = journal.part_rows(plan, &part).map_err(meaning)?;
            let items = rows.iter().map(|row| &row.item);
            let progress = journal.progress(custodian, items).map_err(meaning)?;
            for (row, progress) in rows.iter().zip(progress) {
                take(row, progress.ended == Some(Ended::Restored));
            }
        }
    }
    Ok(())
}

impl KnownFiles {
    /// Reads the plans in force, of which only the paths that `is_named` says are kept.
    pub(super) fn load(
        journal: &Journal,
        case: &Case,
        custodian: &Pseudonym,
        is_named: &dyn Fn(&str) -> bool,
    ) -> Result<Self> {
        let mut found = Self::default();
        each_row(journal, case, custodian, |row, is_restored| {
            if row.workload == Workload::Files.name() {
                found.rows += 1;
                found.add(row, is_restored, is_named);
            } else {
                found.lists.add(row, is_restored, is_named);
            }
        })?;
        Ok(found)
    }

    fn add(&mut self, row: &PlanRow, is_restored: bool, is_named: &dyn Fn(&str) -> bool) {
        let folder = &row.folder.below;
        let placed = &row.target_folder.as_ref().unwrap_or(&row.folder).below;
        let of_file = path(&[&folder[..], std::slice::from_ref(&row.name)].concat());
        // Folders keep their places level by level, except where a long path was moved elsewhere.
        let is_moved = folder.len() != placed.len();
        if is_moved && is_restored {
            self.moved.push((of_file.clone(), row.item.clone()));
        }
        if is_named(&of_file) {
            let known = self.by_path.entry(of_file).or_default();
            for name in [&row.target_name, &name_beside(&row.target_name, &row.key)] {
                let names = [&placed[..], std::slice::from_ref(name)].concat();
                known.names.insert(names);
            }
            if is_restored {
                known.restored.retain(|item| *item != row.item);
                known.restored.push(row.item.clone());
            }
        }
        for depth in 1..=folder.len() {
            let of_folder = path(&folder[..depth]);
            if is_moved || !is_named(&of_folder) {
                continue;
            }
            let known = self.by_path.entry(of_folder).or_default();
            known.names.insert(placed[..depth].to_vec());
            if is_restored {
                known.folder = Some(placed[..depth].to_vec());
            }
        }
    }

    pub(super) fn of(&self, path: &str) -> Option<&Known> {
        self.by_path.get(path)
    }

    /// The paths that were kept.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// The items whose ids are asked for.
    pub(super) fn restored(&self) -> impl Iterator<Item = &Pseudonym> {
        let of_paths = self.by_path.values().flat_map(|known| &known.restored);
        of_paths.chain(self.moved.iter().map(|(_, item)| item))
    }
}

/// Under which id each item was restored, by custodian and item.
pub(super) struct Places(HashMap<(Pseudonym, Pseudonym), Option<String>>);

impl Places {
    /// Reads the record once for all of them.
    pub(super) fn load(
        journal: &Journal,
        wanted: &HashSet<(Pseudonym, Pseudonym)>,
    ) -> Result<Self> {
        let mut found = HashMap::new();
        let each = |recorded: crate::journal::Recorded| {
            if let (Event::ItemRestored(data, facts), Some(custodian)) =
                (recorded.event, recorded.custodian)
            {
                let key = (custodian, data.item);
                if wanted.contains(&key) {
                    found.insert(key, facts.target_id);
                }
            }
            Ok(())
        };
        journal.replay(each).map_err(meaning)?;
        Ok(Self(found))
    }

    /// A name is no proof of what lies under it: without an id nothing can be said of the item.
    pub(super) fn of(&self, custodian: &Pseudonym, item: &Pseudonym) -> Result<TargetId> {
        let id = self.0.get(&(custodian.clone(), item.clone())).cloned();
        id.flatten().map(TargetId).ok_or_else(|| {
            let text = format!("item {item}: restored, and the record does not say under which id");
            Error::new(ErrorKind::GateRefused, text).hint("nothing was opened")
        })
    }
}
