//! The whole road: archive, plan, restore, reading back, report.

use m365_simulator::{Faults, StoredList};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use unbroken_verify::VerdictKind;

use super::archive::{self, PHOTO, kept, prepared, quay};
use crate::case::Case;
use crate::fidelity::Row;

const TAKEN: &str = "2026-01-01T00:00:00Z";

#[track_caller]
pub(super) fn restore(case: &Case) {
    let ended = case.restore_sites();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{stderr}");
}

/// A restore of lists as the tenant saw it.
pub(crate) fn exchanges() -> Vec<m365_simulator::Exchange> {
    let case = Case::new(Faults::none());
    let _site = prepared(&case, &[(TAKEN, quay())]);
    case.inspect().record_exchanges();
    restore(&case);
    case.inspect().exchanges()
}

fn outcomes<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let of = events.iter().filter(|event| event["type"] == kind);
    of.map(|event| &event["data"]).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Everything stands in the target once and whole; the site's lists by name.
#[track_caller]
pub(super) fn expect_whole(case: &Case, site: &str) -> [StoredList; 2] {
    let lists = case.inspect().lists(site);
    let lists = <[StoredList; 2]>::try_from(lists).expect("two lists");
    let [cranes, defects] = &lists;
    assert_eq!((&*cranes.name, &*defects.name), ("Cranes", "Defects"));
    assert_eq!((cranes.items.len(), defects.items.len()), (2, 1));
    let [one, two] = ["Crane 1", "Crane 2"].map(|title| cranes.titled(title).expect("a crane"));
    let lookups = Row::kept("SharePoint", "lookups");
    lookups.is(&one.fields["BesideLookupId"], &two.number.to_string());
    assert_eq!(two.fields["BesideLookupId"], one.number.to_string());
    let rust = defects.titled("Rust").expect("the defect");
    let field = |name: &str| &rust.fields[name];
    let columns = Row::kept("SharePoint", "lookup columns");
    columns.is(field("CraneLookupId"), &one.number.to_string());
    let also: Vec<u64> = field("Also")
        .as_array()
        .expect("several")
        .iter()
        .map(|one| one["LookupId"].as_u64().expect("a number"))
        .collect();
    assert_eq!(also.len(), 2);
    Row::kept("SharePoint", "fields of an item").is(field("Cost"), &12.5);
    assert_eq!(*field("Severity"), 3.0);
    assert_eq!(*field("Open"), true);
    assert_eq!(*field("Kinds"), json!(["steel", "paint"]));
    assert_eq!(*field("Seen"), "2026-01-05T06:07:08Z");
    let link = Row::declared("SharePoint", "link columns");
    link.is(field("Link"), "the maker\nhttps://x.example/a");
    Row::declared("SharePoint", "term columns").is(field("Place"), "Quay 7");
    let note = field("Note").as_str().expect("text");
    assert!(note.contains("<b>jib</b>"), "{note}");
    let mut files = rust.attachments.clone();
    files.sort();
    let expected = [("it's #1.txt", hex(b"note")), ("photo.jpg", hex(PHOTO))];
    let expected = expected.map(|(name, digest)| (name.to_owned(), digest));
    assert_eq!(files, expected);
    let created = case.inspect().created_by_key(site);
    assert_eq!(created.len(), 3);
    assert!(created.values().all(|count| *count == 1), "{created:?}");
    lists
}

