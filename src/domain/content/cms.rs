//! CMS (RFC 5652), which S/MIME is carried in: what kind it is, and the content of what is only signed. Lengths are bounded by the
//! bytes at hand and levels by a number; nothing is verified here.

use base64ct::{Base64, Encoding};

/// `1.2.840.113549.1.7`, the kinds of PKCS #7, and their last numbers.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// `1.2.840.113549.1.9.16.1`, those that came with S/MIME.
const SMIME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";
/// Elements within elements.
const LEVELS_MAX: u32 = 24;
/// PEM's names for it.
const PEM: [&str; 2] = ["CMS", "PKCS7"];
const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PARTS: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const FIRST: u8 = 0xa0;

/// What kind of CMS it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Encrypted: nobody looks into it without the key.
    Encrypted,
    /// PKCS #12.
    KeyFile,
    /// Signed: what is signed lies in it in the open, or elsewhere.
    Signed,
    /// Compressed, digested or authenticated as one piece.
    Unopened,
}

/// What kind some bytes are, by their beginning.
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    match bytes.first()? {
        &SEQUENCE => kind_of_der(bytes),
        b'M' | b'-' | b'\r' | b'\n' | b' ' => kind_of_der(&der(bytes)?),
        _ => None,
    }
}

fn kind_of_der(bytes: &[u8]) -> Option<Kind> {
    let (_, head) = head(bytes)?;
    let within = bytes.get(head..)?;
    // PFX (RFC 7292, 4) begins with its version, 3.
    if within.starts_with(&[2, 1, 3, SEQUENCE]) {
        return Some(Kind::KeyFile);
    }
    let (tag, length) = (within.first()?, usize::from(*within.get(1)?));
    let id = within.get(2..2 + length).filter(|_| *tag == OBJECT_ID)?;
    if let Some(last) = id.strip_prefix(PKCS7) {
        return match last {
            [1 | 5] => Some(Kind::Unopened),
            [2] => Some(Kind::Signed),
            [3 | 4 | 6] => Some(Kind::Encrypted),
            _ => None,
        };
    }
    match id.strip_prefix(SMIME)? {
        [23] => Some(Kind::Encrypted),
        [2 | 9] => Some(Kind::Unopened),
        _ => None,
    }
}

/// The bytes behind PEM or bare base64, as some programs leave a `smime.p7m`.
fn der(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim_ascii();
    let inner = PEM.iter().find_map(|name| {
        let begun = text.strip_prefix(&*format!("-----BEGIN {name}-----"))?;
        begun.split_once("-----END ").map(|(inner, _)| inner)
    });
    let inner = inner.or_else(|| text.starts_with("MI").then_some(text))?;
    let packed: String = inner.split_ascii_whitespace().collect();
    Base64::decode_vec(&packed).ok()
}

/// What a signed message holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// This.
    Content(Vec<u8>),
    /// Nothing: it signs what lies beside it, or carries certificates only.
    Detached,
}

/// Opens what is only signed; `None` where it is damaged or nested too deep.
pub fn open(bytes: &[u8]) -> Option<Signed> {
    if bytes.first() == Some(&SEQUENCE) {
        return open_der(bytes);
    }
    open_der(&der(bytes)?)
}

fn open_der(bytes: &[u8]) -> Option<Signed> {
    let info = within(bytes, SEQUENCE)?;
    let (_, rest) = expect(info, OBJECT_ID)?;
    let (explicit, _) = expect(rest, FIRST)?;
    let signed = within(explicit, SEQUENCE)?;
    let (_version, rest) = element(signed, 0)?;
    let (_algorithms, rest) = element(rest, 0)?;
    let encapsulated = within(rest, SEQUENCE)?;
    let (_, rest) = expect(encapsulated, OBJECT_ID)?;
    if rest.is_empty() {
        return Some(Signed::Detached);
    }
    let (explicit, _) = expect(rest, FIRST)?;
    let mut content = Vec::new();
    let (octets, _) = element(explicit, 0)?;
    collect(&octets, &mut content, 0)?;
    Some(Signed::Content(content))
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

fn within(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    expect(bytes, tag).map(|(content, _)| content)
}

fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = element(bytes, 0)?;
    (found.tag == tag).then_some((found.content, rest))
}

/// A string of octets, in one piece or in parts (X.690, 8.7); other types hold their content as they are.
fn collect(octets: &Element<'_>, into: &mut Vec<u8>, level: u32) -> Option<()> {
    if octets.tag != OCTETS_IN_PARTS {
        if octets.tag == OCTETS || level == 0 {
            into.extend_from_slice(octets.content);
            return Some(());
        }
        return None;
    }
    if level == LEVELS_MAX {
        return None;
    }
    let mut rest = octets.content;
    while !rest.is_empty() {
        let (part, next) = element(rest, level)?;
        collect(&part, into, level + 1)?;
        rest = next;
    }
    Some(())
}

