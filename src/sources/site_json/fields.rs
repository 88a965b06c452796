//! Fields of an item out of Graph's `fieldValueSet`, by the kind of their column. A value that its column cannot hold is left
//! out and named.
//! <https://learn.microsoft.com/graph/api/resources/fieldvalueset>

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::domain::html_text::words_of_html;
use crate::domain::list_item::{FieldValue, ListItem, Person};
use crate::domain::message::{Delta, Transform};
use crate::domain::safe_html::{escaped, is_inert};
use crate::domain::site_list::{Column, ColumnKind, TITLE};

/// Characters that JSON and SharePoint's XML do not take.
const CONTROL_REMOVED: Transform = Transform("control-characters-removed/1");
/// Rich text held something that could run or fetch: its words alone are written.
const RICH_PLAIN: Transform = Transform("rich-text-plain/1");
const NO_COLUMN: Delta = Delta {
    property: "field",
    reason: "one or more belong to no column that is restored",
};
const NOT_OF_ITS_KIND: Delta = Delta {
    property: "field",
    reason: "one or more are not of the kind of their column and were left out",
};
const TITLE_CUT: Delta = Delta {
    property: "title",
    reason: "longer than 255 characters: cut off",
};
const TEXT_CUT: Delta = Delta {
    property: "field",
    reason: "a single line of text longer than 255 characters: cut off",
};
const LINE_CHARS_MAX: usize = 255;

/// What every list has; the service makes it by itself.
const OWN: [&str; 26] = [
    "AppAuthorLookupId",
    "AppEditorLookupId",
    "Attachments",
    "AuthorLookupId",
    "Author",
    "ContentType",
    "ContentTypeId",
    "Created",
    "DocIcon",
    "Edit",
    "Editor",
    "EditorLookupId",
    "FileDirRef",
    "FileLeafRef",
    "FileRef",
    "FolderChildCount",
    "GUID",
    "ItemChildCount",
    "ID",
    "LinkTitle",
    "LinkTitleNoMenu",
    "Modified",
    "Order",
    "id",
    "UnbrokenKey",
    "UnbrokenNumber",
];

/// Reads them all.
pub(super) fn read(
    item: &mut ListItem,
    fields: &Map<String, Value>,
    people: &BTreeMap<u32, Person>,
) {
    let list = std::sync::Arc::clone(&item.list);
    let mut read: BTreeSet<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    read.insert(TITLE.to_owned());
    let title = fields.get(TITLE).and_then(Value::as_str);
    if let Some(title) = title.filter(|title| !title.is_empty()) {
        let cut = cut(item, title, TITLE_CUT);
        item.fields.insert(TITLE.to_owned(), FieldValue::Text(cut));
    }
    for column in &list.columns {
        let lookup_id = format!("{}LookupId", column.source_name);
        let plain = fields
            .get(&column.source_name)
            .filter(|value| !value.is_null());
        let by_id = fields.get(&lookup_id).filter(|value| !value.is_null());
        read.extend([column.source_name.clone(), lookup_id]);
        let done = match &column.kind {
            ColumnKind::Person { .. } => {
                let known = by_people(plain, by_id, people);
                known.map(|found| {
                    if !found.is_empty() {
                        item.people.insert(column.name.clone(), found);
                    }
                })
            }
            ColumnKind::Lookup { .. } => by_numbers(plain, by_id).map(|found| {
                if !found.is_empty() {
                    item.lookups.insert(column.name.clone(), found);
                }
            }),
            _ => match plain {
                None => Some(()),
                Some(value) => value_of(item, column, value).map(|value| {
                    item.fields.insert(column.name.clone(), value);
                }),
            },
        };
        if done.is_none() {
            item.deltas.push(NOT_OF_ITS_KIND);
        }
    }
    let is_further = |(name, value): (&String, &Value)| {
        let is_own = name.starts_with(['_', '@']) || name.contains("@odata");
        !value.is_null() && !is_own && !read.contains(name)
    };
    if fields.iter().any(is_further) {
        item.deltas.push(NO_COLUMN);
    }
}

