//! The canonical form of section 2: one spelling of JSON, read strictly. Nothing here knows what the fields mean.

mod value;

use std::borrow::Cow;

use crate::broken::{Broken, Checked, broken, ensure};

const DEPTH_MAX: usize = 16;
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// A value that was spelled canonically; whether keys ascend or follow a list is asked by who knows the object.
/// Text is borrowed from the bytes wherever nothing in it is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Int(i64),
    List(Vec<Value<'a>>),
    Object(Vec<Field<'a>>),
    Text(Cow<'a, str>),
}

/// A name in an object, and its value.
pub(crate) type Field<'a> = (Cow<'a, str>, Value<'a>);

/// Reads one value that is all of the bytes.
pub(crate) fn parse(bytes: &[u8]) -> Checked<Value<'_>> {
    let mut reader = Reader::new(bytes)?;
    let value = reader.value(1)?;
    if reader.at == bytes.len() {
        return Ok(value);
    }
    broken(
        "canonical/whitespace",
        format!("bytes after the value at {}", reader.at),
    )
}

/// Reads an object that is all of the bytes and has exactly these fields, in this order.
pub(crate) fn parse_listed<'a, const N: usize>(
    bytes: &'a [u8],
    names: [&str; N],
) -> Checked<[Value<'a>; N]> {
    match Reader::new(bytes)?.listed(names) {
        Some(values) => Ok(values),
        // Something is wrong with it: the long way says what.
        None => parse(bytes)?.listed(names),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Checked<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.starts_with('\u{feff}') => Ok(Self { bytes, text, at: 0 }),
            _ => broken("canonical/utf8", "not UTF-8, or a byte order mark"),
        }
    }

    /// The outermost object without a list of its fields in between; nothing when anything is not
    /// as it should be.
    fn listed<const N: usize>(mut self, names: [&str; N]) -> Option<[Value<'a>; N]> {
        let mut values = [const { Value::Bool(false) }; N];
        let mut opens = b'{';
        for (name, slot) in names.iter().zip(&mut values) {
            let rest = self.bytes[self.at..].strip_prefix(&[opens, b'"'])?;
            let rest = rest.strip_prefix(name.as_bytes())?.strip_prefix(b"\":")?;
            self.at = self.bytes.len() - rest.len();
            *slot = self.value(2).ok()?;
            opens = b',';
        }
        (self.bytes[self.at..] == *b"}").then_some(values)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn unexpected(&self) -> Broken {
        let rule = match self.peek() {
            Some(b' ' | b'\t' | b'\n' | b'\r') => "canonical/whitespace",
            Some(b'n') => "canonical/null",
            Some(b'+' | b'.' | b'e' | b'E') => "canonical/number",
            _ => "canonical/json",
        };
        Broken {
            rule,
            why: format!("unexpected at byte {}", self.at),
        }
    }

    fn expect(&mut self, byte: u8) -> Checked {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn value(&mut self, depth: usize) -> Checked<Value<'a>> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.integer().map(Value::Int),
            Some(b't') if self.bytes[self.at..].starts_with(b"true") => {
                self.at += 4;
                Ok(Value::Bool(true))
            }
            Some(b'f') if self.bytes[self.at..].starts_with(b"false") => {
                self.at += 5;
                Ok(Value::Bool(false))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn object(&mut self, depth: usize) -> Checked<Value<'a>> {
        ensure(depth <= DEPTH_MAX, "canonical/depth", "more than 16 deep")?;
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(Vec::new()));
        }
        let mut fields = Vec::new();
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            fields.push((name, self.value(depth + 1)?));
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b'}')?;
            return Ok(Value::Object(fields));
        }
    }

    fn list(&mut self, depth: usize) -> Checked<Value<'a>> {
        ensure(depth <= DEPTH_MAX, "canonical/depth", "more than 16 deep")?;
        self.expect(b'[')?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b']')?;
            return Ok(Value::List(items));
        }
    }

    fn integer(&mut self) -> Checked<i64> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let is_canonical = match &self.bytes[digits..self.at] {
            [] => false,
            [b'0'] => text == "0",
            [first, ..] => *first != b'0',
        };
        // Not abs(): the least i64 has none, and wraps to a number that is below every limit.
        let parsed = text
            .parse::<i64>()
            .ok()
            .filter(|n| n.unsigned_abs() <= INTEGER_MAX);
        match parsed {
            Some(number) if is_canonical => Ok(number),
            _ => broken("canonical/number", format!("the number at byte {start}")),
        }
    }

    fn string(&mut self) -> Checked<Cow<'a, str>> {
        self.expect(b'"')?;
        let mut unescaped = String::new();
        loop {
            let from = self.at;
            self.at += plain(&self.bytes[from..]);
            let piece = &self.text[from..self.at];
            let bad = "an unescaped or wrongly escaped character";
            match self.peek() {
                None => return broken("canonical/string", "a string that does not end"),
                Some(b'"') => {
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(piece));
                    }
                    unescaped.push_str(piece);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(piece);
                    match self.escape() {
                        Some(letter) => unescaped.push(letter),
                        None => return broken("canonical/string", bad),
                    }
                }
                Some(_) => return broken("canonical/string", bad),
            }
        }
    }

    /// Only the escapes that canonical form needs; any other spelling of the same text is another spelling.
    fn escape(&mut self) -> Option<char> {
        let rest = &self.bytes[self.at + 1..];
        let simple = match rest.first()? {
            b'"' => Some('"'),
            b'\\' => Some('\\'),
            b'b' => Some('\u{8}'),
            b't' => Some('\t'),
            b'n' => Some('\n'),
            b'f' => Some('\u{c}'),
            b'r' => Some('\r'),
            b'u' => None,
            _ => return None,
        };
        if let Some(letter) = simple {
            self.at += 2;
            return Some(letter);
        }
        let digits = rest.get(1..5)?;
        let lower = digits
            .iter()
            .all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f'));
        let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        let short = matches!(code, 0x8 | 0x9 | 0xa | 0xc | 0xd);
        if !lower || code >= 0x20 || short {
            return None;
        }
        self.at += 6;
        char::from_u32(code)
    }
}

