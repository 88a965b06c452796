//! What a column takes and gives: each value is held against the facet of its column, people and lookups against the site.
//! <https://learn.microsoft.com/graph/api/resources/fieldvalueset>

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::lists::{Item, List};
use crate::access::rest::SITE_USERS_FROM;
use crate::answer::{Answer, refuse};
use crate::tenant::Tenant;

/// The kinds of columns that are taken here.
pub(super) const FACETS: [&str; 11] = [
    "boolean",
    "calculated",
    "choice",
    "currency",
    "dateTime",
    "hyperlinkOrPicture",
    "lookup",
    "number",
    "personOrGroup",
    "term",
    "text",
];

fn bad(message: &str) -> Answer {
    refuse(400, "invalidRequest", message)
}

fn facet(column: &Value) -> &'static str {
    let mut known = FACETS.into_iter();
    known
        .find(|facet| column[*facet].is_object())
        .unwrap_or("text")
}

/// Given fields as they are kept.
pub(super) fn checked(
    tenant: &Tenant,
    site: usize,
    list: usize,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Answer> {
    let list = &tenant.users[site].lists.0[list];
    let mut kept = Map::new();
    for (name, value) in given {
        if name.ends_with("@odata.type") {
            continue;
        }
        let kind = given.get(&format!("{name}@odata.type"));
        let kind = kind.and_then(Value::as_str);
        let by_id = name.strip_suffix("LookupId");
        if let Some(column) = by_id.and_then(|name| list.column(name)) {
            let (name, value) = numbers(tenant, site, column, kind, value)?;
            kept.insert(name, value);
            continue;
        }
        let unknown = || bad(&format!("Field '{name}' is not recognized"));
        let column = list.column(name).ok_or_else(unknown)?;
        if column["readOnly"] == true || name == "Attachments" {
            return Err(bad(&format!("Field '{name}' is read-only")));
        }
        let taken = if value.is_null() {
            Some(Value::Null)
        } else {
            plain(column, kind, value)
        };
        let taken = taken.ok_or_else(|| bad(&format!("Invalid value for field '{name}'")))?;
        kept.insert(name.clone(), taken);
    }
    Ok(kept)
}

/// People and lookups are written by number and shown by number or as objects.
fn numbers(
    tenant: &Tenant,
    site: usize,
    column: &Value,
    kind: Option<&str>,
    value: &Value,
) -> Result<(String, Value), Answer> {
    let facet = facet(column);
    let name = column["name"].as_str().unwrap_or_default();
    let settings = &column[facet];
    let is = |setting: &str| settings[setting] == true;
    let shown = |id: &Value| -> Option<Value> {
        let number = u32::try_from(id.as_u64()?).ok()?;
        let label = match facet {
            "personOrGroup" => {
                let place = number.checked_sub(SITE_USERS_FROM)? as usize;
                let (of, _) = tenant.access.site_users.get(place)?;
                (*of == tenant.users[site].id).then(|| format!("user {number}"))?
            }
            "lookup" => {
                let mut lists = tenant.users[site].lists.0.iter();
                let list = lists.find(|list| settings["listId"] == *list.id)?;
                let item = list.items.get(&number)?;
                let title = item.fields.get("Title").and_then(Value::as_str);
                title.unwrap_or_default().to_owned()
            }
            _ => return None,
        };
        Some(json!({"LookupId": number, "LookupValue": label}))
    };
    let wrong = || bad(&format!("Invalid lookup id for field '{name}'"));
    if is("allowMultipleSelection") || is("allowMultipleValues") {
        if kind != Some("Collection(Edm.Int32)") {
            return Err(wrong());
        }
        let all = value.as_array().ok_or_else(wrong)?.iter().map(shown);
        let all: Option<Vec<Value>> = all.collect();
        return Ok((name.to_owned(), all.ok_or_else(wrong)?.into()));
    }
    let one = shown(value).ok_or_else(wrong)?;
    let number = one["LookupId"].to_string();
    Ok((format!("{name}LookupId"), number.into()))
}

fn plain(column: &Value, kind: Option<&str>, value: &Value) -> Option<Value> {
    let facet = facet(column);
    let settings = &column[facet];
    let is_choice = |value: &Value| {
        let known = settings["choices"].as_array();
        let is_known = known.is_some_and(|all| all.contains(value));
        value.is_string() && (is_known || settings["allowTextEntry"] == true)
    };
    match facet {
        "boolean" => value.is_boolean().then(|| value.clone()),
        "choice" if settings["displayAs"] == "checkBoxes" => {
            let all = value.as_array();
            let all = all.filter(|_| kind == Some("Collection(Edm.String)"))?;
            all.iter().all(is_choice).then(|| value.clone())
        }
        "choice" => is_choice(value).then(|| value.clone()),
        // Numbers are doubles.
        "currency" | "number" => value.as_f64().map(|number| json!(number)),
        "dateTime" => {
            let at: DateTime<Utc> = value.as_str()?.parse().ok()?;
            let at = if settings["format"] == "dateOnly" {
                at.date_naive().and_hms_opt(0, 0, 0)?.and_utc()
            } else {
                at
            };
            Some(at.to_rfc3339_opts(SecondsFormat::Secs, true).into())
        }
        "text" => {
            let text = value.as_str()?;
            if settings["allowMultipleLines"] != true && text.chars().count() > 255 {
                return None;
            }
            // Rich text comes back inside of an element of SharePoint's own.
            if settings["textType"] == "richText" {
                let wrapped = format!("<div class=\"ExternalClass0A1B\">{text}</div>");
                return Some(wrapped.into());
            }
            Some(text.into())
        }
        // Links, terms and formulas are not written through Graph.
        _ => None,
    }
}

/// Which items a filter means.
pub(super) type Chooser = Box<dyn Fn(&Item) -> bool>;

/// `fields/Name eq 'text'` or `fields/Name eq 17`, of an indexed column alone.
pub(super) fn filter(list: &List, filter: &str) -> Result<Chooser, Answer> {
    let malformed = || bad("Invalid filter clause");
    let rest = filter.strip_prefix("fields/").ok_or_else(malformed)?;
    let (name, wanted) = rest.split_once(" eq ").ok_or_else(malformed)?;
    let column = list.column(name).ok_or_else(malformed)?;
    if column["indexed"] != true {
        return Err(bad(&format!(
            "Field '{name}' cannot be referenced in filter or orderby as it is not indexed. \
             Provide the 'Prefer: HonorNonIndexedQueriesWarningMayFailRandomly' header"
        )));
    }
    let quoted = wanted.strip_prefix('\'');
    let wanted = match quoted.and_then(|rest| rest.strip_suffix('\'')) {
        Some(text) => json!(text.replace("''", "'")),
        None => json!(wanted.parse::<f64>().map_err(|_| malformed())?),
    };
    let name = name.to_owned();
    Ok(Box::new(move |item| {
        item.fields.get(&name) == Some(&wanted)
    }))
}
