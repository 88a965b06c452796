//! What is read of lists and items, and what of it is named as not given to the target.

use serde_json::json;

use super::*;
use crate::domain::list_item::FieldValue;

fn names() -> BTreeMap<String, String> {
    BTreeMap::from([("aa-1".to_owned(), "Cranes".to_owned())])
}

fn defects(columns: &Value) -> SiteList {
    let json = json!({"id": "BB", "displayName": "Defects", "columns": columns,
        "list": {"template": "genericList"}});
    list(json.to_string().as_bytes(), &names()).expect("a list")
}

#[test]
fn columns_that_have_no_form_in_the_target_are_named() {
    let read = defects(&json!([
        {"name": "Title", "displayName": "Defect", "text": {}},
        {"name": "Due_x0020_Date", "displayName": "Due Date", "dateTime": {"format": "dateOnly"}},
        {"name": "Sum", "displayName": "Sum", "readOnly": true, "calculated": {"formula": "=1"}},
        {"name": "Modified", "displayName": "Modified", "readOnly": true, "dateTime": {}},
        {"name": "Where", "displayName": "Where", "geolocation": {}},
        {"name": "Crane", "displayName": "Crane",
         "lookup": {"listId": "{AA-1}", "columnName": "Title"}},
        {"name": "Lost", "displayName": "Lost", "lookup": {"listId": "cc", "columnName": "Title"}},
        {"name": "Link", "displayName": "Link", "hyperlinkOrPicture": {}, "required": true},
    ]));
    let titles: Vec<&str> = read.columns.iter().map(|one| one.title.as_str()).collect();
    assert_eq!(titles, ["Due Date", "Crane", "Link"]);
    let words: Vec<&str> = read.deltas.iter().map(|delta| delta.reason).collect();
    assert_eq!(words.len(), 5, "{words:?}");
    let names: Vec<&str> = read.transforms.iter().map(|one| one.0).collect();
    assert_eq!(names, ["column-name-plain/1", "link-column-as-text/1"]);
}

/// A backup of a tenant that was restored once, and one that would like to choose the key of an item.
#[test]
fn what_an_earlier_restore_left_in_a_list_is_no_field_of_it() {
    let list = Arc::new(defects(&json!([
        {"name": "UnbrokenKey", "displayName": "UnbrokenKey", "text": {}, "hidden": true},
        {"name": "unbrokennumber", "displayName": "UnbrokenNumber", "number": {}, "hidden": true},
        {"name": "Sum", "displayName": "Sum", "number": {}},
    ])));
    let columns: Vec<&str> = list.columns.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(columns, ["Sum"]);
    let beside = Beside {
        list: &list,
        people: &BTreeMap::new(),
    };
    let json = json!({"id": "17", "fields": {
        "id": "17", "Sum": 3, "UnbrokenKey": "of another", "UnbrokenNumber": 9,
    }});
    let read = item(json.to_string().as_bytes(), &beside).expect("an item");
    assert_eq!(read.fields.keys().collect::<Vec<_>>(), ["Sum"]);
    let named: Vec<&str> = read.deltas.iter().map(|delta| delta.property).collect();
    assert_eq!(named, ["author", "created"]);
}

#[test]
fn every_form_of_a_value_is_read_and_a_strange_one_is_named() {
    let list = Arc::new(defects(&json!([
        {"name": "Day", "displayName": "Day", "dateTime": {}},
        {"name": "Who", "displayName": "Who", "personOrGroup": {}},
        {"name": "All", "displayName": "All", "personOrGroup": {"allowMultipleSelection": true}},
        {"name": "Crane", "displayName": "Crane", "lookup": {"listId": "aa-1"}},
        {"name": "Link", "displayName": "Link", "hyperlinkOrPicture": {}},
        {"name": "Kinds", "displayName": "Kinds", "choice": {"displayAs": "checkBoxes"}},
        {"name": "Price", "displayName": "Price", "currency": {"locale": "de-at"}},
        {"name": "Odd", "displayName": "Odd", "number": {}},
    ])));
    let ben = Person {
        address: "ben@old.example".to_owned(),
        name: "Ben".to_owned(),
    };
    let people = BTreeMap::from([(12, ben.clone())]);
    let beside = Beside {
        list: &list,
        people: &people,
    };
    let json = json!({"id": "17", "fields": {
        "@odata.etag": "x", "id": "17", "Title": "a\u{0}b", "Day": "2026-01-02T03:04:05.5Z",
        "WhoLookupId": "12",
        "All": [{"LookupId": 12, "LookupValue": "Ben B"},
                {"LookupId": 9, "LookupValue": "Eve", "Email": "eve@x"}],
        "CraneLookupId": "3", "Link": {"Url": "https://x", "Description": "there"},
        "Kinds": ["a", "b"], "Price": 3, "Odd": "three", "Further": 1,
    }});
    let read = item(json.to_string().as_bytes(), &beside).expect("an item");
    assert_eq!((read.number, read.title()), (17, "ab"));
    assert_eq!(read.people["Who"], std::slice::from_ref(&ben));
    assert_eq!(read.people["All"][0], ben);
    assert_eq!(read.people["All"][1].address, "eve@x");
    assert_eq!(read.lookups["Crane"], [3]);
    let text = |text: &str| FieldValue::Text(text.to_owned());
    assert_eq!(read.fields["Link"], text("there\nhttps://x"));
    assert_eq!(read.fields["Price"], FieldValue::Number("3".to_owned()));
    assert!(!read.fields.contains_key("Odd"));
    let named: Vec<&str> = read.deltas.iter().map(|delta| delta.property).collect();
    assert_eq!(named, ["author", "created", "field", "field"]);
}

#[test]
fn what_is_no_list_is_refused() {
    let of = |json: Value| list(json.to_string().as_bytes(), &names());
    assert!(of(json!([])).is_err());
    assert!(of(json!({"displayName": " "})).is_err());
    assert!(of(json!({"displayName": "x", "columns": []})).is_err());
    let library =
        json!({"displayName": "x", "columns": [{}], "list": {"template": "documentLibrary"}});
    assert!(of(library).is_err());
    assert!(
        item(
            b"{",
            &Beside {
                list: &Arc::default(),
                people: &BTreeMap::new()
            }
        )
        .is_err()
    );
}
