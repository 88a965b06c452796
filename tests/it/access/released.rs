//! Access plans that others approve, amendments of their map, and what is held and released by two people, through the program.

use m365_simulator::Planted;
use unbroken_verify::VerdictKind;

use super::journey::{ACCESS, PRINCIPALS, SIDECAR, approved, others, restored};
use crate::case::Case;
use crate::gates::road::{second_approver, stolen};
use crate::tampering::forge::put;

fn refused(case: &Case, words: &str, rule: &str) {
    let output = case.run(words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(12), "{words}: {said}");
    assert!(said.contains(rule), "{words}: {said}");
}

fn apply() -> String {
    format!("access apply CASE {ACCESS} TARGET")
}

/// The names of what waits, as the queue calls them, by principal.
fn queue(case: &Case) -> Vec<(String, String, String)> {
    let lines = case.done("access held CASE --json");
    let rows = lines.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        row
    });
    let word =
        |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.filter(|row| row["id"].is_string())
        .map(|row| {
            (
                word(&row, "principal"),
                word(&row, "id"),
                word(&row, "state"),
            )
        })
        .collect()
}

pub(super) fn id_of(case: &Case, principal: &str) -> String {
    let queue = queue(case);
    let found = queue.iter().find(|(name, ..)| name == principal);
    found.unwrap_or_else(|| panic!("{queue:?}")).1.clone()
}

#[test]
fn nobody_is_let_in_by_a_plan_that_nobody_else_approved() {
    let case = restored();
    refused(&case, &apply(), "no access plan is approved");
    case.done(&format!("access propose CASE {ACCESS}"));
    refused(&case, "access adopt CASE", "0 other people");
    refused(&case, &apply(), "no access plan is approved");
    assert!(others(&case, "/Contracts").is_empty());
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
    let other = SIDECAR.replace("user,read", "user,write");
    put(&case.path("access.csv"), other.as_bytes());
    refused(&case, &apply(), "another than that of the approved");
    assert!(others(&case, "/Contracts").is_empty(), "nothing was opened");
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    case.done(&apply());
    assert_eq!(others(&case, "/Contracts").len(), 1);
}

#[test]
fn who_sees_by_office_is_approved_with_the_plan_or_counts_as_gained() {
    let case = restored();
    let eve = case.inspect().add_user("eve@clean.example", "Eve");
    assert!(eve, "somebody whom the source had not");
    approved(&case);
    let declared = "--declared eve@clean.example";
    let diff = format!("access diff CASE {ACCESS} TARGET {declared}");
    let rule = "does not declare that user";
    refused(&case, &diff, rule);
    refused(&case, &format!("{} {declared}", apply()), rule);
    assert!(others(&case, "/Contracts").is_empty(), "nothing was opened");
    let proposed = case.done(&format!(
        "access propose CASE {ACCESS} --amends @principals.csv --declared Eve@clean.example \
         --request @access.request"
    ));
    assert!(
        proposed.contains("eve@clean.example sees items by office"),
        "{proposed}"
    );
    refused(&case, &diff, rule);
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
    let eve = Planted::Person("eve@clean.example".to_owned());
    let planted = case
        .inspect()
        .let_in("ada@clean.example", "/Contracts/secret.txt", &eve, false);
    assert!(planted);
    let seen = case.done(&diff);
    assert!(
        seen.contains("0 gained") && seen.contains("1 by office"),
        "{seen}"
    );
    let plain = case.run(&format!("access diff CASE {ACCESS} TARGET"));
    assert_eq!(
        plain.status.code(),
        Some(3),
        "nobody declared her this time"
    );
}

