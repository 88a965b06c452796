//! Semantic digest v1: what of an item must survive, whatever the service re-encodes; and the comparison by field. The fields of
//! messages stand here, those of other kinds below. docs/fidelity.md lists them for people.

mod contact;
mod event;
mod page;
mod site;
mod task;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::calendar_event::Sensitivity;
use super::html_text::{words_of_html, words_of_text};
use super::item::Digest;
use super::message::{Address, Attachment, Body, BodyKind, FollowUp, Importance, Message};
use super::outlook::OutlookItem;
use super::site_item::SiteItem;

/// A field's name and its value in the one form that is compared.
pub(super) type Field = (&'static str, String);

/// The comparison, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Fields that are equal.
    pub equal: Vec<&'static str>,
    /// Fields that differ.
    pub differing: Vec<&'static str>,
    /// The digest of what was written.
    pub written: Digest,
    /// The digest of what was found, over the same fields.
    pub found: Digest,
}

/// Compares what was written with what was read back. A field that the original does not have (no date, no message id)
/// is not compared: the service fills it in.
pub fn compare(written: &Message, found: &Message) -> Compared {
    compare_fields(&fields(written), fields(found))
}

/// The same for the other kinds; two of different kinds differ in all that the first one has.
pub fn compare_outlook(written: &OutlookItem, found: &OutlookItem) -> Compared {
    compare_fields(&outlook_fields(written), outlook_fields(found))
}

/// The same for what a site keeps beside files.
pub fn compare_site(written: &SiteItem, found: &SiteItem) -> Compared {
    compare_fields(&site_fields(written), site_fields(found))
}

fn site_fields(item: &SiteItem) -> Vec<Field> {
    let (kind, mut fields) = match item {
        SiteItem::ListItem(item) => ("list-item", site::fields(item)),
        SiteItem::Page(page) => ("page", page::fields(page)),
    };
    fields.push(("kind", kind.to_owned()));
    fields.sort();
    fields
}

fn outlook_fields(item: &OutlookItem) -> Vec<Field> {
    let (kind, mut fields) = match item {
        OutlookItem::Contact(contact) => ("contact", contact::fields(contact)),
        OutlookItem::Event(event) => ("event", event::fields(event)),
        OutlookItem::Task(task) => ("task", task::fields(task)),
    };
    fields.push(("kind", kind.to_owned()));
    fields.sort();
    fields
}

pub(super) fn compare_fields(ours: &[Field], mut theirs: Vec<Field>) -> Compared {
    let names: Vec<&str> = ours.iter().map(|(name, _)| *name).collect();
    theirs.retain(|(name, _)| names.contains(name));
    let value = |name: &str| {
        theirs
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, v)| v)
    };
    let (mut equal, mut differing) = (Vec::new(), Vec::new());
    for (name, ours) in ours {
        if value(name) == Some(ours) {
            &mut equal
        } else {
            &mut differing
        }
        .push(*name);
    }
    Compared {
        equal,
        differing,
        written: digest_of(ours),
        found: digest_of(&theirs),
    }
}

/// SHA-256 over the version line and each field: name and value behind their lengths, as 8 bytes big-endian.
fn digest_of(fields: &[Field]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(b"unbroken/semantic/v1\n");
    for (name, value) in fields {
        for part in [name.as_bytes(), value.as_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    Digest(hasher.finalize().into())
}

fn fields(message: &Message) -> Vec<Field> {
    let from: Vec<Address> = message.from.iter().cloned().collect();
    // The service shows the author as the sender where no other sender is named.
    let sender: Vec<Address> = message
        .sender
        .iter()
        .chain(&message.from)
        .take(1)
        .cloned()
        .collect();
    let mut categories = message.categories.clone();
    categories.sort();
    let importance = importance_word(message.importance);
    let mut fields = vec![
        ("attachments", attachments_of(&message.attachments)),
        ("bcc", addresses(&message.bcc)),
        ("body", body_words(&message.body)),
        ("categories", categories.join("\n")),
        ("cc", addresses(&message.cc)),
        ("flag", follow_up_word(message.follow_up).to_owned()),
        ("from", addresses(&from)),
        ("importance", importance.to_owned()),
        ("read", message.is_read.to_string()),
        ("reply-to", addresses(&message.reply_to)),
        ("sender", addresses(&sender)),
        ("subject", words_of_text(&message.subject)),
        ("to", addresses(&message.to)),
    ];
    let mut optional = |name, value: Option<String>| fields.extend(value.map(|v| (name, v)));
    // What is not asked for is not compared.
    let sensitivity = Some(message.sensitivity).filter(|asked| *asked != Sensitivity::Normal);
    optional(
        "sensitivity",
        sensitivity.map(|asked| event::sensitivity_word(asked).to_owned()),
    );
    // One date stands for both where the original has only one.
    optional("sent", message.sent.or(message.received).map(seconds));
    optional("received", message.received.or(message.sent).map(seconds));
    optional(
        "message-id",
        message.internet_message_id.as_deref().map(words_of_text),
    );
    optional(
        "in-reply-to",
        message.in_reply_to.as_deref().map(words_of_text),
    );
    optional(
        "references",
        message.references.as_deref().map(words_of_text),
    );
    fields.sort();
    fields
}

/// Mailboxes keep whole seconds.
fn seconds(at: DateTime<Utc>) -> String {
    at.timestamp().to_string()
}

/// In order; a name that only repeats the address says nothing.
fn addresses(list: &[Address]) -> String {
    list.iter().fold(String::new(), |mut text, one| {
        let name = words_of_text(&one.name);
        if !name.is_empty() && name != one.address {
            text.push_str(&name);
        }
        text.push('\t');
        text.push_str(one.address.trim());
        text.push('\n');
        text
    })
}

/// The words of version 1 of the digest, which had no third one.
fn follow_up_word(flag: FollowUp) -> &'static str {
    match flag {
        FollowUp::Complete => "complete",
        FollowUp::Flagged => "true",
        FollowUp::None => "false",
    }
}

fn importance_word(importance: Importance) -> &'static str {
    match importance {
        Importance::High => "high",
        Importance::Low => "low",
        Importance::Normal => "normal",
    }
}

