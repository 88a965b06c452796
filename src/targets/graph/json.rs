//! Messages as Graph's JSON and back: the properties, not the calls. What a mailbox cannot hold was taken out before.

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::domain::calendar_event::Sensitivity;
use crate::domain::item::ItemKey;
use crate::domain::message::{
    Address, Attachment, Body, BodyKind, FollowUp, Importance, Message, Smime,
};

/// Our named property (PS_PUBLIC-like GUID of our own): what a retry finds an earlier try by.
pub(super) const KEY_PROPERTY: &str =
    "String {6d8b6f5a-0d3c-4f6e-9a43-0f6b3b1f7a11} Name UnbrokenItemKey";
/// PidTagTransportMessageHeaders, [MS-OXOMSG] 2.2.1.61.
const HEADERS: &str = "String 0x007D";
/// PidTagInReplyToId.
const IN_REPLY_TO: &str = "String 0x1042";
/// PidTagInternetReferences.
const REFERENCES: &str = "String 0x1039";
/// PidTagMessageFlags: without MSGFLAG_UNSENT (0x8) in the creating POST it stays a draft for ever (graph.md 1.2).
const FLAGS: &str = "Integer 0x0E07";
/// PidTagClientSubmitTime; Graph ignores `sentDateTime` on creation.
const SENT: &str = "SystemTime 0x0039";
/// PidTagMessageDeliveryTime.
const RECEIVED: &str = "SystemTime 0x0E06";

/// PidTagSensitivity, [MS-OXCMSG] 2.2.1.13: a message has no such property of its own in Graph.
const SENSITIVITY: &str = "Integer 0x0036";
/// PidTagMessageClass, for S/MIME alone.
const CLASS: &str = "String 0x001A";
const SENSITIVITIES: [(Sensitivity, &str); 3] = [
    (Sensitivity::Personal, "1"),
    (Sensitivity::Private, "2"),
    (Sensitivity::Confidential, "3"),
];

const FLAG_READ: u32 = 1;
const FLAG_UNMODIFIED: u32 = 4;

/// The properties that are read back.
pub(super) fn selected() -> String {
    [
        "id",
        "subject",
        "from",
        "sender",
        "replyTo",
        "toRecipients",
        "ccRecipients",
        "bccRecipients",
        "sentDateTime",
        "receivedDateTime",
        "internetMessageId",
        "body",
        "isRead",
        "isDraft",
        "importance",
        "categories",
        "flag",
    ]
    .join(",")
}

/// The `$expand` that brings the extended properties along.
pub(super) fn expanded() -> String {
    expanded_ids(&[
        KEY_PROPERTY,
        HEADERS,
        IN_REPLY_TO,
        REFERENCES,
        SENSITIVITY,
        CLASS,
    ])
}

pub(super) fn expanded_ids(ids: &[&str]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("id eq '{id}'")).collect();
    format!(
        "singleValueExtendedProperties($filter={})",
        ids.join(" or ")
    )
}

/// The value of an extended property.
pub(super) fn property(value: &Value, id: &str) -> Option<String> {
    let found = value["singleValueExtendedProperties"].as_array()?;
    let one = found.iter().find(|one| {
        one["id"]
            .as_str()
            .is_some_and(|found| found.eq_ignore_ascii_case(id))
    })?;
    one["value"].as_str().map(str::to_owned)
}

/// The `$filter` that finds messages by key.
pub(super) fn filter(key: &ItemKey) -> String {
    format!(
        "singleValueExtendedProperties/Any(ep: ep/id eq '{KEY_PROPERTY}' and ep/value eq '{key}')"
    )
}

/// Everything but the attachments.
pub(super) fn message(message: &Message, key: &ItemKey) -> Map<String, Value> {
    let flag = match message.follow_up {
        FollowUp::Complete => "complete",
        FollowUp::Flagged => "flagged",
        FollowUp::None => "notFlagged",
    };
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    set("subject", message.subject.as_str().into());
    set("body", body(&message.body));
    set("toRecipients", recipients(&message.to));
    set("ccRecipients", recipients(&message.cc));
    set("bccRecipients", recipients(&message.bcc));
    set("replyTo", recipients(&message.reply_to));
    set("isRead", message.is_read.into());
    set("importance", importance(message.importance).into());
    set("categories", json!(message.categories));
    set("flag", json!({"flagStatus": flag}));
    if let Some(from) = &message.from {
        set("from", recipient(from));
    }
    if let Some(sender) = &message.sender {
        set("sender", recipient(sender));
    }
    if let Some(id) = &message.internet_message_id {
        set("internetMessageId", id.as_str().into());
    }
    set("singleValueExtendedProperties", extended(message, key));
    object
}

pub(super) fn body(body: &Body) -> Value {
    let kind = match body.kind {
        BodyKind::Html => "html",
        BodyKind::Text => "text",
    };
    json!({"contentType": kind, "content": body.content})
}

