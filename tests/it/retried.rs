//! What a slip costs: a share that was away, a secret that was mistyped, another backup than the plan's. Nothing of it is for good.

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};

const ADA: &str = "ada@clean.example";

fn case() -> Case {
    let case = Case::without_quotas(Faults::none());
    for number in 1..=3 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare("mailbox");
    case
}

fn written(case: &Case) -> usize {
    case.inspect().messages(ADA).len()
}

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

#[track_caller]
fn ended(case: &Case, words: &str, code: i32, says: &str) {
    let ended = case.run(words);
    let said = [&ended.stderr[..], &ended.stdout[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(ended.status.code(), Some(code), "{said}");
    assert!(said.contains(says), "{says:?} is not said: {said}");
}

#[test]
fn what_failed_is_tried_once_more_where_somebody_asks_for_it() {
    let case = case();
    case.inspect().arm(OneShot {
        kind: FaultKind::MailboxFull,
        method: "POST".to_owned(),
        path: "/messages".to_owned(),
        skip: 0,
    });
    let restore = "restore CASE --source SOURCE TARGET";
    ended(&case, restore, 3, "--retry-failed");
    assert_eq!(written(&case), 2);
    // By itself nothing that failed is tried again.
    ended(&case, restore, 3, "1 of 3 items are not restored");
    assert_eq!(written(&case), 2);
    ended(
        &case,
        &format!("{restore} --retry-failed"),
        0,
        "1 failed items are tried once more",
    );
    assert_eq!(written(&case), 3);
    let again = format!("{restore} --retry-failed");
    ended(&case, &again, 0, "0 failed items are tried once more");
    let events = case.events("bundle");
    assert_eq!(count(&events, "ItemFailed/1"), 1);
    assert_eq!(count(&events, "ItemsTakenUp/1"), 1);
    assert_eq!(count(&events, "ItemRestored/1"), 3);
    case.done("reconcile CASE");
    case.done("ledger check CASE");
    case.done("case finish CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn an_application_that_is_not_let_in_fails_no_item() {
    let case = case();
    let secret = case.path("secret");
    let right = std::fs::read(&secret).expect("read");
    std::fs::write(&secret, b"another-secret").expect("written");
    let refused = case.restore();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    std::fs::write(&secret, right).expect("written");
    assert!(case.restore().status.success());
    assert_eq!(written(&case), 3);
    assert_eq!(count(&case.events("bundle"), "ItemFailed/1"), 0);
}

#[test]
fn another_backup_than_the_plan_was_made_from_is_refused_and_its_own_plan_is_found() {
    let case = case();
    let other = case.path("other-backup");
    std::fs::create_dir(&other).expect("a folder");
    std::fs::write(other.join("9.eml"), mail(9, 0)).expect("written");
    let other = other.display();
    case.done(&format!("source register CASE {other}"));
    let refused = format!("restore CASE --source {other} TARGET");
    ended(
        &case,
        &refused,
        12,
        "no plan in force was made from this backup",
    );
    assert_eq!(written(&case), 0);
    assert!(case.restore().status.success());
    // Its own plan, adopted behind the other: each backup is restored by the plan that was made from it.
    case.done(&format!("plan make CASE --source {other}"));
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
    ended(&case, "case status CASE", 0, "1 items waiting");
    ended(&case, "case finish CASE", 3, "1 items have no outcome yet");
    case.done(&format!("restore CASE --source {other} TARGET"));
    assert_eq!(written(&case), 4);
    assert!(case.restore().status.success());
    case.done("case finish CASE");
    case.done("reconcile CASE");
}

/// Facts that do not open would be missing without a word: who is mapped, when the breach was.
#[test]
fn the_vault_key_of_another_case_is_refused_before_anything_is_read() {
    let case = case();
    let other = case.path("other-keys");
    case.done(&format!("keys set {} --no-passphrase", other.display()));
    let key = case.path("case/keys/vault.key");
    let right = std::fs::read(&key).expect("read");
    std::fs::copy(other.join("vault.key"), &key).expect("copied");
    for words in ["case status CASE", "restore CASE --source SOURCE TARGET"] {
        let refused = case.run(words);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{words}: {said}");
        assert!(said.contains("a wrong vault key"), "{words}: {said}");
    }
    std::fs::write(&key, right).expect("written");
    assert!(case.restore().status.success());
}

#[test]
fn as_of_an_instant_is_refused_where_the_backup_does_not_say_when_it_was_taken() {
    let case = Case::without_quotas(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare_people("mailbox");
    let words = "plan make CASE --source SOURCE --as-of 2019-01-01T00:00:00Z";
    ended(&case, words, 12, "does not say when it was taken");
    case.done("plan make CASE --source SOURCE");
}
