//! Approvals away from the ledger: a request goes out, a signed decision comes back, and what is wrong with one is said.

use std::process::Output;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use m365_simulator::Faults;
use unbroken_ledger::{
    ApprovalRequest, Decision, Draft, Entry, Event, FilePlace, Hash, Ledger, OfflineEvent,
    PrivateKey, Signer, SystemClock, Timestamp, Value, VaultKey, entry,
};
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::tampering::forge::put;

fn case() -> Case {
    let case = Case::new(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare_people("mailbox");
    case
}

fn proposed(case: &Case) {
    case.done("plan make CASE --source SOURCE");
    case.done("plan propose CASE --request @plan.request");
}

#[track_caller]
fn refused(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word} is not named: {stderr}");
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("one JSON value")
}

fn size(case: &Case) -> u64 {
    json(&case.done("ledger info CASE --json"))["entries"]
        .as_u64()
        .expect("a number")
}

/// Approves in a folder of its own, where there is nothing but the request and a key, and brings the decision back.
fn decide(case: &Case, key: &str, more: &[&str], back: &str) -> Output {
    let machine = tempfile::tempdir().expect("a folder");
    for (from, to) in [("plan.request", "plan.request"), (key, "own.pem")] {
        std::fs::copy(case.path(from), machine.path().join(to)).expect("carried over");
    }
    let output = case
        .command("approve --request plan.request --key own.pem")
        .args(more)
        .arg("--out")
        .arg("decision")
        .current_dir(machine.path())
        .output()
        .expect("started");
    if output.status.success() {
        std::fs::copy(machine.path().join("decision"), case.path(back)).expect("carried back");
    }
    output
}

