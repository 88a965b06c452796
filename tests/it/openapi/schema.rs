//! Values held against Microsoft's metadata: the operations, their query options, and the properties of each type. What the
//! schema does not name is a finding: an open type is no excuse, since we mean to send only what is documented.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What the pages of the documentation name and the cut of the metadata does not.
const DOCUMENTED: [&str; 4] = [
    // <https://learn.microsoft.com/graph/api/resources/sitepage>, a relationship
    "canvasLayout",
    // <https://learn.microsoft.com/graph/api/driveitem-createuploadsession>
    "deferCommit",
    // <https://learn.microsoft.com/graph/api/todotasklist-post-tasks>
    "linkedResources",
    // <https://learn.microsoft.com/graph/api/resources/singlevaluelegacyextendedproperty>
    "singleValueExtendedProperties",
];

/// Operations that have a page of their own and that the cut leaves out: method, template, type of body and answer; none
/// where they are raw bytes or a redirect.
const PAGES: [(&str, &str, &str); 17] = [
    // <https://learn.microsoft.com/graph/api/basesitepage-delete>
    ("delete", "/sites/{id1}/pages/{id2}", ""),
    // <https://learn.microsoft.com/graph/api/chat-get>
    ("get", "/chats/{id1}", "chat"),
    // <https://learn.microsoft.com/graph/api/chatmessage-get>
    ("get", "/chats/{id1}/messages/{id2}", "chatMessage"),
    (
        "get",
        "/teams/{id1}/channels/{id2}/messages/{id3}/replies/{id4}",
        "chatMessage",
    ),
    // <https://learn.microsoft.com/graph/api/chatmessagehostedcontent-get>
    (
        "get",
        "/teams/{id1}/channels/{id2}/messages/{id3}/hostedContents/{id4}/$value",
        "",
    ),
    // <https://learn.microsoft.com/graph/api/listitem-get>
    ("get", "/sites/{id1}/lists/{id2}/items/{id3}", "listItem"),
    // <https://learn.microsoft.com/graph/api/contact-get>
    ("get", "/users/{id1}/contacts/{id2}", "contact"),
    ("patch", "/users/{id1}/contacts/{id2}", "contact"),
    ("delete", "/users/{id1}/contacts/{id2}", ""),
    // <https://learn.microsoft.com/graph/api/profilephoto-update>
    ("get", "/users/{id1}/contacts/{id2}/photo/$value", ""),
    ("put", "/users/{id1}/contacts/{id2}/photo/$value", ""),
    // <https://learn.microsoft.com/graph/api/todotask-get>
    (
        "get",
        "/users/{id1}/todo/lists/{id2}/tasks/{id3}",
        "todoTask",
    ),
    ("delete", "/users/{id1}/todo/lists/{id2}/tasks/{id3}", ""),
    // <https://learn.microsoft.com/graph/api/todotask-post-checklistitems>
    (
        "post",
        "/users/{id1}/todo/lists/{id2}/tasks/{id3}/checklistItems",
        "checklistItem",
    ),
    // <https://learn.microsoft.com/graph/api/driveitemversion-get-contents>
    (
        "get",
        "/drives/{id1}/items/{id2}/versions/{id3}/content",
        "",
    ),
    // <https://learn.microsoft.com/graph/api/attachment-get>
    (
        "get",
        "/users/{id1}/messages/{id2}/attachments/{id3}/$value",
        "",
    ),
    (
        "get",
        "/users/{id1}/events/{id2}/attachments/{id3}/$value",
        "",
    ),
];

/// The kinds of a record in DNS, with what each adds.
/// <https://learn.microsoft.com/graph/api/resources/domaindnsrecord>
const DNS_RECORDS: [(&str, &str, &str); 4] = [
    ("domainDnsCnameRecord", "canonicalName", "string"),
    ("domainDnsMxRecord", "mailExchange", "string"),
    ("domainDnsMxRecord", "preference", "integer"),
    ("domainDnsTxtRecord", "text", "string"),
];

/// Options of a query that name no property; the last four are documented in prose, not in the metadata.
const PLAIN_OPTIONS: [&str; 8] = [
    "$count",
    "$skip",
    "$skiptoken",
    "$top",
    "@microsoft.graph.conflictBehavior",
    "endDateTime",
    "includeHiddenFolders",
    "startDateTime",
];

/// The cut of Graph v1.0 that a restore uses.
pub(crate) struct Schema(Value);

/// An operation, and the names behind its path.
pub(crate) struct Operation<'a> {
    pub(crate) template: &'a str,
    body: &'a Value,
}

