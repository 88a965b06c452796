//! Documents with macros, and documents under a password, by what only they hold. Rather one too many is held than one too few.

/// The first bytes of a compound file ([MS-CFB] 2.2): Office before 2007, Outlook's messages, installers.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream that every VBA project has ([MS-OVBA] 2.2.1). Names of streams lie in one piece in a compound file.
const VBA: &[u8] = b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0";
/// The stream of an Office document under a password ([MS-OFFCRYPTO] 2.3.4.4).
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

/// Whether the bytes are a compound file.
pub fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPOUND)
}

/// Whether a name of a stream stands in it.
pub(super) fn holds(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|window| window == name)
}

/// Whether a compound file holds a VBA project.
pub fn compound_has_macros(bytes: &[u8]) -> bool {
    is_compound(bytes) && holds(bytes, VBA)
}

/// Whether a compound file is an Office document under a password.
pub fn compound_is_encrypted(bytes: &[u8]) -> bool {
    is_compound(bytes) && holds(bytes, ENCRYPTED)
}

/// Whether a member of an Office package holds macros: VBA, macro sheets of Excel 4, Basic of OpenDocument.
pub fn is_macro_member(path: &str) -> bool {
    let path = path.replace('\\', "/").to_lowercase();
    let path = path.trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    (last.starts_with("vbaproject") && has_end(last, ".bin"))
        || path.starts_with("xl/macrosheets/")
        || path.starts_with("xl/intlmacrosheets/")
        || path.starts_with("scripts/")
        || (path.starts_with("basic/") && has_end(path, ".xml"))
}

fn has_end(text: &str, end: &str) -> bool {
    text.len() > end.len() && text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_found_wherever_it_lies() {
        let with = [COMPOUND, &[0; 500], VBA, &[0; 7]].concat();
        assert!(compound_has_macros(&with));
        assert!(!compound_has_macros(&with[1..]), "no compound file");
        assert!(!compound_has_macros(&[COMPOUND, &[0; 500]].concat()));
        assert!(compound_is_encrypted(&[COMPOUND, ENCRYPTED].concat()));
        for path in [
            "word/vbaProject.bin",
            "xl\\VBAPROJECT.BIN",
            "/ppt/vbaProject1.bin",
            "xl/macrosheets/sheet1.xml",
            "Basic/Standard/Module1.xml",
        ] {
            assert!(is_macro_member(path), "{path}");
        }
        for path in [
            "word/document.xml",
            "vbaProject.txt",
            "xl/worksheets/sheet1.xml",
        ] {
            assert!(!is_macro_member(path), "{path}");
        }
    }
}
