//! Slices decide as the whole does, and hold no more than they may.

#![allow(clippy::result_large_err, reason = "the trait decides on its items")]

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::domain::choices::Choices;
use crate::domain::folder::FolderPath;
use crate::domain::item::{Digest, Workload};
use crate::domain::item_key::CaseSecret;
use crate::domain::message::Message;
use crate::domain::plan::{Decision, PlanInput, decide_rows};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::target_tree::TargetTree;
use crate::sources::{Evidence, Fidelity, SourceDescription, SourceError};

const EARLIER: usize = 300;
const NOW: usize = 400;

fn day(number: u32) -> DateTime<Utc> {
    let text = format!("2026-03-{number:02}T00:00:00Z");
    text.parse().expect("a time")
}

/// Two restore points from before the window and one after it: every seventh file was changed since, the last hundred added.
struct Backup(SourceDescription);

impl Backup {
    fn new() -> Self {
        let point = |number: u32| RestorePoint {
            id: RestorePointId(number.to_string()),
            taken: Some(day(number)),
        };
        Self(SourceDescription {
            kind: "archive",
            format: "1",
            fidelity: Fidelity::OriginalBytes,
            evidence: Evidence {
                access: false,
                immutability: false,
                dates: false,
                digests: false,
            },
            points: vec![point(1), point(2), point(9)],
            custodians: vec![CustodianName("ann".to_owned())],
            digest: Digest([0; 32]),
        })
    }
}

impl Source for Backup {
    fn description(&self) -> &SourceDescription {
        &self.0
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> std::result::Result<Items<'_>, SourceError> {
        let (point, custodian) = (point.clone(), custodian.clone());
        let is_last = point.0 == "9";
        let bad = is_last.then(|| {
            Err(BadItem {
                custodian: custodian.clone(),
                workload: Some(Workload::Files),
                locator: "broken".to_owned(),
                digest: None,
                size_bytes: 0,
                class: "unreadable",
                reason: String::new(),
            })
        });
        let count = if is_last { NOW } else { EARLIER };
        let items = (0..count).map(move |number| {
            let is_changed = is_last && number % 7 == 0;
            let bytes = format!("{number} {is_changed}");
            Ok(SourceItem {
                custodian: custodian.clone(),
                workload: Workload::Files,
                stable_id: format!("file {number}"),
                version: String::new(),
                locator: format!("{}/{number}", point.0),
                point: point.clone(),
                folder: FolderPath::Drive(Vec::new()),
                name: format!("{number}.txt"),
                size_bytes: 1,
                digest: Digest(Sha256::digest(bytes).into()),
                created: None,
                modified: None,
            })
        });
        Ok(Box::new(items.chain(bad)))
    }

    fn message(&self, _: &SourceItem) -> std::result::Result<Message, SourceError> {
        unreachable!("it has no messages")
    }

    fn file(&self, _: &SourceItem) -> std::result::Result<Box<dyn Read + Send>, SourceError> {
        unreachable!("nothing is restored")
    }
}

type Rows = BTreeMap<(String, String), (Decision, String, String)>;

/// The rows by stable id and restore point, and the most that was held to compare with.
fn rows(window_from: u32, slice_items: usize) -> (Rows, usize) {
    let (backup, owner) = (Backup::new(), CustodianName("ann".to_owned()));
    let points = backup.0.points.clone();
    let window = Some(BreachWindow {
        from: day(window_from),
    });
    let read = Reading::begin_in_slices(&backup, &points, &owner, window, slice_items);
    let mut reading = read.expect("read");
    let (mut found, mut held, mut names) = (Rows::new(), 0, 0_u128);
    let mut tree = TargetTree::default();
    while let Some((snapshots, unreadable)) = reading.next().expect("read") {
        let (_, earlier) = snapshots.split_last().expect("the last is there");
        held = held.max(earlier.iter().map(|one| one.items.len()).sum());
        let input = PlanInput {
            custodian: &owner,
            is_mapped: true,
            snapshots,
            unreadable,
            window,
            known: &HashMap::new(),
            secret: &CaseSecret([1; 32]),
            choices: &Choices::default(),
            wave: 1,
        };
        let rows = decide_rows(&input, &mut tree, &mut || {
            names += 1;
            Pseudonym::from_random(names.to_be_bytes())
        });
        for row in rows {
            let decided = (row.decision, row.reason, row.digest);
            let before = found.insert((row.stable_id, row.point), decided);
            assert_eq!(before, None, "a row twice");
        }
    }
    (found, held)
}

#[test]
fn in_slices_the_same_is_decided_and_less_is_held() {
    let (whole, held) = rows(5, usize::MAX);
    assert_eq!(held, 2 * EARLIER);
    let reasons = |wanted: &str| {
        whole
            .values()
            .filter(|(_, reason, _)| reason == wanted)
            .count()
    };
    assert_eq!(reasons("changed-in-breach-window"), EARLIER.div_ceil(7));
    assert_eq!(reasons("added-in-breach-window"), NOW - EARLIER);
    assert_eq!(reasons("unreadable"), 1);
    for slice_items in [599, 100, 7] {
        let (sliced, held) = rows(5, slice_items);
        assert_eq!(sliced, whole, "{slice_items} at a time");
        assert!(held <= slice_items * 2 + 30, "{held} of {slice_items}");
    }
}

#[test]
fn with_nothing_to_compare_with_nothing_is_held() {
    let (found, held) = rows(1, 7);
    assert_eq!((found.len(), held), (NOW + 1, 0));
}
