//! What goes first, and whose window holds what: recent files before the rest, and a custodian's own breach window.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, ParentReference,
    PointTag, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::road::{LOOK, OLD, case_with, certified, second_approver};
use super::waves::{adopted, planned};
use crate::case::Case;
use crate::tampering::forge::put;

const TAKEN: &str = "2026-01-01T00:00:00Z";
/// Name, and when it was changed last.
type File = (&'static str, &'static str);
const FILES: [File; 2] = [
    ("long-ago.txt", "2022-01-02T03:04:05Z"),
    ("the-other-day.txt", "2025-12-20T03:04:05Z"),
];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Ada and Ben, each with the same files, in restore points that have a date.
fn two_drives(points: &[(&str, &[File])]) -> Case {
    case_with(|case| {
        let people = ["ada@old.example", "ben@old.example"];
        let custodian = |(number, name): (usize, &&str)| CustodianTag {
            name: (*name).to_owned(),
            id: number.to_string(),
            index: format!("c{number}"),
        };
        let point = |(taken, _): &(&str, &[File])| PointTag {
            id: taken[..10].to_owned(),
            taken: at(taken),
        };
        let tag = Tag::new(
            FidelityName::OriginalBytes,
            EvidenceTag::default(),
            points.iter().map(point).collect(),
            people.iter().enumerate().map(custodian).collect(),
        );
        let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
        for (taken, files) in points {
            for name in people {
                let entries: Vec<Entry> = files
                    .iter()
                    .map(|(file, changed)| Entry::Files(entry(&mut writer, name, file, changed)))
                    .collect();
                let owner = CustodianName(name.to_owned());
                let point = RestorePointId(taken[..10].to_owned());
                writer.index(&point, &owner, &entries).expect("written");
            }
        }
        writer.finish().expect("finished");
        case.connect("");
        let map = "source,target\nada@old.example,ada@clean.example\n\
                   ben@old.example,ben@clean.example\n";
        put(&case.path("map.csv"), map.as_bytes());
        let waves = b"custodian,department,wave\nben@old.example,,1\n";
        put(&case.path("waves.csv"), waves);
        case.done("case map CASE --csv MAP TARGET");
    })
}

fn entry(writer: &mut ArchiveWriter, owner: &str, name: &str, changed: &str) -> FileEntry {
    let text = format!("{name} of {owner}");
    FileEntry {
        id: format!("{owner}/{name}"),
        name: name.to_owned(),
        parent_reference: ParentReference {
            path: vec!["Plans".to_owned()],
        },
        object: writer.object(text.as_bytes()).expect("stored"),
        file_system_info: FileSystemInfo {
            created_date_time: Some(at("2021-01-02T03:04:05Z")),
            last_modified_date_time: Some(at(changed)),
        },
        permissions: Vec::new(),
        versions: Vec::new(),
    }
}

fn files(case: &Case, who: &str) -> Vec<String> {
    let stored = case.inspect().files(&format!("{who}@clean.example"));
    let mut names: Vec<String> = stored
        .iter()
        .map(|file| file.path.rsplit('/').next().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_recent_of_each_wave_goes_before_the_rest_of_it() {
    let case = two_drives(&[(TAKEN, &FILES)]);
    planned(&case, "--waves @waves.csv --recent-days 30");
    adopted(&case);
    let listed = case.done("wave list CASE");
    for wave in 1..=4 {
        let line = format!("wave {wave}: 1 custodians, 1 items");
        assert!(listed.contains(&line), "{listed}");
    }
    // Each of the later waves stands still until what went before was looked at.
    let [old, recent] = FILES.map(|(name, _)| name);
    let steps: [(u32, &[&str], &[&str]); 4] = [
        (1, &[], &[recent]),
        (2, &[], &[old, recent]),
        (3, &[recent], &[old, recent]),
        (4, &[old, recent], &[old, recent]),
    ];
    for (wave, ada, ben) in steps {
        if wave < 4 {
            let next = wave + 1;
            case.done(&format!("wave pause CASE --wave {next} --reason look"));
        }
        let ran = case.restore();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "wave {wave}: {said}");
        assert_eq!(
            (files(&case, "ada"), files(&case, "ben")),
            (owned(ada), owned(ben)),
            "{wave}"
        );
        if wave < 4 {
            let next = wave + 1;
            case.done(&format!("wave resume CASE --wave {next} --reason looked"));
        }
    }
    case.done("case finish CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The reasons of the items that were held, by custodian.
fn held(case: &Case) -> BTreeMap<String, Vec<String>> {
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in case.events("bundle-of-held") {
        if event["type"] == "ItemHeld/1" {
            let stream = event["stream"].as_str().expect("a stream").to_owned();
            let reason = event["data"]["reason"].as_str().expect("a reason");
            held.entry(stream).or_default().push(reason.to_owned());
        }
    }
    held
}

/// The tenant's window begins in 2020. What came to be in 2019 is from before it for everybody, and within Ada's own.
#[test]
fn a_custodians_own_window_holds_what_is_theirs_and_nobody_elses() {
    let [old, recent] = FILES;
    let points: [(&str, &[File]); 3] = [
        ("2018-06-01T00:00:00Z", &[old]),
        ("2019-06-01T00:00:00Z", &[old, recent]),
        (TAKEN, &[old, recent]),
    ];
    let case = two_drives(&points);
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let without = planned(&case, "");
    case.done(
        "case window CASE --custodian ada@old.example --from 2019-01-01T00:00:00Z \
         --to 2019-02-01T00:00:00Z",
    );
    let with = planned(&case, "");
    let diff = case.done(&format!("plan diff CASE {without} {with} --rows --json"));
    let rows: Vec<Value> = diff
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|row: &Value| row["locator"].is_string())
        .collect();
    assert_eq!(rows.len(), 1, "{diff}");
    let locator = rows[0]["locator"].as_str().expect("a place");
    assert!(locator.contains(recent.0), "{locator}");
    adopted(&case);
    second_approver(&case);
    case.done(&format!("baseline CASE {LOOK}"));
    certified(&case, "readiness");
    let ran = case.restore();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "one is held: {said}");
    assert_eq!(files(&case, "ada"), owned(&[old.0]));
    assert_eq!(files(&case, "ben"), owned(&[old.0, recent.0]));
    let held: Vec<Vec<String>> = held(&case).into_values().collect();
    assert_eq!(held, [["added-in-breach-window"]]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
