//! An object as the message that is restored: every property that a mailbox takes, and each that it does not by name.

use super::address::{self, Found, Headers};
use super::properties::Properties;
use super::{Attached, Object, attachment, body, ids};
use super::{class, damage};
use crate::domain::calendar_event::Sensitivity;
use crate::domain::message::{Address, Delta, FollowUp, Importance, Message, Smime, Transform};

/// An Exchange address became an SMTP one by the name beside it in the transport headers.
pub const ADDRESS_BY_HEADER: Transform = Transform("exchange-address-resolved-by-header/1");

/// A message without any date is shown under the day on which it was last written.
pub const SENT_FROM_LAST_CHANGE: Transform = Transform("sent-from-last-change/1");

/// `PidTagMessageFlags`: read, and never sent ([MS-OXCMSG] 2.2.1.6).
const FLAG_READ: i32 = 1;
const FLAG_UNSENT: i32 = 8;
/// `PidTagFlagStatus` ([MS-OXOFLAG] 2.2.1.1).
const STATUS_COMPLETE: i32 = 1;
const STATUS_FLAGGED: i32 = 2;
/// `PidTagSensitivity`
pub(super) const SENSITIVITY: super::Key = super::Key::Tag(0x0036);

fn delta(property: &'static str, reason: &'static str) -> Delta {
    Delta { property, reason }
}

/// Makes a message of an object; what lies in its attachments becomes a file each.
pub fn message(mut object: Object) -> Message {
    let attached = std::mem::take(&mut object.attachments);
    let mut message = without_attachments(&object, attached.len());
    attach(&mut message, attached);
    message.transforms.sort();
    message.transforms.dedup();
    message.deltas.sort();
    message.deltas.dedup();
    message
}

fn without_attachments(object: &Object, attached: usize) -> Message {
    let properties = &object.properties;
    let text = |key| properties.text(&key);
    let block = text(ids::TRANSPORT_MESSAGE_HEADERS).unwrap_or_default();
    let read = body::read(object);
    let mut message = Message {
        subject: subject(properties),
        sent: properties.time(&ids::CLIENT_SUBMIT_TIME),
        received: properties.time(&ids::MESSAGE_DELIVERY_TIME),
        internet_message_id: text(ids::INTERNET_MESSAGE_ID),
        in_reply_to: text(ids::IN_REPLY_TO_ID),
        references: text(ids::INTERNET_REFERENCES),
        body: read.body,
        categories: categories(properties),
        importance: importance(properties),
        transforms: read.transforms,
        deltas: read.deltas,
        ..Message::default()
    };
    if message.sent.is_none() && message.received.is_none() {
        // What was never sent has the day on which it was last written.
        message.sent = properties.time(&ids::LAST_MODIFICATION_TIME);
        let known = message.sent.map(|_| SENT_FROM_LAST_CHANGE);
        message.transforms.extend(known);
    }
    people(&mut message, object, &Headers::read(&block));
    message.transport_headers = block;
    states(&mut message, object, attached);
    message
}

/// [MS-OXCMSG] 2.2.1.46: a first character of 1 says how long the prefix after it is; neither belongs to the subject.
pub(crate) fn subject(properties: &Properties) -> String {
    let text = properties.text(&ids::SUBJECT).unwrap_or_default();
    let mut letters = text.chars();
    if letters.next() == Some('\u{1}') {
        letters.next();
        return letters.collect();
    }
    text
}

/// What an object is called: a subject, a person's name.
pub(crate) fn name_of(properties: &Properties) -> String {
    let subject = subject(properties);
    if subject.is_empty() {
        return properties.text(&ids::DISPLAY_NAME).unwrap_or_default();
    }
    subject
}

pub(super) fn categories(properties: &Properties) -> Vec<String> {
    let mut names = properties.texts(&ids::keywords());
    names.retain(|name| !name.is_empty());
    names
}

