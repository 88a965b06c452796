//! Bytes of a mail to a [`Message`]: structure and choices here, each notation below; nothing here reads files or panics on input.
//!
//! The structure is read as Python's `email.feedparser` reads it, defects and all: it is the parser whose
//! verdict anybody can repeat, and `tests/oracle/mail.py` holds us to it over real mail. Charsets are decoded
//! by `mail-parser`.

mod address;
mod body;
mod date;
mod headers;
mod parameters;
mod signed;
mod structure;
mod transfer;
mod words;

use chrono::{DateTime, Utc};

use crate::domain::calendar_event::Sensitivity;
use crate::domain::message::{FollowUp, Importance, Message, Transform};
use headers::Headers;
pub use signed::ORIGINAL_ATTACHED;
pub(super) use signed::keep_original;
pub(super) use transfer::{base64, quoted_printable};
pub(super) use words::{decoded_as, text};

/// The fields whose text people read.
const TEXTS: [&str; 8] = [
    "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "keywords",
];
/// Category names that are kept.
const CATEGORIES_MAX: usize = 50;

/// A charset that was missing, unknown or wrong was guessed, of a header, a name or a body: UTF-8 where the bytes are that, else
/// windows-1252; what is no letter of a charset that was named became U+FFFD.
pub const CHARSET_GUESSED: Transform = Transform("charset-guessed/1");
/// An attachment without a file name got one.
pub const NAME_MADE_UP: Transform = Transform("attachment-name-made-up/1");
/// A part was encoded in pieces, each with a padding of its own; all of them were decoded.
pub const BASE64_IN_PIECES: Transform = Transform("base64-in-pieces/1");
/// The plainer form of a body that came in several was left out: the target holds one.
pub const ALTERNATIVE_LEFT_OUT: Transform = Transform("alternative-body-left-out/1");

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a header nor a body")]
pub struct Unreadable;

impl Unreadable {
    /// The class that the record carries.
    pub const CLASS: &'static str = "no-headers-no-body";
}

/// What a list of messages needs, without the cost of bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The subject, decoded.
    pub subject: String,
    /// `Date`.
    pub sent: Option<DateTime<Utc>>,
    /// The topmost `Received`; else `Date`.
    pub received: Option<DateTime<Utc>>,
}

/// Reads a message. It counts as one when it has a header or something other than blanks in its body.
pub fn parse(bytes: &[u8]) -> Result<Message, Unreadable> {
    let root = structure::read(bytes);
    readable(&root.headers, root.content)?;
    let mut message = addressed(&root.headers);
    let outline = outline_of(&root.headers);
    message.subject = outline.subject;
    message.sent = outline.sent;
    message.received = outline.received;
    let block = &bytes[..bytes.len() - root.content.len()];
    let is_guessed;
    (message.transport_headers, is_guessed) = words::text(block);
    if is_guessed || root.headers.are_guessed(&TEXTS) {
        message.transforms.push(CHARSET_GUESSED);
    }
    body::fill(&mut message, &root);
    message.smime = signed::opaque(&message, &root);
    Ok(message)
}

/// Reads the headers alone, with the same verdict as [`parse`].
pub fn outline(bytes: &[u8]) -> Result<Outline, Unreadable> {
    let (headers, content) = headers::split(bytes);
    readable(&headers, content)?;
    Ok(outline_of(&headers))
}

fn readable(headers: &Headers<'_>, content: &[u8]) -> Result<(), Unreadable> {
    if headers.is_empty() && content.trim_ascii().is_empty() {
        return Err(Unreadable);
    }
    Ok(())
}

fn outline_of(headers: &Headers<'_>) -> Outline {
    let sent = headers.first("date").and_then(|value| date::read(&value));
    let arrived = headers.first("received").and_then(|value| {
        let (_, stamp) = value.rsplit_once(';')?;
        date::read(stamp)
    });
    Outline {
        subject: headers.decoded("subject").unwrap_or_default(),
        sent,
        received: arrived.or(sent),
    }
}

fn addressed(headers: &Headers<'_>) -> Message {
    let list = |name| {
        headers
            .all(name)
            .flat_map(|value| address::read(&value))
            .collect()
    };
    let one = |name| {
        headers
            .first(name)
            .and_then(|value| address::read(&value).into_iter().next())
    };
    let from = one("from");
    Message {
        sender: one("sender").filter(|sender| {
            from.as_ref()
                .is_none_or(|from| !from.address.eq_ignore_ascii_case(&sender.address))
        }),
        from,
        reply_to: list("reply-to"),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        internet_message_id: token(headers, "message-id"),
        in_reply_to: token(headers, "in-reply-to"),
        references: token(headers, "references"),
        is_read: flag(headers, "status", 'R'),
        follow_up: if flag(headers, "x-status", 'F') {
            FollowUp::Flagged
        } else {
            FollowUp::None
        },
        importance: importance(headers),
        sensitivity: sensitivity(headers),
        categories: categories(headers),
        ..Message::default()
    }
}

/// A header whose inner blanks mean nothing: unfolded to single spaces; absent when empty.
fn token(headers: &Headers<'_>, name: &str) -> Option<String> {
    let value = headers.first(name)?;
    let joined = value.split_whitespace().collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

/// `Status` and `X-Status`, as mail readers that keep mbox files write them.
fn flag(headers: &Headers<'_>, name: &str, letter: char) -> bool {
    headers.first(name).is_some_and(|value| {
        value.len() <= 8
            && value.chars().all(|one| one.is_ascii_uppercase())
            && value.contains(letter)
    })
}

/// RFC 2156 `Importance`, else the first digit of the usual `X-Priority`.
fn importance(headers: &Headers<'_>) -> Importance {
    let word = headers.first("importance").unwrap_or_default();
    match word.trim().to_ascii_lowercase().as_str() {
        "high" => return Importance::High,
        "low" => return Importance::Low,
        "normal" => return Importance::Normal,
        _ => {}
    }
    let priority = headers.first("x-priority").unwrap_or_default();
    match priority.trim().as_bytes().first() {
        Some(b'1' | b'2') => Importance::High,
        Some(b'4' | b'5') => Importance::Low,
        _ => Importance::Normal,
    }
}

/// RFC 2156 `Sensitivity`.
fn sensitivity(headers: &Headers<'_>) -> Sensitivity {
    let word = headers.first("sensitivity").unwrap_or_default();
    match word.trim().to_ascii_lowercase().as_str() {
        "company-confidential" => Sensitivity::Confidential,
        "personal" => Sensitivity::Personal,
        "private" => Sensitivity::Private,
        _ => Sensitivity::Normal,
    }
}

/// RFC 5322 `Keywords`, which Exchange keeps as categories.
fn categories(headers: &Headers<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in headers.all("keywords") {
        for name in words::decode(&value).split(',').map(str::trim) {
            if !name.is_empty()
                && found.len() < CATEGORIES_MAX
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
