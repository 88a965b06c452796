//! The gates as a person meets them: nothing runs because a command was typed, but because the record shows that it may.

use std::process::Output;

use m365_simulator::Faults;
use serde_json::{Value, json};
use unbroken_verify::VerdictKind;

use super::world::app;
use crate::case::{Case, mail};
use crate::mishaps::{entries, expect_refused};
use crate::tampering::forge::put;

pub(crate) const OLD: &str = "99999999-aaaa-4aaa-8aaa-999999999999";
pub(crate) const LOOK: &str = "--expected @expected.json --evidence @exchange.json VERIFY";

#[track_caller]
pub(super) fn refused(output: &Output, words: &[&str]) {
    let said = [&output.stderr[..], &output.stdout[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(12), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not named: {said}");
    }
}

pub(super) fn expected() -> Value {
    let upn = |name: &str| format!("{name}@clean.example");
    let key = |number: u16| app(number).replace("51710010", "51710050");
    let ours = |number: u16, roles: &[&str]| {
        let mut one = json!({ "appId": app(number), "ours": true, "roles": roles });
        one["keys"] = json!([key(number)]);
        one
    };
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).to_rfc3339();
    let vouched = |name: &str| {
        let by = json!({ "by": "the security lead", "at": now });
        (name.to_owned(), by)
    };
    let attested: serde_json::Map<String, Value> =
        super::world::ATTESTED.into_iter().map(vouched).collect();
    json!({
        "admins": [upn("adm-global-1"), upn("adm-global-2")],
        "breakGlass": [upn("glass-1"), upn("glass-2")],
        "apps": [
            ours(1, &["User.ReadWrite.All"]),
            ours(2, &["Mail.ReadWrite", "Files.ReadWrite.All"]),
            ours(3, &["Directory.Read.All", "Policy.Read.All"]),
            { "appId": app(4), "roles": ["User.Read.All"] },
        ],
        "certifiers": ["approver-1", "approver-2"],
        "needed": 2,
        "hours": 72,
        "attested": attested,
    })
}

/// A case with people mapped and a plan in force, a tenant with a directory, and what an administrator exported.
pub(crate) fn case() -> Case {
    case_with(|case| {
        for number in 1..=3 {
            case.plant(&format!("{number}.eml"), &mail(number, 0));
        }
        case.prepare("mailbox");
    })
}

/// The same with a case of its own.
pub(super) fn case_with(prepare: impl FnOnce(&Case)) -> Case {
    let case = Case::new(Faults::none());
    prepare(&case);
    case.inspect().set_directory(OLD, "old.example");
    put(
        &case.path("expected.json"),
        expected().to_string().as_bytes(),
    );
    export(&case);
    case
}

pub(super) fn export(case: &Case) {
    export_as(case, "exchange.json");
}

pub(super) fn export_as(case: &Case, name: &str) {
    let mut sections = json!({});
    let has_one = case.inspect().change_directory(|directory| {
        sections = json!(directory.exports);
    });
    assert!(has_one);
    let file = json!({
        "format": "unbroken-exchange-evidence/1",
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "tool": "ExchangeOnlineManagement",
        "toolVersion": "3.9.0",
        "takenAt": chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).to_rfc3339(),
        "sections": sections,
    });
    put(&case.path(name), file.to_string().as_bytes());
}

/// Somebody else lets the wave open.
pub(super) fn released(case: &Case, wave: u32) {
    let release = format!("wave release CASE --wave {wave}");
    case.done(&format!("{release} --propose"));
    case.done(&format!("{release} --approve --yes"));
    case.done(&release);
}

fn plant(case: &Case, name: &str) {
    let mut planted = false;
    case.inspect()
        .change_directory(|directory| planted = directory.plant(name));
    assert!(planted, "{name}");
}

/// A second approver, whom the roots enrol.
pub(crate) fn second_approver(case: &Case) {
    put(&case.path("passphrase"), b"correct horse battery staple\n");
    case.done("keys generate @approver-2.pem --passphrase-file @passphrase");
    case.done(
        "keys enrol CASE --new @approver-2.pem --role approver --person approver-2 \
         --passphrase-file @passphrase",
    );
}

