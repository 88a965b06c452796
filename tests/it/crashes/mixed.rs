//! Mail and files of two people, a fifth of all requests failing, and the program killed again and again in the middle of it:
//! every item is there exactly once. `tests/bench/kills.sh` runs the long one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use m365_simulator::Faults;
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, MailEntry,
    MailFolder, ParentReference, PointTag, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::{Seeded, expect_explained};
use crate::case::{Case, mail};
use crate::tampering::forge::put;

const PEOPLE: [&str; 2] = ["ada", "ben"];
const RESTORE: &str = "restore CASE --source SOURCE TARGET --without-quotas --workers 32";
/// Two fragments of an upload session.
const LARGE: usize = 4_200_000;

/// How much of it there is, for each of the two.
#[derive(Clone, Copy)]
struct Size {
    mails: usize,
    files: usize,
    kills: usize,
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_000_000, 0).expect("a time")
}

/// Each tenth mail has an attachment, each five hundredth one that goes in fragments.
fn attached(number: usize) -> usize {
    match number {
        number if number % 500 == 7 => LARGE,
        number if number.is_multiple_of(10) => 2_000 + number,
        _ => 0,
    }
}

fn file_bytes(person: usize, number: usize) -> Vec<u8> {
    let size = if number % 500 == 3 {
        LARGE
    } else {
        number * 7 % 20_000
    };
    let byte = |at: usize| (at * 131 + number + person * 7).to_le_bytes()[0];
    (0..size).map(byte).collect()
}

fn write_archive(case: &Case, size: Size) {
    let custodians = PEOPLE.iter().zip(1..).map(|(person, number)| CustodianTag {
        name: format!("{person}@old.example"),
        id: format!("00000000-0000-4000-8000-{number:012}"),
        index: format!("c{number:04}"),
    });
    let point = PointTag {
        id: "2026-04-01".to_owned(),
        taken: noon(),
    };
    let evidence = EvidenceTag {
        access: false,
        immutability: false,
        dates: false,
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        evidence,
        vec![point],
        custodians.collect(),
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("created");
    for (place, person) in PEOPLE.iter().enumerate() {
        let mails = (0..size.mails).map(|number| mail_entry(&mut writer, place, number));
        let mut entries: Vec<Entry> = mails.collect();
        let files = (0..size.files).map(|number| file_entry(&mut writer, place, number));
        entries.extend(files.collect::<Vec<_>>());
        let owner = CustodianName(format!("{person}@old.example"));
        let point = RestorePointId("2026-04-01".to_owned());
        writer.index(&point, &owner, &entries).expect("written");
    }
    writer.finish().expect("finished");
}

fn mail_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let bytes = mail(number, attached(number));
    let sent = noon() + TimeDelta::seconds(i64::try_from(number).expect("small"));
    Entry::Mail(MailEntry {
        id: format!("mail-{person}-{number}"),
        object: writer.object(&bytes).expect("kept"),
        parent_folder: MailFolder {
            well_known_name: "inbox".to_owned(),
            path: vec![format!("folder {}", number % 5)],
        },
        sent_date_time: Some(sent),
        received_date_time: Some(sent),
        is_read: true,
        importance: None,
        categories: Vec::new(),
        flag: None,
    })
}

fn file_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    Entry::Files(FileEntry {
        id: format!("file-{person}-{number}"),
        name: format!("{number}.dat"),
        parent_reference: ParentReference {
            path: vec![format!("folder {}", number % 7)],
        },
        object: writer.object(&file_bytes(person, number)).expect("kept"),
        file_system_info: FileSystemInfo {
            created_date_time: Some(noon()),
            last_modified_date_time: Some(noon()),
        },
        permissions: Vec::new(),
        versions: Vec::new(),
    })
}

/// Lets it run until the tenant has failed so many more requests, and kills it; whether it was still at work.
fn kill_after(case: &Case, faults: u64) -> bool {
    let goal = case.inspect().faults() + faults;
    let mut child = case.start(RESTORE);
    while case.inspect().faults() < goal && child.try_wait().expect("asked").is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let worked = child.try_wait().expect("asked").is_none();
    child.kill().expect("killed");
    child.wait().expect("gone");
    worked
}

/// What happened, in a line.
fn survives(size: Size, faults_between: u64) -> String {
    let mut faults = Faults::rate(0.2);
    // A pause holds a whole mailbox: what is shown here is that nothing is lost, not how long it takes.
    faults.retry_after_s = 0;
    let case = Case::without_quotas(Faults::none());
    write_archive(&case, size);
    case.connect("");
    let map = PEOPLE.map(|person| format!("{person}@old.example,{person}@clean.example\n"));
    let map = format!("source,target\n{}", map.concat());
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP TARGET");
    case.plan();
    case.inspect().set_faults(faults);
    let mut seeded = Seeded(2_026);
    let mut kills = 0;
    while kills < size.kills {
        let faults = faults_between / 3 + seeded.below(faults_between);
        assert!(kill_after(&case, faults), "it was done after {kills} kills");
        kills += 1;
    }
    let ended = case.run(RESTORE);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    let found = case.inspect();
    let said = format!(
        "{kills} kills, {} of {} requests failed",
        found.faults(),
        found.requests().len()
    );
    for (place, person) in PEOPLE.iter().enumerate() {
        expect_mails(&case, person, size);
        expect_files(&case, person, place, size);
    }
    expect_explained(&case);
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    said
}

fn expect_mails(case: &Case, person: &str, size: Size) {
    let stored = case.inspect().messages(&format!("{person}@clean.example"));
    let keys: BTreeSet<_> = stored.iter().map(|one| one.key.clone()).collect();
    assert_eq!((stored.len(), keys.len()), (size.mails, size.mails));
    let mut subjects = BTreeSet::new();
    for message in &stored {
        let subject = message.json["subject"].as_str().expect("a subject");
        let number: usize = subject["mail ".len()..].parse().expect("a number");
        assert!(subjects.insert(number), "{subject} twice");
        let sizes: Vec<usize> = message.attachments.iter().map(|one| one.1).collect();
        let expected: Vec<usize> = Some(attached(number))
            .filter(|n| *n > 0)
            .into_iter()
            .collect();
        assert_eq!(sizes, expected, "attachments of {subject}");
    }
}

fn expect_files(case: &Case, person: &str, place: usize, size: Size) {
    let stored = case.inspect().files(&format!("{person}@clean.example"));
    let found: BTreeMap<String, u64> = stored
        .iter()
        .map(|file| (file.path.clone(), file.size as u64))
        .collect();
    assert_eq!((stored.len(), found.len()), (size.files, size.files));
    for number in 0..size.files {
        let end = format!("folder {}/{number}.dat", number % 7);
        let file = found.iter().find(|(path, _)| path.ends_with(&end));
        let bytes = file_bytes(place, number).len() as u64;
        assert_eq!(file.map(|(_, size)| *size), Some(bytes), "{end}");
    }
}

#[test]
fn kills_and_faults_over_mail_and_files_lose_nothing_and_double_nothing() {
    let size = Size {
        mails: 40,
        files: 30,
        kills: 4,
    };
    println!("{}", survives(size, 12));
}

#[test]
#[ignore = "takes long: tests/bench/kills.sh"]
fn a_hundred_kills_over_five_thousand_items() {
    let size = Size {
        mails: 1_500,
        files: 1_000,
        kills: 100,
    };
    println!("{}", survives(size, 70));
}
