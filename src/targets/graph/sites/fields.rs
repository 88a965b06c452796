//! Columns and fields as Graph's JSON and back. What Graph takes for a field depends on the kind of its column.
//! <https://learn.microsoft.com/graph/api/resources/fieldvalueset>

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::domain::list_item::FieldValue;
use crate::domain::site_list::{Column, ColumnKind, SiteList, TITLE};

/// Our key: how an item is found again.
pub(super) const KEY: &str = "UnbrokenKey";
/// The number that an item had: how lookups find it.
pub(super) const NUMBER: &str = "UnbrokenNumber";

/// The columns that every list of ours has: not shown, and indexed, so that Graph filters by them.
pub(super) fn hidden() -> [Value; 2] {
    let column = |name: &str, facet: &str, settings: Value| {
        json!({
            "name": name, "displayName": name, "hidden": true, "indexed": true, facet: settings,
        })
    };
    [
        column(KEY, "text", json!({"maxLength": 255})),
        column(NUMBER, "number", json!({})),
    ]
}

/// Graph's name for what a column holds.
fn facet(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean => "boolean",
        ColumnKind::Choice { .. } => "choice",
        ColumnKind::Currency { .. } => "currency",
        ColumnKind::DateTime { .. } => "dateTime",
        ColumnKind::Lookup { .. } => "lookup",
        ColumnKind::Number => "number",
        ColumnKind::Person { .. } => "personOrGroup",
        ColumnKind::Text { .. } => "text",
    }
}

/// A column as it is made; `list` is the id of the list that it looks up.
pub(super) fn column(column: &Column, list: Option<&str>) -> Value {
    let settings = match &column.kind {
        ColumnKind::Boolean | ColumnKind::Number => json!({}),
        ColumnKind::Choice {
            choices,
            is_open,
            is_many,
        } => {
            let shown = if *is_many {
                "checkBoxes"
            } else {
                "dropDownMenu"
            };
            json!({"choices": choices, "allowTextEntry": is_open, "displayAs": shown})
        }
        ColumnKind::Currency { locale } if locale.is_empty() => json!({}),
        ColumnKind::Currency { locale } => json!({"locale": locale}),
        ColumnKind::DateTime { is_day } => {
            json!({"format": if *is_day { "dateOnly" } else { "dateTime" }})
        }
        ColumnKind::Lookup { is_many, .. } => {
            json!({"listId": list, "columnName": TITLE, "allowMultipleValues": is_many})
        }
        ColumnKind::Person { is_many } => {
            json!({"allowMultipleSelection": is_many, "chooseFromType": "peopleOnly"})
        }
        ColumnKind::Text { is_long: false, .. } => json!({"maxLength": 255}),
        ColumnKind::Text { is_rich, .. } => {
            let form = if *is_rich { "richText" } else { "plain" };
            json!({"allowMultipleLines": true, "textType": form})
        }
    };
    let facet = facet(&column.kind);
    json!({"name": column.name, "displayName": column.title, facet: settings})
}

/// Whether a column that is there holds what ours does.
pub(super) fn is_of_kind(column: &Column, there: &Value) -> bool {
    let facet = facet(&column.kind);
    let is = |name: &str| there[facet][name] == true;
    let many = match &column.kind {
        ColumnKind::Choice { is_many, .. } => {
            *is_many == (there[facet]["displayAs"] == "checkBoxes")
        }
        ColumnKind::Lookup { is_many, .. } => *is_many == is("allowMultipleValues"),
        ColumnKind::Person { is_many } => *is_many == is("allowMultipleSelection"),
        ColumnKind::Text { is_long, .. } => *is_long == is("allowMultipleLines"),
        _ => true,
    };
    there[facet].is_object() && many
}

fn is_many(kind: Option<&ColumnKind>) -> bool {
    matches!(
        kind,
        Some(
            ColumnKind::Lookup { is_many: true, .. }
                | ColumnKind::Choice { is_many: true, .. }
                | ColumnKind::Person { is_many: true }
        )
    )
}

/// The columns of a list, with those beside columns of people.
pub(super) fn all_columns(list: &SiteList) -> Vec<Column> {
    let beside = list.columns.iter().filter_map(Column::names_beside);
    list.columns.iter().cloned().chain(beside).collect()
}

/// The fields as they are written.
pub(super) fn json(list: &SiteList, fields: &BTreeMap<String, FieldValue>) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in fields {
        let kind = list.column(name).map(|column| &column.kind);
        match value {
            FieldValue::Boolean(yes) => drop(out.insert(name.clone(), json!(yes))),
            FieldValue::Ids(ids) if is_many(kind) => {
                let named = format!("{name}LookupId");
                out.insert(
                    format!("{named}@odata.type"),
                    "Collection(Edm.Int32)".into(),
                );
                out.insert(named, json!(ids));
            }
            FieldValue::Ids(ids) => {
                let first = ids.first().copied();
                out.insert(format!("{name}LookupId"), json!(first));
            }
            FieldValue::Number(text) => {
                let number = text.parse::<f64>().ok();
                out.insert(name.clone(), json!(number));
            }
            FieldValue::Text(text) => drop(out.insert(name.clone(), json!(text))),
            FieldValue::Texts(texts) => {
                out.insert(
                    format!("{name}@odata.type"),
                    "Collection(Edm.String)".into(),
                );
                out.insert(name.clone(), json!(texts));
            }
            FieldValue::Time(at) => {
                let text = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                out.insert(name.clone(), json!(text));
            }
        }
    }
    out
}

