//! Slices decide as the whole does, and hold no more than they may.

#![allow(clippy::result_large_err, reason = "the trait decides on its items")]

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::domain::choices::Choices;
use crate::domain::folder::FolderPath;
use crate::domain::item::{Digest, ItemKey, Workload};
use crate::domain::item_key::CaseSecret;
use crate::domain::message::Message;
use crate::domain::plan::{
    Decision, KnownItem, PlanInput, PlanRow, TeamsOutline, decide_rows, plan_posts,
};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::target_tree::TargetTree;
use crate::domain::teams::{
    Channel, Kind, Member, Outline, People, Person, PlannedPost, Schedule, Team,
};
use crate::sources::{Evidence, Fidelity, SourceDescription, SourceError};

const EARLIER: usize = 300;
const NOW: usize = 400;

fn day(number: u32) -> DateTime<Utc> {
    let text = format!("2026-03-{number:02}T00:00:00Z");
    text.parse().expect("a time")
}

/// Messages of the team; every third begins a thread, and the two after it answer it.
const MESSAGES: usize = 120;

/// Two restore points from before the window and one after it: every seventh file was changed since, the last hundred added. A
/// team stands before the files and its messages behind them, as in all of the points.
struct Backup(SourceDescription, Option<usize>);

impl Backup {
    fn new(messages: Option<usize>) -> Self {
        let point = |number: u32| RestorePoint {
            id: RestorePointId(number.to_string()),
            taken: Some(day(number)),
        };
        Self(
            SourceDescription {
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
            },
            messages,
        )
    }

    /// The team, or a message of it.
    fn conversation(point: &RestorePointId, number: Option<usize>) -> SourceItem {
        let name = number.map_or_else(|| "team".to_owned(), |number| format!("message {number}"));
        let channel = number.map(|_| "General".to_owned());
        SourceItem {
            workload: Workload::Teams,
            stable_id: name.clone(),
            folder: FolderPath::Teams(channel),
            digest: Digest(Sha256::digest(&name).into()),
            ..file(point, &name, "")
        }
    }
}

