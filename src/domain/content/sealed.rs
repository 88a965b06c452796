//! What is encrypted and what is signed as one piece, by its first bytes and by the end of its name: OpenPGP, CMS, protected PDF
//! and mail. Says what it is; whoever opens what can be opened is elsewhere.

use super::{Class, cms};

/// How OpenPGP wraps a message in text (RFC 9580, 6.2). Marks of signed text and of keys hide nothing.
const ARMOUR: [(&[u8], &str); 4] = [
    (b"-----BEGIN PGP MESSAGE", "OpenPGP message"),
    (b"-----BEGIN PGP ARMORED FILE", "OpenPGP file"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "age file"),
    (b"-----BEGIN ENCRYPTED PRIVATE KEY", "key under a password"),
];
/// First bytes of other things that nobody looks into without a key.
const MARKS: [(&[u8], &str); 3] = [
    (b"age-encryption.org/v1", "age file"),
    (b"Salted__", "file of openssl enc"),
    // [MS-OXORMMS] 2.1.4: what a rights-protected mail is carried in.
    (b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", "rights-protected mail"),
];
/// Ends of names of the same.
const ENDS: [(&str, &str); 5] = [
    (".age", "age file, by name"),
    (".gpg", "OpenPGP, by name"),
    (".pfile", "rights-protected file, by name"),
    (".pgp", "OpenPGP, by name"),
    (".rpmsg", "rights-protected mail, by name"),
];
/// A PDF says so within its first kilobyte (ISO 32000-1, annex H.3.4.1).
const PDF_HEAD_BYTES: usize = 1024;

/// What it is that cannot be looked into, and for which reason it is held where the policy says so.
pub fn kind(name: &str, bytes: &[u8]) -> Option<(Class, &'static str)> {
    let encrypted = |what| Some((Class::Encrypted, what));
    if let Some((_, what)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return encrypted(*what);
    }
    if let Some(what) = armour(bytes) {
        return encrypted(what);
    }
    if let Some(packet) = openpgp(bytes) {
        return match packet {
            Packet::Encrypted => encrypted("OpenPGP message"),
            Packet::Other => Some((Class::Archive, "OpenPGP, signed or compressed as one piece")),
            Packet::Open => None,
        };
    }
    if let Some(found) = cms::kind(bytes) {
        return match found {
            cms::Kind::Encrypted => encrypted("CMS (S/MIME), encrypted"),
            cms::Kind::KeyFile => encrypted("keys under a password (PKCS #12)"),
            cms::Kind::Unopened => Some((Class::Archive, "CMS of a kind that is not opened")),
            cms::Kind::Signed => None,
        };
    }
    if is_pdf(bytes) && has_name(bytes, b"Encrypt") {
        return encrypted("PDF");
    }
    let name = name.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    // Armoured keys and signatures have such names too, and hide nothing.
    if bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP ") {
        return None;
    }
    let by_name = ENDS.iter().find(|(end, _)| name.ends_with(end));
    by_name.and_then(|(_, what)| encrypted(*what))
}

/// What a text holds that is wrapped for e-mail and encrypted.
pub fn armour(bytes: &[u8]) -> Option<&'static str> {
    // Most of what is looked at has no such dashes: one pass, and the marks are compared where there are some.
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'-') {
        at += found;
        let rest = &bytes[at..];
        if let Some((_, what)) = ARMOUR.iter().find(|(mark, _)| rest.starts_with(mark)) {
            return Some(what);
        }
        at += 1;
    }
    None
}

/// Whether it is a PDF.
pub fn is_pdf(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(PDF_HEAD_BYTES)];
    head.windows(5).any(|window| window == b"%PDF-")
}

/// Whether a name of PDF's stands in it, also where letters of it are written as `#45` (ISO 32000-1, 7.3.5).
fn has_name(bytes: &[u8], wanted: &[u8]) -> bool {
    let begins = |mut rest: &[u8]| {
        wanted.iter().all(|letter| {
            let (found, length) = match rest {
                [b'#', high, low, ..] => (hex(*high, *low), 3),
                [found, ..] => (Some(*found), 1),
                [] => (None, 0),
            };
            rest = rest.get(length..).unwrap_or_default();
            found == Some(*letter)
        })
    };
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'/') {
        at += found + 1;
        if begins(&bytes[at..]) {
            return true;
        }
    }
    false
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packet {
    /// Encrypted.
    Encrypted,
    /// Compressed or signed as one piece: its content does not lie in the open.
    Other,
    /// A key or a signature alone.
    Open,
}