impl Schema {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the schema can be read");
        let mut schema: Value = serde_json::from_str(&text).expect("JSON");
        for (method, template, of) in PAGES {
            let answer = match of {
                "" => json!({}),
                of => {
                    content(&json!({"$ref": format!("#/components/schemas/microsoft.graph.{of}")}))
                }
            };
            schema["paths"][template][method] =
                json!({"requestBody": answer, "responses": {"2XX": answer}});
        }
        schema["paths"]["/users/{id1}/todo/lists/{id2}/tasks/{id3}/checklistItems"]["get"] =
            list_of("checklistItem");
        // <https://learn.microsoft.com/graph/api/domain-list-serviceconfigurationrecords>
        schema["paths"]["/domains/{id1}/serviceConfigurationRecords"]["get"] =
            list_of("domainDnsRecord");
        for (name, field, kind) in DNS_RECORDS {
            let known = &mut schema["components"]["schemas"][format!("microsoft.graph.{name}")];
            let of = json!({"$ref": "#/components/schemas/microsoft.graph.domainDnsRecord"});
            known["allOf"] = json!([of]);
            known["properties"][field] = json!({"type": kind});
        }
        // <https://learn.microsoft.com/graph/api/resources/checklistitem>
        schema["components"]["schemas"]["microsoft.graph.checklistItem"] = json!({
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "displayName": {"type": "string"},
                "isChecked": {"type": "boolean"},
                "checkedDateTime": {"type": "string", "format": "date-time"},
                "createdDateTime": {"type": "string", "format": "date-time"},
            },
        });
        Self(schema)
    }

    /// The operation that a path means, by its decoded segments.
    pub(crate) fn operation(&self, method: &str, segments: &[String]) -> Option<Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths");
        let fitting = paths.iter().filter_map(|(template, methods)| {
            let literal = fits(template, segments)?;
            let body = methods.get(method.to_lowercase())?;
            Some((literal, Operation { template, body }))
        });
        fitting
            .max_by_key(|(literal, _)| *literal)
            .map(|(_, operation)| operation)
    }

    /// What of a query is not documented: options, and the properties that they name.
    pub(crate) fn check_query(
        &self,
        operation: &Operation<'_>,
        query: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let answer = item_of(&operation.body["responses"]["2XX"]);
        let known = |name: &str| match name.split_once('/') {
            // A property of a type that builds on the one that is listed.
            Some((of, name)) if of.starts_with("microsoft.graph.") => {
                self.properties(self.named(of)).contains_key(name)
            }
            _ => {
                DOCUMENTED.contains(&name)
                    || answer.is_none_or(|item| self.properties(item).contains_key(name))
            }
        };
        let mut findings = Vec::new();
        for (option, value) in query {
            let named: Vec<&str> = match option.as_str() {
                "$select" => value.split(',').collect(),
                "$expand" => expanded(value),
                "$orderby" => vec![value.split(' ').next().unwrap_or_default()],
                "$filter" => vec![value.split([' ', '/']).next().unwrap_or_default()],
                plain if PLAIN_OPTIONS.contains(&plain) => Vec::new(),
                other => vec![other],
            };
            let unknown = named.into_iter().filter(|name| !known(name.trim()));
            findings.extend(unknown.map(|name| format!("{option}: {name} is no property")));
        }
        findings
    }

    pub(crate) fn check_request(&self, operation: &Operation<'_>, body: &Value) -> Vec<String> {
        let schema = &operation.body["requestBody"]["content"]["application/json"]["schema"];
        let mut findings = Vec::new();
        if schema.is_null() {
            findings.push("takes no body".to_owned());
        } else {
            self.check(schema, body, "body", &mut findings);
        }
        findings
    }

    pub(crate) fn check_response(
        &self,
        operation: &Operation<'_>,
        status: u16,
        body: &Value,
    ) -> Vec<String> {
        let mut findings = Vec::new();
        if status >= 400 {
            let error = &self.0["components"]["responses"]["error"]["content"];
            let schema = &error["application/json"]["schema"];
            self.check(schema, body, "error", &mut findings);
            return findings;
        }
        let answer = &operation.body["responses"]["2XX"]["content"]["application/json"]["schema"];
        if answer.is_null() {
            findings.push("gives no body".to_owned());
        } else {
            self.check(answer, body, "answer", &mut findings);
        }
        findings
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.named(name.rsplit('/').next().unwrap_or_default()),
            None => schema,
        }
    }

    fn named(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// The properties of a type and of all that it builds on.
    fn properties<'a>(&'a self, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
        let schema = self.resolved(schema);
        let mut all = BTreeMap::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            all.extend(self.properties(part));
        }
        let own = schema["properties"].as_object().into_iter().flatten();
        all.extend(own.map(|(name, schema)| (name.as_str(), schema)));
        all
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, findings: &mut Vec<String>) {
        let schema = self.resolved(schema);
        let mut wrong = |what: &str| findings.push(format!("{at}: {what}"));
        match value {
            Value::Object(object) => self.check_object(schema, object, at, findings),
            Value::Array(values) => {
                let items = &schema["items"];
                if schema["type"] != "array" {
                    wrong("is no list");
                }
                for (number, value) in values.iter().enumerate() {
                    self.check(items, value, &format!("{at}[{number}]"), findings);
                }
            }
            Value::String(text) => match (schema["type"].as_str(), schema["format"].as_str()) {
                (Some("string"), Some("date-time"))
                    if chrono::DateTime::parse_from_rfc3339(text).is_err() =>
                {
                    wrong("is no date-time");
                }
                (Some("string"), _) if !in_enum(schema, text) => wrong("is no value of its list"),
                (Some("string"), _) => {}
                _ => wrong("is no string"),
            },
            Value::Bool(_) if schema["type"] != "boolean" => wrong("is no boolean"),
            Value::Number(number) => match schema["type"].as_str() {
                Some("number") => {}
                Some("integer") if number.is_i64() || number.is_u64() => {}
                _ => wrong("is no such number"),
            },
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn check_object(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        at: &str,
        findings: &mut Vec<String>,
    ) {
        // The fields of an item are named by the columns of its list, which no metadata know.
        if std::ptr::eq(schema, self.named("microsoft.graph.fieldValueSet")) {
            return;
        }
        // What an object says of its own type decides, where the schema knows that type.
        let own = object.get("@odata.type").and_then(Value::as_str);
        let own = own.map(|name| self.named(name.trim_start_matches('#')));
        let schema = own.filter(|own| !own.is_null()).unwrap_or(schema);
        let known = self.properties(schema);
        if known.is_empty() {
            if schema["type"] != "object" && schema["additionalProperties"].is_null() {
                findings.push(format!("{at}: is no object"));
            }
            return;
        }
        for (name, value) in object {
            let annotation = name.split_once('@').map(|(_, rest)| rest);
            let is_annotation = annotation.is_some_and(|rest| {
                rest.starts_with("odata.") || rest.starts_with("microsoft.graph.")
            });
            match known.get(name.as_str()) {
                Some(schema) => self.check(schema, value, &format!("{at}.{name}"), findings),
                None if is_annotation || DOCUMENTED.contains(&name.as_str()) => {}
                None => findings.push(format!("{at}: {name} is no property")),
            }
        }
    }
}

fn content(schema: &Value) -> Value {
    json!({"content": {"application/json": {"schema": schema}}})
}

/// An operation that lists things of a type.
fn list_of(name: &str) -> Value {
    let item = json!({"$ref": format!("#/components/schemas/microsoft.graph.{name}")});
    let next = json!({"type": "string"});
    let list = json!({"type": "object", "properties": {
        "value": {"type": "array", "items": item}, "@odata.nextLink": next}});
    json!({"responses": {"2XX": content(&list)}})
}

/// The type of what an answer holds, or of each of what it lists.
fn item_of(response: &Value) -> Option<&Value> {
    let schema = &response["content"]["application/json"]["schema"];
    let items = &schema["properties"]["value"]["items"];
    [items, schema].into_iter().find(|schema| !schema.is_null())
}

/// The names of a list in which each may have options in brackets.
fn expanded(value: &str) -> Vec<&str> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in value.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    names.push(&value[start..]);
    let bare = |name: &&'_ str| name.split('(').next().unwrap_or_default().len();
    names.iter().map(|name| &name[..bare(name)]).collect()
}

fn in_enum(schema: &Value, text: &str) -> bool {
    let values = schema["enum"].as_array();
    values.is_none_or(|values| values.iter().any(|value| value == text))
}

/// How many segments are the very words of the template; `None` when it is another path.
pub(super) fn fits(template: &str, segments: &[String]) -> Option<usize> {
    let wanted: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut literal = 0;
    for (wanted, found) in wanted.iter().zip(segments) {
        let colon = wanted.ends_with(':');
        if wanted.starts_with('{') {
            if found.is_empty() || found.ends_with(':') != colon {
                return None;
            }
        } else if wanted == found {
            literal += 1;
        } else {
            return None;
        }
    }
    Some(literal)
}
