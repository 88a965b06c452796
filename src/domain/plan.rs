//! What will be written: one row an item with its decision, and how a row is decided as of a restore point. Pure.

mod files;
mod left;
mod planned_folder;
mod posts;
pub mod raw_copies;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::choices::Choices;
use super::content::release::planned_sight;
use super::event::PlanCounts;
use super::file::FileVersion;
use super::item::{CustodianName, Digest, ItemKey, RestorePointId, SourceItem, Workload};
use super::item_key::CaseSecret;
use super::pseudonym::Pseudonym;
use super::target_tree::TargetTree;
use super::teams::{PlannedPost, PlannedTeam};
pub use files::{FILE_BYTES_MAX, NO_NAME_LEFT, PlannedVersion, TOO_LARGE};
pub use planned_folder::PlannedFolder;
pub use posts::{TEAM_HELD, TeamsOutline, hold_other_kinds, plan_posts};

/// What happens to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// A person decides.
    Hold,
    /// It is written.
    Restore,
    /// It need not be written.
    Skip,
    /// It cannot be read from the source.
    Unreadable,
}

/// One item of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRow {
    /// Its pseudonym; the same key keeps it across plans.
    pub item: Pseudonym,
    /// Its key, hex.
    pub key: String,
    /// `mail`, `files`, `calendar`, `contacts`, `tasks`, `lists` or `pages`; `unknown` for what could not be read or is none of
    /// these.
    pub workload: String,
    /// What identifies it in the source.
    pub stable_id: String,
    /// The version there.
    pub version: String,
    /// Where it lies there.
    pub locator: String,
    /// The restore point that it is read from.
    pub point: String,
    /// The custodian's name in the source.
    pub custodian: String,
    /// Where it belongs.
    pub folder: PlannedFolder,
    /// Its name in the source.
    pub name: String,
    /// Its name in the target, for files.
    pub target_name: String,
    /// Its folder in the target, for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_folder: Option<PlannedFolder>,
    /// Exact size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes; empty where they could not be read.
    pub digest: String,
    /// RFC 3339, or empty.
    pub created: String,
    /// RFC 3339, or empty.
    pub modified: String,
    /// What happens to it.
    pub decision: Decision,
    /// Why, as a class.
    pub reason: String,
    /// `proven`, `not-provable` or `no-window`: whether it stood in a restore point before the breach window.
    pub pre_breach: String,
    /// The wave that it belongs to.
    pub wave: u32,
    /// Older versions of a file that are written before it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PlannedVersion>,
    /// Older versions that are not written: no restore point from before the breach window holds them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub history_left_out: u64,
    /// What the operator chose for it, under the names that the outcome carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The team or chat that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Box<PlannedTeam>>,
    /// The message that it is: who writes it and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<PlannedPost>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl PlanRow {
    /// The content that it names: what a release of a row that the plan holds is for. `None` where it could not be read.
    pub fn sight(&self) -> Option<String> {
        let older = self.history.iter().map(|version| &*version.digest);
        let key = self.item_key().filter(|_| !self.digest.is_empty())?;
        Some(planned_sight(&key, older.chain([&*self.digest])))
    }

    /// The item to read from the source again; `None` for rows that never could be read.
    pub fn source_item(&self) -> Option<SourceItem> {
        Some(SourceItem {
            custodian: CustodianName(self.custodian.clone()),
            workload: Workload::parse(&self.workload)?,
            stable_id: self.stable_id.clone(),
            version: self.version.clone(),
            locator: self.locator.clone(),
            point: RestorePointId(self.point.clone()),
            folder: self.folder.path()?,
            name: self.name.clone(),
            size_bytes: self.size,
            digest: Digest::parse(&self.digest)?,
            created: time(&self.created),
            modified: time(&self.modified),
        })
    }

    /// The key again.
    pub fn item_key(&self) -> Option<ItemKey> {
        Digest::parse(&self.key).map(|digest| ItemKey(digest.0))
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

fn text(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(String::new, |time| {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    })
}

/// When the attacker was inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreachWindow {
    /// From.
    pub from: DateTime<Utc>,
}

