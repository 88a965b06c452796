//! What a mailbox can hold: a message is made to fit before it is written, and each thing that does not fit is named.

use super::message::{Address, Delta, Message, Transform};
use super::outlook_fit::once;

/// Control characters that JSON and MAPI strings do not take.
const CONTROL_REMOVED: Transform = Transform("control-characters-removed/1");
/// A name longer than a file name may be.
const NAME_SHORTENED: Transform = Transform("attachment-name-shortened/1");

/// PidTagSubject holds 255 characters.
const SUBJECT_CHARS_MAX: usize = 255;
const NAME_CHARS_MAX: usize = 255;
/// The request has 4 MB for everything.
const HEADERS_BYTES_MAX: usize = 256 << 10;

/// Fits a message; what it says of itself afterwards is what will be written.
pub fn fit(mut message: Message) -> Message {
    fit_texts(&mut message);
    fit_addresses(&mut message);
    for file in &mut message.attachments {
        if !file.content_type.contains('/') {
            "application/octet-stream".clone_into(&mut file.content_type);
        }
        if file.name.chars().count() > NAME_CHARS_MAX {
            file.name = file.name.chars().take(NAME_CHARS_MAX).collect();
            message.transforms.push(NAME_SHORTENED);
        }
    }
    if message.sent.is_none() && message.received.is_none() {
        message.deltas.push(Delta {
            property: "sent",
            reason: "the original has no date",
        });
    }
    once(&mut message.categories);
    message.transforms.sort();
    message.transforms.dedup();
    message.deltas.sort();
    message.deltas.dedup();
    message
}

fn fit_texts(message: &mut Message) {
    let mut changed = false;
    let texts = [
        Some(&mut message.subject),
        Some(&mut message.body.content),
        Some(&mut message.transport_headers),
        message.internet_message_id.as_mut(),
        message.in_reply_to.as_mut(),
        message.references.as_mut(),
    ];
    for text in texts.into_iter().flatten() {
        changed |= remove_controls(text);
    }
    for file in &mut message.attachments {
        changed |= remove_controls(&mut file.name);
        changed |= file.content_id.as_mut().is_some_and(remove_controls);
    }
    if changed {
        message.transforms.push(CONTROL_REMOVED);
    }
    if message.subject.chars().count() > SUBJECT_CHARS_MAX {
        message.subject = message.subject.chars().take(SUBJECT_CHARS_MAX).collect();
        let reason = "longer than 255 characters; whole in the transport headers";
        message.deltas.push(Delta {
            property: "subject",
            reason,
        });
    }
    if message.transport_headers.len() > HEADERS_BYTES_MAX {
        let mut end = HEADERS_BYTES_MAX;
        while !message.transport_headers.is_char_boundary(end) {
            end -= 1;
        }
        message.transport_headers.truncate(end);
        let reason = "longer than 256 KiB";
        message.deltas.push(Delta {
            property: "headers",
            reason,
        });
    }
}

/// Line ends and tabs may stay.
fn remove_controls(text: &mut String) -> bool {
    let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(is_refused) {
        return false;
    }
    text.retain(|c| !is_refused(c));
    true
}

fn fit_addresses(message: &mut Message) {
    let reason = "not an address that a mailbox takes; it stands in the transport headers";
    let mut deltas = Vec::new();
    for (property, list) in [
        ("bcc", &mut message.bcc),
        ("cc", &mut message.cc),
        ("reply-to", &mut message.reply_to),
        ("to", &mut message.to),
    ] {
        let before = list.len();
        list.retain(is_address);
        if list.len() < before {
            deltas.push(Delta { property, reason });
        }
    }
    for (property, one) in [("from", &mut message.from), ("sender", &mut message.sender)] {
        if one.as_ref().is_some_and(|address| !is_address(address)) {
            *one = None;
            deltas.push(Delta { property, reason });
        }
    }
    let all = [
        &mut message.bcc,
        &mut message.cc,
        &mut message.reply_to,
        &mut message.to,
    ];
    let all = all
        .into_iter()
        .flatten()
        .chain(&mut message.from)
        .chain(&mut message.sender);
    for address in all {
        remove_controls(&mut address.name);
    }
    message.deltas.extend(deltas);
}

/// Graph refuses a whole message for one address that is neither SMTP nor an Exchange name (graph.md 1.2).
fn is_address(address: &Address) -> bool {
    let text = address.address.as_str();
    let is_smtp = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;\"".contains(c);
    (is_smtp && text.chars().all(plain)) || text.to_lowercase().starts_with("/o=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named_and_the_rest_stays() {
        let address = |text: &str| Address {
            name: String::new(),
            address: text.to_owned(),
        };
        let message = fit(Message {
            subject: "a\0b".repeat(200),
            from: Some(address("undisclosed recipients")),
            to: vec![address("ben@old.example"), address("nobody"), address("@x")],
            ..Message::default()
        });
        assert_eq!(message.subject.chars().count(), 255);
        assert_eq!((message.from, message.to.len()), (None, 1));
        let named: Vec<&str> = message.deltas.iter().map(|delta| delta.property).collect();
        assert_eq!(named, ["from", "sent", "subject", "to"]);
        assert_eq!(message.transforms, [CONTROL_REMOVED]);
    }

    #[test]
    fn a_category_is_kept_once() {
        let categories = ["B", "A", "B"].map(str::to_owned).to_vec();
        let received = chrono::DateTime::from_timestamp(1_700_000_000, 0);
        let message = fit(Message {
            received,
            categories,
            ..Message::default()
        });
        assert_eq!(message.categories, ["B", "A"]);
    }

    #[test]
    fn what_fits_is_not_touched() {
        let whole = Message {
            subject: "a\tb".to_owned(),
            sent: chrono::DateTime::from_timestamp(0, 0),
            ..Message::default()
        };
        assert_eq!(fit(whole.clone()), whole);
    }
}