/// The names under which the fields of a list are read.
pub(super) fn selected(list: &SiteList) -> String {
    let own = [TITLE, "Attachments", KEY, NUMBER];
    let mut names: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
    names.extend(all_columns(list).iter().map(read_as));
    names.join(",")
}

fn read_as(column: &Column) -> String {
    match column.kind {
        ColumnKind::Lookup { is_many: false, .. } | ColumnKind::Person { is_many: false } => {
            format!("{}LookupId", column.name)
        }
        _ => column.name.clone(),
    }
}

/// The fields as they came back; `None` where one has a form that is not documented.
pub(super) fn read(list: &SiteList, fields: &Value) -> Option<BTreeMap<String, FieldValue>> {
    let mut found = BTreeMap::new();
    if let Some(title) = fields[TITLE].as_str() {
        found.insert(TITLE.to_owned(), FieldValue::Text(title.to_owned()));
    }
    for column in all_columns(list) {
        let value = &fields[read_as(&column)];
        if !value.is_null() {
            found.insert(column.name.clone(), value_of(&column.kind, value)?);
        }
    }
    // An empty text, an empty choice or nobody at all is nothing.
    found.retain(|_, value| match value {
        FieldValue::Ids(ids) => !ids.is_empty(),
        FieldValue::Text(text) => !text.is_empty(),
        FieldValue::Texts(texts) => !texts.is_empty(),
        _ => true,
    });
    Some(found)
}

fn value_of(kind: &ColumnKind, value: &Value) -> Option<FieldValue> {
    Some(match kind {
        ColumnKind::Boolean => FieldValue::Boolean(value.as_bool()?),
        ColumnKind::Choice { is_many: true, .. } => {
            let texts = value.as_array()?.iter();
            let texts: Option<Vec<String>> =
                texts.map(|text| text.as_str().map(str::to_owned)).collect();
            FieldValue::Texts(texts?)
        }
        ColumnKind::Choice { .. } | ColumnKind::Text { .. } => {
            FieldValue::Text(value.as_str()?.to_owned())
        }
        ColumnKind::Currency { .. } | ColumnKind::Number => {
            FieldValue::Number(value.as_f64()?.to_string())
        }
        ColumnKind::DateTime { .. } => {
            FieldValue::Time(value.as_str()?.parse::<DateTime<Utc>>().ok()?)
        }
        ColumnKind::Lookup { .. } | ColumnKind::Person { .. } => match value {
            Value::Array(all) => {
                let ids: Option<Vec<u32>> =
                    all.iter().map(|one| number(&one["LookupId"])).collect();
                FieldValue::Ids(ids?)
            }
            one => FieldValue::Ids(vec![number(one)?]),
        },
    })
}

/// Graph writes such numbers as numbers and as text.
pub(super) fn number(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => {
            let number = value.as_f64()?;
            let whole = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked in the line above"
            )]
            whole.then_some(number as u32)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        let column = |name: &str, kind| Column {
            source_name: name.to_owned(),
            name: name.to_owned(),
            title: name.to_owned(),
            kind,
        };
        let people = |is_many| ColumnKind::Person { is_many };
        let list = SiteList {
            columns: vec![
                column("Who", people(false)),
                column("All", people(true)),
                column("Num", ColumnKind::Number),
            ],
            ..SiteList::default()
        };
        let fields = [
            ("Who", FieldValue::Ids(vec![7])),
            ("All", FieldValue::Ids(vec![7, 8])),
            ("Num", FieldValue::Number("2.5".to_owned())),
            ("OwnerWas", FieldValue::Text("x".to_owned())),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        let sent = Value::Object(json(&list, &fields.into()));
        assert_eq!(sent["WhoLookupId"], 7);
        assert_eq!(sent["AllLookupId@odata.type"], "Collection(Edm.Int32)");
        let back =
            json!({"WhoLookupId": "7", "All": [{"LookupId": 7}, {"LookupId": 8}], "Num": 2.5});
        let back = read(&list, &back).expect("readable");
        assert_eq!(back["All"], FieldValue::Ids(vec![7, 8]));
        assert_eq!(back["Who"], FieldValue::Ids(vec![7]));
        assert!(selected(&list).contains("WhoLookupId,All,Num,WhoWas,AllWas"));
    }
}
