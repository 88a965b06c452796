//! What differs between two plans, row by row, by the item's key: in small marks, so that plans of any size are compared. Pure.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::plan::{Decision, PlanRow};

/// What of a row may differ, in the order in which it is told.
pub const ASPECTS: [&str; 6] = [
    "decision",
    "target",
    "transforms",
    "wave",
    "window",
    "content",
];

/// A row by its key, in a few bytes. Sixteen of a SHA-256 stand for each text: the names come from a backup, and whoever could
/// make two of them meet would hide a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    decision: Decision,
    wave: u32,
    texts: [[u8; 16]; 5],
}

/// What a row is found by in the other plan.
pub type RowId = [u8; 32];

/// The item's key; for what never could be read, where it lies.
pub fn id(row: &PlanRow) -> RowId {
    let mut hash = Sha256::new();
    hash.update(if row.key.is_empty() { b"l" } else { b"k" });
    hash.update(if row.key.is_empty() {
        &row.locator
    } else {
        &row.key
    });
    hash.finalize().into()
}

fn short(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&whole[..16]);
    short
}

/// A row's mark.
pub fn mark(row: &PlanRow) -> Mark {
    let placed = row.target();
    let (folder, transforms) = match &placed {
        Some((folder, transforms)) => (format!("{folder:?}"), transforms.as_slice()),
        None => (String::new(), &[][..]),
    };
    let chosen = row.choices.iter().map(String::as_str);
    let transforms: Vec<&str> = transforms.iter().map(|one| one.0).chain(chosen).collect();
    let mut content = vec![&*row.digest, &*row.point, &*row.version];
    for old in &row.history {
        content.extend([&*old.id, &*old.digest]);
    }
    Mark {
        decision: row.decision,
        wave: row.wave,
        texts: [
            short(&[&row.reason]),
            short(&[&row.workload, &folder, &row.target_name]),
            short(&transforms),
            short(&[&row.pre_breach, &row.history_left_out.to_string()]),
            short(&content),
        ],
    }
}

impl Mark {
    /// In what it differs from another.
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        let text = |place: usize| self.texts[place] != other.texts[place];
        let differs = [
            self.decision != other.decision || text(0),
            text(1),
            text(2),
            self.wave != other.wave,
            text(3),
            text(4),
        ];
        let found = ASPECTS.into_iter().zip(differs);
        found
            .filter(|(_, differs)| *differs)
            .map(|(name, _)| name)
            .collect()
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second plan has it.
    Added,
    /// Only the first plan has it.
    Removed,
    /// Both have it, with these differences.
    Changed(Vec<&'static str>),
    /// Both have it, the same.
    Same,
}

/// One custodian's rows of the first plan, while those of the second come by.
#[derive(Clone, Debug, Default)]
pub struct Rows(HashMap<RowId, Mark>);

impl Rows {
    /// Takes a row of the first plan in.
    pub fn take(&mut self, row: &PlanRow) {
        self.0.insert(id(row), mark(row));
    }

    /// Holds a row of the second plan against it. Each is met once: what is left over was removed.
    pub fn meet(&mut self, row: &PlanRow) -> Change {
        let Some(before) = self.0.remove(&id(row)) else {
            return Change::Added;
        };
        let differs = before.differs(&mark(row));
        if differs.is_empty() {
            return Change::Same;
        }
        Change::Changed(differs)
    }

    /// Whether a row of the first plan was not met.
    pub fn is_left(&self, row: &PlanRow) -> bool {
        self.0.contains_key(&id(row))
    }

    /// How many rows of the first plan were not met.
    pub fn left(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Counts of one custodian, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that only the second plan has.
    pub added: u64,
    /// Rows that only the first plan has.
    pub removed: u64,
    /// Rows that differ.
    pub changed: u64,
    /// Rows that do not.
    pub same: u64,
    /// In what they differ; one row may count in several.
    pub aspects: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Counts a change.
    pub fn add(&mut self, change: &Change) {
        match change {
            Change::Added => self.added += 1,
            Change::Removed => self.removed += 1,
            Change::Same => self.same += 1,
            Change::Changed(aspects) => {
                self.changed += 1;
                for aspect in aspects {
                    *self.aspects.entry(aspect).or_default() += 1;
                }
            }
        }
    }

    /// Adds those of another.
    pub fn sum(&mut self, other: &Self) {
        self.added += other.added;
        self.removed += other.removed;
        self.changed += other.changed;
        self.same += other.same;
        for (aspect, count) in &other.aspects {
            *self.aspects.entry(aspect).or_default() += count;
        }
    }

    /// Whether anything differs.
    pub fn is_any(&self) -> bool {
        self.added + self.removed + self.changed > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::PlannedFolder;
    use crate::domain::pseudonym::Pseudonym;

    fn row(key: &str) -> PlanRow {
        PlanRow {
            item: Pseudonym::parse("i").expect("a pseudonym"),
            key: key.to_owned(),
            workload: "mail".to_owned(),
            stable_id: "s".to_owned(),
            version: "1".to_owned(),
            locator: "Inbox/1".to_owned(),
            point: "p1".to_owned(),
            custodian: "ann".to_owned(),
            folder: PlannedFolder {
                root: "inbox".to_owned(),
                below: Vec::new(),
            },
            name: String::new(),
            target_name: String::new(),
            target_folder: None,
            size: 1,
            digest: "ab".repeat(32),
            created: String::new(),
            modified: String::new(),
            decision: Decision::Restore,
            reason: String::new(),
            pre_breach: "proven".to_owned(),
            wave: 1,
            history: Vec::new(),
            history_left_out: 0,
            choices: Vec::new(),
            post: None,
            team: None,
        }
    }

    #[test]
    fn each_aspect_is_told_apart() {
        type Edit = fn(&mut PlanRow);
        let edits: [(&str, Edit); 6] = [
            ("decision", |row| row.decision = Decision::Hold),
            ("decision", |row| row.reason = "x".to_owned()),
            ("target", |row| row.folder.root = "drafts".to_owned()),
            ("wave", |row| row.wave = 2),
            ("window", |row| row.pre_breach = "not-provable".to_owned()),
            ("content", |row| row.point = "p2".to_owned()),
        ];
        for (aspect, edit) in edits {
            let mut rows = Rows::default();
            rows.take(&row("k"));
            let mut other = row("k");
            edit(&mut other);
            assert_eq!(rows.meet(&other), Change::Changed(vec![aspect]));
        }
    }

    #[test]
    fn what_only_one_plan_has_is_added_or_removed() {
        let mut rows = Rows::default();
        rows.take(&row("a"));
        rows.take(&row("b"));
        assert_eq!(rows.meet(&row("a")), Change::Same);
        assert_eq!(rows.meet(&row("c")), Change::Added);
        assert_eq!(rows.left(), 1);
        assert!(rows.is_left(&row("b")) && !rows.is_left(&row("a")));
        // The name that an item has in the record is drawn anew where a plan was never carried out: it is no difference.
        let mut renamed = row("b");
        renamed.item = Pseudonym::parse("other").expect("a pseudonym");
        assert_eq!(rows.meet(&renamed), Change::Same);
    }
}
