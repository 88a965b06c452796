//! An attachment as the file that is restored: its bytes, or the message within written out as one ([RFC 5322]).

use super::message;
use super::{Attached, ids, render};
use crate::domain::message::{Attachment, Delta, Message, Smime, Transform};
use crate::sources::mime::{CHARSET_GUESSED, NAME_MADE_UP};

/// A message within a message was written as RFC 5322 out of its properties; no such bytes existed.
pub(super) const EMBEDDED_WRITTEN_OUT: Transform = Transform("embedded-message-written-out/1");
/// What another program had put into the body became a file.
pub(super) const OLE_AS_FILE: Transform = Transform("ole-object-as-file/1");
/// A link to a file elsewhere became a text that says where.
pub(super) const LINK_AS_TEXT: Transform = Transform("linked-file-as-text/1");

/// `PidTagAttachMethod` ([MS-OXCMSG] 2.2.2.9): 2 to 4 and 7 are links.
const BY_LINK: [i32; 4] = [2, 3, 4, 7];
const OLE: i32 = 6;
/// `PidTagAttachFlags`: shown within the HTML.
const SHOWN_WITHIN: i32 = 4;

/// Adds an attachment to a message.
pub(super) fn add(message: &mut Message, mut attached: Attached) {
    let method = attached.properties.number(&ids::ATTACH_METHOD).unwrap_or(1);
    let number = message.attachments.len() + 1;
    if let Some(object) = attached.embedded.take() {
        let inner = message::message(*object);
        let name = file_name(&attached).filter(|name| !name.trim().is_empty());
        let name = with_ending(&name.unwrap_or_else(|| inner.subject.clone()), number);
        message.transforms.push(EMBEDDED_WRITTEN_OUT);
        // What the inner message lost, the outer one has lost.
        message.deltas.extend(inner.deltas.iter().copied());
        if inner.smime.is_some() {
            message.deltas.extend(Smime::LOST);
        }
        message.transforms.extend(inner.transforms.iter().copied());
        message.attachments.push(Attachment {
            name,
            content_type: "message/rfc822".to_owned(),
            content_id: None,
            is_inline: false,
            content: render::rfc5322(&inner),
        });
        return;
    }
    if attached.properties.have_guessed_texts() {
        message.transforms.push(CHARSET_GUESSED);
    }
    let content = attached.properties.take_bytes(&ids::ATTACH_DATA);
    let text = |key| attached.properties.text(&key);
    if content.is_none() && BY_LINK.contains(&method) {
        let link = text(ids::ATTACH_LONG_PATHNAME).or_else(|| text(ids::ATTACH_PATHNAME));
        let name = file_name(&attached).unwrap_or_else(|| format!("attachment-{number}"));
        message.transforms.push(LINK_AS_TEXT);
        message.attachments.push(Attachment {
            name: format!("{name}.link.txt"),
            content_type: "text/plain".to_owned(),
            content_id: None,
            is_inline: false,
            content: link.unwrap_or_default().into_bytes(),
        });
        return;
    }
    let Some(content) = content else {
        message.deltas.push(Delta {
            property: "attachments",
            reason: "one has no content in the data file",
        });
        return;
    };
    let mut name = file_name(&attached);
    if method == OLE {
        message.transforms.push(OLE_AS_FILE);
        name = name.or_else(|| Some(format!("attachment-{number}.ole")));
    }
    if name.is_none() {
        message.transforms.push(NAME_MADE_UP);
    }
    let content_id = text(ids::ATTACH_CONTENT_ID);
    let content_id = content_id
        .map(|id| id.trim_matches(['<', '>']).trim().to_owned())
        .filter(|id| !id.is_empty());
    let flags = attached.properties.number(&ids::ATTACH_FLAGS).unwrap_or(0);
    message.attachments.push(Attachment {
        name: name.unwrap_or_else(|| format!("attachment-{number}.bin")),
        content_type: text(ids::ATTACH_MIME_TAG)
            .filter(|kind| kind.contains('/'))
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        is_inline: content_id.is_some() && flags & SHOWN_WITHIN != 0,
        content_id,
        content,
    });
}

/// The long name, the short one, what is shown; without the folders that some writers put before it.
pub(super) fn file_name(attached: &Attached) -> Option<String> {
    let text = |key| attached.properties.text(&key);
    let name = text(ids::ATTACH_LONG_FILENAME)
        .or_else(|| text(ids::ATTACH_FILENAME))
        .or_else(|| text(ids::DISPLAY_NAME))?;
    let last = name.rsplit(['\\', '/']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

fn with_ending(name: &str, number: usize) -> String {
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_control() || "/\\:*?\"<>|".contains(letter) {
                '_'
            } else {
                letter
            }
        })
        .take(120)
        .collect();
    match plain.trim() {
        "" => format!("attachment-{number}.eml"),
        name if name.to_lowercase().ends_with(".eml") => name.to_owned(),
        name => format!("{name}.eml"),
    }
}
