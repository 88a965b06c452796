//! Text in headers: raw 8-bit bytes, and the encoded words of RFC 2047.

use mail_parser::decoders::charsets::map::charset_decoder;

use super::transfer;

/// Bytes as text, and whether that took a guess: UTF-8 where they are that, or are but for a cut; else windows-1252, in which no
/// byte is lost.
pub(in crate::sources) fn text(bytes: &[u8]) -> (String, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), false),
        Err(_) if is_mostly_utf8(bytes) => (String::from_utf8_lossy(bytes).into_owned(), true),
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => (decode(bytes), true),
            None => (String::from_utf8_lossy(bytes).into_owned(), true),
        },
    }
}

/// In other charsets valid sequences come about by chance, and between many that are not.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|one| !one.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid.saturating_mul(8)
}

/// One encoded word: charset, encoding, payload, and the length that it took.
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    payload: &'a str,
    length: usize,
}

/// The length of the encoded word that stands at the start, if one does.
pub(super) fn length_at(text: &str) -> Option<usize> {
    word_at(text).map(|word| word.length)
}

/// Decodes all encoded words. Blanks between two of them do not count (RFC 2047 section 6.2); neighbours in one
/// charset are decoded as one, because many writers cut characters in the middle.
pub(super) fn decode(value: &str) -> String {
    decoded(value).0
}

/// The same, and whether a charset had to be guessed for it.
pub(super) fn decoded(value: &str) -> (String, bool) {
    let mut out = Decoded::default();
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let Some(word) = word_at(&rest[start..]) else {
            out.flush(&mut pending);
            out.text.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        let between = &rest[..start];
        let joins = !between.is_empty() && between.trim().is_empty() || start == 0;
        if pending.is_none() || !joins {
            out.flush(&mut pending);
            out.text.push_str(between);
        }
        let charset = word.charset.to_ascii_lowercase();
        // Escapes put these back to ASCII at the end of each word; joined, two of them in a row would count as an attack.
        let has_escapes = charset.starts_with("iso-2022");
        if pending
            .as_ref()
            .is_some_and(|(known, _)| *known != charset || has_escapes)
        {
            out.flush(&mut pending);
        }
        let (_, bytes) = pending.get_or_insert_with(|| (charset, Vec::new()));
        if word.is_base64 {
            bytes.extend(transfer::base64(word.payload.as_bytes()));
        } else {
            let spaced = word.payload.replace('_', " ");
            let raw = raw_bytes(&spaced, word.charset);
            bytes.extend(transfer::quoted_printable(&raw));
        }
        rest = &rest[start + word.length..];
    }
    out.flush(&mut pending);
    out.text.push_str(rest);
    (out.text, out.is_guessed)
}

/// The bytes of a payload. Raw ones that were read as windows-1252 go back to what they were, unless the word says UTF-8.
fn raw_bytes(payload: &str, charset: &str) -> Vec<u8> {
    let narrow: Option<Vec<u8>> = payload
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).ok())
        .collect();
    match narrow {
        Some(bytes) if !charset.to_ascii_lowercase().starts_with("utf") => bytes,
        _ => payload.as_bytes().to_vec(),
    }
}

#[derive(Default)]
struct Decoded {
    text: String,
    is_guessed: bool,
}

impl Decoded {
    fn flush(&mut self, pending: &mut Option<(String, Vec<u8>)>) {
        let Some((charset, bytes)) = pending.take() else {
            return;
        };
        let (text, is_guessed) = decoded_as(&charset, &bytes);
        self.is_guessed |= is_guessed;
        // Lines cannot stand in a header; a decoded one would start a header of its own further on.
        let text = text.replace("\r\n", " ").replace(['\r', '\n'], " ");
        self.text.push_str(&text);
    }
}

/// Bytes in a charset, and whether that took a guess.
pub(in crate::sources) fn decoded_as(charset: &str, bytes: &[u8]) -> (String, bool) {
    // RFC 2231 section 5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or_default();
    if ["us-ascii", "ascii", "utf-8", "utf8", ""]
        .iter()
        .any(|plain| plain.eq_ignore_ascii_case(charset))
    {
        return text(bytes);
    }
    match charset_decoder(charset.to_ascii_lowercase().as_bytes()) {
        Some(decode) => {
            let text = decode(bytes);
            let is_guessed = gave_up(charset, &text, bytes);
            (text, is_guessed)
        }
        None => (text(bytes).0, true),
    }
}

/// Whether decoding gave bytes up: the text has more U+FFFD than the bytes spell.
fn gave_up(charset: &str, text: &str, bytes: &[u8]) -> bool {
    let found = text.matches(char::REPLACEMENT_CHARACTER).count();
    let charset = charset.to_ascii_lowercase();
    let spelled: &[&[u8]] = match charset.get(..2) {
        _ if found == 0 => return false,
        Some("gb") => &[b"\x84\x31\xa4\x37"],
        Some("ut") => &[b"\xff\xfd", b"\xfd\xff"],
        _ => &[],
    };
    let count = |one: &[u8]| bytes.windows(one.len()).filter(|part| *part == one).count();
    found > spelled.iter().map(|one| count(one)).max().unwrap_or(0)
}

fn word_at(text: &str) -> Option<Word<'_>> {
    let inner = text.strip_prefix("=?")?;
    let (charset, after) = inner.split_once('?')?;
    let (encoding, after) = after.split_once('?')?;
    let is_base64 = match encoding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    let end = payload_end(after)?;
    let charset_is_word = charset.len() <= 64
        && charset
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'=');
    charset_is_word.then(|| Word {
        charset,
        is_base64,
        payload: &after[..end],
        length: text.len() - after.len() + end + 2,
    })
}

/// Where the payload ends: at `?=`, unless another word opens before. So a word that never ends costs only its own length.
fn payload_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'?') {
        if bytes.get(at + 1) == Some(&b'=') {
            return Some(at);
        }
        if at > 0 && bytes[at - 1] == b'=' {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_had_to_be_guessed_is_said() {
        for (value, is_guessed) in [
            ("=?utf-8?q?caf=C3=A9?=", false),
            ("=?koi8-r?q?=F0=D2?=", false),
            ("=?x-unknown?B?8NLJ18XU?=", true),
            ("=?utf-8?q?caf=E9?=", true),
            ("=?big5?q?=FF=FFabc?=", true),
            ("=?gb18030?q?=841=A47?=", false),
            ("plain =?utf-8?q?a?= =?x-unknown?q?=E9?= b", true),
        ] {
            assert_eq!(decoded(value).1, is_guessed, "{value}");
        }
    }

    #[test]
    fn words_as_they_come() {
        for (value, decoded) in [
            ("plain", "plain"),
            ("=?utf-8?q?caf=C3=A9?=", "café"),
            ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
            ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
            ("=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
            ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
            ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
            ("=?utf-8?q?a_b?=", "a b"),
            ("=?utf-8*en?q?a?=", "a"),
            ("x=?utf-8?q?y?=z", "xyz"),
            ("=?utf-8?x?y?=", "=?utf-8?x?y?="),
            ("=?iso-8859-1?q?Fr\u{f6}sche?=", "Frösche"),
            ("=?utf-8?q?Fr\u{f6}sche?=", "Frösche"),
            (
                "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=",
                "日本日本",
            ),
            ("=?utf-8?q?unended", "=?utf-8?q?unended"),
            ("=?no-such-charset?q?=C3=A9?=", "é"),
            ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ] {
            assert_eq!(decode(value), decoded, "{value}");
        }
    }
}
