//! Content transfer encodings (RFC 2045 section 6): base64, quoted-printable, uuencode; each takes what real writers got wrong.

/// Decodes a part's content by its `Content-Transfer-Encoding`; what has no encoding that we know stays as it is.
pub(super) fn decode(encoding: &str, content: &[u8]) -> Vec<u8> {
    let word = encoding
        .split([';', '(', ' ', '\t'])
        .next()
        .unwrap_or_default();
    match word.trim_matches('"').to_ascii_lowercase().as_str() {
        "base64" => base64(content),
        "quoted-printable" => quoted_printable(content),
        "uue" | "uuencode" | "x-uue" | "x-uuencode" => {
            uuencoded(content).unwrap_or_else(|| content.to_vec())
        }
        _ => content.to_vec(),
    }
}

/// Base64 with anything else in between. Padding after a whole group ends it, as it does for Python.
pub(in crate::sources) fn base64(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() / 4 * 3 + 3);
    let (mut group, mut letters, mut padding) = (0_u32, 0_u32, 0_u32);
    for byte in content {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if letters >= 2 && letters + padding >= 4 {
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
    out
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
            [b'\n' | b'\r', ..] => {
                let end = after.iter().position(|byte| *byte == b'\n');
                rest = end.map_or(&[][..], |at| &after[at + 1..]);
            }
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
    fn quoted_printable_as_it_comes() {
        for (text, bytes) in [
            ("a=3Db=3d", "a=b="),
            ("a=\r\nb=\nc", "abc"),
            ("a==b", "a=b"),
            ("a=zzb=", "a=zzb"),
            ("a \r\nb", "a \r\nb"),
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
        assert_eq!(decode("x-uuencode", text), b"hello");
        assert_eq!(decode("x-uuencode", b"no begin"), b"no begin");
    }
}