pub(super) fn importance(properties: &Properties) -> Importance {
    match properties.number(&ids::IMPORTANCE) {
        Some(0) => Importance::Low,
        Some(2) => Importance::High,
        _ => Importance::Normal,
    }
}

fn people(message: &mut Message, object: &Object, headers: &Headers) {
    let mut take = |property: &'static str, read: Option<(Address, Found)>| {
        let (address, found) = read?;
        match found {
            Found::Header => message.transforms.push(ADDRESS_BY_HEADER),
            Found::Unresolved if address.address.starts_with('/') => message.deltas.push(delta(
                property,
                "an Exchange address (X500) that nothing resolves; to be added as an alias",
            )),
            Found::Property | Found::Unresolved => {}
        }
        Some(address)
    };
    let properties = &object.properties;
    let from = take("from", address::read(properties, &address::FROM, headers));
    let sender = take(
        "sender",
        address::read(properties, &address::SENDER, headers),
    );
    let mut lists: [Vec<Address>; 3] = Default::default();
    for recipient in &object.recipients {
        // The low four bits say which list; others, that a message was sent again. 0 is whoever sent it.
        let (list, property) = match recipient.number(&ids::RECIPIENT_TYPE).unwrap_or(1) & 0xF {
            0 => continue,
            2 => (1, "cc"),
            3 => (2, "bcc"),
            _ => (0, "to"),
        };
        let read = address::read(recipient, &address::RECIPIENT, headers);
        lists[list].extend(take(property, read));
    }
    let reply_to = address::reply_to(properties, headers)
        .into_iter()
        .filter_map(|reply| take("reply-to", Some(reply)))
        .collect();
    message.reply_to = reply_to;
    let [to, cc, bcc] = lists;
    (message.to, message.cc, message.bcc) = (to, cc, bcc);
    message.from = from.or_else(|| sender.clone());
    message.sender = sender.filter(|sender| {
        message
            .from
            .as_ref()
            .is_some_and(|from| !from.address.eq_ignore_ascii_case(&sender.address))
    });
}

fn states(message: &mut Message, object: &Object, attached: usize) {
    let properties = &object.properties;
    let flags = properties.number(&ids::MESSAGE_FLAGS).unwrap_or(0);
    message.is_read = flags & FLAG_READ != 0;
    let status = properties.number(&ids::FLAG_STATUS);
    message.follow_up = match status {
        Some(STATUS_COMPLETE) => FollowUp::Complete,
        Some(STATUS_FLAGGED) => FollowUp::Flagged,
        _ => FollowUp::None,
    };
    message.sensitivity = match properties.number(&SENSITIVITY) {
        Some(1) => Sensitivity::Personal,
        Some(2) => Sensitivity::Private,
        Some(3) => Sensitivity::Confidential,
        _ => Sensitivity::Normal,
    };
    let class = properties.text(&ids::MESSAGE_CLASS).unwrap_or_default();
    // Only as Exchange files it: one attachment, which is the piece itself.
    message.smime = Smime::of_class(&class).filter(|_| attached == 1);
    let lower = class.to_lowercase();
    let is_plain = matches!(lower.as_str(), "" | "ipm" | "ipm.note");
    let said = [
        (
            flags & FLAG_UNSENT != 0,
            delta(
                "draft",
                "was never sent; restored as a message that can be read",
            ),
        ),
        (
            class::is_smime(&class) && message.smime.is_none(),
            Smime::LOST[0],
        ),
        (
            !is_plain && message.smime.is_none(),
            delta("message class", "restored as a plain message"),
        ),
    ];
    let said = said.into_iter().filter(|(is_so, _)| *is_so);
    message.deltas.extend(said.map(|(_, delta)| delta));
    damage::declare(object, &mut message.deltas);
}

fn attach(message: &mut Message, attached: Vec<Attached>) {
    for one in attached {
        attachment::add(message, one);
    }
    let shown = &message.body.content;
    for file in &mut message.attachments {
        let id = file.content_id.as_deref();
        file.is_inline |= id.is_some_and(|id| shown.contains(&format!("cid:{id}")));
    }
}
