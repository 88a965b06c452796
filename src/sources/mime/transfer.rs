//! Content transfer encodings (RFC 2045 section 6): base64, quoted-printable, uuencode; each takes what real writers got wrong.

/// What stands behind the padding that ends a base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// Nothing that says anything.
    Nothing,
    /// Pieces that were encoded one by one: they are decoded too.
    Pieces,
    /// Something else, such as a line that a mailing list put below; it is left out.
    Other,
}

/// Decodes a part's content by its `Content-Transfer-Encoding`; what has no encoding that we know stays as it is.
pub(super) fn decode(encoding: &str, content: &[u8]) -> (Vec<u8>, Behind) {
    let word = encoding
        .split([';', '(', ' ', '\t'])
        .next()
        .unwrap_or_default();
    let bytes = match word.trim_matches('"').to_ascii_lowercase().as_str() {
        "base64" => return in_pieces(content),
        "quoted-printable" => quoted_printable(content),
        "uue" | "uuencode" | "x-uue" | "x-uuencode" => {
            uuencoded(content).unwrap_or_else(|| content.to_vec())
        }
        _ => content.to_vec(),
    };
    (bytes, Behind::Nothing)
}

/// Padding ends a base64 for Python, and for whoever wrote a text below it. Writers that encode a file piece by piece go on.
fn in_pieces(content: &[u8]) -> (Vec<u8>, Behind) {
    let (mut out, mut end) = piece(content);
    let rest = &content[end..];
    if rest.iter().all(|b| *b == b'=' || b.is_ascii_whitespace()) {
        return (out, Behind::Nothing);
    }
    if !is_base64_alone(rest) {
        return (out, Behind::Other);
    }
    while end < content.len() {
        let (more, used) = piece(&content[end..]);
        out.extend(more);
        end += used;
    }
    (out, Behind::Pieces)
}

/// Whole groups of four in lines without blanks, and nothing else: what no words for people are.
fn is_base64_alone(rest: &[u8]) -> bool {
    let (mut place, mut is_padded) = (0, false);
    for line in rest.split(|byte| matches!(byte, b'\r' | b'\n')) {
        for byte in line.trim_ascii() {
            let is_letter = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            let is_padding = *byte == b'=' && place >= 2;
            if !(is_padding || is_letter && !is_padded) {
                return false;
            }
            place = (place + 1) % 4;
            is_padded = is_padding && place != 0;
        }
    }
    place == 0
}

/// Base64 with anything else in between. Padding after a whole group ends it, as it does for Python.
pub(in crate::sources) fn base64(content: &[u8]) -> Vec<u8> {
    piece(content).0
}

/// What is encoded up to the first padding, and how much of the content that is.
fn piece(content: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(content.len() / 4 * 3 + 3);
    let (mut group, mut letters, mut padding) = (0_u32, 0_u32, 0_u32);
    let mut end = content.len();
    for (at, byte) in content.iter().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if letters >= 2 && letters + padding >= 4 {
                    end = at + 1;
                    break;
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        group = group << 6 | u32::from(value);
        letters += 1;
        if letters == 4 {
            out.extend_from_slice(&group.to_be_bytes()[1..]);
            (group, letters) = (0, 0);
        }
    }
    match letters {
        2 => out.push((group << 12).to_be_bytes()[1]),
        3 => out.extend_from_slice(&(group << 6).to_be_bytes()[1..3]),
        _ => {}
    }
    (out, end)
}

/// Quoted-printable; an `=` that introduces nothing stands for itself.
pub(in crate::sources) fn quoted_printable(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'=' {
            out.push(first);
            continue;
        }
        match *after {
            [] => break,
            [b'\n' | b'\r', ..] => rest = &after[line_end(after)..],
            [b'=', ..] => {
                out.push(b'=');
                rest = &after[1..];
            }
            [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(high) << 4 | hex(low));
                rest = &after[2..];
            }
            _ => out.push(b'='),
        }
    }
    out
}

/// How long the line end is that begins here: LF, or any number of CR before it, or CR alone.
fn line_end(bytes: &[u8]) -> usize {
    let returns = bytes.iter().take_while(|byte| **byte == b'\r').count();
    match bytes.get(returns) {
        Some(b'\n') => returns + 1,
        _ => 1,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// The lines between `begin` and `end`; none when there is no `begin`.
fn uuencoded(content: &[u8]) -> Option<Vec<u8>> {
    let mut lines = content.split(|byte| *byte == b'\n');
    lines.by_ref().find(|line| line.starts_with(b"begin "))?;
    let mut out = Vec::new();
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((&first, letters)) = line.split_first() else {
            continue;
        };
        if line.trim_ascii_end() == b"end" {
            break;
        }
        let size = usize::from(first.wrapping_sub(b' ') & 0x3f);
        let mut decoded = Vec::with_capacity(48);
        for group in letters.chunks(4) {
            let bits = (0..4).fold(0_u32, |bits, at| {
                let letter = group.get(at).copied().unwrap_or(b' ');
                bits << 6 | u32::from(letter.wrapping_sub(b' ') & 0x3f)
            });
            decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
        }
        decoded.truncate(size);
        out.extend(decoded);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_it_comes() {
        for (text, bytes) in [
            ("aGVsbG8=", &b"hello"[..]),
            ("aGVs\r\nbG8", b"hello"),
            ("aGVs!bG8=", b"hello"),
            ("aGVsbG8=aGVsbG8=", b"hello"),
            ("aGVsbG8", b"hello"),
            ("aGVsb", b"hel"),
            ("", b""),
        ] {
            assert_eq!(base64(text.as_bytes()), bytes, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_the_padding_is_decoded_or_named() {
        for (text, bytes, behind) in [
            ("SGVsbG8=\r\nd29ybGQh", "Helloworld!", Behind::Pieces),
            (
                "SGVsbG8=SGVsbG8=\n\nSGVs\n",
                "HelloHelloHel",
                Behind::Pieces,
            ),
            ("SGVsbG8=\r\n=\r\n", "Hello", Behind::Nothing),
            ("SGVs bG8", "Hello", Behind::Nothing),
            (
                "SGVsbG8=\r\n_____\r\nA list of mails\r\n",
                "Hello",
                Behind::Other,
            ),
            ("SGVsbG8=\r\nregards", "Hello", Behind::Other),
            ("SGVsbG8=\r\nto you", "Hello", Behind::Other),
            ("SGVsbG8=\r\nab=c", "Hello", Behind::Other),
        ] {
            let (found, what) = decode("base64", text.as_bytes());
            let found = String::from_utf8(found).expect("text");
            assert_eq!((&*found, what), (bytes, behind), "{text}");
        }
    }

    #[test]
    fn quoted_printable_as_it_comes() {
        for (text, bytes) in [
            ("a=3Db=3d", "a=b="),
            ("a=\r\nb=\nc", "abc"),
            ("a==b", "a=b"),
            ("a=zzb=", "a=zzb"),
            ("a \r\nb", "a \r\nb"),
            ("Hello=\rworld and more\rlast", "Helloworld and more\rlast"),
            ("a=\r\r\nb=\r\rc", "ab\rc"),
            ("a=\r", "a"),
        ] {
            assert_eq!(
                quoted_printable(text.as_bytes()),
                bytes.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn uuencode_as_it_comes() {
        let text = b"begin 644 a\r\n%:&5L;&\\\r\n`\r\nend\r\n";
        assert_eq!(decode("x-uuencode", text).0, b"hello");
        assert_eq!(decode("x-uuencode", b"no begin").0, b"no begin");
    }
}
