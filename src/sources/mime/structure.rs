//! The tree of parts of a message (RFC 2046): boundaries and nesting, as Python's `email.feedparser` finds them; decodes nothing.

use super::headers::{self, Headers, first_line};
use super::parameters::Value;

/// Multiparts within multiparts; deeper ones are read as one piece. Each level reads its lines again, so it bounds the time too.
const LEVELS_MAX: usize = 20;
/// Parts in one message; the rest is read as one piece. Of parts of six bytes a mail could have forty million, each of them a file
/// in memory and a request. Exchange Online takes 250 files a message.
const PARTS_MAX: usize = 1_000;

/// A message or a part of one.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) headers: Headers<'a>,
    /// `type/subtype` in lowercase, with parameters.
    pub(super) kind: Value,
    /// Everything after the header block, as it came; for a part without the line ending that belongs to the boundary.
    pub(super) content: &'a [u8],
    /// The parts within; a multipart may turn out to have none.
    pub(super) parts: Vec<Part<'a>>,
    /// It was split at its boundary: its content is that of its parts.
    pub(super) is_multipart: bool,
    /// What follows the last part that is read: parts as they came, boundaries and all.
    pub(super) is_rest: bool,
}

impl Part<'_> {
    pub(super) fn main_type(&self) -> &str {
        self.kind.main.split('/').next().unwrap_or_default()
    }

    /// `Content-Disposition`, without parameters, in lowercase.
    pub(super) fn disposition(&self) -> String {
        let value = self.headers.first("content-disposition");
        value.map_or_else(String::new, |value| Value::read(&value).main)
    }
}

/// Reads a whole message.
pub(super) fn read(bytes: &[u8]) -> Part<'_> {
    let mut input = Input {
        bytes,
        at: 0,
        boundaries: Vec::new(),
        parts: 0,
    };
    input.part("text/plain")
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The boundaries of the multiparts around this place, outermost first: each of them ends what is within.
    boundaries: Vec<Vec<u8>>,
    parts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    No,
    Between,
    End,
}

impl<'a> Input<'a> {
    fn part(&mut self, default_type: &str) -> Part<'a> {
        self.parts += 1;
        let start = self.at;
        let end = self.end_of_enclosed();
        let (headers, rest) = headers::split(&self.bytes[start..end]);
        self.at = end - rest.len();
        let kind = content_type(&headers, default_type);
        let mut part = Part {
            headers,
            kind,
            content: rest,
            parts: Vec::new(),
            is_multipart: false,
            is_rest: false,
        };
        if part.main_type() == "multipart"
            && self.boundaries.len() < LEVELS_MAX
            && let Some(boundary) = part.kind.parameter("boundary")
        {
            let digest = part.kind.main == "multipart/digest";
            match self.parts_between(boundary.trim_end().as_bytes(), digest) {
                Ok(parts) => {
                    part.parts = parts;
                    part.is_multipart = true;
                }
                // The boundary never opens: what stands before its end is all there is.
                Err(close) => part.content = &self.bytes[end - rest.len()..close],
            }
        }
        self.at = end;
        part
    }

    /// The parts of a multipart whose preamble starts here; where it closes or stops when none opens.
    fn parts_between(&mut self, boundary: &[u8], digest: bool) -> Result<Vec<Part<'a>>, usize> {
        let inner_type = if digest {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let mut parts = Vec::new();
        let mut opened = false;
        while let Some(line) = self.line() {
            match mark(line, boundary) {
                // Before the first boundary: the preamble, for readers that know no MIME.
                Mark::No => self.at += line.len(),
                Mark::End => break,
                Mark::Between if self.parts >= PARTS_MAX => {
                    opened = true;
                    parts.push(self.rest());
                    break;
                }
                Mark::Between => {
                    opened = true;
                    self.skip_boundaries(boundary);
                    self.boundaries.push(boundary.to_vec());
                    let mut part = self.part(inner_type);
                    self.boundaries.pop();
                    if part.main_type() != "multipart" {
                        part.content = without_last_ending(part.content);
                    }
                    if !(part.headers.is_empty() && part.content.is_empty()) {
                        parts.push(part);
                    }
                }
            }
        }
        if opened { Ok(parts) } else { Err(self.at) }
    }

    /// All that is left of this multipart.
    fn rest(&mut self) -> Part<'a> {
        let end = self.end_of_enclosed();
        let content = &self.bytes[self.at..end];
        self.at = end;
        Part {
            headers: Headers::default(),
            kind: Value::bare("application/octet-stream"),
            content,
            parts: Vec::new(),
            is_multipart: false,
            is_rest: true,
        }
    }

    /// Boundaries one after the other enclose nothing.
    fn skip_boundaries(&mut self, boundary: &[u8]) {
        while let Some(line) = self.line()
            && mark(line, boundary) != Mark::No
        {
            self.at += line.len();
        }
    }

    /// The line here, unless it is a boundary of something around us.
    fn line(&self) -> Option<&'a [u8]> {
        let (line, _) = first_line(&self.bytes[self.at..])?;
        (!self.ends_here(line)).then_some(line)
    }

    fn end_of_enclosed(&self) -> usize {
        if self.boundaries.is_empty() {
            return self.bytes.len();
        }
        let mut at = self.at;
        while let Some((line, _)) = first_line(&self.bytes[at..])
            && !self.ends_here(line)
        {
            at += line.len();
        }
        at
    }

    fn ends_here(&self, line: &[u8]) -> bool {
        line.starts_with(b"--")
            && self
                .boundaries
                .iter()
                .any(|boundary| mark(line, boundary) != Mark::No)
    }
}

