//! What is revoked while a restore runs, by another process: the restore ends, and nothing is written behind the entry.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use m365_simulator::{FaultKind, OneShot};
use serde_json::Value;
use unbroken_verify::VerdictKind;

use super::road::{LOOK, OLD, case_with, certified, refused, second_approver};
use crate::case::{Case, mail};

const ADA: &str = "ada@clean.example";
const RESTORE: &str = "restore CASE --source SOURCE TARGET --workers 1";
const MAILS: usize = 40;
const LONG: Duration = Duration::from_mins(1);

/// Ready to be restored, with two who approved.
fn ready() -> Case {
    let case = case_with(|case| {
        for number in 0..MAILS {
            case.plant(&format!("{number}.eml"), &mail(number, 0));
        }
        case.prepare("mailbox");
    });
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    case.done(&format!("baseline CASE {LOOK}"));
    second_approver(&case);
    certified(&case, "readiness");
    case
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A restore in the middle of a request whose answer the tenant holds back.
fn at_work(case: &Case) -> Child {
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/messages".to_owned(),
        skip: 5,
    });
    let child = case.start(RESTORE);
    until("the request never came", || case.inspect().held() > 0);
    child
}

fn ended(mut child: Child) -> ExitStatus {
    child.wait().expect("ended")
}

fn keyid(case: &Case, person: &str) -> String {
    let listed: Value = serde_json::from_str(&case.done("keys list CASE --json")).expect("JSON");
    let mut keys = listed["keys"].as_array().expect("keys").iter();
    let key = keys.find(|key| key["person"] == person && key["roles"][0] == "approver");
    let id = key.expect("listed")["keyid"].as_str().expect("a keyid");
    id[..8].to_owned()
}

/// No intent stands behind the entry that ends the certificate, everything that was begun has its outcome, and no further restore
/// writes anything.
fn expect_nothing_behind(case: &Case, kind: &str, why: &str) {
    let events = case.events("bundle-of-revoked");
    let at = |wanted: &str| events.iter().rposition(|event| event["type"] == wanted);
    let revoked = at(kind).expect("revoked");
    assert!(at("ItemAttempted/1").expect("it worked") < revoked);
    assert!(at("FolderAttempted/1").is_none_or(|at| at < revoked));
    let count = |wanted: &str| {
        let of_kind = events.iter().filter(|event| event["type"] == wanted);
        of_kind.count()
    };
    let written = case.inspect().messages(ADA).len();
    assert_eq!(written, count("ItemRestored/1"));
    assert_eq!(count("ItemAttempted/1"), count("ItemRestored/1"));
    assert_eq!(written, 6);
    refused(&case.run(RESTORE), &[why]);
    assert_eq!(case.inspect().messages(ADA).len(), written);
    assert!(!case.path("case/stop-asked").exists());
    assert_ne!(case.verdict().kind, VerdictKind::Invalid);
}

/// Another process revokes: it waits for the restore, which ends although nobody interrupts it.
fn revoked_by(case: &Case, command: &str) {
    let restore = at_work(case);
    let mut revoke = case.start(command);
    until("nobody was asked to end", || {
        case.path("case/stop-asked").exists()
    });
    // What is under way has no outcome yet, so nothing is revoked yet.
    std::thread::sleep(Duration::from_millis(500));
    assert!(revoke.try_wait().expect("asked").is_none(), "{command}");
    case.inspect().let_go();
    assert_eq!(ended(restore).code(), Some(130));
    assert_eq!(ended(revoke).code(), Some(0), "{command}");
}

#[test]
fn a_certificate_that_is_revoked_by_hand_stops_the_restore_of_another_process() {
    let case = ready();
    revoked_by(&case, "certify revoke CASE --certificate readiness");
    expect_nothing_behind(&case, "CertificateRevoked/1", "revoked: by-hand");
    // What was begun goes on once it is certified anew, and nothing is doubled.
    for name in ["readiness.request", "readiness.approved"] {
        std::fs::remove_file(case.path(name)).expect("it was there");
    }
    certified(&case, "readiness");
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().messages(ADA).len(), MAILS);
}

#[test]
fn an_approver_whose_key_is_revoked_as_stolen_stops_the_restore_of_another_process() {
    let case = ready();
    let key = keyid(&case, "approver-2");
    revoked_by(
        &case,
        &format!("keys revoke CASE --key {key} --reason compromised --from-index 0"),
    );
    expect_nothing_behind(&case, "KeyRevoked", "keys that were revoked");
    let status = case.done("notify text CASE --to lead@other.example");
    let words = "readiness certificate 1 carries nothing: a key that approved it was revoked";
    assert!(status.contains(words), "{status}");
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    assert!(report.contains("It carries nothing: too few approved it"));
}

/// A look is no reason to end a restore. Whoever ends it, looks, and finds something open, has ended readiness too.
#[test]
fn a_check_that_fails_again_ends_readiness_once_nobody_works() {
    let case = ready();
    let restore = at_work(&case);
    let look = format!("baseline CASE {LOOK}");
    let locked = case.run(&look);
    let said = String::from_utf8_lossy(&locked.stderr).into_owned();
    assert_eq!(locked.status.code(), Some(11), "{said}");
    assert!(
        said.contains("a restore goes on with the same command"),
        "{said}"
    );
    let mut restore = restore;
    restore.kill().expect("killed");
    ended(restore);
    case.inspect().disarm();
    case.inspect().let_go();
    let mut planted = false;
    case.inspect()
        .change_directory(|directory| planted = directory.plant("guest_of_old"));
    assert!(planted);
    refused(&case.run(&look), &["C19"]);
    let before = case.inspect().messages(ADA).len();
    refused(&case.run(RESTORE), &["revoked: drift"]);
    assert_eq!(case.inspect().messages(ADA).len(), before);
}
