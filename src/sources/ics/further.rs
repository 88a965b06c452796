//! What a component says beyond what Outlook has a place for: standard properties become lines of the body, vendors' own are left
//! out and named as such; attachments are taken out of their lines.

use crate::domain::message::{Attachment, Body, BodyKind, Delta, Transform};
use crate::sources::content_lines::{Component, Line};
use crate::sources::mime;

/// Standard properties without a place of their own stand in the body.
const INTO_BODY: Transform = Transform("further-properties-into-body/1");
/// A file that had no name got one.
const NAME_MADE_UP: Transform = mime::NAME_MADE_UP;

/// Properties that are read elsewhere, or that only a calendar program needs (docs/fidelity.md names them).
const KNOWN: [&str; 29] = [
    "ATTACH",
    "ATTENDEE",
    "CATEGORIES",
    "CLASS",
    "COMPLETED",
    "CREATED",
    "DESCRIPTION",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DUE",
    "DURATION",
    "EXDATE",
    "LAST-MODIFIED",
    "LOCATION",
    "ORGANIZER",
    "PERCENT-COMPLETE",
    "PRIORITY",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "UID",
    "EXRULE",
    "STYLED-DESCRIPTION",
    "REQUEST-STATUS",
];
/// Vendors' properties that are read.
const VENDOR_KNOWN: [&str; 5] = [
    "X-ALT-DESC",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-IMPORTANCE",
    "X-MICROSOFT-CDO-INTENDEDSTATUS",
];
const LINE_CHARS_MAX: usize = 2_000;

/// What has no place, as lines for a person.
pub(super) fn lines(
    component: &Component,
    transforms: &mut Vec<Transform>,
    deltas: &mut Vec<Delta>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for line in &component.lines {
        if KNOWN.contains(&&*line.name) || VENDOR_KNOWN.contains(&&*line.name) {
            continue;
        }
        if line.name.starts_with("X-") {
            deltas.push(Delta {
                property: "vendor-properties",
                reason: "properties that only one program knows (X-…) are left out",
            });
            continue;
        }
        let text: String = line.text().chars().take(LINE_CHARS_MAX).collect();
        if !text.trim().is_empty() {
            lines.push(format!("{}: {}", title(&line.name), text.trim()));
            transforms.push(INTO_BODY);
        }
    }
    lines
}

/// `RELATED-TO` as `Related-to`.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter();
    first
        .chain(letters.map(|letter| letter.to_ascii_lowercase()))
        .collect()
}

/// The body: the richer of the forms that are there.
pub(super) fn body(component: &Component, transforms: &mut Vec<Transform>) -> Body {
    let is_html = |line: &&Line| {
        line.param("FMTTYPE")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
    };
    let styled = component
        .lines_of("X-ALT-DESC")
        .chain(component.lines_of("STYLED-DESCRIPTION"))
        .find(is_html);
    let plain = component.line("DESCRIPTION");
    if plain.is_some_and(|line| line.raw().1) {
        transforms.push(mime::CHARSET_GUESSED);
    }
    let plain = plain.map(Line::text).unwrap_or_default();
    match styled
        .map(Line::text)
        .filter(|html| !html.trim().is_empty())
    {
        Some(content) => {
            if !plain.trim().is_empty() {
                transforms.push(mime::ALTERNATIVE_LEFT_OUT);
            }
            Body {
                kind: BodyKind::Html,
                content,
            }
        }
        None => Body {
            kind: BodyKind::Text,
            content: plain,
        },
    }
}

/// The files that stand in the component, and lines for those that are only pointed at.
pub(super) fn attachments(
    component: &Component,
    transforms: &mut Vec<Transform>,
    deltas: &mut Vec<Delta>,
) -> (Vec<Attachment>, Vec<String>) {
    let (mut files, mut links) = (Vec::new(), Vec::new());
    for line in component.lines_of("ATTACH") {
        let text = line.raw().0;
        let data = crate::sources::url_bytes::parse(text.trim());
        let (kind, content) = match data {
            Some((kind, content)) => (kind, content),
            None if line.is_binary() => (String::new(), line.bytes()),
            None => {
                if !text.trim().is_empty() {
                    links.push(format!("Attachment: {}", text.trim()));
                    deltas.push(Delta {
                        property: "attachments",
                        reason: "a link stands in the body; what it leads to is not in the backup",
                    });
                }
                continue;
            }
        };
        let named = [
            "FILENAME",
            "X-FILENAME",
            "X-APPLE-FILENAME",
            "X-ORACLE-FILENAME",
            "NAME",
        ];
        let name = named.iter().find_map(|name| line.param(name));
        let name = if let Some(name) = name {
            name.to_owned()
        } else {
            transforms.push(NAME_MADE_UP);
            format!("attachment-{}", files.len() + 1)
        };
        let kind = line.param("FMTTYPE").map_or(kind, str::to_owned);
        files.push(Attachment {
            name,
            content_type: if kind.contains('/') {
                kind
            } else {
                "application/octet-stream".to_owned()
            },
            content_id: None,
            is_inline: false,
            content,
        });
    }
    (files, links)
}