/// The roots revoke a person's key: somebody else had it from the beginning.
pub(crate) fn stolen(case: &Case, person: &str) {
    let listed: Value = serde_json::from_str(&case.done("keys list CASE --json")).expect("JSON");
    let mut keys = listed["keys"].as_array().expect("keys").iter();
    let is_it = |key: &&Value| key["person"] == person && key["roles"][0] == "approver";
    let key = keys.find(is_it).expect("listed");
    let id = key["keyid"].as_str().expect("a keyid");
    case.done(&format!(
        "keys revoke CASE --key {} --reason compromised --from-index 0",
        &id[..8]
    ));
}

/// Asks for a certificate and has two others approve it.
pub(crate) fn certified(case: &Case, kind: &str) -> String {
    let name = |what: &str| format!("{kind}.{what}");
    case.done(&format!(
        "certify propose CASE --certificate {kind} --request @{}",
        name("request")
    ));
    refused(
        &case.run(&format!("certify issue CASE --certificate {kind}")),
        &["0 other people"],
    );
    case.done(&format!("certify approve CASE --certificate {kind} --yes"));
    refused(
        &case.run(&format!("certify issue CASE --certificate {kind}")),
        &["1 other people"],
    );
    case.done(&format!(
        "approve --request @{} --key @approver-2.pem --passphrase-file @passphrase --yes --out @{}",
        name("request"),
        name("approved")
    ));
    case.done(&format!("case import CASE @{}", name("approved")));
    case.done(&format!("certify issue CASE --certificate {kind}"))
}

#[test]
fn a_certificate_that_a_stolen_key_approved_stops_the_workers_and_none_is_issued_on_one() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    // A third may certify in place of one of the two; whoever is not named may not.
    let mut file = expected();
    file["certifiers"] = json!(["approver-1", "approver-2", "approver-3"]);
    put(&case.path("expected.json"), file.to_string().as_bytes());
    case.done(&format!("baseline CASE {LOOK}"));
    second_approver(&case);
    certified(&case, "readiness");
    let again = || {
        for name in ["readiness.request", "readiness.approved"] {
            std::fs::remove_file(case.path(name)).expect("it was there");
        }
        certified(&case, "readiness");
    };
    stolen(&case, "approver-2");
    let revoked = "keys that were revoked";
    refused(&case.restore(), &[revoked]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 0);
    // A third person in place of the second: looked at, asked for and approved anew.
    case.done("keys generate @approver-3.pem --passphrase-file @passphrase");
    case.done(
        "keys enrol CASE --new @approver-3.pem --role approver --person approver-3 \
         --passphrase-file @passphrase",
    );
    std::fs::rename(case.path("approver-3.pem"), case.path("approver-2.pem")).expect("moved");
    again();
    assert!(case.restore().status.success());
    case.done("certify revoke CASE --certificate readiness");
    refused(&case.restore(), &["revoked: by-hand"]);
    refused(
        &case.run("certify revoke CASE --certificate readiness"),
        &["no readiness certificate"],
    );
    again();
    // Two approved, and it was not issued when it was found out.
    case.done(&format!("separation CASE {LOOK}"));
    case.done("certify propose CASE --certificate trust --request @trust.request");
    case.done("certify approve CASE --certificate trust --yes");
    case.done(
        "approve --request @trust.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @trust.approved",
    );
    case.done("case import CASE @trust.approved");
    stolen(&case, "approver-3");
    refused(
        &case.run("certify issue CASE --certificate trust"),
        &[revoked],
    );
}

