//! Which part is the body and which are attachments. The body is chosen as Python's `get_body(("html",
//! "plain"))` chooses it, because the target holds one; every other leaf becomes an attachment, except the
//! plainer form of that same body.

use std::collections::BTreeSet;

use super::structure::Part;
use super::transfer::{self, Behind};
use super::{
    ALTERNATIVE_LEFT_OUT, BASE64_IN_PIECES, CHARSET_GUESSED, NAME_MADE_UP, Outline, outline,
    parameters, words,
};
use crate::domain::message::{Attachment, Body, BodyKind, Delta, Message, Transform};

/// More parts than are taken apart (`structure.rs`).
const PARTS_AS_ONE: Delta = Delta {
    property: "attachments",
    reason: "more parts than are taken apart: those that follow are one file, as they came",
};
/// What stands below a base64 in the same part.
const BEHIND_BASE64: Delta = Delta {
    property: "content",
    reason: "what stands in a part behind the end of its base64 is left out",
};

/// Where a part stands: the place within each multipart on the way down.
type Place = Vec<usize>;

/// Fills in body, attachments and the transforms that reading them took.
pub(super) fn fill(message: &mut Message, root: &Part<'_>) {
    let chosen = choose(root);
    if let Some((_, part)) = &chosen {
        let (content, guessed) = text_of(message, part);
        let kind = if part.kind.main == "text/html" {
            BodyKind::Html
        } else {
            BodyKind::Text
        };
        message.body = Body { kind, content };
        if guessed {
            say(message, CHARSET_GUESSED);
        }
    }
    let mut leaves = Vec::new();
    collect(root, &mut Vec::new(), &mut leaves);
    for (place, part) in leaves {
        match &chosen {
            Some((body, _)) if *body == place => {}
            Some((body, _)) if is_other_form(root, body, &place, part) => {
                say(message, ALTERNATIVE_LEFT_OUT);
            }
            _ => attach(message, part),
        }
    }
    let shown = shown_within(&message.body.content);
    for attachment in &mut message.attachments {
        let id = attachment.content_id.as_deref();
        attachment.is_inline |= id.is_some_and(|id| shown.contains(id));
    }
}

fn say(message: &mut Message, transform: Transform) {
    if !message.transforms.contains(&transform) {
        message.transforms.push(transform);
    }
}

fn declare(message: &mut Message, delta: Delta) {
    if !message.deltas.contains(&delta) {
        message.deltas.push(delta);
    }
}

/// The content ids that a body refers to (RFC 2392).
fn shown_within(body: &str) -> BTreeSet<&str> {
    body.split("cid:")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|letter: char| letter.is_whitespace() || "\"'<>)".contains(letter));
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}

/// Python's `_find_body`: the first HTML part, else the first plain one, on the way through multiparts; of a
/// related one its root alone. A multipart that turned out to be none is text that nobody else will show.
fn choose<'a, 'b>(root: &'b Part<'a>) -> Option<(Place, &'b Part<'a>)> {
    let mut candidates = Vec::new();
    find(root, &mut Vec::new(), &mut candidates);
    let html = candidates
        .iter()
        .position(|(_, part)| part.kind.main == "text/html");
    if candidates.is_empty() && root.main_type() == "multipart" && !root.is_multipart {
        return Some((Place::new(), root));
    }
    candidates.into_iter().nth(html.unwrap_or(0))
}

fn find<'a, 'b>(part: &'b Part<'a>, place: &mut Place, found: &mut Vec<(Place, &'b Part<'a>)>) {
    if part.disposition() == "attachment" {
        return;
    }
    match part.main_type() {
        "text" => {
            if matches!(part.kind.main.as_str(), "text/html" | "text/plain") {
                found.push((place.clone(), part));
            }
        }
        "multipart" if part.kind.main == "multipart/related" => {
            let start = part.kind.parameter("start");
            let root = part
                .parts
                .iter()
                .position(|inner| start.is_some() && inner.headers.first("content-id") == start)
                .unwrap_or(0);
            if let Some(inner) = part.parts.get(root) {
                place.push(root);
                find(inner, place, found);
                place.pop();
            }
        }
        "multipart" => {
            for (number, inner) in part.parts.iter().enumerate() {
                place.push(number);
                find(inner, place, found);
                place.pop();
            }
        }
        _ => {}
    }
}