/// Length of the content, where it is said, and of what stands before it (X.690, 8.1).
fn head(bytes: &[u8]) -> Option<(Option<usize>, usize)> {
    // Numbers of tags above 30 have no place in what is read here.
    if bytes.first()? & 0x1f == 0x1f {
        return None;
    }
    match *bytes.get(1)? {
        0x80 => Some((None, 2)),
        short @ ..0x80 => Some((Some(usize::from(short)), 2)),
        long => {
            let count = usize::from(long & 0x7f);
            let digits = bytes.get(2..2 + count).filter(|_| count <= 4)?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            Some((Some(length), 2 + count))
        }
    }
}

/// The first element, and what is behind it.
fn element(bytes: &[u8], level: u32) -> Option<(Element<'_>, &[u8])> {
    let (length, head) = head(bytes)?;
    let (tag, rest) = (bytes[0], &bytes[head..]);
    if let Some(length) = length {
        let content = rest.get(..length)?;
        return Some((Element { tag, content }, &rest[length..]));
    }
    // Without a length it goes on to two zeros; only what holds elements may be so.
    if tag & 0x20 == 0 || level == LEVELS_MAX {
        return None;
    }
    let mut left = rest;
    while !left.starts_with(&[0, 0]) {
        (_, left) = element(left, level + 1)?;
    }
    let content = &rest[..rest.len() - left.len()];
    Some((Element { tag, content }, &left[2..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    }

    fn endless(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80][..], content, &[0, 0]].concat()
    }

    type Wrap = fn(u8, &[u8]) -> Vec<u8>;

    fn info(last: u8, inner: &[u8], wrap: Wrap) -> Vec<u8> {
        let id = [&[OBJECT_ID, 9][..], PKCS7, &[last]].concat();
        wrap(SEQUENCE, &[id, wrap(FIRST, inner)].concat())
    }

    fn signed(content: Option<&[u8]>, of: Wrap) -> Vec<u8> {
        let mut encapsulated = [&[OBJECT_ID, 9][..], PKCS7, &[1]].concat();
        if let Some(content) = content {
            encapsulated.extend(of(FIRST, content));
        }
        let encapsulated = of(SEQUENCE, &encapsulated);
        let data = [&[2, 1, 1, 0x31, 0][..], &encapsulated, &[0x31, 0]].concat();
        info(2, &of(SEQUENCE, &data), of)
    }

    #[test]
    fn what_is_only_signed_is_opened_however_its_lengths_are_said() {
        let whole = wrap(OCTETS, b"hay needle");
        let parts = [wrap(OCTETS, b"hay "), wrap(OCTETS, b"needle")].concat();
        let content = Some(Signed::Content(b"hay needle".to_vec()));
        for of in [wrap as Wrap, endless] {
            assert_eq!(open(&signed(Some(&whole), of)), content);
            let parts = of(OCTETS_IN_PARTS, &parts);
            assert_eq!(open(&signed(Some(&parts), of)), content);
            assert_eq!(open(&signed(None, of)), Some(Signed::Detached));
        }
        let der = signed(Some(&whole), wrap);
        let base64 = Base64::encode_string(&der);
        let pem = format!("-----BEGIN PKCS7-----\n{base64}\n-----END PKCS7-----\n");
        for text in [&base64, &pem] {
            assert_eq!(kind(text.as_bytes()), Some(Kind::Signed));
            assert_eq!(open(text.as_bytes()), content);
        }
        for end in 0..der.len() - 2 {
            assert_eq!(open(&der[..end]), None, "cut at {end}");
        }
        let mut deep = wrap(OCTETS, b"x");
        for _ in 0..40 {
            deep = endless(OCTETS_IN_PARTS, &deep);
        }
        assert_eq!(open(&signed(Some(&deep), wrap)), None);
    }

    #[test]
    fn each_kind_is_told_by_its_number() {
        for (last, expected) in [
            (2, Some(Kind::Signed)),
            (3, Some(Kind::Encrypted)),
            (6, Some(Kind::Encrypted)),
            (5, Some(Kind::Unopened)),
            (9, None),
        ] {
            assert_eq!(kind(&info(last, b"", wrap)), expected, "{last}");
            assert_eq!(kind(&info(last, b"", endless)), expected, "{last}");
        }
        let id = [&[OBJECT_ID, 11][..], SMIME, &[23]].concat();
        assert_eq!(kind(&wrap(SEQUENCE, &id)), Some(Kind::Encrypted));
        assert_eq!(
            kind(&wrap(SEQUENCE, &[2, 1, 3, SEQUENCE, 0])),
            Some(Kind::KeyFile)
        );
        // A certificate, a key, and texts that begin with the same letters.
        for none in [
            &b"0\x82\x01\x000\x81"[..],
            b"Minutes",
            b"MIME",
            b"- x",
            b"0",
        ] {
            assert_eq!(kind(none), None, "{none:x?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            value in any::<u8>(),
        ) {
            let _ = open(&bytes);
            let mut broken = signed(Some(&wrap(OCTETS, &bytes)), endless);
            let at = at.index(broken.len());
            broken[at] = value;
            let _ = (kind(&broken), open(&broken));
        }
    }
}