#[test]
fn lists_come_back_with_their_columns_people_lookups_and_files_and_a_second_plan_doubles_nothing() {
    let case = Case::new(Faults::none());
    let site = prepared(&case, &[(TAKEN, quay())]);
    restore(&case);
    let [cranes, defects] = expect_whole(&case, &site);
    expect_columns(&cranes, &defects);
    let rust = defects.titled("Rust").expect("the defect");
    // Ben is somebody of the site; Eve is a name.
    let owner = rust.fields["OwnerLookupId"].as_str().expect("a number");
    let team = rust.fields["Team"].as_array().expect("people");
    assert_eq!(team.len(), 1);
    assert_eq!(team[0]["LookupId"].to_string(), owner);
    let people = Row::declared("SharePoint", "people in a field");
    people.is(&rust.fields["TeamWas"], "Eve");
    assert!(!rust.fields.contains_key("OwnerWas"));
    let stored = serde_json::to_string(&defects).expect("JSON");
    assert!(
        !stored.contains("old.example"),
        "no address of the old tenant: {stored}"
    );
    case.done("source register CASE SOURCE");
    case.plan();
    restore(&case);
    expect_whole(&case, &site);
    let events = case.events("bundle-of-lists");
    let restored = outcomes(&events, "ItemRestored/1");
    assert_eq!(restored.len(), 3);
    assert!(restored.iter().all(|one| one["workload"] == "lists"));
    let declared = restored.iter().map(|one| one["deltas"].to_string());
    let declared: String = declared.collect();
    expect_declared(&declared);
    let changed = restored.iter().map(|one| one["transforms"].to_string());
    let changed: String = changed.collect();
    let form = Row::declared("SharePoint", "list of another form");
    form.stands_in(&changed, "list-template-generic/1");
    let plain = Row::declared("SharePoint", "name of a column for programs");
    plain.stands_in(&changed, "column-name-plain/1");
    expect_nothing_opened(&case);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

fn expect_columns(cranes: &StoredList, defects: &StoredList) {
    Row::kept("SharePoint", "lists").is(&cranes.name, "Cranes");
    let form = Row::declared("SharePoint", "list of another form");
    form.is(&cranes.template, "genericList");
    Row::kept("SharePoint", "descriptions of lists").is(&cranes.description, "All of them");
    let titles: Vec<&str> = defects
        .columns
        .iter()
        .filter(|column| column["readOnly"] != true && column["hidden"] != true)
        .map(|column| column["displayName"].as_str().expect("a title"))
        .collect();
    let expected = [
        "Title",
        "Attachments",
        "Due Date",
        "Seen",
        "Cost",
        "Severity",
        "Open?",
        "Kinds",
        "Note",
        "Owner",
        "Team",
        "Crane",
        "Also",
        "Link",
        "Place",
        "Owner (as it was)",
        "Team (as it was)",
    ];
    // Of a computed one there is none.
    Row::lost("SharePoint", "computed columns").is(&titles, &expected);
    let names = defects.columns.iter().map(|column| column["name"].as_str());
    let names: Vec<&str> = names.flatten().collect();
    let plain = Row::declared("SharePoint", "name of a column for programs");
    plain.holds(!names.iter().any(|name| name.contains("_x0020_")), &names);
    let severity = defects
        .columns
        .iter()
        .find(|column| column["name"] == "Severity");
    let severity = severity.expect("a column");
    Row::lost("SharePoint", "column rules").holds(severity["required"] != true, severity);
    let defaults = Row::lost("SharePoint", "column defaults");
    defaults.holds(severity["defaultValue"].is_null(), severity);
}

/// Neither a group nor a link, and no versions of items.
fn expect_nothing_opened(case: &Case) {
    let asked = case.inspect().requests();
    let opening = ["/permissions", "/invite", "/createLink", "/sharing/"];
    let opens = |path: &str| opening.iter().any(|word| path.contains(word));
    let opened: Vec<&str> = asked
        .iter()
        .map(|one| &*one.path)
        .filter(|path| opens(path))
        .collect();
    Row::lost("SharePoint", "groups of the site").is(&opened, &[""; 0]);
    Row::lost("SharePoint", "links of the site").is(&opened, &[""; 0]);
    let versions = asked.iter().filter(|one| one.path.contains("/versions"));
    Row::lost("SharePoint", "versions of an item").is(&versions.count(), &0);
}

fn expect_declared(declared: &str) {
    let author = Row::lost("SharePoint", "author of an item");
    author.stands_in(
        declared,
        "the service names the restoring application as the author",
    );
    let dates = Row::lost("SharePoint", "dates of an item");
    dates.stands_in(declared, "the service dates each item of a list");
    Row::lost("SharePoint", "computed columns").stands_in(declared, "compute their value");
    let settings = "defaults, rules and formatting of columns are not restored";
    Row::lost("SharePoint", "column defaults").stands_in(declared, settings);
    Row::lost("SharePoint", "column rules").stands_in(declared, settings);
    Row::lost("SharePoint", "column formatting").stands_in(declared, settings);
    let people = Row::declared("SharePoint", "people in a field");
    people.stands_in(declared, "nobody in the target is mapped");
}

#[test]
fn what_a_lookup_points_to_and_what_is_held_is_declared_and_not_guessed() {
    let case = Case::new(Faults::none());
    let items = || {
        let mut items = quay();
        // Crane 2 is new after the breach: it is held, and nothing points to it.
        items.pop();
        items
    };
    let before = ("2019-06-01T00:00:00Z", items());
    let site = prepared(&case, &[before, (TAKEN, quay())]);
    let ended = case.restore_sites();
    assert_eq!(ended.status.code(), Some(3), "one is held");
    let lists = case.inspect().lists(&site);
    let one = lists[0].titled("Crane 1").expect("a crane");
    assert!(!one.fields.contains_key("BesideLookupId"));
    let rust = lists[1].titled("Rust").expect("the defect");
    assert_eq!(rust.fields["CraneLookupId"], one.number.to_string());
    let also = rust.fields["Also"].as_array().expect("what is there");
    assert_eq!(also.len(), 1, "{also:?}");
    assert_eq!(also[0]["LookupId"], one.number);
    let events = case.events("bundle-of-held");
    let held = outcomes(&events, "ItemHeld/1");
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["reason"], "added-in-breach-window");
    let restored = outcomes(&events, "ItemRestored/1");
    let missing = restored.iter().filter(|one| {
        let deltas = one["deltas"].to_string();
        deltas
            .contains("the item that it points to was not in the target when this one was written")
    });
    assert_eq!(missing.count(), 2);
}

