//! What one ordinary slip does at three in the morning: it is refused while it can be corrected, or can be taken back.

use m365_simulator::Faults;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::mishaps::{entries, expect_refused};
use crate::tampering::forge::put;

fn map(case: &Case, row: &str, more: &str) -> std::process::Output {
    let rows = format!("source,target\n{row}\n");
    put(&case.path("map.csv"), rows.as_bytes());
    case.run(&format!("case map CASE --csv MAP {more} TARGET"))
}

#[test]
fn a_custodian_whom_no_backup_has_is_refused_with_the_one_that_was_meant() {
    let case = Case::new(Faults::none());
    case.plant("jane@acme.example/Inbox/1.eml", &mail(1, 0));
    case.connect("");
    let before = entries(&case.done("ledger info CASE --json"));
    for (row, meant) in [
        (
            "jnae@acme.example,ada@clean.example",
            "; did you mean jane@acme.example?",
        ),
        (
            "Jane@acme.example,ada@clean.example",
            "; did you mean jane@acme.example?",
        ),
        ("mailbox,ada@clean.example", "has a custodian mailbox\n"),
    ] {
        let said = [
            "map.csv: line 2: no registered backup",
            meant,
            "--backup-comes-later",
        ];
        expect_refused(&map(&case, row, ""), 12, &said);
    }
    let after = entries(&case.done("ledger info CASE --json"));
    assert_eq!(before, after, "something was recorded");
    // A backup that is away says nothing of its names, and that is said.
    let away = case.path("away");
    std::fs::rename(case.source(), &away).expect("renamed");
    let row = "jane@acme.example,ada@clean.example";
    expect_refused(&map(&case, row, ""), 12, &["source is not at hand"]);
    std::fs::rename(&away, case.source()).expect("renamed");
    assert!(map(&case, row, "").status.success());
    // Whoever is mapped is passed over, and nobody opens the backup for that.
    std::fs::rename(case.source(), &away).expect("renamed");
    assert!(map(&case, row, "").status.success());
}

#[test]
fn a_mapping_that_was_a_slip_is_taken_back_and_its_user_is_free() {
    let case = Case::new(Faults::none());
    case.plant("jane@acme.example/Inbox/1.eml", &mail(1, 0));
    case.connect("");
    let slip = "jnae@acme.example,ada@clean.example";
    assert!(map(&case, slip, "--backup-comes-later").status.success());
    let row = "jane@acme.example,ada@clean.example";
    let way_out = "`unbroken case unmap --custodian jnae@acme.example` takes it back";
    expect_refused(&map(&case, row, ""), 12, &["already", way_out]);
    let said = case.done("case unmap CASE --custodian jnae@acme.example");
    assert_eq!(
        said,
        "jnae@acme.example is mapped to nobody again; ada@clean.example is free\n"
    );
    let again = case.run("case unmap CASE --custodian jnae@acme.example");
    expect_refused(&again, 12, &["is not mapped"]);
    assert!(map(&case, row, "").status.success());
    case.plan();
    // What is planned for somebody is never turned to another user.
    let used = case.run("case unmap CASE --custodian jane@acme.example");
    expect_refused(&used, 12, &["stays: plan", "hint:"]);
    assert!(case.restore().status.success());
    let used = case.run("case unmap CASE --custodian jane@acme.example");
    expect_refused(&used, 12, &["stays: plan"]);
    case.done("ledger check CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    let events = case.events("bundle");
    let taken_back = |event: &&serde_json::Value| event["type"] == "MappingWithdrawn/1";
    assert_eq!(events.iter().filter(taken_back).count(), 1);
    case.done("report issue CASE --edition full --issuer t --out @report");
}
