//! What will be written: one row an item with its decision, and how a row is decided as of a restore point. Pure.

mod left;
mod planned_folder;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::event::PlanCounts;
use super::item::{CustodianName, Digest, ItemKey, RestorePointId, SourceItem, Workload};
use super::item_key::CaseSecret;
use super::pseudonym::Pseudonym;
use super::sharepoint_name::accepted_name;
pub use planned_folder::PlannedFolder;

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
    /// `mail`, `files`, `calendar`, `contacts` or `tasks`.
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
}

impl PlanRow {
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
}

/// An item that cannot be read from the source, or that is none to restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
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

/// Why the items of somebody are held whom nobody in the target is mapped for.
pub const NOT_MAPPED: &str = "custodian-not-mapped";

/// What is known of a key from earlier plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownItem {
    /// The pseudonym that it has.
    pub item: Pseudonym,
    /// It is restored already.
    pub is_restored: bool,
    /// An earlier plan holds it for no other reason than that its custodian was not mapped.
    pub is_held_unmapped: bool,
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
    /// The wave that the custodian belongs to.
    pub wave: u32,
}

/// Decides every row of a custodian; `name` makes random pseudonyms.
pub fn decide_rows(input: &PlanInput<'_>, name: &mut dyn FnMut() -> Pseudonym) -> Vec<PlanRow> {
    let mut rows = Vec::new();
    let Some((last, earlier)) = input.snapshots.split_last() else {
        return rows;
    };
    let before = PreBreach::of(input.window, last, earlier);
    for item in &last.items {
        let (decision, reason, pre_breach) = before.judge(item);
        rows.push(row(input, item, decision, reason, pre_breach, name));
        if let Some(original) = before.original_of(item) {
            let why = EARLIER_VERSION;
            rows.push(row(input, original, Decision::Restore, why, "proven", name));
        }
    }
    for bad in input.unreadable {
        rows.push(unreadable_row(input, bad, name));
    }
    rows
}

/// What stood in the source before the window.
enum PreBreach<'a> {
    /// Nobody declared a window, or the restore point itself lies before it.
    NoWindow(&'static str),
    /// No restore point was taken before the window: it cannot be told.
    NotProvable,
    /// By stable id.
    Known(BTreeMap<&'a str, Vec<&'a SourceItem>>),
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
        let mut known: BTreeMap<&str, Vec<&SourceItem>> = BTreeMap::new();
        let mut any = false;
        for snapshot in earlier.iter().filter(|snapshot| is_before(snapshot)) {
            any = true;
            for item in &snapshot.items {
                known.entry(&item.stable_id).or_default().push(item);
            }
        }
        if any {
            Self::Known(known)
        } else {
            Self::NotProvable
        }
    }

    /// Only bytes that stood there before the window release an item; dates, which an attacker can write, never do.
    fn judge(&self, item: &SourceItem) -> (Decision, &'static str, &'static str) {
        match self {
            Self::NoWindow(word) => (Decision::Restore, "", word),
            Self::NotProvable => (Decision::Restore, "", "not-provable"),
            Self::Known(known) => match known.get(&*item.stable_id) {
                None => (Decision::Hold, "added-in-breach-window", "not-provable"),
                Some(versions) if versions.iter().any(|old| old.digest == item.digest) => {
                    (Decision::Restore, "", "proven")
                }
                Some(_) => (Decision::Hold, "changed-in-breach-window", "not-provable"),
            },
        }
    }

    /// The newest version from before the window of an item that was changed in it.
    fn original_of(&self, item: &SourceItem) -> Option<&'a SourceItem> {
        let Self::Known(known) = self else {
            return None;
        };
        let versions = known.get(&*item.stable_id)?;
        let same = versions.iter().any(|old| old.digest == item.digest);
        if same { None } else { versions.last().copied() }
    }
}

fn row(
    input: &PlanInput<'_>,
    item: &SourceItem,
    decision: Decision,
    reason: &str,
    pre_breach: &str,
    name: &mut dyn FnMut() -> Pseudonym,
) -> PlanRow {
    let key = input.secret.key_of(item);
    let known = input.known.get(&key);
    // An item ends once, and the earlier plan ends it as held, now or when it is carried out. So the plan that restores it
    // has another name for it, and neither plan's outcomes are taken for the other's.
    let known = known.filter(|known| !(input.is_mapped && known.is_held_unmapped));
    let (decision, reason) = match decision {
        // Whoever is not mapped gets nothing, and is told apart from what is held for other reasons.
        Decision::Restore if !input.is_mapped => (Decision::Hold, NOT_MAPPED),
        Decision::Restore if known.is_some_and(|known| known.is_restored) => {
            (Decision::Skip, "already-restored")
        }
        other => (other, reason),
    };
    PlanRow {
        item: known.map_or_else(&mut *name, |known| known.item.clone()),
        key: key.to_string(),
        workload: item.workload.name().to_owned(),
        stable_id: item.stable_id.clone(),
        version: item.version.clone(),
        locator: item.locator.clone(),
        point: item.point.0.clone(),
        custodian: item.custodian.0.clone(),
        folder: (&item.folder).into(),
        name: item.name.clone(),
        target_name: match item.workload {
            Workload::Files => accepted_name(&item.name),
            Workload::Calendar | Workload::Contacts | Workload::Mail | Workload::Tasks => {
                item.name.clone()
            }
        },
        size: item.size_bytes,
        digest: item.digest.to_string(),
        created: text(item.created),
        modified: text(item.modified),
        decision,
        reason: reason.to_owned(),
        pre_breach: pre_breach.to_owned(),
        wave: input.wave,
    }
}

