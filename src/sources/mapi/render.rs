//! A message written out as RFC 5322 and MIME, for one that lies within another and has no bytes of its own. The same message is
//! written the same way each time: nothing is drawn at random.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use sha2::{Digest as _, Sha256};

use crate::domain::item::Digest;
use crate::domain::message::{Address, Attachment, BodyKind, Importance, Message};

/// Fields that are written from properties, or that speak of bytes which are not these.
const OWN: [&str; 14] = [
    "bcc",
    "cc",
    "date",
    "from",
    "importance",
    "in-reply-to",
    "keywords",
    "message-id",
    "mime-version",
    "references",
    "reply-to",
    "sender",
    "subject",
    "to",
];
/// RFC 2045 section 6.8.
const BASE64_COLUMNS: usize = 76;
/// RFC 2047 section 2: an encoded word has at most 75 characters, of which 45 bytes of text take 60.
const WORD_BYTES: usize = 45;

pub(super) fn rfc5322(message: &Message) -> Vec<u8> {
    let mut parts = vec![body_part(message)];
    parts.extend(message.attachments.iter().map(file_part));
    let mut out = head(message).into_bytes();
    if let [only] = parts.as_slice() {
        out.extend_from_slice(only);
        return out;
    }
    // No part can hold a boundary that is made of its own digest.
    let mut hash = Sha256::new();
    for part in &parts {
        hash.update(part);
    }
    let digest = Digest(hash.finalize().into()).to_string();
    let boundary = format!("=_{}", &digest[..32]);
    let kind = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
    out.extend_from_slice(kind.as_bytes());
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(&part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn head(message: &Message) -> String {
    let mut text = kept_fields(&message.transport_headers);
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            let _infallible = write!(text, "{name}: {value}\r\n");
        }
    };
    if let Some(sent) = message.sent.or(message.received) {
        field("Date", &sent.to_rfc2822());
    }
    for (name, one) in [("From", &message.from), ("Sender", &message.sender)] {
        if let Some(address) = one {
            field(name, &mailbox(address));
        }
    }
    for (name, list) in [
        ("Reply-To", &message.reply_to),
        ("To", &message.to),
        ("Cc", &message.cc),
        ("Bcc", &message.bcc),
    ] {
        let list: Vec<String> = list.iter().map(mailbox).collect();
        field(name, &list.join(",\r\n "));
    }
    field("Subject", &words(&message.subject));
    for (name, value) in [
        ("Message-ID", &message.internet_message_id),
        ("In-Reply-To", &message.in_reply_to),
        ("References", &message.references),
    ] {
        let value = value.as_deref().unwrap_or_default();
        let tokens: Vec<&str> = value.split_whitespace().collect();
        field(name, &tokens.join("\r\n "));
    }
    match message.importance {
        Importance::High => field("Importance", "high"),
        Importance::Low => field("Importance", "low"),
        Importance::Normal => {}
    }
    let categories: Vec<String> = message.categories.iter().map(|one| words(one)).collect();
    field("Keywords", &categories.join(", "));
    field("MIME-Version", "1.0");
    text
}

/// The fields of the original header that are not written anew: `Received` and whatever else came with it.
fn kept_fields(block: &str) -> String {
    let mut kept = String::new();
    let mut is_kept = false;
    // A CR alone is no line end where there are others: written out it would begin a field that nobody wrote.
    let block = if block.contains('\n') {
        block.replace("\r\n", "\n").replace('\r', " ")
    } else {
        block.replace('\r', "\n")
    };
    for line in block.lines() {
        if line.starts_with([' ', '\t']) {
            if is_kept && !line.trim().is_empty() {
                let _infallible = write!(kept, "{line}\r\n");
            }
            continue;
        }
        is_kept = line.split_once(':').is_some_and(|(name, _)| {
            let lower = name.to_ascii_lowercase();
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_graphic())
                && !OWN.contains(&lower.as_str())
                && !lower.starts_with("content-")
        });
        if is_kept {
            let _infallible = write!(kept, "{line}\r\n");
        }
    }
    kept
}

fn mailbox(address: &Address) -> String {
    let plain: String = address
        .address
        .chars()
        .filter(|letter| !letter.is_control() && !"<>".contains(*letter))
        .collect();
    match (address.name.trim(), plain.trim()) {
        ("", address) => format!("<{address}>"),
        (name, address) => format!("{} <{address}>", phrase(name)),
    }
}

