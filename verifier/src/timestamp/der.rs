//! Just enough DER (X.690) to walk a time-stamp token: one pass, definite lengths, nothing copied, nothing decoded twice.

use crate::broken::{Checked, broken};

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const BOOLEAN: u8 = 0x01;

/// One element: its tag, its content, and all of its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) all: &'a [u8],
}

/// What is left of a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

fn malformed<T>(why: &str) -> Checked<T> {
    broken("timestamp/form", why.to_owned())
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag that comes next.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Checked<Element<'a>> {
        let Some((&tag, rest)) = self.0.split_first() else {
            return malformed("it ends too early");
        };
        if tag & 0x1f == 0x1f {
            return malformed("a tag of more than one byte");
        }
        let (length, rest) = length(rest)?;
        if rest.len() < length {
            return malformed("an element is longer than what holds it");
        }
        let (content, after) = rest.split_at(length);
        let all = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Ok(Element { tag, content, all })
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Checked<Element<'a>> {
        let element = self.any()?;
        if element.tag == tag {
            Ok(element)
        } else {
            malformed(&format!("tag {:02x} where {tag:02x} belongs", element.tag))
        }
    }

    /// The next element when it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Checked<Option<Element<'a>>> {
        if self.peek() == Some(tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The content of the next sequence.
    pub(super) fn sequence(&mut self) -> Checked<Reader<'a>> {
        Ok(self.expect(SEQUENCE)?.reader())
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Checked {
        if self.0.is_empty() {
            Ok(())
        } else {
            malformed("bytes behind the end")
        }
    }
}

impl<'a> Element<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader(self.content)
    }
}

/// Definite, in as few bytes as it can be (X.690 10.1).
fn length(bytes: &[u8]) -> Checked<(usize, &[u8])> {
    let Some((&first, rest)) = bytes.split_first() else {
        return malformed("a length is missing");
    };
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 || rest.len() < count {
        return malformed("an indefinite or too large length");
    }
    let (digits, rest) = rest.split_at(count);
    let value = digits
        .iter()
        .fold(0_usize, |value, digit| value << 8 | usize::from(*digit));
    if value < 0x80 || digits[0] == 0 {
        return malformed("a length that is not the shortest");
    }
    Ok((value, rest))
}

/// An object identifier's content in dots; messages only.
pub(super) fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut value = 0_u64;
    for byte in oid {
        value = value.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (value / 40).min(2);
                arcs.extend([first, value - first * 40]);
            } else {
                arcs.push(value);
            }
            value = 0;
        }
    }
    let arcs: Vec<String> = arcs.iter().map(u64::to_string).collect();
    arcs.join(".")
}
