//! The fields of an item of a list that are compared: one for each kind of column, over all columns of that kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Field, attachments_of};
use crate::domain::html_text::{words_of_html, words_of_text};
use crate::domain::list_item::{FieldValue, ListItem};
use crate::domain::site_list::ColumnKind;

pub(super) fn fields(item: &ListItem) -> Vec<Field> {
    let mut by_kind: BTreeMap<&'static str, String> = BTreeMap::new();
    // Every kind that the list has is compared, so that a value is seen where the original has none.
    for column in &item.list.columns {
        by_kind.entry(column.kind.word()).or_default();
    }
    by_kind.entry("text").or_default();
    for (column, value) in &item.fields {
        let kind = item.kind(column);
        let word = kind.map_or("text", ColumnKind::word);
        let value = words(kind, value);
        if !value.is_empty() {
            let lines = by_kind.entry(word).or_default();
            writeln!(lines, "{column}\t{value}").expect("a String takes any text");
        }
    }
    let mut fields: Vec<Field> = by_kind.into_iter().collect();
    fields.push(("attachments", attachments_of(&item.attachments)));
    fields.push(("item-number", item.number.to_string()));
    fields
}

/// A value in the one form that is compared.
fn words(kind: Option<&ColumnKind>, value: &FieldValue) -> String {
    match (value, kind) {
        (FieldValue::Boolean(yes), _) => yes.to_string(),
        (FieldValue::Ids(ids), _) => {
            let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.sort();
            ids.join(" ")
        }
        // The service keeps numbers as doubles.
        (FieldValue::Number(text), _) => match text.parse::<f64>() {
            Ok(number) => number.to_string(),
            Err(_) => text.clone(),
        },
        (FieldValue::Text(text), Some(ColumnKind::Text { is_rich: true, .. })) => {
            words_of_html(text)
        }
        (FieldValue::Text(text), _) => words_of_text(text),
        (FieldValue::Texts(texts), _) => {
            let mut texts: Vec<String> = texts.iter().map(|text| words_of_text(text)).collect();
            texts.sort();
            texts.join("\u{1f}")
        }
        // A day is kept without its hour.
        (FieldValue::Time(at), Some(ColumnKind::DateTime { is_day: true })) => {
            at.date_naive().to_string()
        }
        (FieldValue::Time(at), _) => at.timestamp().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::compare_site;
    use super::*;
    use crate::domain::message::Attachment;
    use crate::domain::site_item::SiteItem;
    use crate::domain::site_list::{Column, SiteList};

    fn item() -> ListItem {
        let text = |is_rich| ColumnKind::Text {
            is_long: true,
            is_rich,
        };
        let kinds = [
            ("Bool", ColumnKind::Boolean),
            ("Day", ColumnKind::DateTime { is_day: true }),
            ("Num", ColumnKind::Number),
            ("Who", ColumnKind::Person { is_many: true }),
            ("Note", text(false)),
            ("Rich", text(true)),
        ];
        let columns = kinds.map(|(name, kind)| Column {
            source_name: name.to_owned(),
            name: name.to_owned(),
            title: name.to_owned(),
            kind,
        });
        let list = SiteList {
            columns: columns.to_vec(),
            ..SiteList::default()
        };
        let fields = [
            ("Bool", FieldValue::Boolean(true)),
            (
                "Day",
                FieldValue::Time("2026-01-02T10:00:00Z".parse().expect("a time")),
            ),
            ("Num", FieldValue::Number("3".to_owned())),
            ("Who", FieldValue::Ids(vec![7, 9])),
            ("Note", FieldValue::Text("a\r\nb".to_owned())),
            ("Rich", FieldValue::Text("<p>x</p>".to_owned())),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        ListItem {
            list: Arc::new(list),
            number: 3,
            fields: fields.into(),
            ..ListItem::default()
        }
    }

    fn differing(found: ListItem) -> Vec<&'static str> {
        let (ours, theirs) = (
            SiteItem::ListItem(Box::new(item())),
            SiteItem::ListItem(Box::new(found)),
        );
        compare_site(&ours, &theirs).differing
    }

    #[test]
    fn what_the_service_re_encodes_is_equal() {
        let mut found = item();
        let mut set = |name: &str, value| found.fields.insert(name.to_owned(), value);
        set("Num", FieldValue::Number("3.0".to_owned()));
        set("Note", FieldValue::Text("a\nb".to_owned()));
        let wrapped = "<div class=\"ExternalClass1\"><p>x</p></div>";
        set("Rich", FieldValue::Text(wrapped.to_owned()));
        let midnight = "2026-01-02T00:00:00Z".parse().expect("a time");
        set("Day", FieldValue::Time(midnight));
        assert_eq!(differing(found), Vec::<&str>::new());
    }

    #[test]
    fn a_change_in_any_kind_is_seen_and_named() {
        type Change = fn(&mut ListItem);
        let changes: [(&str, Change); 7] = [
            ("boolean", |i| drop(i.fields.remove("Bool"))),
            ("item-number", |i| i.number = 4),
            ("number", |i| {
                let other = FieldValue::Number("4".to_owned());
                i.fields.insert("Num".to_owned(), other);
            }),
            ("person", |i| {
                i.fields.insert("Who".to_owned(), FieldValue::Ids(vec![7]));
            }),
            ("text", |i| drop(i.fields.remove("Rich"))),
            ("date-time", |i| drop(i.fields.remove("Day"))),
            ("attachments", |i| {
                i.attachments.push(Attachment {
                    name: "a".to_owned(),
                    content_type: String::new(),
                    content_id: None,
                    is_inline: false,
                    content: vec![1],
                });
            }),
        ];
        for (field, change) in changes {
            let mut found = item();
            change(&mut found);
            assert!(differing(found).contains(&field), "{field}");
        }
    }
}