#[test]
fn any_two_approvers_do_not_certify_but_those_who_were_declared() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let mut file = expected();
    file["certifiers"] = json!(["approver-1", "approver-9"]);
    put(&case.path("expected.json"), file.to_string().as_bytes());
    case.done(&format!("baseline CASE {LOOK}"));
    second_approver(&case);
    let ask = "certify propose CASE --certificate readiness";
    refused(
        &case.run(&format!("{ask} --hours 73")),
        &["more than 72 hours"],
    );
    case.done(&format!("{ask} --request @one.request"));
    case.done("certify approve CASE --certificate readiness --yes");
    case.done(
        "approve --request @one.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @one.approved",
    );
    case.done("case import CASE @one.approved");
    let issue = "certify issue CASE --certificate readiness";
    refused(
        &case.run(issue),
        &[
            "1 of the people who were declared as certifiers",
            "approver-9",
        ],
    );
    // A name in place of a pseudonym would stand in the record for good.
    file["certifiers"] = json!(["J. Doe", "approver-2"]);
    put(&case.path("expected.json"), file.to_string().as_bytes());
    refused(
        &case.run(&format!("baseline CASE {LOOK}")),
        &["C31", "J. Doe", "pseudonym"],
    );
    let events = case.events("bundle-of-certifiers");
    let looks = events
        .iter()
        .filter(|event| event["type"] == "BaselineChecked/1");
    let declared: Vec<&Value> = looks.map(|look| &look["data"]["certifiers"]).collect();
    assert_eq!(declared.len(), 2);
    assert_eq!(declared[0]["people"], json!(["approver-1", "approver-9"]));
    assert!(declared[1].is_null(), "{declared:?}");
}

#[test]
fn an_attestation_names_who_vouches() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let mut file = expected();
    let attested = file["attested"].as_object_mut().expect("an object");
    let (_, first) = attested.iter_mut().next().expect("one");
    first["by"] = " ".into();
    put(&case.path("expected.json"), file.to_string().as_bytes());
    let refused = case.run(&format!("baseline CASE {LOOK}"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("nobody is named who vouches"), "{said}");
}

#[test]
fn nothing_is_restored_until_the_clean_tenant_is_certified_and_drift_stops_it_again() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    refused(&case.restore(), &["no readiness certificate"]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 0);
    let none = case.run("certify propose CASE --certificate readiness");
    refused(&none, &["nothing was looked at"]);

    // A fault in the tenant: found over HTTP, by name, and no certificate rests on it.
    plant(&case, "anonymous_link");
    plant(&case, "users_register_apps");
    let bad = case.run(&format!("baseline CASE {LOOK}"));
    refused(&bad, &["1 of 32 checks are open", "allowedToCreateApps"]);
    let open = case.run("certify propose CASE --certificate readiness");
    refused(&open, &["findings are open"]);

    // Put right; looked at again.
    case.inspect().set_directory(OLD, "old.example");
    let looked = case.done(&format!("baseline CASE {LOOK} --json"));
    let looked: Value = serde_json::from_str(&looked).expect("JSON");
    assert_eq!(looked["open"], 0);
    assert_eq!(looked["findings"].as_array().map(Vec::len), Some(32));

    second_approver(&case);
    let said = certified(&case, "readiness");
    assert!(said.contains("readiness, on look 2"), "{said}");
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 3);

    // Separation, and trust on it.
    case.done(&format!("separation CASE {LOOK}"));
    let said = certified(&case, "trust");
    assert!(said.contains("certificate 2: trust, on look 1"), "{said}");

    // A secret that is wrong is no drift: nothing is recorded, and readiness stands.
    let size = || entries(&case.done("ledger info CASE --json"));
    let before = size();
    let wrong = LOOK.replace("VERIFY", "");
    put(&case.path("wrong"), b"not-the-secret");
    let unsigned = case.run(&format!(
        "baseline CASE {wrong} --tenant 11111111-2222-3333-4444-555555555555 --client-id \
         00000000-0000-0000-0000-00000000a003 --secret-file @wrong --login-base {base} \
         --graph-base {base}/v1.0",
        base = case.running.base_url
    ));
    expect_refused(&unsigned, 1, &["AADSTS7000215"]);
    assert_eq!(before, size(), "something was recorded");

    // Drift: a guest of the compromised tenant turns up. The next look ends readiness, and no worker starts.
    plant(&case, "guest_of_old");
    refused(
        &case.run(&format!("baseline CASE {LOOK}")),
        &[
            "C19",
            "mallory",
            "hint: this look ended readiness certificate 1: workers stop at their next item",
        ],
    );
    refused(&case.restore(), &["revoked: drift"]);
    refused(
        &case.run(&format!("separation CASE {LOOK}")),
        &[
            "S5",
            "mallory",
            "ended trust certificate 2: nobody is let in",
        ],
    );

    // The report says so too: what is open, and which certificate ended why.
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    let looked = "Baseline, look 3: 31 of 32 checks pass; fail: 1 (C19)";
    for words in [looked, "It was revoked: drift."] {
        assert!(report.contains(words), "{words}");
    }

    // The record of it all holds, by a program that shares nothing with the one that wrote it.
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{verdict:?}");
}