#[test]
fn a_map_that_changed_after_its_approval_lets_in_nobody_until_its_rows_are_approved() {
    let case = restored();
    approved(&case);
    put(&case.path("before.csv"), PRINCIPALS.as_bytes());
    let after = format!("{PRINCIPALS}gone@old.example,,user,departed\n");
    put(&case.path("principals.csv"), after.as_bytes());
    refused(&case, &apply(), "the identity map changed");
    refused(
        &case,
        &format!("access propose CASE {ACCESS}"),
        "is in force",
    );
    put(&case.path("other.csv"), after.as_bytes());
    refused(
        &case,
        &format!("access propose CASE {ACCESS} --amends @other.csv"),
        "is not the map",
    );
    let asked = case.done(&format!(
        "access propose CASE {ACCESS} --amends @before.csv"
    ));
    assert!(
        asked.contains("gone@old.example: no row becomes departed"),
        "{asked}"
    );
    assert_eq!(
        asked.matches(" becomes ").count(),
        1,
        "that row alone: {asked}"
    );
    refused(&case, "access adopt CASE", "0 other people");
    refused(&case, &apply(), "the identity map changed");
    case.done("access approve CASE --yes");
    let adopted = case.done("access adopt CASE");
    assert!(adopted.contains("1 rows changed"), "{adopted}");
    case.done(&apply());
    put(&case.path("principals.csv"), PRINCIPALS.as_bytes());
    refused(&case, &apply(), "the identity map changed");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// What was released stands in the report and in the bundle, and names nobody in the redacted edition.
fn check_editions(case: &Case) {
    let out = case.path("report").display().to_string();
    case.done(&format!("report issue CASE --edition full --out {out}"));
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("written");
    assert!(report.contains("released by entry"), "{report}");
    let table = std::fs::read_to_string(case.path("report/tables/access.csv")).expect("written");
    assert!(table.contains("gone@old.example (released)"), "{table}");
    let bundle = case.path("full").display().to_string();
    case.done(&format!("bundle export CASE --edition full --out {bundle}"));
    let inside = std::fs::read_to_string(case.path("full/data/report/tables/access.csv"));
    assert_eq!(inside.expect("in the bundle"), table);
    let out = case.path("redacted").display().to_string();
    case.done(&format!("report issue CASE --edition redacted --out {out}"));
    for name in ["report.json", "tables/access.csv"] {
        let text = std::fs::read_to_string(case.path("redacted").join(name)).expect("written");
        for personal in ["gone@old.example", "open.txt", "cleo@", "audit\""] {
            assert!(!text.contains(personal), "{name}: {personal}");
        }
    }
}

/// Asks, in every wrong way first, and has one person approve, twice.
fn ask_and_approve_once(case: &Case) {
    let id = id_of(case, "gone@old.example");
    let ask = format!("access release ask CASE {ACCESS} --row {id} --reason audit");
    refused(case, &ask, "nothing says who that is");
    refused(
        case,
        &format!("{ask} --to ben@clean.example"),
        "somebody else's",
    );
    let made = case.inspect().add_user("cleo@clean.example", "Cleo");
    assert!(made, "a third user");
    case.done(&format!(
        "{ask} --to cleo@clean.example --request @release.request"
    ));
    refused(
        case,
        &format!("{ask} --to cleo@clean.example"),
        "is asked for already",
    );
    refused(
        case,
        "access release grant CASE --number 1",
        "0 other people",
    );
    case.done("access release approve CASE --number 1 --yes");
    refused(
        case,
        "access release grant CASE --number 1",
        "1 other people",
    );
    // The same person a second time is one person.
    let _ = case.run("access release approve CASE --number 1 --yes");
    refused(
        case,
        "access release grant CASE --number 1",
        "1 other people",
    );
}

#[test]
fn what_is_held_is_let_in_by_two_others_and_by_nobody_less() {
    let case = restored();
    second_approver(&case);
    approved(&case);
    case.inspect().record_access();
    case.done(&apply());
    ask_and_approve_once(&case);
    case.done(&apply());
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1, "ben alone");
    // The second one decides elsewhere, on the request alone.
    case.done(
        "approve --request @release.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @release.approved",
    );
    case.done("case import CASE @release.approved");
    case.done("access release grant CASE --number 1");
    refused(&case, "access release grant CASE --number 1", "already");
    assert!(
        queue(&case)
            .iter()
            .any(|(_, _, state)| state == "released 1")
    );
    assert_eq!(
        others(&case, "/Contracts/open.txt").len(),
        1,
        "not before it is applied"
    );

    let applied = case.done(&apply());
    assert!(applied.contains("0 gained"), "{applied}");
    let cleo = ("cleo@clean.example".to_owned(), "write".to_owned());
    assert!(others(&case, "/Contracts/open.txt").contains(&cleo));
    assert_eq!(others(&case, "/Contracts").len(), 1, "ben alone");
    assert!(others(&case, "/Contracts/secret.txt").is_empty());
    let history = case.inspect().access_history();
    // Her own drive is hers.
    let in_adas = history
        .iter()
        .filter(|change| change.owner == "ada@clean.example");
    let cleos = in_adas.filter(|change| change.people.contains_key(&cleo.0));
    assert!(cleos.clone().count() > 0);
    assert!(
        cleos
            .clone()
            .all(|change| change.path == "/Contracts/open.txt")
    );

    check_editions(&case);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn what_a_stolen_key_released_lets_in_nobody_and_is_asked_for_again() {
    let case = restored();
    second_approver(&case);
    approved(&case);
    ask_and_approve_once(&case);
    case.done(
        "approve --request @release.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @release.approved",
    );
    case.done("case import CASE @release.approved");
    stolen(&case, "approver-2");
    let revoked = "keys that were revoked";
    refused(&case, "access release grant CASE --number 1", revoked);
    case.done(&apply());
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1, "ben alone");
    assert_eq!(case.verdict().kind, VerdictKind::ValidWithExceptions);
}

