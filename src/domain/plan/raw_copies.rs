//! Copies of the MIME bytes of messages as files beside them: rows of their own, with keys and outcomes of their own.

use std::collections::HashMap;

use super::{Decision, KnownItem, PlanRow, PlannedFolder, files};
use crate::domain::choices::COPY_BESIDE;
use crate::domain::item::{ItemKey, SourceItem, Workload};
use crate::domain::item_key::CaseSecret;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::target_tree::TargetTree;

/// The folder at the top of the drive.
const FOLDER: &str = "Original messages";
/// What tells the copy's key from the message's.
const KEY: &str = "#raw-copy";

/// What the keys and names of copies are made of.
pub struct Making<'a> {
    /// Makes the keys.
    pub secret: &'a CaseSecret,
    /// Items of earlier plans, by key.
    pub known: &'a HashMap<ItemKey, KnownItem>,
    /// Whether the source holds the MIME bytes of a message.
    pub has_mime: &'a dyn Fn(&SourceItem) -> bool,
}

/// Adds a row for each message of these rows that is restored and asks for a copy beside it.
pub fn add(
    rows: &mut Vec<PlanRow>,
    making: &Making<'_>,
    tree: &mut TargetTree,
    name: &mut dyn FnMut() -> Pseudonym,
) {
    let mut copies: Vec<PlanRow> = rows
        .iter()
        .filter(|row| row.choices.iter().any(|choice| *choice == COPY_BESIDE.0))
        .filter(|row| matches!(row.decision, Decision::Restore | Decision::Skip))
        .filter_map(|row| copy_of(row, making, name))
        .collect();
    files::place(&mut copies, tree);
    rows.append(&mut copies);
}

fn stable_id_of(message: &SourceItem) -> String {
    format!("{}{KEY}", message.stable_id)
}

/// The key of a message's copy.
pub fn key_of(secret: &CaseSecret, message: &SourceItem) -> ItemKey {
    secret.key_of(&SourceItem {
        stable_id: stable_id_of(message),
        workload: Workload::Files,
        ..message.clone()
    })
}

fn copy_of(
    row: &PlanRow,
    making: &Making<'_>,
    name: &mut dyn FnMut() -> Pseudonym,
) -> Option<PlanRow> {
    let message = row.source_item()?;
    if !(making.has_mime)(&message) {
        return None;
    }
    let stable_id = stable_id_of(&message);
    let key = key_of(making.secret, &message);
    let known = making.known.get(&key);
    let is_restored = known.is_some_and(|known| known.is_restored);
    let (decision, reason) = if is_restored {
        (Decision::Skip, "already-restored")
    } else {
        (Decision::Restore, "")
    };
    // The message's pseudonym names the file: it is the same in every plan, and says which message it is the copy of.
    let file_name = format!("{}.eml", row.item);
    let mut below = vec![FOLDER.to_owned(), row.folder.root.clone()];
    below.extend(row.folder.below.iter().cloned());
    Some(PlanRow {
        item: known.map_or_else(&mut *name, |known| known.item.clone()),
        key: key.to_string(),
        workload: Workload::Files.name().to_owned(),
        stable_id,
        folder: PlannedFolder {
            root: "drive".to_owned(),
            below,
        },
        name: file_name.clone(),
        target_name: file_name,
        target_folder: None,
        decision,
        reason: reason.to_owned(),
        choices: Vec::new(),
        history: Vec::new(),
        history_left_out: 0,
        ..row.clone()
    })
}