/// Every item of one custodian in one restore point.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken; `None` where the source does not say.
    pub taken: Option<DateTime<Utc>>,
    /// What could be read.
    pub items: Vec<SourceItem>,
    /// Older versions of files, oldest first, by stable id.
    pub histories: HashMap<String, Vec<FileVersion>>,
}

impl Snapshot {
    fn history(&self, item: &SourceItem) -> &[FileVersion] {
        self.histories
            .get(&item.stable_id)
            .map_or(&[], Vec::as_slice)
    }
}

/// An item that cannot be read from the source, or that is none to restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The service it belongs to, where that could be told.
    pub workload: Option<Workload>,
    /// Where it lies.
    pub locator: String,
    /// The class of the reason.
    pub class: String,
    /// Its size, where known.
    pub size_bytes: u64,
    /// Its digest, where it could be taken.
    pub digest: Option<Digest>,
}

/// Why a version from before the breach is restored: a newer one is held.
pub const EARLIER_VERSION: &str = "earlier-version-before-the-breach";

/// Held because several people are in its place, of whom not all could see it.
pub const NARROWER: &str = "narrower-than-its-place";
/// Why the items of somebody are held whom nobody in the target is mapped for.
pub const NOT_MAPPED: &str = "custodian-not-mapped";

/// What is known of a key from earlier plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownItem {
    /// The pseudonym that it has.
    pub item: Pseudonym,
    /// It is restored already.
    pub is_restored: bool,
    /// An earlier plan holds it for no other reason than that its custodian was not mapped, that the operator chose so, or that
    /// others were in its place.
    pub is_held_unmapped: bool,
    /// What an earlier plan said of a message: its millisecond stays its own.
    pub post: Option<PlannedPost>,
}

/// What a custodian's rows are decided from.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// The custodian, as the source names it.
    pub custodian: &'a CustodianName,
    /// Whether somebody in the target gets them.
    pub is_mapped: bool,
    /// The restore points up to the one that is restored as of, oldest first; that one is the last.
    pub snapshots: &'a [Snapshot],
    /// What could not be read from the last one.
    pub unreadable: &'a [Unreadable],
    /// The breach window, where one was declared.
    pub window: Option<BreachWindow>,
    /// Items of earlier plans, by key.
    pub known: &'a HashMap<ItemKey, KnownItem>,
    /// Makes the keys.
    pub secret: &'a CaseSecret,
    /// What the operator chose.
    pub choices: &'a Choices,
    /// The wave that the custodian belongs to.
    pub wave: u32,
}

/// Decides the rows of a custodian's items, or of a portion of them; `tree` knows where those before it lie in the target,
/// `name` makes random pseudonyms.
pub fn decide_rows(
    input: &PlanInput<'_>,
    tree: &mut TargetTree,
    name: &mut dyn FnMut() -> Pseudonym,
) -> Vec<PlanRow> {
    let mut rows = Vec::new();
    let Some((last, earlier)) = input.snapshots.split_last() else {
        return rows;
    };
    let before = PreBreach::of(input.window, last, earlier);
    for item in &last.items {
        let judged = before.judge(item, last.history(item));
        rows.push(row(input, item, judged, name));
        if let Some(original) = before.original_of(item) {
            let judged = Judged {
                reason: EARLIER_VERSION,
                history: original.history.iter().collect(),
                ..Judged::restore("proven")
            };
            rows.push(row(input, original.item, judged, name));
        }
    }
    files::place(&mut rows, tree);
    for bad in input.unreadable {
        rows.push(unreadable_row(input, bad, name));
    }
    rows
}

/// What is to become of an item, before it is known whether anybody is mapped for it.
struct Judged<'a> {
    decision: Decision,
    reason: &'static str,
    pre_breach: &'static str,
    history: Vec<&'a FileVersion>,
    history_left_out: usize,
}

impl Judged<'_> {
    fn restore(pre_breach: &'static str) -> Self {
        Self {
            decision: Decision::Restore,
            reason: "",
            pre_breach,
            history: Vec::new(),
            history_left_out: 0,
        }
    }

    fn hold(reason: &'static str) -> Self {
        Self {
            decision: Decision::Hold,
            reason,
            ..Self::restore("not-provable")
        }
    }
}