fn body_words(body: &Body) -> String {
    match body.kind {
        BodyKind::Html => words_of_html(&body.content),
        BodyKind::Text => words_of_text(&body.content),
    }
}

/// Names and SHA-256, sorted: large ones are added later, so the service's order is not ours.
fn attachments_of(attachments: &[Attachment]) -> String {
    let mut lines: Vec<String> = attachments
        .iter()
        .map(|file| {
            format!(
                "{} {}\n",
                Digest(Sha256::digest(&file.content).into()),
                file.name
            )
        })
        .collect();
    lines.sort();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let address = |name: &str, address: &str| Address {
            name: name.to_owned(),
            address: address.to_owned(),
        };
        Message {
            subject: "Board  meeting".to_owned(),
            from: Some(address("Ada", "ada@old.example")),
            to: vec![
                address("", "ben@old.example"),
                address("Cleo", "cleo@old.example"),
            ],
            sent: DateTime::from_timestamp(1_700_000_000, 500_000_000),
            internet_message_id: Some("<1@old.example>".to_owned()),
            body: Body {
                kind: BodyKind::Html,
                content: "<p>yes</p>".to_owned(),
            },
            attachments: vec![Attachment {
                name: "a.bin".to_owned(),
                content_type: "application/octet-stream".to_owned(),
                content_id: None,
                is_inline: false,
                content: vec![1, 2, 3],
            }],
            ..Message::default()
        }
    }

    #[test]
    fn what_the_service_re_encodes_is_equal() {
        let mut found = message();
        found.subject = "Board meeting".to_owned();
        found.sender.clone_from(&found.from);
        found.to[0].name = "ben@old.example".to_owned();
        found.sent = DateTime::from_timestamp(1_700_000_000, 0);
        found.received = found.sent;
        found.body.content = "<html><body><p>yes</p>\r\n</body></html>".to_owned();
        let compared = compare(&message(), &found);
        assert_eq!(compared.differing, Vec::<&str>::new());
        assert_eq!(compared.written, compared.found);
    }

    #[test]
    fn a_change_in_any_field_is_seen_and_named() {
        type Change = fn(&mut Message);
        let changes: [(&str, Change); 14] = [
            ("subject", |m| m.subject.push('!')),
            ("from", |m| m.from = None),
            ("sender", |m| m.sender = Some(Address::default())),
            ("to", |m| m.to[1].address.push('x')),
            ("cc", |m| m.cc.push(Address::default())),
            ("bcc", |m| m.bcc.push(Address::default())),
            ("reply-to", |m| m.reply_to.push(Address::default())),
            ("body", |m| m.body.content = "<p>no</p>".to_owned()),
            ("attachments", |m| m.attachments[0].content[0] = 9),
            ("read", |m| m.is_read = true),
            ("flag", |m| m.follow_up = FollowUp::Complete),
            ("importance", |m| m.importance = Importance::High),
            ("categories", |m| m.categories.push("x".to_owned())),
            ("message-id", |m| m.internet_message_id = None),
        ];
        for (field, change) in changes {
            let mut found = message();
            change(&mut found);
            let compared = compare(&message(), &found);
            assert!(compared.differing.contains(&field), "{field}: {compared:?}");
            assert_ne!(compared.written, compared.found, "{field}");
        }
        let mut late = message();
        late.sent = DateTime::from_timestamp(1_700_000_001, 0);
        assert_eq!(compare(&message(), &late).differing, ["received", "sent"]);
    }
}