pub(super) fn read_body(value: &Value) -> Body {
    Body {
        kind: if value["contentType"] == "html" {
            BodyKind::Html
        } else {
            BodyKind::Text
        },
        content: value["content"].as_str().unwrap_or_default().to_owned(),
    }
}

pub(super) fn importance(importance: Importance) -> &'static str {
    match importance {
        Importance::High => "high",
        Importance::Low => "low",
        Importance::Normal => "normal",
    }
}

pub(super) fn read_importance(value: &Value) -> Importance {
    match value.as_str() {
        Some("high") => Importance::High,
        Some("low") => Importance::Low,
        _ => Importance::Normal,
    }
}

/// A list of texts.
pub(super) fn read_texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten();
    texts
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn extended(message: &Message, key: &ItemKey) -> Value {
    let flags = FLAG_UNMODIFIED | if message.is_read { FLAG_READ } else { 0 };
    let mut properties = vec![
        json!({"id": KEY_PROPERTY, "value": key.to_string()}),
        json!({"id": FLAGS, "value": flags.to_string()}),
    ];
    let mut add = |id: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            properties.push(json!({"id": id, "value": value}));
        }
    };
    add(SENT, message.sent.or(message.received).map(time));
    add(RECEIVED, message.received.or(message.sent).map(time));
    add(HEADERS, Some(message.transport_headers.clone()));
    add(IN_REPLY_TO, message.in_reply_to.clone());
    add(REFERENCES, message.references.clone());
    let asked = SENSITIVITIES
        .iter()
        .find(|(known, _)| *known == message.sensitivity);
    add(SENSITIVITY, asked.map(|(_, number)| (*number).to_owned()));
    add(CLASS, message.smime.map(|smime| smime.class().to_owned()));
    Value::Array(properties)
}

fn read_sensitivity(number: Option<&str>) -> Sensitivity {
    SENSITIVITIES
        .iter()
        .find(|(_, known)| Some(*known) == number)
        .map_or(Sensitivity::Normal, |(known, _)| *known)
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn recipient(address: &Address) -> Value {
    let name = if address.name.is_empty() {
        &address.address
    } else {
        &address.name
    };
    json!({"emailAddress": {"name": name, "address": address.address}})
}

fn recipients(addresses: &[Address]) -> Value {
    addresses.iter().map(recipient).collect()
}

/// A small attachment, content included.
pub(super) fn attachment(attachment: &Attachment) -> Value {
    let mut value = json!({
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": attachment.name,
        "contentType": attachment.content_type,
        "contentBytes": Base64::encode_string(&attachment.content),
        "isInline": attachment.is_inline,
    });
    if let Some(id) = &attachment.content_id {
        value["contentId"] = id.as_str().into();
    }
    value
}

/// A message as it came back, without its attachments; `None` when it does not carry our key.
pub(super) fn read(value: &Value) -> Option<Message> {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let property = |id: &str| property(value, id);
    property(KEY_PROPERTY)?;
    Some(Message {
        subject: text("subject"),
        from: read_recipient(&value["from"]),
        sender: read_recipient(&value["sender"]),
        reply_to: read_recipients(&value["replyTo"]),
        to: read_recipients(&value["toRecipients"]),
        cc: read_recipients(&value["ccRecipients"]),
        bcc: read_recipients(&value["bccRecipients"]),
        sent: read_time(&value["sentDateTime"]),
        received: read_time(&value["receivedDateTime"]),
        internet_message_id: value["internetMessageId"].as_str().map(str::to_owned),
        in_reply_to: property(IN_REPLY_TO),
        references: property(REFERENCES),
        transport_headers: property(HEADERS).unwrap_or_default(),
        body: read_body(&value["body"]),
        is_read: value["isRead"] == true,
        importance: read_importance(&value["importance"]),
        categories: read_texts(&value["categories"]),
        follow_up: match value["flag"]["flagStatus"].as_str() {
            Some("complete") => FollowUp::Complete,
            Some("flagged") => FollowUp::Flagged,
            _ => FollowUp::None,
        },
        sensitivity: read_sensitivity(property(SENSITIVITY).as_deref()),
        smime: property(CLASS).and_then(|class| Smime::of_class(&class)),
        attachments: Vec::new(),
        transforms: Vec::new(),
        deltas: Vec::new(),
    })
}

fn read_recipient(value: &Value) -> Option<Address> {
    let inside = value.get("emailAddress")?;
    let text = |name: &str| inside[name].as_str().unwrap_or_default().to_owned();
    let (name, address) = (text("name"), text("address"));
    // Graph fills a missing name with the address.
    let name = if name == address { String::new() } else { name };
    Some(Address { name, address })
}

fn read_recipients(value: &Value) -> Vec<Address> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(read_recipient)
        .collect()
}

fn read_time(value: &Value) -> Option<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    Some(parsed.with_timezone(&Utc))
}