/// A text without a name inside the same `multipart/alternative` as the body says the same thing again.
fn is_other_form(root: &Part<'_>, body: &Place, place: &Place, part: &Part<'_>) -> bool {
    let shared = body
        .iter()
        .zip(place)
        .take_while(|(left, right)| left == right)
        .count();
    let mut around = root;
    for step in body.iter().take(shared) {
        match around.parts.get(*step) {
            Some(inner) => around = inner,
            None => return false,
        }
    }
    around.kind.main == "multipart/alternative"
        && matches!(part.kind.main.as_str(), "text/html" | "text/plain")
        && part.disposition() != "attachment"
        && file_name(part).is_none()
}

fn collect<'a, 'b>(part: &'b Part<'a>, place: &mut Place, leaves: &mut Vec<(Place, &'b Part<'a>)>) {
    if !part.is_multipart {
        leaves.push((place.clone(), part));
        return;
    }
    for (number, inner) in part.parts.iter().enumerate() {
        place.push(number);
        collect(inner, place, leaves);
        place.pop();
    }
}

fn attach(message: &mut Message, part: &Part<'_>) {
    let content = transferred(message, part);
    // A message of nothing but headers has an empty text as its only part, a multipart that broke may hold nothing.
    let says_nothing = match part.main_type() {
        "text" => content.is_empty(),
        "multipart" => content.trim_ascii().is_empty(),
        _ => false,
    };
    let name = file_name(part);
    if says_nothing && name.is_none() {
        return;
    }
    if part.is_rest {
        declare(message, PARTS_AS_ONE);
    }
    let number = message.attachments.len() + 1;
    let name = if let Some((name, is_guessed)) = name {
        if is_guessed {
            say(message, CHARSET_GUESSED);
        }
        name
    } else {
        say(message, NAME_MADE_UP);
        made_up_name(number, &part.kind.main, &content)
    };
    let content_id = part.headers.first("content-id").map(|value| {
        let value = value.trim();
        let inner = value
            .strip_prefix('<')
            .and_then(|value| value.strip_suffix('>'));
        inner.unwrap_or(value).to_owned()
    });
    let content_id = content_id.filter(|id| !id.is_empty());
    let is_inline = content_id.is_some() && part.disposition() == "inline";
    message.attachments.push(Attachment {
        name,
        content_type: part.kind.main.clone(),
        content_id,
        is_inline,
        content,
    });
}

/// The name that the sender gave: RFC 2183 `filename`, else the older `name`; and whether a charset had to be guessed for it.
fn file_name(part: &Part<'_>) -> Option<(String, bool)> {
    let disposition = part.headers.first("content-disposition");
    let (name, is_guessed) = disposition
        .and_then(|value| parameters::Value::read(&value).decoded("filename"))
        .or_else(|| part.kind.decoded("name"))?;
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim();
    let fields = ["content-disposition", "content-type"];
    (!name.is_empty()).then(|| {
        let is_guessed = is_guessed || part.headers.are_guessed(&fields);
        (name.to_owned(), is_guessed)
    })
}

fn made_up_name(number: usize, kind: &str, content: &[u8]) -> String {
    let extension = match kind {
        "message/rfc822" | "message/global" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/vcard" | "text/x-vcard" => "vcf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/pgp-signature" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        _ if kind.starts_with("message/") || kind.starts_with("text/") => "txt",
        _ => "bin",
    };
    if extension == "eml"
        && let Ok(Outline { subject, .. }) = outline(content)
    {
        let plain: String = subject
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
            .take(60)
            .collect();
        if !plain.trim().is_empty() {
            return format!("{}.eml", plain.trim());
        }
    }
    format!("attachment-{number}.{extension}")
}

fn transferred(message: &mut Message, part: &Part<'_>) -> Vec<u8> {
    let encoding = part.headers.first("content-transfer-encoding");
    let (content, behind) = transfer::decode(&encoding.unwrap_or_default(), part.content);
    match behind {
        Behind::Nothing => {}
        Behind::Other => declare(message, BEHIND_BASE64),
        Behind::Pieces => say(message, BASE64_IN_PIECES),
    }
    content
}

/// The text of a part, and whether its charset had to be guessed.
fn text_of(message: &mut Message, part: &Part<'_>) -> (String, bool) {
    let bytes = transferred(message, part);
    let charset = part.kind.parameter("charset").unwrap_or_default();
    let charset = charset
        .trim()
        .trim_matches(['"', '\''])
        .to_ascii_lowercase();
    match charset.as_str() {
        "" | "ascii" | "us-ascii" => {
            let (text, _) = words::text(&bytes);
            let guessed = !bytes.is_ascii();
            (text, guessed)
        }
        "utf-8" | "utf8" => match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        },
        _ => words::decoded_as(&charset, &bytes),
    }
}