#[track_caller]
fn approve(case: &Case, key: &str, back: &str) {
    let output = decide(case, key, &["--yes"], back);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_plan_is_approved_elsewhere_and_the_restore_goes_through() {
    let case = case();
    proposed(&case);
    // Nobody is at a terminal and nobody said yes: nothing is signed.
    let unasked = decide(&case, "case/keys/approver.pem", &[], "plan.approved");
    refused(&unasked, 2, &["nothing was signed", "--yes"]);
    assert!(!case.path("plan.approved").exists());
    let output = decide(&case, "case/keys/approver.pem", &["--yes"], "plan.approved");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    let plan = json(&case.done("plan show CASE --json"));
    let digest = plan["plan"].as_str().expect("a hash");
    let restores = format!("restores     {} items", plan["restore"]);
    for word in ["scope        plan", digest, &*restores, "until"] {
        assert!(shown.contains(word), "{word} is not shown: {shown}");
    }
    refused(&case.run("plan adopt CASE"), 12, &["approval/count"]);
    let taken = case.done("case import CASE @plan.approved");
    assert!(taken.contains("Approved; 1 of 1 approvals"), "{taken}");
    let before = size(&case);
    case.done("case import CASE @plan.approved");
    assert_eq!(size(&case), before, "the same file again changes nothing");
    case.done("plan adopt CASE");
    assert!(case.restore().status.success());
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_request_holds_nothing_about_people() {
    let case = case();
    proposed(&case);
    let request = std::fs::read_to_string(case.path("plan.request")).expect("read");
    let mut all = request.clone();
    let value = json(&request);
    let about = value["about"].as_array().expect("entries").iter();
    for entry in about.chain([&value["proposed"]]) {
        let bytes = Base64::decode_vec(entry.as_str().expect("text")).expect("base64");
        let entry = String::from_utf8(bytes).expect("UTF-8");
        let payload = json(&entry)["event"]["payload"]
            .as_str()
            .map(Base64::decode_vec);
        all += &entry;
        all += &String::from_utf8(payload.expect("one").expect("base64")).expect("UTF-8");
    }
    assert!(
        all.contains("PlanMade/1") && all.contains("Proposed"),
        "{all}"
    );
    for secret in [
        "mailbox",
        "ada@",
        "clean.example",
        "old.example",
        "eml",
        "subject",
    ] {
        assert!(!all.contains(secret), "{secret} stands in the request");
    }
}

#[test]
fn two_persons_have_to_approve_and_two_keys_of_one_are_one() {
    let case = case();
    case.done("keys policy CASE --approvals PlanAdopted/1=2");
    for (file, person) in [("same.pem", "approver-1"), ("other.pem", "approver-2")] {
        case.done(&format!("keys generate @{file} --no-passphrase"));
        case.done(&format!(
            "keys enrol CASE --new @{file} --person {person} --role approver"
        ));
    }
    proposed(&case);
    approve(&case, "case/keys/approver.pem", "one");
    approve(&case, "same.pem", "same");
    approve(&case, "other.pem", "two");
    assert!(
        case.done("case import CASE @one")
            .contains("1 of 2 approvals")
    );
    refused(
        &case.run("plan adopt CASE"),
        12,
        &["approval/count", "1 of 2"],
    );
    assert!(
        case.done("case import CASE @same")
            .contains("1 of 2 approvals")
    );
    refused(
        &case.run("plan adopt CASE"),
        12,
        &["approval/count", "1 of 2"],
    );
    assert!(
        case.done("case import CASE @two")
            .contains("2 of 2 approvals")
    );
    case.done("plan adopt CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_decision_that_may_not_count_is_refused_with_its_rule() {
    let case = case();
    case.done("keys generate @own.pem --no-passphrase");
    case.done("keys enrol CASE --new @own.pem --person operator-1 --role approver");
    case.done("keys generate @stranger.pem --no-passphrase");
    proposed(&case);
    let before = size(&case);
    // The key that proposed it, another key of the same person, a key that nobody enrolled, one without the role.
    let own = decide(&case, "case/keys/operator.pem", &["--yes"], "x");
    refused(&own, 12, &["approval/requester"]);
    approve(&case, "own.pem", "own");
    refused(
        &case.run("case import CASE @own"),
        12,
        &["approval/requester"],
    );
    approve(&case, "stranger.pem", "stranger");
    refused(&case.run("case import CASE @stranger"), 1, &["key/unknown"]);
    approve(&case, "case/keys/worker.pem", "worker");
    refused(&case.run("case import CASE @worker"), 1, &["type/signers"]);
    // A request that was changed on the way; a decision that was.
    let request = std::fs::read_to_string(case.path("plan.request")).expect("read");
    let mut value = json(&request);
    let entry = value["proposed"].as_str().expect("text");
    let entry = String::from_utf8(Base64::decode_vec(entry).expect("base64")).expect("UTF-8");
    let payload = json(&entry)["event"]["payload"]
        .as_str()
        .expect("text")
        .to_owned();
    let said = String::from_utf8(Base64::decode_vec(&payload).expect("base64")).expect("UTF-8");
    let later = said.replace("\"expires\":\"2", "\"expires\":\"3");
    assert_ne!(later, said);
    let entry = entry.replace(&payload, &Base64::encode_string(later.as_bytes()));
    value["proposed"] = Base64::encode_string(entry.as_bytes()).into();
    put(
        &case.path("forged.request"),
        format!("{value}\n").as_bytes(),
    );
    let forged = case.run("approve --request @forged.request --key @own.pem --yes");
    refused(&forged, 20, &["forged.request", "signature/strict"]);
    assert_eq!(size(&case), before, "something was written");
    // A rejection stands, and nobody decides twice.
    let no = decide(
        &case,
        "case/keys/approver.pem",
        &["--reject", "--yes"],
        "no",
    );
    assert!(no.status.success());
    assert!(
        case.done("case import CASE @no")
            .contains("the proposal is rejected")
    );
    approve(&case, "case/keys/approver.pem", "yes");
    refused(&case.run("case import CASE @yes"), 12, &["approval/twice"]);
    refused(
        &case.run("plan adopt CASE"),
        12,
        &["approval/rejected", "propose it again"],
    );
    assert_eq!(size(&case), before + 1);
    // One bad file stops no other.
    proposed_again(&case);
    approve(&case, "case/keys/approver.pem", "again");
    let mixed = case.run("case import CASE @yes @again @plan.request");
    assert_eq!(mixed.status.code(), Some(12));
    assert!(String::from_utf8_lossy(&mixed.stdout).contains("1 of 1 approvals"));
    case.done("plan adopt CASE");
}

/// Whoever carries the file signs other counts of the same plan with a key of their own, and puts that key into the file.
#[test]
fn counts_that_the_requester_never_signed_are_not_shown() {
    let case = case();
    proposed(&case);
    let request = std::fs::read_to_string(case.path("plan.request")).expect("read");
    let mut value = json(&request);
    let about = value["about"][0].as_str().expect("text");
    let about = Entry::parse(&Base64::decode_vec(about).expect("base64")).expect("an entry");
    let operator = about.event.by[0];
    let approve = |name: &str, more: &str| {
        case.run(&format!(
            "approve --request @{name} --key @case/keys/approver.pem --yes {more}"
        ))
    };
    let carried = |name: &str, value: &serde_json::Value| {
        put(&case.path(name), format!("{value}\n").as_bytes());
        let output = approve(name, "");
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!shown.contains("restores"), "{shown}");
        assert!(!case.path(&name.replace("request", "approved")).exists());
        output
    };
    let fresh = PrivateKey::from_seed(&[9; 32]);
    let mut forged = about.event.clone();
    let said = forged.data.to_bytes();
    let said = String::from_utf8(said)
        .expect("UTF-8")
        .replace("\"restore\":3", "\"restore\":1");
    forged.data = unbroken_ledger::canonical::parse(said.as_bytes()).expect("JSON");
    assert_ne!(forged.data, about.event.data);
    forged.by = vec![fresh.key_id()];
    for stream in [about.event.stream, format!("case/{}", fresh.key_id())] {
        let mut file = OfflineEvent::unsigned(Event {
            stream,
            ..forged.clone()
        });
        file.sign(&fresh).expect("asked");
        let envelope = file.into_envelope().expect("whole");
        let bytes = entry::encode(about.index, &about.prev, about.received, &envelope);
        value["about"][0] = Base64::encode_string(&bytes).into();
        value["keys"] = [operator_key(&case), fresh.public().to_string()]
            .into_iter()
            .collect();
        refused(&carried("forged.request", &value), 20, &["request/foreign"]);
    }
    // A signature on a bare digest.
    value["about"] = serde_json::json!([]);
    refused(&carried("bare.request", &value), 1, &["request/form"]);
    // Whose key asks: the approver says whose it has to be.
    let other = approve("plan.request", &format!("--asked-by {}", fresh.key_id()));
    refused(&other, 20, &["another key asks"]);
    assert!(!case.path("plan.approved").exists());
    let known = approve("plan.request", &format!("--asked-by {operator}"));
    assert!(known.status.success());
}

fn operator_key(case: &Case) -> String {
    let shown = json(&case.done("keys show --key @case/keys/operator.pem --json"));
    shown["public"].as_str().expect("a key").to_owned()
}

fn proposed_again(case: &Case) {
    std::fs::remove_file(case.path("plan.request")).expect("removed");
    case.done("plan propose CASE --request @plan.request");
}

#[test]
fn another_ledgers_decision_is_refused_and_both_ledgers_are_named() {
    let (case, other) = (case(), case());
    proposed(&case);
    proposed(&other);
    approve(&case, "case/keys/approver.pem", "plan.approved");
    std::fs::copy(case.path("plan.approved"), other.path("foreign")).expect("carried over");
    refused(
        &other.run("case import CASE @foreign"),
        1,
        &[
            "it is for another ledger, example.org/test/",
            "this case's is",
        ],
    );
}

#[test]
fn what_expired_is_neither_approved_nor_taken() {
    let case = case();
    let key = |name: &str| {
        let pem = std::fs::read_to_string(case.path("case/keys").join(name)).expect("read");
        PrivateKey::from_pem(&pem, None).expect("a key")
    };
    let vault = std::fs::read(case.path("case/keys/vault.key")).expect("read");
    let (operator, approver) = (key("operator.pem"), key("approver.pem"));
    let ledger = Ledger::open(
        &case.path("case/ledger"),
        Box::new(FilePlace::new(
            case.path("case/checkpoint-place/checkpoint"),
        )),
        VaultKey::from_bytes(vault.try_into().expect("32 bytes")),
        Arc::new(key("log.pem")),
        Arc::new(key("service.pem")),
        Arc::new(SystemClock),
    )
    .expect("opened");
    let stream = format!("case/{}", operator.key_id());
    let counts = ["hold", "restore", "skip", "unreadable"].map(|name| (name, Value::Integer(0)));
    let made = Value::object([
        ("as_of", Value::Integer(0)),
        ("counts", Value::object(counts)),
        ("parts", Value::Integer(1)),
        ("plan", Value::text(Hash::ZERO.to_string())),
    ]);
    let made = ledger
        .emit(&Draft::new(&*stream, "PlanMade/1", made), &[&operator])
        .expect("taken");
    let data = Value::object([
        ("digest", Value::text(Hash::ZERO.to_string())),
        ("expires", Value::text("2026-01-01T00:00:00.000000Z")),
        ("scope", Value::text("plan")),
    ]);
    let receipt = ledger
        .emit(&Draft::new(stream, "Proposed", data), &[&operator])
        .expect("taken");
    let bytes = |index| {
        let mut entries = ledger.entries(index).expect("read");
        let (bytes, _) = entries.next().expect("there").expect("whole");
        bytes
    };
    let about = vec![bytes(made.index)];
    let keys = vec![operator.public()];
    let request = ApprovalRequest::new(bytes(receipt.index), about, keys).expect("whole");
    put(&case.path("plan.request"), &request.to_bytes());
    drop(ledger);
    let late = decide(&case, "case/keys/approver.pem", &["--yes"], "late");
    refused(&late, 12, &["expired at 2026-01-01"]);
    // An approver whose clock is wrong signs all the same.
    let at = Timestamp::parse("2025-12-31T00:00:00.000000Z").expect("a time");
    let signed = request
        .decide(Decision::Approve, &approver, at)
        .expect("signed");
    let file = unbroken_ledger::OfflineEvent::signed(signed).expect("whole");
    put(&case.path("late"), &file.to_bytes());
    refused(
        &case.run("case import CASE @late"),
        12,
        &["approval/expired"],
    );
}