#[test]
fn a_waiver_needs_two_others_and_names_one_object() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    plant(&case, "unverified_domain");
    let look = format!("baseline CASE {LOOK}");
    refused(&case.run(&look), &["C16", "pending.example"]);
    second_approver(&case);
    std::fs::create_dir(case.path("second")).expect("a folder");
    for name in crate::case::listing(&case.path("case/keys")) {
        let from = case.path("case/keys").join(&name);
        std::fs::copy(from, case.path("second").join(&name)).expect("copied");
    }
    std::fs::copy(
        case.path("approver-2.pem"),
        case.path("second/approver.pem"),
    )
    .expect("copied");
    let waive = "waive CASE --check C16 --object pending.example --reason Monday";
    refused(&case.run(waive), &["nobody proposed"]);
    case.done(&format!("{waive} --propose --hours 24"));
    case.done(&format!("{waive} --approve --yes"));
    refused(&case.run(waive), &["fewer than two other people"]);
    case.done(&format!(
        "{waive} --approve --yes --keys @second --passphrase-file @passphrase"
    ));
    // Another object is another waiver: nobody approved it.
    let other = waive.replace("pending.example", "other.example");
    refused(&case.run(&other), &["nobody proposed"]);
    case.done(waive);
    let looked = case.done(&format!("{look} --json"));
    let looked: Value = serde_json::from_str(&looked).expect("JSON");
    assert_eq!(looked["findings"][15]["verdict"], "waived");
    // It is used up: the same approval lets nothing pass a second time.
    refused(&case.run(waive), &["was used already"]);
    // What the waiver does not name still fails.
    plant(&case, "federated_domain");
    refused(
        &case.run(&look),
        &["1 of 32 checks are open", "sso.new.example"],
    );
}

#[test]
fn the_pinned_tenant_is_no_target_and_a_name_is_no_pin() {
    let case = case();
    let own = "case pin CASE --tenant-id 11111111-2222-3333-4444-555555555555 --domain old.example";
    refused(&case.run(own), &["never restores into it"]);
    let by_name = case.run("case pin CASE --tenant-id old.example --domain old.example");
    refused(&by_name, &["no tenant's GUID"]);
    let look = case.run(&format!("baseline CASE {LOOK}"));
    refused(&look, &["not pinned"]);
    // A case that was never pinned has no gates, and its record does not say otherwise.
    assert!(case.restore().status.success());
}

#[test]
fn a_permission_that_is_missing_is_not_evidenced() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    // The application that restores may not read policies.
    let look = case.run("baseline CASE --expected @expected.json --evidence @exchange.json TARGET");
    refused(
        &look,
        &["needs evidence", "403 Authorization_RequestDenied"],
    );
    let said = String::from_utf8_lossy(&look.stdout).into_owned();
    assert!(!said.contains(" fail  "), "{said}");
}

#[test]
fn malformed_files_are_refused_with_the_place() {
    let case = case();
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let run = |words: &str| {
        let output = case.run(words);
        assert_eq!(output.status.code(), Some(1), "{words}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    put(
        &case.path("bad.json"),
        br#"{"format": "unbroken-exchange-evidence/1", "tool": 7}"#,
    );
    let said = run("baseline CASE --expected @expected.json --evidence @bad.json VERIFY");
    assert!(said.contains("bad.json") && said.contains("tool"), "{said}");
    put(&case.path("bad.csv"), b"# section: Mailbox\nA,B\n");
    let said = run("baseline CASE --expected @expected.json --evidence @bad.csv VERIFY");
    assert!(
        said.contains("bad.csv") && said.contains("line 1"),
        "{said}"
    );
    put(&case.path("wrong.json"), br#"{"admin": []}"#);
    let said = run("baseline CASE --expected @wrong.json VERIFY");
    assert!(
        said.contains("wrong.json") && said.contains("admin"),
        "{said}"
    );
}
