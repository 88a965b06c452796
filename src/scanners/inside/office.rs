//! Documents under a password that do not say so by a name: Word, Excel and PowerPoint before 2007, and OpenDocument.

use crate::sources::mapi::bytes::u16_at;
use crate::sources::mapi::compound::{Compound, ROOT};

/// [MS-XLS] 2.4.117: what follows is encrypted. It stands among the first records.
const FILE_PASS: u16 = 0x002f;
const RECORDS_MAX: usize = 16;

/// Whether a compound file is a document of Office before 2007 under a password.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let Some(file) = Compound::open(bytes) else {
        return false;
    };
    let stream = |name: &str| {
        let place = file.find(ROOT, name)?;
        file.is_stream(place).then(|| file.stream(place))
    };
    // [MS-DOC] 2.5.2: the bit `fEncrypted` of the first block.
    let word = stream("WordDocument");
    let is_word = word.is_some_and(|word| word.get(11).is_some_and(|flags| flags & 1 == 1));
    let excel = || stream("Workbook").or_else(|| stream("Book"));
    // [MS-PPT] 2.1.4.
    is_word || excel().is_some_and(|book| has_pass(&book)) || stream("EncryptedSummary").is_some()
}

fn has_pass(book: &[u8]) -> bool {
    let mut at = 0;
    for _ in 0..RECORDS_MAX {
        let (Some(kind), Some(length)) = (u16_at(book, at), u16_at(book, at + 2)) else {
            return false;
        };
        if kind == FILE_PASS {
            return true;
        }
        at += 4 + usize::from(length);
    }
    false
}

/// Whether a member of a package says that others are encrypted (OpenDocument 1.3, part 2, 4.8; EPUB's `encryption.xml`).
pub(super) fn says_encrypted(name: &str, content: &[u8]) -> bool {
    let name = name.replace('\\', "/").to_ascii_lowercase();
    match name.trim_start_matches('/') {
        "meta-inf/manifest.xml" => holds(content, b"encryption-data"),
        "meta-inf/encryption.xml" => holds(content, b"EncryptedData"),
        _ => false,
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_seen_among_the_first_records_and_in_a_manifest() {
        let record = |kind: u16, length: u16| -> Vec<u8> {
            let head = [kind.to_le_bytes(), length.to_le_bytes()].concat();
            [head, vec![0x2f; usize::from(length)]].concat()
        };
        let begins = [record(0x0809, 16), record(0x0086, 0)].concat();
        let with = [begins.clone(), record(FILE_PASS, 6)].concat();
        assert!(has_pass(&with));
        assert!(!has_pass(&[begins, record(0x0042, 2)].concat()));
        assert!(!has_pass(b"\x09"));
        assert!(!is_encrypted(&with), "no compound file");
        let manifest = b"<manifest:encryption-data manifest:checksum=\"x\"/>";
        assert!(says_encrypted("META-INF/manifest.xml", manifest));
        assert!(!says_encrypted("META-INF/manifest.xml", b"<manifest/>"));
        assert!(!says_encrypted("content.xml", manifest));
    }
}
