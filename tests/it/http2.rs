//! HTTP/2, which Graph speaks: what a refused stream, a reset, a GOAWAY and a connection that ends under many requests do to a
//! restore. What was never looked at goes again, what may have been done is looked for first, and nothing is there twice.

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::crashes::expect_explained;
use crate::drive::hex;

const ADA: &str = "ada@clean.example";
const MAILS: usize = 6;

fn shot(method: &str, path: &str, kind: FaultKind) -> OneShot {
    OneShot {
        kind,
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
    }
}

fn mailbox() -> Case {
    let case = Case::over_http2(Faults::none());
    for number in 0..MAILS {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare("mailbox");
    case
}

fn large() -> Vec<u8> {
    (0..12_000_000_u32).map(|at| at.to_le_bytes()[1]).collect()
}

fn drive() -> Case {
    let case = Case::over_http2(Faults::none());
    case.plant("large.bin", &large());
    case.prepare("drive");
    case
}

/// Restores while these go wrong; each try that failed, as the record has it.
#[track_caller]
fn restored(case: &Case, shots: &[OneShot]) -> Vec<Value> {
    for shot in shots {
        case.inspect().arm(shot.clone());
    }
    let ended = case.restore();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    assert_eq!(case.inspect().faults(), shots.len() as u64);
    let asked = case.inspect().requests();
    assert!(asked.iter().all(|request| request.stream.is_some()));
    expect_explained(case);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    let events = case.events("bundle").into_iter();
    let failed = events.filter(|event| event["type"] == "AttemptFailed/1");
    failed.map(|event| event["data"].clone()).collect()
}

#[track_caller]
fn expect_mails(case: &Case) {
    let stored = case.inspect().messages(ADA);
    assert_eq!(stored.len(), MAILS);
    let mut subjects: Vec<&Value> = stored.iter().map(|one| &one.json["subject"]).collect();
    subjects.sort_by_key(ToString::to_string);
    subjects.dedup();
    assert_eq!(subjects.len(), MAILS);
}

#[track_caller]
fn expect_file(case: &Case) {
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].sha256, hex(&large()));
    assert!(stored[0].older.is_empty(), "{stored:?}");
}

/// Nothing was done, and the service said so: the same request goes again, and no try has failed.
#[test]
fn what_was_refused_unseen_goes_again_in_the_same_try() {
    for kind in [FaultKind::RefusedStream, FaultKind::GoAway] {
        let case = mailbox();
        let failed = restored(&case, &[shot("POST", "/messages", kind)]);
        assert!(failed.is_empty(), "{kind:?}: {failed:?}");
        expect_mails(&case);
    }
    let case = drive();
    let shots = [
        shot("PUT", "/_upload/", FaultKind::RefusedStream),
        shot("GET", "/drive", FaultKind::GoAway),
    ];
    let failed = restored(&case, &shots);
    assert!(failed.is_empty(), "{failed:?}");
    expect_file(&case);
}

/// A service that goes on refusing is not asked for ever: the try ends, and it is known that it left nothing.
#[test]
fn what_is_refused_again_and_again_fails_the_try_and_left_nothing() {
    let case = mailbox();
    let refused = shot("POST", "/messages", FaultKind::RefusedStream);
    let failed = restored(&case, &vec![refused; 12]);
    assert!(!failed.is_empty());
    for data in &failed {
        let said = (&data["code"], &data["outcome_unknown"]);
        assert_eq!(said, (&"StreamRefused".into(), &false.into()));
    }
    expect_mails(&case);
}

/// It was carried out and nobody heard of it: whoever tries again finds it.
#[test]
fn what_may_have_been_done_is_looked_for_and_stands_once() {
    for kind in [
        FaultKind::ResetAfter,
        FaultKind::GoAwayAfter,
        FaultKind::CutAfter,
    ] {
        let case = mailbox();
        let failed = restored(&case, &[shot("POST", "/messages", kind)]);
        // With a connection everything ends that was under way on it.
        assert!(!failed.is_empty(), "{kind:?}");
        let unknown = failed.iter().filter(|data| data["outcome_unknown"] == true);
        assert!(unknown.count() > 0, "{kind:?}: {failed:?}");
        assert!(failed.iter().all(|data| data["code"] == "Connection"));
        expect_mails(&case);
    }
}

#[test]
fn a_connection_that_ends_under_a_body_either_way_leaves_the_file_whole_and_once() {
    for (method, path, kind) in [
        ("PUT", "/_upload/", FaultKind::ResetInBody),
        ("PUT", "/_upload/", FaultKind::CutAfter),
        ("PUT", "/_upload/", FaultKind::GoAwayAfter),
        ("POST", "/createUploadSession", FaultKind::CutAfter),
    ] {
        let case = drive();
        let failed = restored(&case, &[shot(method, path, kind)]);
        assert_eq!(failed.len(), 1, "{method} {path} {kind:?}: {failed:?}");
        expect_file(&case);
    }
}

/// What stands in a folder or does not is told by a code, which may not come: nobody takes half an answer for one.
#[test]
fn a_refusal_that_breaks_off_is_no_answer() {
    let case = drive();
    let shots = [
        shot("PUT", "/_upload/", FaultKind::ResetInBody),
        // Whoever tries again looks for the file first: it is not there.
        shot("GET", "large.bin", FaultKind::CutAfter),
    ];
    let failed = restored(&case, &shots);
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert_eq!(failed[1]["code"], "Connection");
    expect_file(&case);
}
