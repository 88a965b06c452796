//! Rows of messages and files that no other test has at hand: what a restore never asks for, and what a plan holds by its size.

use std::collections::HashMap;

use m365_simulator::Faults;
use unbroken::domain::choices::Choices;
use unbroken::domain::folder::FolderPath;
use unbroken::domain::item::{CustodianName, Digest, RestorePointId, SourceItem, Workload};
use unbroken::domain::item_key::CaseSecret;
use unbroken::domain::plan::{FILE_BYTES_MAX, PlanInput, Snapshot, decide_rows};
use unbroken::domain::pseudonym::Pseudonym;
use unbroken::domain::target_tree::TargetTree;

use super::Row;
use crate::case::{Case, mail};

const ADA: &str = "ada@clean.example";

/// Of the paths that were asked for, those with one of the words.
fn asked(case: &Case, words: &[&str]) -> Vec<String> {
    let paths = case.inspect().requests().into_iter().map(|one| one.path);
    let is_one = |path: &String| {
        let path = path.to_lowercase();
        words.iter().any(|word| path.contains(word))
    };
    paths.filter(is_one).collect()
}

#[test]
fn a_restore_of_a_mailbox_opens_no_door_and_the_mail_of_a_group_is_mail() {
    let case = Case::new(Faults::none());
    case.plant("crew@old.example/Inbox/a.eml", &mail(1, 0));
    case.prepare("crew@old.example");
    assert!(case.restore().status.success());
    let stored = case.inspect().messages(ADA);
    assert_eq!(stored.len(), 1);
    let group = Row::kept("Teams and chats", "conversations in a group's mailbox");
    group.is(&stored[0].json["subject"], "mail 1");
    let streams = asked(&case, &["/admin/exchange", "importitem", "exportitems"]);
    Row::lost("Messages", "import streams of Exchange").is(&streams, &[""; 0]);
}

#[test]
fn a_file_names_its_author_to_nobody() {
    let case = Case::new(Faults::none());
    case.plant("a.txt", b"a");
    case.prepare("drive");
    case.inspect().record_exchanges();
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().files(ADA).len(), 1);
    let exchanges = case.inspect().exchanges();
    let sent = exchanges.iter().filter_map(|one| one.request.as_ref());
    let sent: String = sent.map(ToString::to_string).collect();
    let author = Row::lost("Files", "author");
    author.holds(sent.contains("fileSystemInfo"), &sent);
    author.holds(
        !sent.contains("createdBy") && !sent.contains("lastModifiedBy"),
        &sent,
    );
}

/// The classes of what was skipped, and how often.
fn skipped(case: &Case) -> Vec<String> {
    let events = case.events("bundle-of-skipped");
    let skipped = events.iter().filter(|one| one["type"] == "ItemSkipped/1");
    let reason = |one: &serde_json::Value| one["data"]["reason"].as_str().map(str::to_owned);
    skipped.filter_map(reason).collect()
}

#[test]
fn a_folder_without_mail_is_named_and_nothing_of_the_mailbox_itself_is_asked_for() {
    let case = Case::new(Faults::none());
    case.plant("crew@old.example/Inbox/a.eml", &mail(1, 0));
    std::fs::create_dir_all(case.source().join("crew@old.example/Plans/2019")).expect("made");
    case.prepare("crew@old.example");
    case.restore();
    assert_eq!(case.inspect().messages(ADA).len(), 1);
    let empty = Row::lost("Messages", "folders without mail");
    empty.is(&skipped(&case), &["empty-folder"]);
    empty.is(&asked(&case, &["2019"]), &[""; 0]);
    let colours = asked(&case, &["mastercategories"]);
    Row::lost("Messages", "colours of categories").is(&colours, &[""; 0]);
    let settings = asked(&case, &["mailboxsettings"]);
    Row::lost("Messages", "settings of a mailbox").is(&settings, &[""; 0]);
}

#[test]
fn folders_are_made_for_files_and_of_empty_ones_each_is_named() {
    let case = Case::new(Faults::none());
    case.plant("Deep/er/a.txt", b"a");
    std::fs::create_dir_all(case.source().join("Deep/empty")).expect("made");
    case.prepare("drive");
    case.inspect().record_exchanges();
    case.restore();
    let files = case.inspect().files(ADA);
    let [file] = &files[..] else {
        panic!("one file: {files:?}")
    };
    Row::kept("Files", "folders").stands_in(&file.path, "Deep/er/");
    let empty = Row::lost("Files", "folders without a file");
    empty.is(&skipped(&case), &["empty-folder"]);
    let exchanges = case.inspect().exchanges();
    let sent = exchanges.iter().filter_map(|one| one.request.as_ref());
    let made: Vec<_> = sent.filter(|one| one.get("folder").is_some()).collect();
    assert!(!made.is_empty(), "folders are made");
    let is_dated = |one: &&&serde_json::Value| one.get("fileSystemInfo").is_some();
    let dated: Vec<_> = made.iter().filter(is_dated).collect();
    Row::lost("Files", "dates of folders").holds(dated.is_empty(), &dated);
    let labels = asked(&case, &["sensitivitylabel"]);
    Row::lost("Files", "labels of sensitivity").is(&labels, &[""; 0]);
    let labels = asked(&case, &["retentionlabel"]);
    Row::lost("Files", "labels of retention").is(&labels, &[""; 0]);
    Row::lost("Files", "comments").is(&asked(&case, &["comment"]), &[""; 0]);
}

#[test]
fn a_file_that_no_drive_takes_is_held_by_the_plan() {
    let owner = CustodianName("ada@old.example".to_owned());
    let item = SourceItem {
        custodian: owner.clone(),
        workload: Workload::Files,
        stable_id: "1".to_owned(),
        version: String::new(),
        locator: "film.mov".to_owned(),
        point: RestorePointId("p".to_owned()),
        folder: FolderPath::Drive(Vec::new()),
        name: "film.mov".to_owned(),
        size_bytes: FILE_BYTES_MAX + 1,
        digest: Digest([1; 32]),
        created: None,
        modified: None,
    };
    let snapshot = Snapshot {
        taken: None,
        items: vec![item],
        histories: HashMap::new(),
    };
    let input = PlanInput {
        custodian: &owner,
        is_mapped: true,
        snapshots: &[snapshot],
        unreadable: &[],
        window: None,
        known: &HashMap::new(),
        secret: &CaseSecret([1; 32]),
        choices: &Choices::default(),
        wave: 0,
    };
    let mut name = || Pseudonym::from_random([1; 16]);
    let rows = decide_rows(&input, &mut TargetTree::default(), &mut name);
    let reasons: Vec<&str> = rows.iter().map(|row| &*row.reason).collect();
    Row::held("Files", "file of over 250 GB").is(&reasons, &["larger-than-250-gb"]);
}