/// An item as it stood in an earlier restore point.
#[derive(Clone, Copy)]
struct Past<'a> {
    item: &'a SourceItem,
    history: &'a [FileVersion],
}

impl Past<'_> {
    fn holds(&self, digest: &Digest) -> bool {
        self.item.digest == *digest || self.history.iter().any(|old| old.digest == *digest)
    }
}

/// What stood in the source before the window.
enum PreBreach<'a> {
    /// Nobody declared a window, or the restore point itself lies before it.
    NoWindow(&'static str),
    /// No restore point was taken before the window: it cannot be told.
    NotProvable,
    /// By stable id.
    Known(BTreeMap<&'a str, Vec<Past<'a>>>),
}

impl<'a> PreBreach<'a> {
    fn of(window: Option<BreachWindow>, last: &Snapshot, earlier: &'a [Snapshot]) -> Self {
        let Some(window) = window else {
            return Self::NoWindow("no-window");
        };
        let is_before = |snapshot: &Snapshot| snapshot.taken.is_some_and(|t| t < window.from);
        if is_before(last) {
            return Self::NoWindow("proven");
        }
        let mut known: BTreeMap<&str, Vec<Past<'_>>> = BTreeMap::new();
        let mut any = false;
        for snapshot in earlier.iter().filter(|snapshot| is_before(snapshot)) {
            any = true;
            for item in &snapshot.items {
                let history = snapshot.history(item);
                known
                    .entry(&item.stable_id)
                    .or_default()
                    .push(Past { item, history });
            }
        }
        if any {
            Self::Known(known)
        } else {
            Self::NotProvable
        }
    }

    /// Only bytes that stood there before the window release an item; dates, which an attacker can write, never do. The same
    /// holds for each of its older versions.
    fn judge<'h>(&self, item: &SourceItem, history: &'h [FileVersion]) -> Judged<'h> {
        let all = |pre_breach| Judged {
            history: history.iter().collect(),
            ..Judged::restore(pre_breach)
        };
        let known = match self {
            Self::NoWindow(word) => return all(word),
            Self::NotProvable => return all("not-provable"),
            Self::Known(known) => known,
        };
        match known.get(&*item.stable_id) {
            None => Judged::hold("added-in-breach-window"),
            Some(past) if past.iter().any(|old| old.item.digest == item.digest) => {
                let stood = |old: &&FileVersion| past.iter().any(|past| past.holds(&old.digest));
                let kept: Vec<&FileVersion> = history.iter().filter(stood).collect();
                Judged {
                    history_left_out: history.len() - kept.len(),
                    history: kept,
                    ..Judged::restore("proven")
                }
            }
            Some(_) => Judged::hold("changed-in-breach-window"),
        }
    }

    /// The newest version from before the window of an item that was changed in it.
    fn original_of(&self, item: &SourceItem) -> Option<Past<'a>> {
        let Self::Known(known) = self else {
            return None;
        };
        let versions = known.get(&*item.stable_id)?;
        let same = versions.iter().any(|old| old.item.digest == item.digest);
        if same { None } else { versions.last().copied() }
    }
}