fn phrase(name: &str) -> String {
    if name.is_ascii() && !name.contains(|letter: char| letter.is_control()) {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    words(name)
}

/// Text as it may stand in a header: as it is where it is plain and short, else in encoded words (RFC 2047).
fn words(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && text.len() <= 60 && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    let mut close = |piece: &mut String| {
        words.push(format!(
            "=?utf-8?B?{}?=",
            Base64::encode_string(piece.as_bytes())
        ));
        piece.clear();
    };
    for letter in text.chars() {
        if piece.len() + letter.len_utf8() > WORD_BYTES {
            close(&mut piece);
        }
        piece.push(letter);
    }
    close(&mut piece);
    words.join("\r\n ")
}

fn body_part(message: &Message) -> Vec<u8> {
    let kind = match message.body.kind {
        BodyKind::Html => "html",
        BodyKind::Text => "plain",
    };
    let mut part = format!(
        "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    base64(&mut part, message.body.content.as_bytes());
    part.into_bytes()
}

fn file_part(file: &Attachment) -> Vec<u8> {
    let kind = file.content_type.as_str();
    let is_plain = |kind: &str| {
        kind.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"')
    };
    let kind = if is_plain(kind) {
        kind
    } else {
        "application/octet-stream"
    };
    let disposition = if file.is_inline {
        "inline"
    } else {
        "attachment"
    };
    let mut head = format!("Content-Type: {kind}\r\nContent-Disposition: {disposition};\r\n");
    // RFC 2231: any name, in one line.
    head.push_str(" filename*=utf-8''");
    for byte in file.name.bytes() {
        let _infallible = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                head.push(char::from(byte));
                Ok(())
            }
            _ => write!(head, "%{byte:02X}"),
        };
    }
    head.push_str("\r\n");
    if let Some(id) = &file.content_id {
        let id: String = id.chars().filter(char::is_ascii_graphic).collect();
        let _infallible = write!(head, "Content-ID: <{id}>\r\n");
    }
    // RFC 2046 section 5.2.1: a message within is not encoded again, and so nesting does not multiply its size.
    if kind == "message/rfc822" {
        head.push_str("Content-Transfer-Encoding: 8bit\r\n\r\n");
        return [head.as_bytes(), &file.content].concat();
    }
    head.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    base64(&mut head, &file.content);
    head.into_bytes()
}

fn base64(out: &mut String, bytes: &[u8]) {
    for line in bytes.chunks(BASE64_COLUMNS / 4 * 3) {
        out.push_str(&Base64::encode_string(line));
        out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Body;
    use crate::sources::mime;

    fn address(name: &str, address: &str) -> Address {
        Address {
            name: name.to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn a_bare_return_in_the_header_block_begins_no_field() {
        let block = "Received: from x\r\nX-A: 1\rBcc: eve@x\rX-B: 2\r\n by\rand by\r\n";
        assert_eq!(
            kept_fields(block),
            "Received: from x\r\nX-A: 1 Bcc: eve@x X-B: 2\r\n by and by\r\n"
        );
        // Where every line ends so, they are lines.
        assert_eq!(kept_fields("X-A: 1\r 2\rBcc: eve@x\r"), "X-A: 1\r\n 2\r\n");
    }

    #[test]
    fn what_is_written_is_read_again_by_our_own_reader() {
        let inner = Message {
            subject: "inner".to_owned(),
            sent: chrono::DateTime::from_timestamp(1_700_000_000, 0),
            ..Message::default()
        };
        let file = |name: &str, kind: &str, content: Vec<u8>| Attachment {
            name: name.to_owned(),
            content_type: kind.to_owned(),
            content_id: None,
            is_inline: false,
            content,
        };
        let message = Message {
            subject: "Ünïcode, and a subject that is longer than one word of a header may be"
                .to_owned(),
            from: Some(address("Doe, \"Jane\"", "jane@old.example")),
            to: vec![
                address("Бен", "ben@old.example"),
                address("", "c@old.example"),
            ],
            sent: chrono::DateTime::from_timestamp(1_700_000_000, 0),
            internet_message_id: Some("<1@old.example>".to_owned()),
            references: Some("<a@x> <b@x>".to_owned()),
            transport_headers: "Received: from x\r\n by y; z\r\nTo: other@x\r\nX-A: 1\r\n"
                .to_owned(),
            body: Body {
                kind: BodyKind::Html,
                content: "<p>ja</p>".to_owned(),
            },
            attachments: vec![
                file("ä b.bin", "application/x-a", vec![0, 255, 13, 10]),
                file("inner.eml", "message/rfc822", rfc5322(&inner)),
            ],
            ..Message::default()
        };
        let bytes = rfc5322(&message);
        let read = mime::parse(&bytes).expect("a message");
        assert_eq!(read.subject, message.subject);
        assert_eq!((&read.from, &read.to), (&message.from, &message.to));
        assert_eq!(read.sent, message.sent);
        assert_eq!(read.references, message.references);
        assert_eq!(read.body, message.body);
        let files = |message: &Message| -> Vec<(String, Vec<u8>)> {
            let files = message.attachments.iter();
            files
                .map(|file| (file.name.clone(), file.content.clone()))
                .collect()
        };
        assert_eq!(files(&read), files(&message));
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(text.starts_with("Received: from x\r\n by y; z\r\nX-A: 1\r\n"));
        assert!(!text.contains("other@x"));
    }
}