/// How many bytes from here on stand in a string as they are.
fn plain(bytes: &[u8]) -> usize {
    // Eight at a time, since most of an entry is one long base64 string: a byte below `n` borrows
    // from its high bit. Only what lies behind the first such byte can be mistaken for one.
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & (ONES << 7);
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let ends = below(word, 0x20) | is(word, b'"') | is(word, b'\\');
        if ends != 0 {
            return 8 * place + ends.trailing_zeros() as usize / 8;
        }
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let last = rest.iter().position(ends).unwrap_or(rest.len());
    bytes.len() - rest.len() + last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> &'static str {
        parse(text.as_bytes()).map_or_else(|broken| broken.rule, |_| "")
    }

    #[test]
    fn each_other_spelling_is_refused_by_its_rule() {
        for (text, expected) in [
            ("{\"a\":1}", ""),
            ("[\"\u{7f}/ü\",true,-1,\"\\u0001\\n\"]", ""),
            (" {}", "canonical/whitespace"),
            ("{}\n", "canonical/whitespace"),
            ("{\"a\": 1}", "canonical/whitespace"),
            ("\u{feff}1", "canonical/utf8"),
            ("null", "canonical/null"),
            ("[-0]", "canonical/number"),
            ("[01]", "canonical/number"),
            ("[1.0]", "canonical/number"),
            ("[1e3]", "canonical/number"),
            ("9007199254740992", "canonical/number"),
            ("-9223372036854775808", "canonical/number"),
            ("\"\\u000a\"", "canonical/string"),
            ("\"\\u001F\"", "canonical/string"),
            ("\"\\/\"", "canonical/string"),
            ("\"\\u0041\"", "canonical/string"),
            ("\"\u{1}\"", "canonical/string"),
        ] {
            assert_eq!(rule(text), expected, "{text}");
        }
        assert_eq!(rule(&"[".repeat(17)), "canonical/depth");
        assert_eq!(rule(&format!("{}{}", "[".repeat(16), "]".repeat(16))), "");
        assert_eq!(
            parse(b"\"\xff\"").expect_err("refused").rule,
            "canonical/utf8"
        );
    }

    proptest::proptest! {
        /// The short way says what the long way says.
        #[test]
        fn a_listed_object_is_read_as_any_other(
            text in r#"\{"a":("[a" \\nü]{0,9}"|-?0|\{"c":1\}),"b":(1|null)\}? ?"#,
        ) {
            let whole = parse(text.as_bytes()).and_then(|value| value.listed(["a", "b"]));
            proptest::prop_assert_eq!(parse_listed(text.as_bytes(), ["a", "b"]), whole);
        }

        #[test]
        fn a_string_ends_where_its_first_other_byte_is(
            plain_bytes in proptest::collection::vec(0x20_u8.., 0..40),
            end in proptest::option::of(proptest::sample::select(b"\"\\\x00\x1f".to_vec())),
            more: Vec<u8>,
        ) {
            let stays = |byte: &u8| !b"\"\\".contains(byte);
            let mut bytes: Vec<u8> = plain_bytes.into_iter().filter(stays).collect();
            let length = bytes.len();
            bytes.extend(end);
            bytes.extend(end.map_or(Vec::new(), |_| more));
            proptest::prop_assert_eq!(plain(&bytes), length);
        }
    }

    #[test]
    fn keys_and_fields_have_their_order() {
        let value = parse(b"{\"b\":1,\"a\":2}").expect("parsed");
        assert_eq!(value.ascends().expect_err("refused").rule, "canonical/keys");
        assert!(value.clone().listed(["b", "a"]).is_ok());
        assert_eq!(
            value.listed(["a", "b"]).expect_err("refused").rule,
            "canonical/fields"
        );
        let twice = parse(b"{\"a\":1,\"a\":2}").expect("parsed");
        assert_eq!(twice.ascends().expect_err("refused").rule, "canonical/keys");
    }
}
