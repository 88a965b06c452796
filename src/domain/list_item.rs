//! An item of a list as we restore it and as we read it back: fields by column, people and lookups before and after they are
//! resolved to numbers of the target's site.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::message::{Attachment, Delta, Transform};
use super::site_list::{ColumnKind, SiteList, TITLE};

/// A value of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Yes or no.
    Boolean(bool),
    /// People or items of another list, by their numbers in the target's site.
    Ids(Vec<u32>),
    /// A number or an amount, as JSON writes it.
    Number(String),
    /// Text, or one choice.
    Text(String),
    /// Several choices.
    Texts(Vec<String>),
    /// A day or an instant.
    Time(DateTime<Utc>),
}

/// Somebody in a column of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The user principal name or address in the old tenant; empty where the backup does not say.
    pub address: String,
    /// What people see.
    pub name: String,
}

/// An item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListItem {
    /// The list that it stands in.
    pub list: Arc<SiteList>,
    /// Its number in the source's list: what lookups name it by. 0 where the source does not say.
    pub number: u32,
    /// Its fields by the column's name in the target.
    pub fields: BTreeMap<String, FieldValue>,
    /// People who are not resolved yet.
    pub people: BTreeMap<String, Vec<Person>>,
    /// Items of other lists that are not resolved yet, by their numbers in the source.
    pub lookups: BTreeMap<String, Vec<u32>>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// What was changed on purpose so far.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold of it.
    pub deltas: Vec<Delta>,
}

/// What came of somebody in a column of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// Their number in the target's site.
    Known(u32),
    /// Nobody in the target is mapped for them.
    NobodyMapped,
    /// Somebody is, but the site does not take them.
    UnknownToSite,
}

/// Nobody in the target is mapped for somebody in a column of people.
const NOBODY_MAPPED: Delta = Delta {
    property: "person",
    reason: "nobody in the target is mapped: the name stands as text in the column beside it",
};
/// Somebody is mapped, and the site did not know them in time.
const UNKNOWN_TO_SITE: Delta = Delta {
    property: "person",
    reason: "the site does not know the mapped user: the name stands as text beside it",
};
/// What a lookup points to is not in the target.
const NOT_THERE: Delta = Delta {
    property: "lookup",
    reason: "the item that it points to was not in the target when this one was written",
};

impl ListItem {
    /// What a list shows of it.
    pub fn title(&self) -> &str {
        match self.fields.get(TITLE) {
            Some(FieldValue::Text(title)) => title,
            _ => "",
        }
    }

    /// Gives the people of a column their numbers in the target's site; Those who have none get nothing: their
    /// names become text beside the column.
    pub fn resolve_people(&mut self, column: &str, resolved: &[(Person, Numbered)]) {
        self.people.remove(column);
        let known = |numbered: &Numbered| match numbered {
            Numbered::Known(id) => Some(*id),
            Numbered::NobodyMapped | Numbered::UnknownToSite => None,
        };
        let mut ids: Vec<u32> = resolved.iter().filter_map(|(_, id)| known(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            self.fields.insert(column.to_owned(), FieldValue::Ids(ids));
        }
        let names = resolved.iter().filter(|(_, id)| known(id).is_none());
        let names: Vec<&str> = names.map(|(person, _)| shown(person)).collect();
        if names.is_empty() {
            return;
        }
        let reasons = [
            (Numbered::NobodyMapped, NOBODY_MAPPED),
            (Numbered::UnknownToSite, UNKNOWN_TO_SITE),
        ];
        for (numbered, delta) in reasons {
            if resolved.iter().any(|(_, id)| *id == numbered) {
                self.deltas.push(delta);
            }
        }
        let beside = self.list.column(column);
        if let Some(beside) = beside.and_then(super::site_list::Column::names_beside) {
            let text = FieldValue::Text(names.join("\n"));
            self.fields.insert(beside.name, text);
        }
    }

    /// Gives the lookups of a column their numbers in the target; what is not there stays empty and is declared.
    pub fn resolve_lookups(&mut self, column: &str, found: &[Option<u32>]) {
        self.lookups.remove(column);
        if found.iter().any(Option::is_none) {
            self.deltas.push(NOT_THERE);
        }
        let mut ids: Vec<u32> = found.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            self.fields.insert(column.to_owned(), FieldValue::Ids(ids));
        }
    }

    /// What the column holds; [`TITLE`] is text.
    pub fn kind(&self, column: &str) -> Option<&ColumnKind> {
        self.list.column(column).map(|column| &column.kind)
    }
}

fn shown(person: &Person) -> &str {
    if person.name.is_empty() {
        &person.address
    } else {
        &person.name
    }
}

#[cfg(test)]
mod tests {
    use super::super::site_list::Column;
    use super::*;

    #[test]
    fn whoever_is_not_mapped_is_text_beside_the_column_and_in_nobodys_field() {
        let list = SiteList {
            columns: vec![Column {
                source_name: "Owner".to_owned(),
                name: "Owner".to_owned(),
                title: "Owner".to_owned(),
                kind: ColumnKind::Person { is_many: true },
            }],
            ..SiteList::default()
        };
        let mut item = ListItem {
            list: Arc::new(list),
            ..ListItem::default()
        };
        let person = |name: &str| Person {
            address: format!("{name}@old.example"),
            name: name.to_owned(),
        };
        let resolved = [
            (person("ada"), Numbered::Known(7)),
            (person("eve"), Numbered::NobodyMapped),
            (person("ada"), Numbered::Known(7)),
        ];
        item.resolve_people("Owner", &resolved);
        assert_eq!(item.fields["Owner"], FieldValue::Ids(vec![7]));
        let beside = FieldValue::Text("eve".to_owned());
        assert_eq!(item.fields["OwnerWas"], beside);
        assert_eq!(item.deltas, [NOBODY_MAPPED]);
        item.resolve_lookups("Crane", &[None]);
        assert!(!item.fields.contains_key("Crane"));
        assert_eq!(item.deltas, [NOBODY_MAPPED, NOT_THERE]);
        // Whoever is mapped is not said to be mapped to nobody.
        item.deltas.clear();
        item.resolve_people("Owner", &[(person("eve"), Numbered::UnknownToSite)]);
        assert_eq!(item.fields["OwnerWas"], FieldValue::Text("eve".to_owned()));
        assert_eq!(item.deltas, [UNKNOWN_TO_SITE]);
    }
}