fn row(
    input: &PlanInput<'_>,
    item: &SourceItem,
    judged: Judged<'_>,
    name: &mut dyn FnMut() -> Pseudonym,
) -> PlanRow {
    let key = input.secret.key_of(item);
    let known = input.known.get(&key);
    // An item ends once, and the earlier plan ends it as held, now or when it is carried out. So the plan that restores it
    // has another name for it, and neither plan's outcomes are taken for the other's.
    let chosen = input.choices.of(item.workload, &item.folder);
    let is_undone = input.is_mapped && chosen.folder.is_ok();
    let known = known.filter(|known| !(is_undone && known.is_held_unmapped));
    let (decision, reason) = match judged.decision {
        // Whoever is not mapped gets nothing, and is told apart from what is held for other reasons.
        Decision::Restore if !input.is_mapped => (Decision::Hold, NOT_MAPPED),
        Decision::Restore if known.is_some_and(|known| known.is_restored) => {
            (Decision::Skip, "already-restored")
        }
        Decision::Restore if let Err(reason) = chosen.folder => (Decision::Hold, reason),
        Decision::Restore if files::is_too_large(item, &judged.history) => {
            (Decision::Hold, TOO_LARGE)
        }
        other => (other, judged.reason),
    };
    let folder = chosen.folder.unwrap_or_default();
    let todo = chosen.todo.iter().filter(|_| decision == Decision::Restore);
    PlanRow {
        item: known.map_or_else(&mut *name, |known| known.item.clone()),
        key: key.to_string(),
        workload: item.workload.name().to_owned(),
        stable_id: item.stable_id.clone(),
        version: item.version.clone(),
        locator: item.locator.clone(),
        point: item.point.0.clone(),
        custodian: item.custodian.0.clone(),
        folder: folder.as_ref().unwrap_or(&item.folder).into(),
        name: item.name.clone(),
        target_name: item.name.clone(),
        target_folder: None,
        size: item.size_bytes,
        digest: item.digest.to_string(),
        created: text(item.created),
        modified: text(item.modified),
        decision,
        reason: reason.to_owned(),
        pre_breach: judged.pre_breach.to_owned(),
        wave: input.wave,
        history: judged.history.into_iter().map(Into::into).collect(),
        history_left_out: judged.history_left_out as u64,
        choices: todo.map(|todo| todo.0.to_owned()).collect(),
        team: None,
        post: None,
    }
}

fn unreadable_row(
    input: &PlanInput<'_>,
    bad: &Unreadable,
    name: &mut dyn FnMut() -> Pseudonym,
) -> PlanRow {
    // It has a key too, so that a second plan does not count as two what is one thing that cannot be read.
    let key = input
        .secret
        .key_of_unreadable(input.custodian, &bad.locator, bad.digest);
    let known = input.known.get(&key);
    PlanRow {
        item: known.map_or_else(&mut *name, |known| known.item.clone()),
        key: key.to_string(),
        workload: bad.workload.map_or("unknown", Workload::name).to_owned(),
        stable_id: bad.locator.clone(),
        version: String::new(),
        locator: bad.locator.clone(),
        point: String::new(),
        custodian: input.custodian.0.clone(),
        folder: PlannedFolder {
            root: String::new(),
            below: Vec::new(),
        },
        name: String::new(),
        target_name: String::new(),
        target_folder: None,
        size: bad.size_bytes,
        digest: bad
            .digest
            .map_or_else(String::new, |digest| digest.to_string()),
        created: String::new(),
        modified: String::new(),
        decision: left::decision(&bad.class),
        reason: bad.class.clone(),
        pre_breach: "not-provable".to_owned(),
        wave: input.wave,
        history: Vec::new(),
        history_left_out: 0,
        choices: Vec::new(),
        team: None,
        post: None,
    }
}

/// Counts rows by decision.
pub fn count<'a>(rows: impl Iterator<Item = &'a PlanRow>) -> PlanCounts {
    let mut counts = PlanCounts::default();
    for row in rows {
        match row.decision {
            Decision::Hold => counts.hold += 1,
            Decision::Restore => counts.restore += 1,
            Decision::Skip => counts.skip += 1,
            Decision::Unreadable => counts.unreadable += 1,
        }
    }
    counts
}

/// One part of a plan: whose, which object holds it encrypted, how many rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanPart {
    /// The custodian.
    pub custodian: Pseudonym,
    /// SHA-256 of the encrypted object.
    pub object: String,
    /// Rows in it.
    pub rows: u64,
}

/// The plan object: one line a part, sorted. Its SHA-256 is the plan's name.
pub fn plan_object(parts: &[PlanPart]) -> String {
    let mut parts = parts.to_vec();
    parts.sort();
    parts.iter().fold(String::new(), |text, part| {
        text + &format!("{} {} {}\n", part.custodian, part.object, part.rows)
    })
}

/// Reads a plan object.
pub fn parse_plan_object(text: &str) -> Option<Vec<PlanPart>> {
    text.lines()
        .map(|line| {
            let [custodian, object, rows] = line.split(' ').collect::<Vec<_>>()[..] else {
                return None;
            };
            Digest::parse(object)?;
            Some(PlanPart {
                custodian: Pseudonym::parse(custodian)?,
                object: object.to_owned(),
                rows: rows.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