#[test]
fn a_change_of_a_column_a_file_or_a_field_in_the_breach_window_holds_the_item() {
    type Change = fn(&mut archive::Kept);
    let changes: [Change; 3] = [
        |item| item.fields["Cost"] = json!(1),
        |item| item.files[0].1.push(1),
        |item| item.list["columns"][3]["displayName"] = json!("Price"),
    ];
    for change in changes {
        let case = Case::new(Faults::none());
        let before = ("2019-06-01T00:00:00Z", vec![quay().remove(0)]);
        let mut after = vec![quay().remove(0)];
        change(&mut after[0]);
        write_and_plan(&case, &[before, (TAKEN, after)]);
        let events = case.events("bundle-of-changes");
        let made = outcomes(&events, "PlanMade/1");
        assert_eq!(made[0]["counts"]["hold"], 1, "{made:?}");
        assert_eq!(made[0]["counts"]["restore"], 1, "the one from before");
    }
}

fn write_and_plan(case: &Case, points: &[(&str, Vec<archive::Kept>)]) {
    let _site = prepared(case, points);
}

#[test]
fn a_column_that_is_there_and_holds_something_else_is_left_alone() {
    let case = Case::new(Faults::none());
    let other = |number| {
        let mut list = archive::cranes();
        list["columns"][1] = json!({"name": "State", "displayName": "State", "number": {}});
        kept(list, number, json!({"Title": "other", "State": 3}))
    };
    let items = vec![kept(archive::cranes(), 1, archive::crane(1, 1)), other(9)];
    let site = prepared(&case, &[(TAKEN, items)]);
    let ended = case.restore_sites();
    assert_eq!(ended.status.code(), Some(3));
    let lists = case.inspect().lists(&site);
    assert_eq!(lists[0].items.len(), 1, "{lists:?}");
    let events = case.events("bundle-of-columns");
    let failed = outcomes(&events, "ItemFailed/1");
    assert_eq!(
        (failed.len(), &failed[0]["reason"]),
        (1, &json!("target-refused"))
    );
}