fn unreadable_row(
    input: &PlanInput<'_>,
    bad: &Unreadable,
    name: &mut dyn FnMut() -> Pseudonym,
) -> PlanRow {
    PlanRow {
        item: name(),
        key: String::new(),
        workload: "mail".to_owned(),
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
mod tests {
    use super::super::folder::{FolderPath, WellKnownFolder};
    use super::*;

    fn item(id: &str, bytes: u8, point: &str) -> SourceItem {
        SourceItem {
            custodian: CustodianName("alice".to_owned()),
            workload: Workload::Mail,
            stable_id: id.to_owned(),
            version: String::new(),
            locator: format!("{id}.eml"),
            point: RestorePointId(point.to_owned()),
            folder: FolderPath::Mail {
                root: WellKnownFolder::Inbox,
                below: Vec::new(),
            },
            name: id.to_owned(),
            size_bytes: 1,
            digest: Digest([bytes; 32]),
            created: None,
            modified: None,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        time(text).expect("a time")
    }

    fn decide(
        snapshots: &[Snapshot],
        window: Option<&str>,
        is_mapped: bool,
        known: &HashMap<ItemKey, KnownItem>,
    ) -> Vec<(String, Decision, String, String)> {
        let said = |row: PlanRow| {
            let digest = row.digest[..2].to_owned();
            (digest, row.decision, row.reason, row.pre_breach)
        };
        let rows = named(snapshots, window, is_mapped, known);
        rows.into_iter().map(said).collect()
    }

    fn named(
        snapshots: &[Snapshot],
        window: Option<&str>,
        is_mapped: bool,
        known: &HashMap<ItemKey, KnownItem>,
    ) -> Vec<PlanRow> {
        let custodian = CustodianName("alice".to_owned());
        let input = PlanInput {
            custodian: &custodian,
            is_mapped,
            snapshots,
            unreadable: &[],
            window: window.map(|from| BreachWindow { from: at(from) }),
            known,
            secret: &CaseSecret([1; 32]),
            wave: 0,
        };
        let mut next = 0_u8;
        let mut name = || {
            next += 1;
            Pseudonym::from_random([next; 16])
        };
        decide_rows(&input, &mut name)
    }

    fn snapshots() -> Vec<Snapshot> {
        let before = vec![item("kept", 1, "p1"), item("altered", 2, "p1")];
        let after = vec![
            item("kept", 1, "p2"),
            item("altered", 3, "p2"),
            item("phish", 4, "p2"),
        ];
        vec![
            Snapshot {
                taken: Some(at("2026-01-01T00:00:00Z")),
                items: before,
            },
            Snapshot {
                taken: Some(at("2026-03-01T00:00:00Z")),
                items: after,
            },
        ]
    }

    #[test]
    fn only_bytes_from_before_the_window_are_released() {
        let rows = decide(
            &snapshots(),
            Some("2026-02-01T00:00:00Z"),
            true,
            &HashMap::new(),
        );
        let words: Vec<_> = rows
            .iter()
            .map(|(d, decision, reason, _)| (&**d, *decision, &**reason))
            .collect();
        assert_eq!(
            words,
            [
                ("01", Decision::Restore, ""),
                ("03", Decision::Hold, "changed-in-breach-window"),
                ("02", Decision::Restore, "earlier-version-before-the-breach"),
                ("04", Decision::Hold, "added-in-breach-window"),
            ]
        );
    }

    #[test]
    fn one_restore_point_proves_nothing() {
        let rows = decide(
            &snapshots()[1..],
            Some("2026-02-01T00:00:00Z"),
            true,
            &HashMap::new(),
        );
        assert!(
            rows.iter()
                .all(|row| row.1 == Decision::Restore && row.3 == "not-provable")
        );
    }

    #[test]
    fn who_is_not_mapped_gets_nothing() {
        let rows = decide(&snapshots()[..1], None, false, &HashMap::new());
        assert!(
            rows.iter()
                .all(|row| row.1 == Decision::Hold && row.2 == "custodian-not-mapped")
        );
    }

    fn known(is_restored: bool) -> HashMap<ItemKey, KnownItem> {
        let key = CaseSecret([1; 32]).key_of(&item("kept", 1, "p1"));
        let item = KnownItem {
            item: Pseudonym::parse("known").expect("a pseudonym"),
            is_restored,
            is_held_unmapped: !is_restored,
        };
        HashMap::from([(key, item)])
    }

    #[test]
    fn a_second_plan_keeps_names_and_writes_nothing_twice() {
        let rows = decide(&snapshots(), None, true, &known(true));
        assert_eq!(rows[0].1, Decision::Skip);
        assert_eq!(rows[0].2, "already-restored");
    }

    #[test]
    fn the_items_of_a_late_mapping_are_named_anew_and_only_then() {
        let first = |is_mapped| named(&snapshots()[..1], None, is_mapped, &known(false)).remove(0);
        assert_eq!(first(false).item.as_str(), "known");
        let late = first(true);
        assert_eq!(late.decision, Decision::Restore);
        assert_ne!(late.item.as_str(), "known", "that one is held for ever");
    }

    #[test]
    fn a_plan_object_is_read_as_written() {
        let part = |name: &str, rows| PlanPart {
            custodian: Pseudonym::parse(name).expect("a pseudonym"),
            object: Digest([7; 32]).to_string(),
            rows,
        };
        let text = plan_object(&[part("b", 2), part("a", 1)]);
        assert_eq!(
            parse_plan_object(&text),
            Some(vec![part("a", 1), part("b", 2)])
        );
    }
}
