//! Bytes that stand in a URL (RFC 2397); nothing is ever fetched.

use super::mime;

/// The type and the bytes of a `data:` URL; `None` for any other.
pub(super) fn parse(url: &str) -> Option<(String, Vec<u8>)> {
    let scheme = url.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (head, content) = url.get(5..)?.split_once(',')?;
    let mut parts = head.split(';');
    let kind = parts.next().unwrap_or_default().to_owned();
    let bytes = if parts.any(|part| part.eq_ignore_ascii_case("base64")) {
        mime::base64(content.as_bytes())
    } else {
        percent_decoded(content)
    };
    Some((kind, bytes))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        if let Some(value) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(value);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_urls() {
        let read = |url| {
            parse(url).map(|(kind, bytes)| (kind, String::from_utf8_lossy(&bytes).into_owned()))
        };
        let gif = ("image/gif".to_owned(), "ab".to_owned());
        assert_eq!(read("data:image/gif;base64,YWI="), Some(gif));
        assert_eq!(read("DATA:,a%20b"), Some((String::new(), "a b".to_owned())));
        assert_eq!(read("https://x/y"), None);
        assert_eq!(read("data:é"), None);
    }
}
