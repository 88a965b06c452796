//! Lists, items and pages of a site: any bytes at all are read as each of them, and what was read is compared with itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::list_item::{Numbered, Person};
use crate::domain::semantic::compare_site;
use crate::domain::site_item::SiteItem;
use crate::sources::site_json::{self, Beside};

/// Takes bytes apart as a list with its columns, as an item of that list and as a page.
pub fn site(bytes: &[u8]) {
    let names = BTreeMap::from([("a".to_owned(), "Cranes".to_owned())]);
    let list = Arc::new(site_json::list(bytes, &names).unwrap_or_default());
    let people = BTreeMap::from([(1, Person::default())]);
    let beside = Beside {
        list: &list,
        people: &people,
    };
    if let Ok(mut item) = site_json::item(bytes, &beside) {
        for (column, people) in item.people.clone() {
            let resolved: Vec<_> = people
                .into_iter()
                .map(|person| (person, Numbered::NobodyMapped))
                .collect();
            item.resolve_people(&column, &resolved);
        }
        for (column, numbers) in item.lookups.clone() {
            let found: Vec<_> = numbers.into_iter().map(Some).collect();
            item.resolve_lookups(&column, &found);
        }
        check(&SiteItem::ListItem(Box::new(item)));
    }
    if let Ok(page) = site_json::page(bytes) {
        check(&SiteItem::Page(Box::new(page)));
    }
}

fn check(item: &SiteItem) {
    let compared = compare_site(item, &item.clone());
    assert!(compared.differing.is_empty(), "{compared:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    /// Names that mean something, so that what random bytes never come to is come to.
    const NAMES: [&str; 24] = [
        "id",
        "displayName",
        "name",
        "columns",
        "fields",
        "list",
        "template",
        "text",
        "choice",
        "choices",
        "dateTime",
        "personOrGroup",
        "lookup",
        "listId",
        "Title",
        "a",
        "aLookupId",
        "LookupId",
        "canvasLayout",
        "horizontalSections",
        "webparts",
        "innerHtml",
        "webPartType",
        "verticalSection",
    ];

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            any::<u32>().prop_map(Value::from),
            prop::sample::select(NAMES.to_vec()).prop_map(Value::from),
            "[a<>&\\u{0}é]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            let name = prop::sample::select(NAMES.to_vec());
            let pairs = prop::collection::vec((name, inner.clone()), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                pairs.prop_map(|pairs| {
                    let pairs = pairs
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value));
                    Value::Object(pairs.collect::<Map<_, _>>())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_json_are_a_danger(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            columns in prop::collection::vec(value(), 0..5),
            fields in value(),
            layout in value(),
        ) {
            site(&bytes);
            let whole = json!({
                "id": "1", "displayName": "a", "columns": columns, "fields": fields,
                "canvasLayout": layout,
            });
            site(whole.to_string().as_bytes());
        }
    }
}
