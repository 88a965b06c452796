//! What a backup keeps of a site beside files, as Graph's own JSON: lists with their columns and items with their fields, read
//! as what the target will be given. Whatever is not given to it is named.

mod columns;
mod fields;
mod page;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
pub(super) use page::page;
use serde_json::Value;

use crate::domain::list_item::{ListItem, Person};
use crate::domain::message::Delta;
use crate::domain::site_list::SiteList;

/// More columns than SharePoint takes in a list.
const COLUMNS_MAX: usize = 1_000;

/// The dates and the author of an item are the service's own.
const SERVICE_OWN: [Delta; 2] = [
    Delta {
        property: "author",
        reason: "the service names the restoring application as the author of each item of a list",
    },
    Delta {
        property: "created",
        reason: "the service dates each item of a list with the moment of the restore",
    },
];

/// A list by its id: what lookups name it by.
#[derive(Debug)]
pub(super) struct NamedList {
    pub(super) id: String,
    pub(super) name: String,
}

/// Its id and name alone.
pub(super) fn named(bytes: &[u8]) -> Result<NamedList, String> {
    let list = object(bytes)?;
    let id = list["id"].as_str().unwrap_or_default().to_lowercase();
    let name = list["displayName"].as_str().or(list["name"].as_str());
    match name {
        Some(name) if !name.trim().is_empty() => Ok(NamedList {
            id,
            name: name.to_owned(),
        }),
        _ => Err("a list has a displayName".to_owned()),
    }
}

/// A list with its columns; `names` are those of all lists by id.
pub(super) fn list(bytes: &[u8], names: &BTreeMap<String, String>) -> Result<SiteList, String> {
    let named = named(bytes)?;
    let list = object(bytes)?;
    let template = list["list"]["template"].as_str().unwrap_or("genericList");
    if template.to_lowercase().contains("library") {
        return Err("an item of a library is a file, not an item of a list".to_owned());
    }
    let none = Vec::new();
    let all = list["columns"].as_array().unwrap_or(&none);
    if all.is_empty() || all.len() > COLUMNS_MAX {
        return Err("a list has its columns, and at most 1,000".to_owned());
    }
    let mut made = SiteList {
        name: named.name,
        description: list["description"].as_str().unwrap_or_default().to_owned(),
        ..SiteList::default()
    };
    columns::read(&mut made, template, all, names);
    Ok(made)
}

/// What stands in a line of an index beside an item.
pub(super) struct Beside<'a> {
    pub(super) list: &'a Arc<SiteList>,
    /// People of the site by their numbers there.
    pub(super) people: &'a BTreeMap<u32, Person>,
}

/// An item with its fields, without attachments.
pub(super) fn item(bytes: &[u8], beside: &Beside<'_>) -> Result<ListItem, String> {
    let json = object(bytes)?;
    let fields = json["fields"].as_object();
    let fields = fields.ok_or("an item of a list has fields")?;
    let id = &json["id"];
    let number = id.as_str().and_then(|id| id.parse().ok());
    let mut item = ListItem {
        list: Arc::clone(beside.list),
        number: number.or(fields::number(id)).unwrap_or(0),
        transforms: beside.list.transforms.clone(),
        deltas: [&beside.list.deltas[..], &SERVICE_OWN].concat(),
        ..ListItem::default()
    };
    fields::read(&mut item, fields, beside.people);
    item.transforms.sort();
    item.transforms.dedup();
    item.deltas.sort();
    item.deltas.dedup();
    Ok(item)
}

/// When it was made and when it last changed.
pub(super) type Dates = [Option<DateTime<Utc>>; 2];

/// The dates of an item or a page.
pub(super) fn dates(bytes: &[u8]) -> Result<Dates, String> {
    let json = object(bytes)?;
    let time = |name: &str| {
        let text = json[name].as_str()?;
        text.parse::<DateTime<Utc>>().ok()
    };
    Ok([time("createdDateTime"), time("lastModifiedDateTime")])
}

fn object(bytes: &[u8]) -> Result<Value, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if value.is_object() {
        Ok(value)
    } else {
        Err("one JSON object".to_owned())
    }
}

#[cfg(test)]
mod tests;
