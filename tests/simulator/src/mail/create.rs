//! Creating messages: the JSON door with its MAPI properties, and the MIME door that only makes drafts.

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{attachments, exchange, properties, unknown_property};
use crate::answer::{Answer, json_answer, refuse};
use crate::request::Request;
use crate::tenant::{Message, Tenant};

/// "The maximum request length supported is 4MB."
pub(crate) const REQUEST_BYTES_MAX: usize = 4 << 20;
const KNOWN: [&str; 19] = [
    "attachments",
    "bccRecipients",
    "body",
    "categories",
    "ccRecipients",
    "flag",
    "from",
    "importance",
    "inferenceClassification",
    "internetMessageHeaders",
    "internetMessageId",
    "isRead",
    "receivedDateTime",
    "replyTo",
    "sender",
    "sentDateTime",
    "singleValueExtendedProperties",
    "subject",
    "toRecipients",
];

pub(super) fn into_drafts(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
) -> Result<Answer, Answer> {
    let drafts = super::folder_id(&tenant.users[user], "drafts")?;
    if !request
        .header("content-type")
        .unwrap_or_default()
        .starts_with("text/plain")
    {
        return json(tenant, request, user, &drafts);
    }
    let text: String = String::from_utf8_lossy(&request.body)
        .split_whitespace()
        .collect();
    let mime = Base64::decode_vec(&text).map_err(|_| {
        refuse(
            400,
            "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.",
        )
    })?;
    let mime = String::from_utf8_lossy(&mime).into_owned();
    let subject = mime
        .lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix("Subject:"))
        .unwrap_or_default()
        .trim()
        .to_owned();
    let mut body = Map::new();
    body.insert("subject".to_owned(), subject.into());
    store(tenant, user, &drafts, body)
}

pub(super) fn json(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    folder: &str,
) -> Result<Answer, Answer> {
    if request.body.len() > REQUEST_BYTES_MAX {
        return Err(refuse(
            413,
            "RequestEntityTooLarge",
            "The maximum request length supported is 4MB.",
        ));
    }
    store(tenant, user, folder, request.json()?)
}

fn store(
    tenant: &mut Tenant,
    user: usize,
    folder: &str,
    mut given: Map<String, Value>,
) -> Result<Answer, Answer> {
    if let Some(key) = given.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(unknown_property(key));
    }
    let listed = given
        .remove("singleValueExtendedProperties")
        .unwrap_or_default();
    let mut properties_found = properties::given(&listed)?;
    if !tenant.takes_classes {
        properties_found.remove("string 0x1a");
    }
    let mut attached = Vec::new();
    let files = given.remove("attachments").unwrap_or_default();
    for file in files.as_array().into_iter().flatten() {
        attached.push(attachments::read(tenant, file)?);
    }
    let id = tenant.opaque("AAMk");
    let json = complete(tenant, &id, folder, &given, &properties_found, &attached)?;
    let known = &mut tenant.users[user];
    for (name, value) in &properties_found {
        if name.contains(" Name ") {
            *known.created_by_key.entry(value.clone()).or_default() += 1;
        }
    }
    let message = Message {
        id: id.clone(),
        folder: folder.to_owned(),
        json: json.clone(),
        properties: properties_found,
        attachments: attached,
    };
    known.messages.insert(id, message);
    Ok(json_answer(201, Value::Object(json)))
}