/// RFC 2046 section 5.1.1: `--boundary`, or `--boundary--`, then blanks alone.
fn mark(line: &[u8], boundary: &[u8]) -> Mark {
    let Some(rest) = line
        .strip_prefix(b"--")
        .and_then(|line| line.strip_prefix(boundary))
    else {
        return Mark::No;
    };
    let blank = |rest: &[u8]| {
        rest.iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    };
    match rest.strip_prefix(b"--") {
        Some(after) if blank(after) => Mark::End,
        _ if blank(rest) => Mark::Between,
        _ => Mark::No,
    }
}

fn without_last_ending(content: &[u8]) -> &[u8] {
    content
        .strip_suffix(b"\r\n")
        .or_else(|| content.strip_suffix(b"\n"))
        .or_else(|| content.strip_suffix(b"\r"))
        .unwrap_or(content)
}

/// RFC 2045 section 5.2: what is missing or makes no sense is plain text.
fn content_type(headers: &Headers<'_>, default_type: &str) -> Value {
    let Some(value) = headers.first("content-type") else {
        return Value::bare(default_type);
    };
    let mut kind = Value::read(&value);
    if kind.main.matches('/').count() != 1 {
        "text/plain".clone_into(&mut kind.main);
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(part: &Part<'_>) -> usize {
        let inner: usize = part.parts.iter().map(leaves).sum();
        inner + usize::from(!part.is_multipart)
    }

    #[test]
    fn parts_without_end_are_one_piece_in_the_end() {
        let head = "Content-Type: multipart/mixed; boundary=b\n\n";
        let many = "--b\nx\n".repeat(200_000);
        let text = format!("{head}{many}--b--\n");
        let root = read(text.as_bytes());
        let last = root.parts.last().expect("parts");
        assert_eq!(leaves(&root), PARTS_MAX);
        assert!(last.is_rest && last.content.len() > 6 * 198_000);
        assert!(last.content.starts_with(b"--b\nx\n--b"));
        // A mail that has as many as are read is read whole.
        let text = format!("{head}{}--b--\n", "--b\nx\n".repeat(PARTS_MAX - 1));
        let root = read(text.as_bytes());
        assert_eq!(leaves(&root), PARTS_MAX - 1);
        assert!(root.parts.iter().all(|part| !part.is_rest));
    }

    #[test]
    fn multiparts_without_end_have_a_rest_each_at_most() {
        let inner = "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nx\n--c\ny\n--c--\n";
        let text = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            inner.repeat(100_000)
        );
        let root = read(text.as_bytes());
        assert!(leaves(&root) <= PARTS_MAX + LEVELS_MAX, "{}", leaves(&root));
    }
}
