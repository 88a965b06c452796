//! Just enough DER (X.690) to write a CMS signature and a certificate, and to find the parts of a certificate. Not for tokens:
//! those are judged by the verifier.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: [u8; 2] = [0x05, 0x00];
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_1: u8 = 0xa1;
pub(super) const CONTEXT_3: u8 = 0xa3;

/// One element around these parts.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(u8::try_from(length).expect("below 128"));
    } else {
        let digits = length.to_be_bytes();
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        let digits = &digits[zeros..];
        bytes.push(0x80 | u8::try_from(digits.len()).expect("at most 8"));
        bytes.extend_from_slice(digits);
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    element(OID, &[content])
}

/// A `SET OF`, ordered as X.690 11.6 asks: readers that are strict refuse any other order.
pub(super) fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    element(tag, &parts)
}

/// An element that was read.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) all: &'a [u8],
}

/// One element off the front; definite lengths, the shortest form.
pub(super) fn split(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        let value = digits
            .iter()
            .fold(0_usize, |sum, d| sum << 8 | usize::from(*d));
        if value < 0x80 || digits[0] == 0 {
            return None;
        }
        (value, rest)
    };
    let content = rest.get(..length)?;
    let after = &rest[length..];
    let all = &bytes[..bytes.len() - after.len()];
    Some((Element { tag, content, all }, after))
}

/// The next element, which must have this tag; what follows stays in `bytes`.
pub(super) fn take<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let (element, rest) = split(bytes)?;
    (element.tag == tag).then(|| {
        *bytes = rest;
        element
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let bytes = element(OCTET_STRING, &[&content, b""]);
            let (found, rest) = split(&bytes).expect("an element");
            assert_eq!((found.tag, found.content), (OCTET_STRING, &content[..]));
            assert_eq!((found.all, rest), (&bytes[..], &b""[..]));
        }
        assert_eq!(element(INTEGER, &[&[1]]), [0x02, 0x01, 0x01]);
        assert_eq!(element(SET, &[&[0; 200]])[..3], [0x31, 0x81, 0xc8]);
    }

    #[test]
    fn sets_are_ordered_and_bad_lengths_refused() {
        let set = set_of(SET, vec![vec![0x04, 0x01, 9], vec![0x02, 0x01, 3]]);
        assert_eq!(set, [0x31, 6, 0x02, 1, 3, 0x04, 1, 9]);
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 0x01, 0],
            &[0x30, 0x82, 0x00, 0x80],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 0x01, 0x00],
        ] {
            assert!(split(bad).is_none(), "{bad:?}");
        }
    }
}