/// What a sequence of OpenPGP packets begins with (RFC 9580, 4.2 and 5). Each has to look like one, or half of all noise would.
fn openpgp(bytes: &[u8]) -> Option<Packet> {
    let first = *bytes.first().filter(|first| **first & 0x80 != 0)?;
    let (tag, length) = if first & 0x40 != 0 {
        let length = match bytes.get(1)? {
            192..=223 => 2,
            255 => 5,
            _ => 1,
        };
        (first & 0x3f, length)
    } else {
        let length = [1, 2, 4, 0][usize::from(first & 3)];
        ((first >> 2) & 0x0f, length)
    };
    let body = bytes.get(1 + length..)?;
    let is_cipher = |byte: u8| (1..=13).contains(&byte);
    match (tag, body) {
        (1, [3, ..]) => {
            let algorithm = body.get(9)?;
            let is_one = matches!(algorithm, 1 | 2 | 16 | 18 | 25 | 26);
            is_one.then_some(Packet::Encrypted)
        }
        (3, [4, cipher, 0 | 1 | 3 | 4, ..]) if is_cipher(*cipher) => Some(Packet::Encrypted),
        (3, [5 | 6, _, cipher, ..]) if is_cipher(*cipher) => Some(Packet::Encrypted),
        (1, [6, 21 | 33, 4 | 6, ..]) | (18, [1, ..]) => Some(Packet::Encrypted),
        (18, [2, cipher, 1..=3, ..]) if is_cipher(*cipher) => Some(Packet::Encrypted),
        (20, [1, cipher, 1..=3, ..]) if is_cipher(*cipher) => Some(Packet::Encrypted),
        (4, [3 | 6, 0 | 1, 1..=14, ..]) => Some(Packet::Other),
        (8, [1..=3, ..]) if matches!(first, 0xa3 | 0xc8) => Some(Packet::Other),
        (2, [3 | 4 | 6, ..]) | (5 | 6, [4 | 6, ..]) => Some(Packet::Open),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, bytes: &[u8]) -> Option<Class> {
        kind(name, bytes).map(|(class, _)| class)
    }

    #[test]
    fn each_kind_of_openpgp_is_told_from_keys_signatures_and_noise() {
        let session = [&[0x85, 0x01, 0x0c, 3][..], &[7; 8], &[1, 9]].concat();
        let password = [0x8c, 0x0d, 4, 9, 3, 8, 1];
        for bytes in [
            &session[..],
            &password,
            &[0xd2, 0xc0, 0x01, 1, 5],
            b"x\r\n-----BEGIN PGP MESSAGE-----\r\n",
            b"age-encryption.org/v1\n",
            b"Salted__12345678",
        ] {
            assert_eq!(class("a.bin", bytes), Some(Class::Encrypted), "{bytes:x?}");
        }
        for bytes in [&[0xa3, 1, 2][..], &[0x90, 0x0d, 3, 0, 8, 1]] {
            assert_eq!(class("a.bin", bytes), Some(Class::Archive), "{bytes:x?}");
        }
        for bytes in [
            b"-----BEGIN PGP SIGNED MESSAGE-----".as_slice(),
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----",
            &[0x98, 0x33, 4, 1],
            &[0x89, 0x01, 0x33, 4, 0],
            "Ärger, Ü, Ò".as_bytes(),
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"",
        ] {
            assert_eq!(class("a.asc", bytes), None, "{bytes:x?}");
        }
        assert_eq!(class("a.PGP", b"hay"), Some(Class::Encrypted));
        assert_eq!(class("a.gpg", &[0x98, 0x33, 4, 1]), None, "a public key");
        assert_eq!(class("message.rpmsg ", b"hay"), Some(Class::Encrypted));
    }

    #[test]
    fn a_pdf_under_a_password_says_so_however_it_spells_it() {
        let pdf = |trailer: &str| format!("%PDF-1.7\n1 0 obj\ntrailer << {trailer} >>\n");
        for trailer in ["/Encrypt 5 0 R", "/#45ncrypt 5 0 R", "/E#6e#63rypt<<>>"] {
            let found = class("a.pdf", pdf(trailer).as_bytes());
            assert_eq!(found, Some(Class::Encrypted), "{trailer}");
        }
        for trailer in ["/Root 1 0 R", "/Enc", "/#"] {
            assert_eq!(class("a.pdf", pdf(trailer).as_bytes()), None, "{trailer}");
        }
        assert_eq!(class("a.txt", b"/Encrypt"), None, "no PDF");
    }
}
