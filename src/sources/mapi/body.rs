//! Which of the forms in which a body is kept is restored: the HTML, else what the RTF was made of, else the plain text.

use super::codepage;
use super::properties::Properties;
use super::rtf::{self, Content};
use super::value::Value;
use super::{Object, ids};
use crate::domain::message::{Body, BodyKind, Delta, Transform};
use crate::sources::mime::CHARSET_GUESSED;

/// The HTML or the text was taken out of the RTF that a mailbox had wrapped it in.
pub const TAKEN_OUT_OF_RTF: Transform = Transform("taken-out-of-rtf/1");
/// A mailbox takes HTML and text; the writer had written RTF.
const WRITTEN_AS_RTF: Delta = Delta {
    property: "body",
    reason: "written as RTF: its text is kept, its formatting is not",
};
/// A body that is there and cannot be read.
const UNREADABLE: Delta = Delta {
    property: "body",
    reason: "its RTF cannot be read",
};

/// A body and what was done to it.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) body: Body,
    pub(super) transforms: Vec<Transform>,
    pub(super) deltas: Vec<Delta>,
}

pub(super) fn read(object: &Object) -> Read {
    let properties = &object.properties;
    let mut read = Read::default();
    // Of all its texts, the subject and the people's names too: this is what every kind of object asks for.
    let mut bags = object.recipients.iter().chain([properties]);
    if bags.any(Properties::have_guessed_texts) {
        read.transforms.push(CHARSET_GUESSED);
    }
    if let Some(html) = html(properties, &mut read) {
        read.body = Body {
            kind: BodyKind::Html,
            content: html,
        };
        return read;
    }
    let plain = properties.text(&ids::BODY);
    let compressed = properties.bytes(&ids::RTF_COMPRESSED);
    let rtf = compressed
        .and_then(rtf::decompress)
        .and_then(|rtf| rtf::read(&rtf));
    let (kind, content) = match (rtf, plain) {
        (Some(Content::Html(html)), _) => {
            read.transforms.push(TAKEN_OUT_OF_RTF);
            (BodyKind::Html, html)
        }
        // The plain text, where it is kept, is what the RTF was made of.
        (Some(Content::Text(_)), Some(plain)) => (BodyKind::Text, plain),
        (Some(Content::Text(text)), None) => {
            read.transforms.push(TAKEN_OUT_OF_RTF);
            (BodyKind::Text, text)
        }
        (Some(Content::TextOfRtf(text)), plain) => {
            let text = plain.unwrap_or(text);
            if !text.trim().is_empty() {
                read.deltas.push(WRITTEN_AS_RTF);
            }
            (BodyKind::Text, text)
        }
        (None, plain) => {
            if compressed.is_some_and(|bytes| !bytes.is_empty()) {
                read.deltas.push(UNREADABLE);
            }
            (BodyKind::Text, plain.unwrap_or_default())
        }
    };
    read.body = Body { kind, content };
    read
}

/// The HTML: bytes in the code page that the message names, or a text.
fn html(properties: &Properties, read: &mut Read) -> Option<String> {
    let text = match properties.value(&ids::HTML)? {
        Value::Bytes(bytes) => {
            let page = properties.number(&ids::INTERNET_CODEPAGE);
            let page = page.and_then(|page| u32::try_from(page).ok());
            let (text, is_guessed) = match page {
                Some(page) => codepage::decode(page, bytes),
                None => match std::str::from_utf8(bytes) {
                    Ok(text) => (text.to_owned(), !bytes.is_ascii()),
                    Err(_) => (codepage::decode(properties.code_page(), bytes).0, true),
                },
            };
            if is_guessed && !read.transforms.contains(&CHARSET_GUESSED) {
                read.transforms.push(CHARSET_GUESSED);
            }
            text
        }
        _ => properties.text(&ids::HTML)?,
    };
    let text = text.trim_end_matches('\0');
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_a_code_page_that_nobody_knows_are_guessed() {
        let guessed = |page: u32, bytes: &[u8]| {
            let mut object = Object::default();
            object.properties.set_code_page(page);
            let narrow = Value::Narrow(bytes.to_vec());
            object.properties.set(ids::SUBJECT, narrow);
            super::read(&object).transforms
        };
        assert_eq!(guessed(9_999, b"\xf0\xd2"), [CHARSET_GUESSED]);
        assert_eq!(guessed(65_001, b"\xf0\xd2"), [CHARSET_GUESSED]);
        assert_eq!(guessed(20_866, b"\xf0\xd2"), []);
        assert_eq!(guessed(9_999, b"plain"), []);
    }
}
