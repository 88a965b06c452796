//! Narrow texts by Windows code page; the tables are mail-parser's.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Windows-1252: what a file means that names no code page.
pub(super) const WESTERN: u32 = 1252;
const UTF8: u32 = 65_001;
const ASCII: u32 = 20_127;

/// Code pages and the names of their charsets; <https://learn.microsoft.com/windows/win32/intl/code-page-identifiers>.
const NAMES: [(u32, &str); 33] = [
    (874, "windows-874"),
    (932, "shift_jis"),
    (936, "gbk"),
    (949, "euc-kr"),
    (950, "big5"),
    (1250, "windows-1250"),
    (1251, "windows-1251"),
    (1252, "windows-1252"),
    (1253, "windows-1253"),
    (1254, "windows-1254"),
    (1255, "windows-1255"),
    (1256, "windows-1256"),
    (1257, "windows-1257"),
    (1258, "windows-1258"),
    (10_000, "macintosh"),
    (20_866, "koi8-r"),
    (21_866, "koi8-u"),
    (28_591, "windows-1252"),
    (28_592, "iso-8859-2"),
    (28_593, "iso-8859-3"),
    (28_594, "iso-8859-4"),
    (28_595, "iso-8859-5"),
    (28_596, "iso-8859-6"),
    (28_597, "iso-8859-7"),
    (28_598, "iso-8859-8"),
    (28_599, "windows-1254"),
    (28_603, "iso-8859-13"),
    (28_605, "iso-8859-15"),
    (50_220, "iso-2022-jp"),
    (50_221, "iso-2022-jp"),
    (51_932, "euc-jp"),
    (51_949, "euc-kr"),
    (54_936, "gb18030"),
];

/// The code page of narrow texts where somebody speaks that language ([MS-LCID]): the lower ten bits are the language, the others
/// the country.
pub(super) fn of_locale(locale: u32) -> Option<u32> {
    Some(match (locale & 0x3FF, locale) {
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x04, 0x0404 | 0x0C04 | 0x1404) => 950,
        (0x04, _) => 936,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x2F, _) | (0x1A, 0x0C1A | 0x1C1A) => 1251,
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x1C | 0x24, _) => 1250,
        (0x08, _) => 1253,
        (0x1F, _) => 1254,
        (0x0D, _) => 1255,
        (0x01 | 0x20 | 0x29, _) => 1256,
        (0x25..=0x27, _) => 1257,
        (0x2A, _) => 1258,
        (0x1E, _) => 874,
        _ => return None,
    })
}

/// The text, and whether its code page had to be guessed.
pub(super) fn decode(code_page: u32, bytes: &[u8]) -> (String, bool) {
    if bytes.is_ascii() && !matches!(code_page, 50_220 | 50_221) {
        return (String::from_utf8_lossy(bytes).into_owned(), false);
    }
    if matches!(code_page, UTF8 | ASCII) {
        return match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (named("windows-1252", bytes), true),
        };
    }
    match NAMES.iter().find(|(number, _)| *number == code_page) {
        Some((_, name)) => (named(name, bytes), false),
        None => (named("windows-1252", bytes), true),
    }
}

fn named(charset: &str, bytes: &[u8]) -> String {
    match charset_decoder(charset.as_bytes()) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_the_tables_have() {
        for (number, name) in NAMES {
            assert!(
                charset_decoder(name.as_bytes()).is_some(),
                "{number} {name}"
            );
        }
        assert_eq!(decode(1251, &[0xCF, 0xF0]), ("Пр".to_owned(), false));
        assert_eq!(decode(UTF8, "Пр".as_bytes()), ("Пр".to_owned(), false));
        assert_eq!(decode(9_999, &[0xE9]), ("é".to_owned(), true));
    }
}
