//! What an auditor asks of a case: the state at any index, counts that reconcile, exceptions with owners.

mod drawn;
mod manual;

use serde_json::Value;

use m365_simulator::Faults;

use crate::case::{Case, mail};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A finished case of three mails, one of them with a difference that was declared, whose state was looked at after every command.
fn finished() -> (Case, Vec<Value>) {
    let case = Case::new(Faults::none());
    for number in 0..2 {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    // Without a date it does not arrive identical.
    case.plant("2.eml", b"Subject: subject-of-two\r\n\r\nbody\r\n");
    case.prepare("mailbox");
    let mut seen = vec![json(&case.done("state CASE --json"))];
    assert!(case.restore().status.success());
    seen.push(json(&case.done("state CASE --json")));
    case.done("case finish CASE");
    seen.push(json(&case.done("state CASE --json")));
    (case, seen)
}

#[test]
fn the_state_at_an_earlier_index_is_the_one_that_was_seen() {
    let (case, seen) = finished();
    for then in &seen {
        let size = then["as_of"].as_u64().expect("a size");
        let mut again = json(&case.done(&format!("state CASE --json --as-of {size}")));
        let mut then = then.clone();
        // How many digests there are by now is no part of what was seen then.
        then["digests"] = Value::Null;
        again["digests"] = Value::Null;
        assert_eq!(again, then, "as of {size}");
        let received = then["received"].as_str().expect("a time");
        let by_time = json(&case.done(&format!("state CASE --json --as-of {received}")));
        assert_eq!(by_time["as_of"], size);
    }
    assert_eq!(seen[0]["counts"]["total"]["open"], 3);
    assert_eq!(seen[1]["counts"]["total"]["restored"], 3);
    assert_eq!(
        (&seen[1]["finished"], &seen[1]["waves"][0]["plan"]),
        (&Value::Null, &seen[1]["plans"][0]["plan"])
    );
    assert!(seen[2]["finished"].is_object());
    let last = seen[2]["as_of"].as_u64().expect("a size");
    let beyond = case.run(&format!("state CASE --as-of {}", last + 1));
    assert_eq!(beyond.status.code(), Some(1));
    let nothing = json(&case.done("state CASE --json --as-of 0"));
    assert_eq!(
        (&nothing["declared"], &nothing["received"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn every_logged_digest_is_met_by_ledger_check() {
    let (case, seen) = finished();
    let checked = json(&case.done("ledger check CASE --json"));
    // The end of the run, the end of the case.
    assert_eq!(checked["projections"]["entries"], 2, "{checked}");
    assert_eq!(checked["projections"]["met"], 10);
    let before = seen[2]["as_of"].as_u64().expect("a size");
    for _ in 0..2 {
        case.done("ledger heads CASE");
    }
    let after = json(&case.done("ledger check CASE --json"));
    // The heads twice, and no digest: nothing that it could say is new.
    assert_eq!(after["entries"], before + 2);
}

#[test]
fn provenance_as_of_an_index_stops_there_and_is_proven() {
    let (case, _) = finished();
    let item = first_item(&case);
    let all = json(&case.done(&format!("provenance {item} CASE --json")));
    let events = all["events"].as_array().expect("a list");
    assert_eq!(events.len(), 2, "{all}");
    let size = events[1]["index"].as_u64().expect("an index");
    let then = json(&case.done(&format!("provenance {item} CASE --json --as-of {size}")));
    assert_eq!(then["as_of"], size);
    assert_eq!(then["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(then["events"][0], events[0]);
    assert!(!events[0]["proof"].as_array().expect("a proof").is_empty());
    let early = case.run(&format!("provenance {item} CASE --as-of 5"));
    assert_eq!(early.status.code(), Some(1));
}

/// The pseudonym of the first item that has an outcome.
fn first_item(case: &Case) -> String {
    let listed = json(&case.done("exceptions CASE --json"));
    let item = &listed["exceptions"][0]["item"];
    item.as_str().expect("a name").to_owned()
}

#[test]
fn the_counts_reconcile_and_say_so_in_three_forms() {
    let (case, _) = finished();
    let found = json(&case.done("reconcile CASE --json"));
    assert_eq!(
        (&found["agrees"], &found["total"]["enumerated"]),
        (&Value::Bool(true), &Value::from(3))
    );
    let csv = case.done("reconcile CASE --csv");
    let lines: Vec<&str> = csv.lines().collect();
    let heading = "custodian,workload,enumerated,identical,as_declared,held,skipped,failed,\
                   erased,open,adds_up";
    assert_eq!((lines.len(), lines[0]), (2, heading));
    assert!(
        lines[1].contains(",mail,3,") && lines[1].ends_with(",true"),
        "{csv}"
    );
    let text = case.done("reconcile CASE");
    assert!(
        text.contains(
            "3 enumerated = 3 restored + 0 held + 0 skipped + 0 failed + 0 erased + 0 open"
        ),
        "{text}"
    );
}

#[test]
fn an_exception_has_an_owner_and_passes_to_another_on_the_record() {
    let (case, _) = finished();
    let item = first_item(&case);
    let before = json(&case.done("exceptions CASE --json"));
    assert_eq!(before["exceptions"][0]["owner"], "operator-1", "{before}");
    assert_eq!(before["exceptions"][0]["assigned"], false);
    let nobody = case.run(&format!("exceptions assign {item} --to nobody-7 CASE"));
    assert_eq!(nobody.status.code(), Some(1));
    let assign = format!("exceptions assign {item} --to approver-1 CASE");
    case.done(&assign);
    assert_eq!(
        case.run(&assign).status.code(),
        Some(12),
        "twice to the same person"
    );
    let after = json(&case.done("exceptions CASE --json"));
    assert_eq!(after["exceptions"][0]["owner"], "approver-1");
    let csv = case.done("exceptions CASE --csv --redacted");
    assert!(csv.starts_with(
        "item,custodian,workload,outcome,reason,entry,owner,assigned,locator,detail\n"
    ));
    assert!(
        csv.contains(&format!("{item},")) && !csv.contains("old.example"),
        "{csv}"
    );
    let usage = case.run("exceptions");
    assert_eq!(usage.status.code(), Some(2));
}
