//! The texts in some bytes: of a text itself, and of the members of an Office package; bounded, and nothing is decided here.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// What is taken out of one package at most.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Its members at most.
const MEMBERS_MAX: usize = 10_000;

/// Hands over each text; whether there was any.
pub fn texts(bytes: &[u8], each: &mut dyn FnMut(&str)) -> bool {
    if bytes.starts_with(b"PK\x03\x04") {
        return in_package(bytes, each).unwrap_or(false);
    }
    one(bytes, each)
}

fn one(bytes: &[u8], each: &mut dyn FnMut(&str)) -> bool {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    if let Some((rest, read)) = wide {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|two| read([two[0], two[1]]))
            .collect();
        each(&String::from_utf16_lossy(&units));
        return true;
    }
    // A program or a picture holds zeros early; a text never does.
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => {
            each(text);
            true
        }
        _ => false,
    }
}

fn in_package(bytes: &[u8], each: &mut dyn FnMut(&str)) -> Option<bool> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > MEMBERS_MAX {
        return None;
    }
    let (mut left, mut any) = (UNPACKED_BYTES_MAX, false);
    for number in 0..archive.len() {
        let Ok(member) = archive.by_index(number) else {
            continue;
        };
        let mut content = Vec::new();
        member.take(left + 1).read_to_end(&mut content).ok()?;
        left = left.checked_sub(content.len() as u64)?;
        any |= one(&content, each);
    }
    Some(any)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let any = texts(bytes, &mut |text| found.push(text.to_owned()));
        assert_eq!(any, !found.is_empty());
        found
    }

    #[test]
    fn texts_are_told_from_what_is_none() {
        assert_eq!(all("Grüße".as_bytes()), ["Grüße"]);
        assert_eq!(all(b"\xff\xfea\0b\0"), ["ab"]);
        assert_eq!(all(b"\xfe\xff\0a\0b"), ["ab"]);
        assert_eq!(all(b"\x89PNG\0\0"), Vec::<String>::new());
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("a.xml", b"<x/>".as_slice()), ("b.png", b"\x89P\0")] {
            writer
                .start_file(name, SimpleFileOptions::default())
                .expect("begun");
            writer.write_all(content).expect("written");
        }
        let package = writer.finish().expect("finished").into_inner();
        assert_eq!(all(&package), ["<x/>"]);
        assert_eq!(all(&package[..40]), Vec::<String>::new(), "cut");
    }
}
