//! What a tenant refuses for good, and what only breaks on the way: each outcome has its class and its sentence, what passes is
//! tried again, and nothing beside it is lost.

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::access::journey::{ACCESS, approved, others, restored};
use crate::case::{Case, mail};

const ADA: &str = "ada@clean.example";
const SESSION: &str = "/createUploadSession";

fn shot(method: &str, path: &str, kind: FaultKind) -> OneShot {
    OneShot {
        kind,
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
    }
}

fn drive() -> Case {
    let case = Case::new(Faults::none());
    for name in ["a.txt", "b.txt", "c.txt"] {
        case.plant(name, name.as_bytes());
    }
    case.prepare("drive");
    case
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let of = events.iter().filter(|event| event["type"] == kind);
    of.map(|event| &event["data"]).collect()
}

/// One of three files or mails is refused by this: the class, the code, the words of the report, one attempt; the others stand.
#[track_caller]
fn expect_refused(case: &Case, shot: OneShot, (class, code, words): (&str, &str, &str)) {
    let path = shot.path.clone();
    case.inspect().arm(shot);
    let ended = case.restore();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert_eq!(case.inspect().faults(), 1, "{path} was never asked for");
    let events = case.events("bundle");
    let failed = of(&events, "ItemFailed/1");
    assert_eq!(failed.len(), 1, "{failed:?}");
    let of_it = (
        &failed[0]["reason"],
        &failed[0]["code"],
        &failed[0]["attempts"],
    );
    assert_eq!(of_it, (&class.into(), &code.into(), &1.into()));
    assert_eq!(of(&events, "ItemRestored/1").len(), 2);
    assert_eq!(of(&events, "AttemptFailed/1").len(), 1, "tried again");
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("written");
    assert!(report.contains(words), "the report does not say: {words}");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// This happens once on the way and passes: each file is there, once, and the try that failed is on the record.
#[track_caller]
fn expect_passed(case: &Case, shot: OneShot, files: usize) {
    case.inspect().arm(shot);
    let ended = case.restore();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    assert_eq!(case.inspect().faults(), 1);
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), files, "{stored:?}");
    assert!(stored.iter().all(|file| file.older.is_empty()));
    let events = case.events("bundle");
    assert_eq!(of(&events, "ItemRestored/1").len(), files);
    assert_eq!(of(&events, "AttemptFailed/1").len(), 1);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn what_the_services_scanner_refuses_fails_as_malware_and_is_not_sent_again() {
    let said = (
        "target-found-malware",
        "malwareDetected",
        "own scanner took it for malware",
    );
    expect_refused(&drive(), shot("PUT", "/_upload/", FaultKind::Malware), said);
}

#[test]
fn a_path_that_is_too_long_fails_its_file_alone() {
    let said = (
        "path-too-long",
        "pathIsTooLong",
        "with all of its folders is longer",
    );
    expect_refused(
        &drive(),
        shot("POST", SESSION, FaultKind::PathTooLong),
        said,
    );
}

#[test]
fn a_full_mailbox_is_named_and_what_fits_is_there() {
    let case = Case::new(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare("mailbox");
    let said = (
        "no-room-in-target",
        "ErrorQuotaExceeded",
        "had no room left for it",
    );
    expect_refused(
        &case,
        shot("POST", "/messages", FaultKind::MailboxFull),
        said,
    );
    assert_eq!(case.inspect().messages(ADA).len(), 2);
}

#[test]
fn a_file_that_is_locked_is_tried_again() {
    expect_passed(&drive(), shot("POST", SESSION, FaultKind::Locked), 3);
}

#[test]
fn a_connection_that_breaks_under_a_body_doubles_nothing() {
    let case = Case::new(Faults::none());
    let large: Vec<u8> = (0..12_000_000_u32).map(|at| at.to_le_bytes()[1]).collect();
    case.plant("large.bin", &large);
    case.prepare("drive");
    expect_passed(&case, shot("PUT", "/_upload/", FaultKind::ResetInBody), 1);
}

/// A gateway gives up on a create that the service carries out a moment later, after we have looked for it and found nothing.
#[test]
fn a_create_that_lands_after_somebody_looked_for_it_stands_once() {
    let card =
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card\r\nFN:Ben Bell\r\nN:Bell;Ben\r\nEND:VCARD\r\n";
    let cases = [
        ("1.eml", mail(1, 0), "/messages"),
        ("1.vcf", card.as_bytes().to_vec(), "/contacts"),
    ];
    for (name, bytes, path) in cases {
        let case = Case::new(Faults::none());
        case.plant(name, &bytes);
        case.prepare("mailbox");
        case.inspect().arm(shot("POST", path, FaultKind::Late));
        let ended = case.restore();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{name}: {said}");
        assert_eq!(case.inspect().faults(), 1, "{name}");
        let there = case.inspect().messages(ADA).len() + case.inspect().items(ADA).len();
        assert_eq!(there, 1, "{name}");
        let events = case.events("bundle");
        let partial = of(&events, "PartialFound/1");
        assert_eq!(partial.len(), 1, "{name}: {partial:?}");
        assert_eq!(partial[0]["action"], "delete", "{name}");
    }
}

#[test]
fn where_sharing_is_disabled_nobody_is_let_in_and_it_is_said() {
    let case = restored();
    approved(&case);
    case.inspect()
        .arm(shot("POST", "/invite", FaultKind::SharingDisabled));
    let refused = case.run(&format!("access apply CASE {ACCESS} TARGET"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("sharingDisabled") && said.contains("hint:"),
        "{said}"
    );
    for path in ["/Contracts", "/Contracts/open.txt", "/Contracts/secret.txt"] {
        assert!(others(&case, path).is_empty(), "{path}");
    }
    let events = case.events("bundle");
    let applied = of(&events, "AccessApplied/1");
    assert_eq!(applied.len(), 1);
    assert_eq!(applied[0]["failed"], 1);
    // The switch is turned on again: the same command goes on.
    case.done(&format!("access apply CASE {ACCESS} TARGET"));
    assert!(!others(&case, "/Contracts").is_empty());
}