fn file(point: &RestorePointId, name: &str, bytes: &str) -> SourceItem {
    SourceItem {
        custodian: CustodianName("ann".to_owned()),
        workload: Workload::Files,
        stable_id: format!("file {name}"),
        version: String::new(),
        locator: format!("{}/{name}", point.0),
        point: point.clone(),
        folder: FolderPath::Drive(Vec::new()),
        name: format!("{name}.txt"),
        size_bytes: 1,
        digest: Digest(Sha256::digest(bytes).into()),
        created: None,
        modified: None,
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
        let messages = self.1;
        let team = messages.map(|_| Ok(Self::conversation(&point, None)));
        let of_point = point.clone();
        let posts = (0..messages.unwrap_or_default())
            .map(move |number| Ok(Self::conversation(&of_point, Some(number))));
        let items = (0..count).map(move |number| {
            let is_changed = is_last && number % 7 == 0;
            let bytes = format!("{number} {is_changed}");
            Ok(file(&point, &number.to_string(), &bytes))
        });
        Ok(Box::new(
            team.into_iter().chain(items).chain(posts).chain(bad),
        ))
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
    let (mut found, mut held) = (Rows::new(), 0);
    read(
        &Backup::new(None),
        window_from,
        slice_items,
        |rows, compared| {
            held = held.max(compared);
            for row in std::mem::take(rows) {
                let decided = (row.decision, row.reason, row.digest);
                let before = found.insert((row.stable_id, row.point), decided);
                assert_eq!(before, None, "a row twice");
            }
        },
    );
    (found, held)
}

/// Hands on the rows of each portion, and how much they were compared with.
fn read(
    backup: &Backup,
    window_from: u32,
    slice_items: usize,
    mut take: impl FnMut(&mut Vec<PlanRow>, usize),
) {
    let owner = CustodianName("ann".to_owned());
    let points = backup.0.points.clone();
    let window = Some(BreachWindow {
        from: day(window_from),
    });
    let read = Reading::begin_in_slices(backup, &points, &owner, window, slice_items);
    let mut reading = read.expect("read");
    let mut names = 0_u128;
    let mut tree = TargetTree::default();
    while let Some((snapshots, unreadable)) = reading.next().expect("read") {
        let (_, earlier) = snapshots.split_last().expect("the last is there");
        let held = earlier.iter().map(|one| one.items.len()).sum();
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
        let mut rows = decide_rows(&input, &mut tree, &mut || {
            names += 1;
            Pseudonym::from_random(names.to_be_bytes())
        });
        take(&mut rows, held);
    }
}

/// What the source says of the team and its messages.
fn outline(row: &PlanRow) -> TeamsOutline {
    let person = Person {
        id: "ada".to_owned(),
        ..Person::default()
    };
    let channel = "19:general".to_owned();
    let Some(number) = row.stable_id.strip_prefix("message ") else {
        let general = Channel {
            id: channel,
            is_general: true,
            ..Channel::default()
        };
        return TeamsOutline::Team(Box::new(Team {
            kind: Kind::Team,
            name: "Quay".to_owned(),
            members: vec![Member {
                person,
                is_owner: true,
                is_outside: false,
            }],
            channels: vec![general],
            ..Team::default()
        }));
    };
    let number: usize = number.parse().expect("a number");
    let root = number - number % 3;
    TeamsOutline::Post(Outline {
        channel,
        author: person,
        // All in one second: each gets a millisecond behind the one before.
        created: Some(day(1)),
        id: number.to_string(),
        reply_to: if number == root {
            String::new()
        } else {
            root.to_string()
        },
        text_bytes: 1,
    })
}

/// A row's stable id, what is decided of it and why, and when it is written below what.
type Said = (String, Decision, String, Option<PlannedPost>);

/// The team and its messages in the plan's order, and the most that was held to compare with.
fn conversation(slice_items: usize) -> (Vec<Said>, usize) {
    let people = People::new([("ada".to_owned(), "new-ada".to_owned())]);
    let mut schedule = Schedule::new(people, None);
    let known: HashMap<ItemKey, KnownItem> = HashMap::new();
    let (mut found, mut held) = (Vec::new(), 0);
    let backup = Backup::new(Some(MESSAGES));
    read(&backup, 5, slice_items, |rows, compared| {
        held = held.max(compared);
        let planned: std::result::Result<(), ()> =
            plan_posts(rows, &mut schedule, false, &known, |row| {
                Ok(Some(outline(row)))
            });
        planned.expect("nothing fails");
        let of_team = rows.drain(..).filter(|row| row.workload == "teams");
        found.extend(of_team.map(|row| (row.stable_id, row.decision, row.reason, row.post)));
    });
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
fn in_slices_a_team_is_planned_before_its_messages_and_each_thread_whole() {
    let (whole, held) = conversation(usize::MAX);
    // What stands in both of the older points alike is held once, of a team.
    assert_eq!(held, 2 * EARLIER + 1 + MESSAGES);
    assert_eq!(whole.len(), 1 + MESSAGES);
    let torn = |(_, decision, _, post): &&Said| {
        let is_torn = post.as_ref().is_some_and(|post| post.orphan);
        is_torn || *decision != Decision::Restore
    };
    assert_eq!(whole.iter().filter(torn).count(), 0);
    for slice_items in [599, 100, 7] {
        let (sliced, held) = conversation(slice_items);
        assert_eq!(sliced, whole, "{slice_items} at a time");
        let most = slice_items * 2 + 30 + 1 + MESSAGES;
        assert!(held <= most, "{held} of {slice_items}");
    }
}

#[test]
fn with_nothing_to_compare_with_nothing_is_held() {
    let (found, held) = rows(1, 7);
    assert_eq!((found.len(), held), (NOW + 1, 0));
}
