//! Extended properties: their ids, `$filter` and `$expand` over them; the only OData that mail needs here.
//! <https://learn.microsoft.com/graph/api/resources/extended-properties-overview>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, refuse};

fn bad(what: &str) -> Answer {
    refuse(
        400,
        "ErrorInvalidUrlQueryFilter",
        &format!("The query filter is not valid: {what}"),
    )
}

/// One spelling for a property id: `integer 0xe07`, `string {guid} name x`.
pub(crate) fn canonical(id: &str) -> Result<String, Answer> {
    let mut parts = id.splitn(2, ' ');
    let (kind, rest) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let kinds = [
        "Boolean",
        "Integer",
        "Long",
        "String",
        "SystemTime",
        "Binary",
    ];
    let invalid = || refuse(400, "ErrorInvalidProperty", "The property id is invalid.");
    if !kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(invalid());
    }
    if let Some(tag) = rest.strip_prefix("0x").or(rest.strip_prefix("0X")) {
        let tag = u32::from_str_radix(tag, 16).map_err(|_| invalid())?;
        return Ok(format!("{} 0x{tag:x}", kind.to_lowercase()));
    }
    let guid_ends = rest.find('}').ok_or_else(invalid)?;
    let (guid, name) = rest.split_at(guid_ends + 1);
    if guid.len() != 38 || !(name.starts_with(" Name ") || name.starts_with(" Id ")) {
        return Err(invalid());
    }
    Ok(format!(
        "{} {}{name}",
        kind.to_lowercase(),
        guid.to_lowercase()
    ))
}

/// A `$filter` over messages.
pub(crate) enum Filter {
    Field(&'static str, String),
    Property(String, String),
}

impl Filter {
    pub(crate) fn fits(
        &self,
        json: &Map<String, Value>,
        properties: &BTreeMap<String, String>,
    ) -> bool {
        match self {
            Self::Field(name, value) => json.get(*name).is_some_and(|v| v == value),
            Self::Property(id, value) => properties.get(id).is_some_and(|v| v == value),
        }
    }
}

/// `singleValueExtendedProperties/Any(ep: ep/id eq '…' and ep/value eq '…')` or `internetMessageId eq '…'`.
pub(crate) fn filter(text: &str) -> Result<Filter, Answer> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("internetMessageId eq ") {
        return Ok(Filter::Field("internetMessageId", quoted(rest)?));
    }
    let lower = text.to_lowercase();
    if !lower.starts_with("singlevalueextendedproperties/any(") {
        return Err(bad(text));
    }
    let inside = text["singleValueExtendedProperties/any(".len()..].strip_suffix(')');
    let (variable, rest) = inside
        .and_then(|inside| inside.split_once(':'))
        .ok_or_else(|| bad(text))?;
    let variable = variable.trim();
    let (id, value) = rest.trim().split_once(" and ").ok_or_else(|| bad(text))?;
    let id = id
        .trim()
        .strip_prefix(&format!("{variable}/id eq "))
        .ok_or_else(|| bad(text))?;
    let value = value.trim().strip_prefix(&format!("{variable}/value eq "));
    let value = quoted(value.ok_or_else(|| bad(text))?)?;
    Ok(Filter::Property(canonical(&quoted(id)?)?, value))
}

fn quoted(text: &str) -> Result<String, Answer> {
    let inside = text
        .trim()
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    inside
        .map(|text| text.replace("''", "'"))
        .ok_or_else(|| bad(text))
}

/// `singleValueExtendedProperties` of a body that creates something, by canonical id.
pub(crate) fn given(listed: &Value) -> Result<BTreeMap<String, String>, Answer> {
    let mut found = BTreeMap::new();
    for property in listed.as_array().into_iter().flatten() {
        let field = |name: &str| property.get(name).and_then(Value::as_str);
        let (id, value) = field("id").zip(field("value")).ok_or_else(|| {
            refuse(
                400,
                "ErrorInvalidProperty",
                "An extended property is {id, value}.",
            )
        })?;
        found.insert(canonical(id)?, value.to_owned());
    }
    Ok(found)
}

/// The parts of `$expand`, split at commas outside parentheses.
pub(crate) fn split_expand(text: Option<&String>) -> Result<Vec<String>, Answer> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    for letter in text.map(String::as_str).unwrap_or_default().chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("never empty").push(letter);
    }
    if depth != 0 {
        return Err(bad("$expand"));
    }
    Ok(parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect())
}

/// `$filter=id eq '…' or id eq '…'` inside an `$expand`.
pub(crate) fn expand(properties: &BTreeMap<String, String>, filter: &str) -> Result<Value, Answer> {
    let filter = filter
        .trim()
        .strip_prefix("$filter=")
        .ok_or_else(|| bad(filter))?;
    let mut found = Vec::new();
    for part in filter.split(" or ") {
        let id = part
            .trim()
            .strip_prefix("id eq ")
            .ok_or_else(|| bad(part))?;
        let id = quoted(id)?;
        if let Some(value) = properties.get(&canonical(&id)?) {
            found.push(json!({"id": id, "value": value}));
        }
    }
    Ok(Value::Array(found))
}
