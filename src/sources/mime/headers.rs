//! The header block of a message or a part: where it ends, what it holds. RFC 5322 section 2.2, read as
//! leniently as Python reads it.

use std::borrow::Cow;

use super::words;

/// Fields in one block; a real one has some dozens.
const FIELDS_MAX: usize = 10_000;

/// The fields of one block, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers<'a> {
    fields: Vec<(&'a [u8], Cow<'a, [u8]>)>,
}

impl<'a> Headers<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Every value under a name, unfolded, raw 8-bit bytes decoded, encoded words left as they are.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.fields
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| unfolded(value).0)
    }

    /// Whether a charset had to be guessed for any field of these names: for raw bytes, or for an encoded word.
    pub(super) fn are_guessed(&self, names: &[&str]) -> bool {
        let is_named = |found: &[u8]| {
            names
                .iter()
                .any(|name| found.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.fields
            .iter()
            .filter(|(found, _)| is_named(found))
            .any(|(_, value)| {
                let (text, is_guessed) = unfolded(value);
                is_guessed || words::decoded(&text).1
            })
    }

    /// The first value under a name.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// The first value under a name, encoded words decoded.
    pub(super) fn decoded(&self, name: &str) -> Option<String> {
        self.first(name).map(|value| words::decode(&value))
    }

    fn add(&mut self, line: &'a [u8]) {
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let (name, value) = line.split_at(colon);
            self.fields.push((name, Cow::Borrowed(&value[1..])));
        }
    }

    fn continue_last(&mut self, line: &[u8]) {
        if let Some((_, value)) = self.fields.last_mut() {
            value.to_mut().extend_from_slice(line);
        }
    }
}

/// Splits off the header block. A line that is no header ends it; a blank one is dropped, any other belongs to the body.
pub(super) fn split(bytes: &[u8]) -> (Headers<'_>, &[u8]) {
    let mut headers = Headers::default();
    let mut rest = bytes;
    let mut at_start = true;
    // Whether a continuation has a field to continue: not after a line that was set aside.
    let mut open = false;
    while let Some((line, after)) = first_line(rest) {
        if matches!(line[0], b' ' | b'\t') {
            if open {
                headers.continue_last(line);
            }
        } else if line.starts_with(b"From ") {
            // An envelope line: at the top it is the mbox's; at the very end it is the first line of the body.
            if !at_start && !continues(after) {
                return (headers, rest);
            }
            open = false;
        } else if is_field(line) && headers.fields.len() < FIELDS_MAX {
            open = line[0] != b':';
            if open {
                headers.add(line);
            }
        } else {
            let blank = matches!(line[0], b'\r' | b'\n');
            return (headers, if blank { after } else { rest });
        }
        at_start = false;
        rest = after;
    }
    (headers, rest)
}

fn continues(after: &[u8]) -> bool {
    first_line(after).is_some_and(|(line, _)| {
        matches!(line[0], b' ' | b'\t') || line.starts_with(b"From ") || is_field(line)
    })
}

/// A name of printable ASCII, then a colon.
fn is_field(line: &[u8]) -> bool {
    line.iter()
        .find(|byte| !matches!(byte, 0x21..=0x39 | 0x3b..=0x7e))
        == Some(&b':')
}

/// The first line with its ending, which is CR LF, LF or CR, and what follows.
pub(super) fn first_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = match bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        None => bytes.len(),
        Some(at) if bytes[at..].starts_with(b"\r\n") => at + 2,
        Some(at) => at + 1,
    };
    Some(bytes.split_at(end))
}

fn unfolded(value: &[u8]) -> (String, bool) {
    let joined: Vec<u8> = value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let (text, is_guessed) = words::text(&joined);
    (text.trim_matches([' ', '\t']).to_owned(), is_guessed)
}
