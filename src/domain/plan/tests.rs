//! What is released, held and skipped, and under which names.

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
        choices: &Choices::default(),
        wave: 0,
    };
    let mut next = 0_u8;
    let mut name = || {
        next += 1;
        Pseudonym::from_random([next; 16])
    };
    decide_rows(&input, &mut TargetTree::default(), &mut name)
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
            histories: HashMap::new(),
        },
        Snapshot {
            taken: Some(at("2026-03-01T00:00:00Z")),
            items: after,
            histories: HashMap::new(),
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
        post: None,
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

fn file(id: &str, size_bytes: u64) -> SourceItem {
    SourceItem {
        workload: Workload::Files,
        folder: FolderPath::Drive(Vec::new()),
        size_bytes,
        ..item(id, 1, "p1")
    }
}

#[test]
fn what_no_drive_takes_is_held_before_anything_is_sent() {
    let version = FileVersion {
        id: "1.0".to_owned(),
        size_bytes: FILE_BYTES_MAX + 1,
        digest: Digest([9; 32]),
        modified: None,
        modified_by: None,
    };
    let snapshot = Snapshot {
        taken: None,
        items: vec![
            file("fits", FILE_BYTES_MAX),
            file("large", FILE_BYTES_MAX + 1),
            file("was large", 1),
        ],
        histories: HashMap::from([("was large".to_owned(), vec![version])]),
    };
    let rows = named(&[snapshot], None, true, &HashMap::new());
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row.decision, row.reason.as_str()))
        .collect();
    let held = (Decision::Hold, TOO_LARGE);
    assert_eq!(said, [(Decision::Restore, ""), held, held]);
    assert_eq!(rows[0].target_name, "fits");
}

#[test]
fn a_file_without_a_name_of_its_own_is_held() {
    let twins = ["1", "2", "3"].map(|id| SourceItem {
        name: ":".to_owned(),
        ..file(id, 1)
    });
    let snapshot = Snapshot {
        taken: None,
        items: twins.to_vec(),
        histories: HashMap::new(),
    };
    let rows = named(&[snapshot], None, true, &HashMap::new());
    let held = |row: &PlanRow| row.reason == NO_NAME_LEFT && row.decision == Decision::Hold;
    assert_eq!(rows.iter().filter(|row| held(row)).count(), 2);
}

#[test]
fn what_cannot_be_read_is_of_its_own_service_and_one_thing_in_two_plans() {
    let custodian = CustodianName("alice".to_owned());
    let bad = |workload, locator: &str, bytes: u8| Unreadable {
        workload,
        locator: locator.to_owned(),
        class: "damaged".to_owned(),
        size_bytes: 1,
        digest: Some(Digest([bytes; 32])),
    };
    let unreadable = [
        bad(Some(Workload::Files), "a.docx", 1),
        bad(None, "b", 2),
        bad(None, "c", 2),
    ];
    let last = Snapshot {
        taken: None,
        items: Vec::new(),
        histories: HashMap::new(),
    };
    let decide = |unreadable: &[Unreadable], known: &HashMap<ItemKey, KnownItem>| {
        let input = PlanInput {
            custodian: &custodian,
            is_mapped: true,
            snapshots: std::slice::from_ref(&last),
            unreadable,
            window: None,
            known,
            secret: &CaseSecret([1; 32]),
            choices: &Choices::default(),
            wave: 0,
        };
        let mut next = u8::try_from(known.len()).expect("few");
        let mut name = || {
            next += 1;
            Pseudonym::from_random([next; 16])
        };
        decide_rows(&input, &mut TargetTree::default(), &mut name)
    };
    let first = decide(&unreadable, &HashMap::new());
    let services: Vec<&str> = first.iter().map(|row| &*row.workload).collect();
    assert_eq!(services, ["files", "unknown", "unknown"]);
    let known: HashMap<ItemKey, KnownItem> = first
        .iter()
        .map(|row| {
            let known = KnownItem {
                item: row.item.clone(),
                is_restored: false,
                is_held_unmapped: false,
                post: None,
            };
            (row.item_key().expect("a key"), known)
        })
        .collect();
    assert_eq!(
        known.len(),
        3,
        "the same bytes at two places are two things"
    );
    let second = decide(&unreadable, &known);
    let names =
        |rows: &[PlanRow]| -> Vec<Pseudonym> { rows.iter().map(|row| row.item.clone()).collect() };
    assert_eq!(names(&second), names(&first));
    // Other bytes at the same place are another thing.
    let third = decide(&[bad(None, "b", 3)], &known);
    assert!(!names(&first).contains(&third[0].item));
}