#[test]
fn a_release_in_force_ends_with_the_key_that_approved_it() {
    let case = restored();
    second_approver(&case);
    approved(&case);
    ask_and_approve_once(&case);
    case.done(
        "approve --request @release.request --key @approver-2.pem --passphrase-file @passphrase \
         --yes --out @release.approved",
    );
    case.done("case import CASE @release.approved");
    case.done("access release grant CASE --number 1");
    stolen(&case, "approver-2");
    case.done(&apply());
    assert_eq!(others(&case, "/Contracts/open.txt").len(), 1, "ben alone");
    let waits =
        |(name, _, state): &(String, String, String)| name == "gone@old.example" && state == "held";
    assert!(queue(&case).iter().any(waits), "{:?}", queue(&case));
    let id = id_of(&case, "gone@old.example");
    case.done(&format!(
        "access release ask CASE {ACCESS} --row {id} --reason again --to cleo@clean.example"
    ));
}

#[test]
fn an_access_plan_in_force_ends_with_the_key_that_approved_it() {
    let case = restored();
    approved(&case);
    stolen(&case, "approver-1");
    refused(&case, &apply(), "keys that were revoked");
    assert!(others(&case, "/Contracts").is_empty());
    second_approver(&case);
    std::fs::rename(
        case.path("approver-2.pem"),
        case.path("case/keys/approver.pem"),
    )
    .expect("moved");
    case.done(&format!(
        "access propose CASE {ACCESS} --amends @principals.csv"
    ));
    case.done("access approve CASE --yes --passphrase-file @passphrase");
    case.done("access adopt CASE");
    case.done(&apply());
    assert_eq!(others(&case, "/Contracts").len(), 1);
}

/// A drive whose folder a group reads, and the map that makes it a group of the clean tenant.
fn with_group(case: &Case, [team, inner]: [&str; 2]) {
    let sidecar = "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,expires\n\
        ,inner-old,member,,ben@old.example,user,,,,\n\
        ,team-old,member,,inner-old,group,,,,\n\
        drive,Contracts,folder,yes,team-old,group,read,,,\n\
        drive,Contracts/secret.txt,file,no,,,,,,\n";
    put(&case.path("access.csv"), sidecar.as_bytes());
    let map = format!("{PRINCIPALS}team-old,{team},group,mapped\ninner-old,{inner},group,mapped\n");
    put(&case.path("principals.csv"), map.as_bytes());
    approved(case);
}

#[test]
fn a_group_is_let_in_with_the_members_that_it_really_has() {
    let case = restored();
    let inner = case.inspect().add_group("Inner", &["ben@clean.example"]);
    let team = case.inspect().add_group("Team", &[&inner]);
    with_group(&case, [&team, &inner]);
    let applied = case.done(&apply());
    assert!(applied.contains("0 gained"), "{applied}");
    let ben = ("ben@clean.example".to_owned(), "read".to_owned());
    assert_eq!(others(&case, "/Contracts/open.txt"), [ben]);
    assert!(others(&case, "/Contracts/secret.txt").is_empty());
    let requests = case.inspect().requests();
    let asked = |group: &str| {
        let path = format!("/v1.0/groups/{group}/members");
        requests
            .iter()
            .any(|request| request.path.starts_with(&path))
    };
    assert!(
        asked(&team) && asked(&inner),
        "groups in groups are asked for too"
    );
}

#[test]
fn a_group_with_one_member_too_many_is_let_in_nowhere() {
    let case = restored();
    case.inspect().add_user("cleo@clean.example", "Cleo");
    let inner = case
        .inspect()
        .add_group("Inner", &["ben@clean.example", "cleo@clean.example"]);
    let team = case.inspect().add_group("Team", &[&inner]);
    with_group(&case, [&team, &inner]);
    case.inspect().record_access();
    refused(&case, &apply(), "holds somebody whom the source's does not");
    let history = case.inspect().access_history();
    let cleo = |people: &std::collections::BTreeMap<String, String>| {
        people.contains_key("cleo@clean.example")
    };
    let hers = history
        .iter()
        .filter(|change| change.owner == "ada@clean.example");
    assert!(
        !hers.clone().any(|change| cleo(&change.people)),
        "not for a moment"
    );
}

#[test]
fn a_wave_with_a_sensitive_custodian_opens_after_its_owner_attested() {
    let case = Case::new(m365_simulator::Faults::none());
    case.plant("minutes.txt", b"minutes");
    case.prepare("drive");
    case.done("access sensitive CASE --custodian drive --reason minutes");
    let refused = case.restore();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    assert!(said.contains("its owner has not attested"), "{said}");
    assert!(case.inspect().files("ada@clean.example").is_empty());
    case.done("access attest CASE --custodian drive --owner Kim --reason letter");
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().files("ada@clean.example").len(), 1);
    let events = case.events("bundle");
    let place = |kind: &str| events.iter().position(|event| event["type"] == kind);
    assert!(place("OwnerAttested/1") < place("WaveOpened/1"));
}
