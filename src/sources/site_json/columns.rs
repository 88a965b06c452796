//! Columns of a list out of Graph's `columnDefinition`: which are made again and as what, which are not and why.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::message::{Delta, Transform};
use crate::domain::site_list::{
    COLUMN_NAME_PLAIN, Column, ColumnKind, SiteList, TITLE, plain_name,
};

/// A link, a picture or a term became text.
const LINK_AS_TEXT: Transform = Transform("link-column-as-text/1");
const TERM_AS_TEXT: Transform = Transform("term-column-as-text/1");
/// The list had a form of its own: an issue tracker, a list of links.
const TEMPLATE_GENERIC: Transform = Transform("list-template-generic/1");

const COMPUTED: Delta = Delta {
    property: "column",
    reason: "one or more compute their value; neither formula nor value is restored",
};
const NO_FORM: Delta = Delta {
    property: "column",
    reason: "one or more are of a kind that is not restored",
};
const RULES: Delta = Delta {
    property: "column",
    reason: "defaults, rules and formatting of columns are not restored",
};
const LOOKUP_NOWHERE: Delta = Delta {
    property: "column",
    reason: "one or more look up a list that the backup does not hold",
};
const SHOWS_TITLE: Delta = Delta {
    property: "column",
    reason: "a lookup shows the title of what it points to, whatever it showed before",
};
const TITLE_RENAMED: Delta = Delta {
    property: "column",
    reason: "the title column has the service's name for it",
};

/// Columns that SharePoint makes by itself and that have no `readOnly`.
const OWN: [&str; 5] = ["Attachments", "ContentType", "Edit", "FileLeafRef", TITLE];
/// What an earlier restore of ours left in a list: the values are those of that restore, and no backup may choose them.
const OURS: [&str; 2] = ["UnbrokenKey", "UnbrokenNumber"];
/// Settings that refuse or fill in values.
const SETTINGS: [&str; 5] = [
    "defaultValue",
    "validation",
    "required",
    "enforceUniqueValues",
    "customFormatter",
];
/// What SharePoint takes of a title.
const TITLE_CHARS_MAX: usize = 255;

/// Reads all columns into the list.
pub(super) fn read(
    list: &mut SiteList,
    template: &str,
    all: &[Value],
    names: &BTreeMap<String, String>,
) {
    if template != "genericList" {
        list.transforms.push(TEMPLATE_GENERIC);
    }
    for json in all {
        let name = json["name"].as_str().unwrap_or_default();
        let title = json["displayName"].as_str().unwrap_or(name);
        if name == TITLE && title != TITLE {
            list.deltas.push(TITLE_RENAMED);
        }
        // What begins with an underscore is SharePoint's own, and so is what nobody may write but a formula.
        let is_computed = !json["calculated"].is_null();
        let plain = plain_name(name);
        let is_ours = OURS.iter().any(|ours| plain.eq_ignore_ascii_case(ours));
        let is_own = OWN.contains(&name) || is_ours || name.is_empty() || name.starts_with('_');
        if is_own || (json["readOnly"] == true && !is_computed) {
            continue;
        }
        let set = |setting: &str| !json[setting].is_null() && json[setting] != false;
        if SETTINGS.iter().any(|setting| set(setting)) {
            list.deltas.push(RULES);
        }
        let kind = match kind(list, json, names) {
            Ok(kind) => kind,
            Err(delta) => {
                list.deltas.push(delta);
                continue;
            }
        };
        if plain != name {
            list.transforms.push(COLUMN_NAME_PLAIN);
        }
        list.columns.push(Column {
            source_name: name.to_owned(),
            name: plain,
            title: title.chars().take(TITLE_CHARS_MAX).collect(),
            kind,
        });
    }
    list.transforms.sort();
    list.transforms.dedup();
    list.deltas.sort();
    list.deltas.dedup();
}

fn kind(
    list: &mut SiteList,
    json: &Value,
    names: &BTreeMap<String, String>,
) -> Result<ColumnKind, Delta> {
    let facet = |name: &str| Some(&json[name]).filter(|facet| facet.is_object());
    let as_text = ColumnKind::Text {
        is_long: true,
        is_rich: false,
    };
    if facet("calculated").is_some() {
        return Err(COMPUTED);
    }
    if let Some(text) = facet("text") {
        let is_long = text["allowMultipleLines"] == true;
        return Ok(ColumnKind::Text {
            is_long,
            is_rich: is_long && text["textType"] == "richText",
        });
    }
    if let Some(choice) = facet("choice") {
        let choices = choice["choices"].as_array().into_iter().flatten();
        return Ok(ColumnKind::Choice {
            choices: choices
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            is_open: choice["allowTextEntry"] == true,
            is_many: choice["displayAs"] == "checkBoxes",
        });
    }
    if let Some(currency) = facet("currency") {
        let locale = currency["locale"].as_str().unwrap_or_default();
        return Ok(ColumnKind::Currency {
            locale: locale.to_owned(),
        });
    }
    if let Some(time) = facet("dateTime") {
        return Ok(ColumnKind::DateTime {
            is_day: time["format"] == "dateOnly",
        });
    }
    if let Some(people) = facet("personOrGroup") {
        return Ok(ColumnKind::Person {
            is_many: people["allowMultipleSelection"] == true,
        });
    }
    if let Some(lookup) = facet("lookup") {
        return looked_up(list, lookup, names);
    }
    if facet("hyperlinkOrPicture").is_some() {
        list.transforms.push(LINK_AS_TEXT);
        return Ok(as_text);
    }
    if facet("term").is_some() {
        list.transforms.push(TERM_AS_TEXT);
        return Ok(as_text);
    }
    if facet("number").is_some() {
        return Ok(ColumnKind::Number);
    }
    if facet("boolean").is_some() {
        return Ok(ColumnKind::Boolean);
    }
    Err(NO_FORM)
}

fn looked_up(
    made: &mut SiteList,
    lookup: &Value,
    names: &BTreeMap<String, String>,
) -> Result<ColumnKind, Delta> {
    // A column that shows one more field of a lookup holds nothing of its own.
    if !lookup["primaryLookupColumnId"].is_null() {
        return Err(COMPUTED);
    }
    let id = lookup["listId"].as_str().unwrap_or_default();
    let id = id.trim_matches(['{', '}']).to_lowercase();
    let list = names.get(&id).ok_or(LOOKUP_NOWHERE)?;
    if lookup["columnName"].as_str().unwrap_or(TITLE) != TITLE {
        made.deltas.push(SHOWS_TITLE);
    }
    Ok(ColumnKind::Lookup {
        list: list.clone(),
        is_many: lookup["allowMultipleValues"] == true,
    })
}
