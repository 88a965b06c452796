//! What is asked in words: read and approved on a machine that has neither ledger nor network, and never under other words.

use super::road::{OLD, case, refused, second_approver};
use crate::case::Case;
use crate::tampering::forge::put;

const DECIDE: &str = "case decide CASE --weighed purge_and_reset --weighed clean_tenant \
                      --reason keys-were-taken";

fn elsewhere(case: &Case, name: &str) -> std::process::Output {
    case.run(&format!(
        "approve --request @{name}.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @{name}.approved"
    ))
}

#[test]
fn a_decision_is_read_and_signed_elsewhere_and_other_words_are_refused() {
    let case = case();
    second_approver(&case);
    refused(&case.run(DECIDE), &["nobody proposed this decision"]);
    case.done(&format!("{DECIDE} --propose --request @decide.request"));
    // Before the compromised tenant is pinned there is nothing to decide about.
    refused(&case.run(DECIDE), &["not pinned"]);
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    case.done(&format!("{DECIDE} --approve --yes"));
    refused(&case.run(DECIDE), &["1 other people"]);

    let words = std::fs::read(case.path("decide.words")).expect("beside the request");
    let said = String::from_utf8(words.clone()).expect("text");
    assert!(
        said.contains("purge_and_reset") && said.contains("keys-were-taken"),
        "{said}"
    );
    put(
        &case.path("decide.words"),
        said.replace("keys", "nothing").as_bytes(),
    );
    let other = elsewhere(&case, "decide");
    assert_eq!(other.status.code(), Some(20));
    std::fs::remove_file(case.path("decide.words")).expect("removed");
    let without = elsewhere(&case, "decide");
    assert_eq!(without.status.code(), Some(1));
    put(&case.path("decide.words"), &words);
    let signed = elsewhere(&case, "decide");
    let shown = String::from_utf8_lossy(&signed.stderr).into_owned();
    assert!(
        signed.status.success() && shown.contains("keys-were-taken"),
        "{shown}"
    );
    case.done("case import CASE @decide.approved");

    // Another reason is another decision, and one way is none.
    let other = DECIDE.replace("taken", "lost");
    refused(&case.run(&other), &["nobody proposed"]);
    case.done(DECIDE);
    refused(&case.run(DECIDE), &["was used already"]);
    let one = "case decide CASE --weighed clean_tenant --weighed move_mail --reason r";
    case.done(&format!("{one} --propose"));
    refused(&case.run(one), &["0 other people"]);
    let events = case.events("bundle");
    let decided = events
        .iter()
        .find(|event| event["type"] == "CleanTenantDecided/1");
    let weighed = &decided.expect("on the record")["data"]["weighed"];
    assert_eq!(
        *weighed,
        serde_json::json!(["purge_and_reset", "clean_tenant"])
    );
}

#[test]
fn a_waiver_is_signed_elsewhere() {
    let case = case();
    second_approver(&case);
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let waive = "waive CASE --check C16 --object pending.example --reason Monday";
    case.done(&format!(
        "{waive} --propose --hours 24 --request @waive.request"
    ));
    case.done(&format!("{waive} --approve --yes"));
    let signed = elsewhere(&case, "waive");
    let shown = String::from_utf8_lossy(&signed.stderr).into_owned();
    assert!(
        signed.status.success() && shown.contains("pending.example"),
        "{shown}"
    );
    case.done("case import CASE @waive.approved");
    case.done(waive);
}