fn complete(
    tenant: &mut Tenant,
    id: &str,
    folder: &str,
    given: &Map<String, Value>,
    properties: &std::collections::BTreeMap<String, String>,
    attached: &[crate::tenant::Attachment],
) -> Result<Map<String, Value>, Answer> {
    let now = tenant.clock.text();
    let instant = |tag: &str| match properties.get(tag) {
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map(|time| {
                time.with_timezone(&Utc)
                    .to_rfc3339_opts(SecondsFormat::Secs, true)
            })
            .map_err(|_| refuse(400, "ErrorInvalidProperty", "A SystemTime is RFC 3339.")),
        None => Ok(now.clone()),
    };
    let flags = properties
        .get("integer 0xe07")
        .map(|text| text.parse::<u32>());
    let flags = flags
        .transpose()
        .map_err(|_| refuse(400, "ErrorInvalidProperty", "0x0E07 is an integer."))?;
    // Without PidTagMessageFlags, or with MSGFLAG_UNSENT (0x8), it is a draft; nothing changes that later.
    let is_draft = flags.is_none_or(|flags| flags & 8 != 0);
    let read = given.get("isRead").and_then(Value::as_bool);
    let is_read = read.unwrap_or(flags.is_some_and(|flags| flags & 1 != 0) || is_draft);
    let list = |name: &str| recipients(given.get(name));
    let inline = attached.iter().all(|attachment| attachment.is_inline);
    let message_id = given
        .get("internetMessageId")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let generated = format!("<{}@{}>", tenant.seeded.guid(), tenant.domain);
    let value = json!({
        "id": id,
        "createdDateTime": now,
        "lastModifiedDateTime": now,
        "changeKey": format!("CQAAABYAAA{:06x}", tenant.seeded.next() & 0xff_ffff),
        "categories": given.get("categories").cloned().unwrap_or_else(|| json!([])),
        "receivedDateTime": instant("systemtime 0xe06")?,
        "sentDateTime": instant("systemtime 0x39")?,
        "hasAttachments": !attached.is_empty() && !inline,
        "internetMessageId": message_id.unwrap_or(generated),
        "subject": subject(given)?,
        "bodyPreview": "",
        "importance": given.get("importance").and_then(Value::as_str).unwrap_or("normal"),
        "parentFolderId": folder,
        "conversationId": format!("AAQk{:016x}", tenant.seeded.next()),
        "isRead": is_read,
        "isDraft": is_draft,
        "webLink": "https://outlook.office365.com/owa/",
        "inferenceClassification": "focused",
        "body": body(given.get("body"))?,
        "sender": given.get("sender").or(given.get("from")).cloned().unwrap_or(Value::Null),
        "from": given.get("from").cloned().unwrap_or(Value::Null),
        "toRecipients": list("toRecipients")?,
        "ccRecipients": list("ccRecipients")?,
        "bccRecipients": list("bccRecipients")?,
        "replyTo": list("replyTo")?,
        "flag": given.get("flag").cloned().unwrap_or_else(|| json!({"flagStatus": "notFlagged"})),
    });
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(refuse(500, "InternalServerError", "")),
    }
}

/// PidTagSubject holds at most 255 characters.
fn subject(given: &Map<String, Value>) -> Result<String, Answer> {
    let text = given
        .get("subject")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if text.chars().any(|letter| letter == '\0') {
        return Err(refuse(
            400,
            "ErrorInvalidRequest",
            "The subject holds a NUL.",
        ));
    }
    Ok(text.chars().take(255).collect())
}

pub(crate) fn body(given: Option<&Value>) -> Result<Value, Answer> {
    let Some(given) = given else {
        return Ok(json!({"contentType": "text", "content": ""}));
    };
    let kind = given
        .get("contentType")
        .and_then(Value::as_str)
        .unwrap_or("text")
        .to_lowercase();
    let content = given
        .get("content")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match &*kind {
        "html" => Ok(json!({"contentType": "html", "content": exchange::rewrite_html(content)})),
        "text" => Ok(json!({"contentType": "text", "content": exchange::crlf(content)})),
        _ => Err(refuse(
            400,
            "RequestBodyRead",
            "contentType is text or html.",
        )),
    }
}

/// A body as it is read: filtered, unless whoever asks wants it as it is.
/// <https://learn.microsoft.com/graph/api/message-get#request-headers>
pub(crate) fn as_read(body: &Value, request: &Request) -> Value {
    let prefers = request.header("prefer").unwrap_or_default();
    let is_html = body["contentType"] == "html";
    if !is_html || prefers.contains("outlook.allow-unsafe-html") {
        return body.clone();
    }
    let content = body["content"].as_str().unwrap_or_default();
    json!({"contentType": "html", "content": exchange::filtered(content)})
}

/// A text as the HTML that Exchange makes of it.
pub(crate) fn as_html(body: &Value) -> Value {
    if body["contentType"] != "text" {
        return body.clone();
    }
    let content = exchange::html_of_text(body["content"].as_str().unwrap_or_default());
    json!({"contentType": "html", "content": content})
}

fn recipients(given: Option<&Value>) -> Result<Value, Answer> {
    let items = given.and_then(Value::as_array).cloned().unwrap_or_default();
    for item in &items {
        let address = item.get("emailAddress").and_then(|a| a.get("address"));
        let text = address.and_then(Value::as_str).unwrap_or_default();
        let smtp = text.contains('@') && !text.contains([' ', '<', '>']);
        if !smtp && !text.to_lowercase().starts_with("/o=") {
            let message = "At least one recipient is not valid.";
            return Err(refuse(400, "ErrorInvalidRecipients", message));
        }
    }
    Ok(Value::Array(items))
}