fn value_of(item: &mut ListItem, column: &Column, value: &Value) -> Option<FieldValue> {
    Some(match &column.kind {
        ColumnKind::Boolean => FieldValue::Boolean(value.as_bool()?),
        ColumnKind::Choice { is_many: true, .. } => {
            let all = value.as_array()?.iter().map(Value::as_str);
            let all: Option<Vec<&str>> = all.collect();
            FieldValue::Texts(all?.into_iter().map(|text| clean(item, text)).collect())
        }
        ColumnKind::Choice { .. } => FieldValue::Text(clean(item, value.as_str()?)),
        ColumnKind::Currency { .. } | ColumnKind::Number => {
            FieldValue::Number(value.as_f64().filter(|n| n.is_finite())?.to_string())
        }
        ColumnKind::DateTime { .. } => {
            let at = value.as_str()?.parse::<DateTime<Utc>>().ok()?;
            FieldValue::Time(DateTime::from_timestamp(at.timestamp(), 0)?)
        }
        ColumnKind::Text {
            is_long, is_rich, ..
        } => {
            let text = text(value)?;
            let text = if *is_rich && !is_inert(&text) {
                item.transforms.push(RICH_PLAIN);
                format!("<p>{}</p>", escaped(&clean(item, &words_of_html(&text))))
            } else if *is_long {
                clean(item, &text)
            } else {
                cut(item, &text, TEXT_CUT)
            };
            FieldValue::Text(text)
        }
        ColumnKind::Lookup { .. } | ColumnKind::Person { .. } => return None,
    })
}

/// Text, or what a link or a term says.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => {
            let all: Option<Vec<String>> = all.iter().map(text).collect();
            Some(all?.join("\n"))
        }
        Value::Object(of) => {
            if let Some(label) = of.get("Label").and_then(Value::as_str) {
                return Some(label.to_owned());
            }
            let part = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default();
            let (url, description) = (part("Url"), part("Description"));
            let both = !description.is_empty() && description != url;
            let shown = if both {
                format!("{description}\n{url}")
            } else {
                url.to_owned()
            };
            Some(shown).filter(|shown| !shown.trim().is_empty())
        }
        _ => None,
    }
}

fn by_people(
    plain: Option<&Value>,
    by_id: Option<&Value>,
    people: &BTreeMap<u32, Person>,
) -> Option<Vec<Person>> {
    let of = |id: &Value, given: &Value| {
        let known = number(id).and_then(|id| people.get(&id)).cloned();
        let mut person = known.unwrap_or_default();
        let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
        if person.address.is_empty() {
            person.address = text("Email");
        }
        if person.name.is_empty() {
            person.name = text("LookupValue");
        }
        if person.name.is_empty() && person.address.is_empty() {
            "somebody whom the backup does not name".clone_into(&mut person.name);
        }
        person
    };
    match (plain, by_id) {
        (Some(Value::Array(all)), _) => {
            let all = all.iter().map(|one| of(&one["LookupId"], one));
            Some(all.collect())
        }
        (Some(one @ Value::Object(_)), _) => Some(vec![of(&one["LookupId"], one)]),
        (_, Some(id)) => {
            number(id)?;
            Some(vec![of(id, &Value::Null)])
        }
        (None, None) => Some(Vec::new()),
        (Some(_), None) => None,
    }
}

fn by_numbers(plain: Option<&Value>, by_id: Option<&Value>) -> Option<Vec<u32>> {
    match (plain, by_id) {
        (Some(Value::Array(all)), _) => all.iter().map(|one| number(&one["LookupId"])).collect(),
        (_, Some(id)) => Some(vec![number(id)?]),
        (None, None) => Some(Vec::new()),
        (Some(_), None) => None,
    }
}

/// Graph writes such numbers as numbers and as text.
pub(super) fn number(value: &Value) -> Option<u32> {
    let number = match value {
        Value::String(text) => text.parse().ok()?,
        value => value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())?,
    };
    (number > 0).then_some(number)
}

fn clean(item: &mut ListItem, text: &str) -> String {
    let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(is_refused) {
        item.transforms.push(CONTROL_REMOVED);
    }
    text.chars().filter(|c| !is_refused(*c)).collect()
}

fn cut(item: &mut ListItem, text: &str, delta: Delta) -> String {
    let text = clean(item, text);
    if text.chars().count() <= LINE_CHARS_MAX {
        return text;
    }
    item.deltas.push(delta);
    text.chars().take(LINE_CHARS_MAX).collect()
}
