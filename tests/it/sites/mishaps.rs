//! Faults, kills between any two calls, and changes that are planted inside of the tenant.

use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::json;
use unbroken_verify::VerdictKind;

use super::archive::{prepared, quay};
use super::journey::{expect_whole, restore};
use crate::case::Case;

const TAKEN: &str = "2026-01-01T00:00:00Z";

#[test]
fn with_a_fifth_of_all_requests_failing_lists_end_whole() {
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    let case = Case::new(Faults::none());
    let site = prepared(&case, &[(TAKEN, quay())]);
    case.inspect().set_faults(faults);
    restore(&case);
    case.inspect().set_faults(Faults::none());
    assert!(case.inspect().faults() > 0);
    expect_whole(&case, &site);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// The site learns late of Ben, so that the crane that he keeps comes after the one beside it has looked for it more than five
/// times; and nobody says that Ben was mapped to nobody.
#[test]
fn what_an_item_points_to_is_waited_for_as_long_as_it_can_come() {
    let case = Case::new(Faults::none());
    let mut items = quay();
    for item in &mut items[1..] {
        let columns = item.list["columns"].as_array_mut().expect("columns");
        columns.push(json!({"name": "Keeper", "displayName": "Keeper", "personOrGroup": {}}));
    }
    items[1].fields["KeeperLookupId"] = json!("12");
    let site = prepared(&case, &[(TAKEN, items)]);
    // The defect and the crane each ask for Ben, and each is refused once.
    case.inspect().sites_learn_late(2);
    restore(&case);
    let [cranes, _] = expect_whole(&case, &site);
    let kept = cranes.titled("Crane 1").expect("a crane");
    assert!(kept.fields.contains_key("KeeperLookupId"), "{kept:?}");
    let events = case.events("bundle-of-late").into_iter();
    let outcomes = events.filter(|event| event["type"] == "ItemRestored/1");
    for outcome in outcomes {
        let deltas = outcome["data"]["deltas"].to_string();
        assert!(!deltas.contains("lookup"), "{deltas}");
        let is_of_eve = deltas.contains("nobody in the target is mapped");
        assert_eq!(deltas.contains("person"), is_of_eve, "{deltas}");
    }
}

/// Killed after the list is there and before its columns are, between an item and its files, and before what it points to is
/// written.
#[test]
fn killed_between_any_two_calls_nothing_is_half_and_nothing_is_doubled() {
    for (method, path) in [
        ("POST", "/lists"),
        ("POST", "/columns"),
        ("POST", "/items"),
        ("PATCH", "/fields"),
        ("POST", "/AttachmentFiles/add"),
        ("POST", "/ensureuser"),
    ] {
        let case = Case::new(Faults::none());
        let site = prepared(&case, &[(TAKEN, quay())]);
        case.inspect().arm(OneShot {
            kind: FaultKind::Hold,
            method: method.to_owned(),
            path: path.to_owned(),
            skip: 0,
        });
        let mut child = case.start("restore CASE --source SOURCE SITES");
        while case.inspect().held() == 0 {
            assert!(
                child.try_wait().expect("asked").is_none(),
                "{method} {path} never came"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        case.inspect().disarm();
        restore(&case);
        expect_whole(&case, &site);
        let verdict = case.verdict();
        assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    }
}

#[test]
fn an_application_with_a_secret_alone_is_refused_by_name_and_harms_no_other_item() {
    let case = Case::new(Faults::none());
    let mut items = quay();
    items[1].fields = json!({"Title": "Crane 1", "State": "up"});
    items.truncate(2);
    let site = prepared(&case, &[(TAKEN, items)]);
    let ended = case.restore();
    assert_eq!(ended.status.code(), Some(3));
    let lists = case.inspect().lists(&site);
    let names: Vec<&str> = lists.iter().map(|list| list.name.as_str()).collect();
    assert_eq!(names, ["Cranes", "Defects"]);
    assert_eq!((lists[0].items.len(), lists[1].items.len()), (1, 0));
    let text = serde_json::to_string(&case.events("bundle-of-secret")).expect("JSON");
    assert!(text.contains("Unsendable"), "{text}");
}
