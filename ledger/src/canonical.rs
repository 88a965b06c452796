//! Canonical JSON, format v1 section 2: one spelling for each value; reading refuses every other, writing makes no other.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The largest absolute value of an integer: 2^53-1, so that every JSON reader agrees.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;
/// The deepest nesting; the outermost value has depth 1.
pub const MAX_DEPTH: usize = 16;

/// A value of canonical JSON; objects keep the order in which their keys stood. `S` holds the strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<S> {
    /// `[…]`
    Array(Vec<Self>),
    /// `true` or `false`
    Bool(bool),
    /// An integer of at most 2^53-1.
    Integer(i64),
    /// `{…}`
    Object(Vec<(S, Self)>),
    /// A string.
    String(S),
}

/// A value that owns its strings.
pub type Value = Json<String>;
/// A value whose strings lie in the bytes that were read, except where an escape stood in them.
pub(crate) type Borrowed<'a> = Json<Cow<'a, str>>;

/// Why bytes are not canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at byte {offset}")]
pub struct NotCanonical {
    /// The rule id of format v1 section 2.
    pub rule: &'static str,
    /// Where.
    pub offset: usize,
}

impl Value {
    /// An object from keys in any order; written in ascending order.
    pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Self {
        let sorted: BTreeMap<String, Value> = fields
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        Self::Object(sorted.into_iter().collect())
    }

    /// A string value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }
}

impl zeroize::Zeroize for Value {
    /// Overwrites every string; what it is made of stays.
    fn zeroize(&mut self) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(Self::zeroize),
            Self::Bool(_) => {}
            Self::Integer(number) => number.zeroize(),
            Self::Object(fields) => {
                for (name, value) in fields {
                    name.zeroize();
                    value.zeroize();
                }
            }
            Self::String(text) => text.zeroize(),
        }
    }
}

impl Borrowed<'_> {
    /// The same value, with strings of its own.
    pub(crate) fn to_owned_value(&self) -> Value {
        match self {
            Self::Array(items) => Json::Array(items.iter().map(Self::to_owned_value).collect()),
            Self::Bool(value) => Json::Bool(*value),
            Self::Integer(number) => Json::Integer(*number),
            Self::Object(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(key, value)| ((**key).to_owned(), value.to_owned_value()))
                    .collect(),
            ),
            Self::String(text) => Json::String((**text).to_owned()),
        }
    }
}

impl<S: AsRef<str>> Json<S> {
    /// The field of an object.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let mut fields = self.as_object()?.iter();
        fields
            .find(|(key, _)| key.as_ref() == name)
            .map(|(_, value)| value)
    }

    /// The string, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text.as_ref())
        } else {
            None
        }
    }

    /// The integer, where it is one that is not negative.
    pub fn as_size(&self) -> Option<u64> {
        if let Self::Integer(number) = self {
            u64::try_from(*number).ok()
        } else {
            None
        }
    }

    /// The elements, where it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The fields, where it is an object.
    pub fn as_object(&self) -> Option<&[(S, Self)]> {
        if let Self::Object(fields) = self {
            Some(fields)
        } else {
            None
        }
    }

    /// The fields, where it is an object with exactly these keys in this order.
    pub fn fields<const N: usize>(&self, names: [&str; N]) -> Option<[&Self; N]> {
        let fields = self.as_object()?;
        let named = |((key, _), name): (&(S, Self), &str)| key.as_ref() == name;
        if fields.len() != N || !fields.iter().zip(names).all(named) {
            return None;
        }
        let mut values = fields.iter().map(|(_, value)| value);
        Some(std::array::from_fn(|_| {
            values.next().expect("counted above")
        }))
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// Appends the canonical bytes. Objects are written in the order in which they stand.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Array(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Bool(true) => out.extend(b"true"),
            Self::Bool(false) => out.extend(b"false"),
            Self::Integer(number) => {
                assert!(number.abs() <= MAX_INTEGER, "integers stay within 2^53-1");
                write_integer(*number, out);
            }
            Self::Object(fields) => {
                out.push(b'{');
                for (place, (key, value)) in fields.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    write_string(key.as_ref(), out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
            Self::String(text) => write_string(text.as_ref(), out),
        }
    }

    /// Whether the keys of this object and of all below it ascend strictly (`canonical/keys`).
    pub fn keys_ascend(&self) -> bool {
        match self {
            Self::Array(items) => items.iter().all(Self::keys_ascend),
            Self::Object(fields) => {
                fields
                    .windows(2)
                    .all(|pair| pair[0].0.as_ref() < pair[1].0.as_ref())
                    && fields.iter().all(|(_, value)| value.keys_ascend())
            }
            _ => true,
        }
    }
}

/// Appends an integer.
pub(crate) fn write_integer(number: i64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut from = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        from -= 1;
        digits[from] = b'0' + u8::try_from(rest % 10).expect("one digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[from..]);
}

/// Appends a string in its one spelling (`canonical/string`).
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    out.push(b'"');
    loop {
        let plain = plain_length(rest);
        out.extend_from_slice(&rest[..plain]);
        let Some((byte, behind)) = rest[plain..].split_first() else {
            break;
        };
        match byte {
            b'"' => out.extend(b"\\\""),
            b'\\' => out.extend(b"\\\\"),
            8 => out.extend(b"\\b"),
            9 => out.extend(b"\\t"),
            10 => out.extend(b"\\n"),
            12 => out.extend(b"\\f"),
            13 => out.extend(b"\\r"),
            _ => out.extend(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = behind;
    }
    out.push(b'"');
}

/// How many bytes at the front stand in a string as they are.
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // The high bit of a byte that is below `bound`, and of none in front of the first such.
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGHS;
    let (words, _) = bytes.as_chunks::<8>();
    let whole = words.iter().take_while(|word| {
        let word = u64::from_le_bytes(**word);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        below(word, 0x20) | below(quote, 1) | below(backslash, 1) == 0
    });
    let start = whole.count() * 8;
    let is_plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
    start + bytes[start..].iter().take_while(is_plain).count()
}

/// Reads one canonical value that takes all the bytes. Which keys an object has, and that none stands twice, is for the
/// caller to ask: by [`Value::fields`] or [`Value::keys_ascend`].
pub fn parse(bytes: &[u8]) -> Result<Value, NotCanonical> {
    Ok(parse_borrowed(bytes)?.to_owned_value())
}

/// As [`parse`], without copying the strings.
pub(crate) fn parse_borrowed(bytes: &[u8]) -> Result<Borrowed<'_>, NotCanonical> {
    let text = std::str::from_utf8(bytes).map_err(|error| NotCanonical {
        rule: "canonical/utf8",
        offset: error.valid_up_to(),
    })?;
    if text.starts_with('\u{feff}') {
        return Err(NotCanonical {
            rule: "canonical/utf8",
            offset: 0,
        });
    }
    let mut reader = Reader {
        bytes: text.as_bytes(),
        text,
        at: 0,
    };
    let value = reader.value(1)?;
    if reader.at != bytes.len() {
        return Err(reader.refuse("canonical/whitespace"));
    }
    Ok(value)
}

/// Reads the value at the front of a text, which is nested so deep; and how many bytes it takes.
pub(crate) fn parse_front(text: &str, depth: usize) -> Option<(Borrowed<'_>, usize)> {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        text,
        at: 0,
    };
    let value = reader.value(depth).ok()?;
    Some((value, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn refuse(&self, rule: &'static str) -> NotCanonical {
        NotCanonical {
            rule,
            offset: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What stands here and cannot: the nearest rule of section 2.
    fn unexpected(&self) -> NotCanonical {
        self.refuse(match self.peek() {
            Some(b' ' | b'\t' | b'\n' | b'\r') => "canonical/whitespace",
            Some(b'n') => "canonical/null",
            Some(b'+' | b'.' | b'e' | b'E') => "canonical/number",
            _ => "canonical/json",
        })
    }

    fn take(&mut self, byte: u8) -> Result<(), NotCanonical> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected())
    }

    fn value(&mut self, depth: usize) -> Result<Borrowed<'a>, NotCanonical> {
        match self.peek() {
            Some(b'{' | b'[') if depth > MAX_DEPTH => Err(self.refuse("canonical/depth")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str, value: Borrowed<'a>) -> Result<Borrowed<'a>, NotCanonical> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.unexpected())
    }

    fn array(&mut self, depth: usize) -> Result<Borrowed<'a>, NotCanonical> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.take(b']')?;
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Borrowed<'a>, NotCanonical> {
        self.at += 1;
        let mut fields: Vec<(Cow<'a, str>, Borrowed<'a>)> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(fields));
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            fields.push((key, self.value(depth + 1)?));
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.take(b'}')?;
                return Ok(Json::Object(fields));
            }
        }
    }

    fn integer(&mut self) -> Result<Borrowed<'a>, NotCanonical> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let leading_zero = self.bytes[digits..self.at].starts_with(b"0")
            && (self.at - digits > 1 || digits > start);
        let fraction = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        let number = self.text[start..self.at].parse::<i64>().ok();
        match number {
            // Not abs(): the least i64 has none, and wraps to a number that is below every limit.
            Some(number)
                if !leading_zero
                    && !fraction
                    && number.unsigned_abs() <= MAX_INTEGER.unsigned_abs() =>
            {
                Ok(Json::Integer(number))
            }
            _ => Err(NotCanonical {
                rule: "canonical/number",
                offset: start,
            }),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, NotCanonical> {
        self.take(b'"')?;
        let mut out = Cow::Borrowed("");
        loop {
            let start = self.at;
            self.at += plain_length(&self.bytes[start..]);
            let plain = &self.text[start..self.at];
            if out.is_empty() {
                out = Cow::Borrowed(plain);
            } else {
                out.to_mut().push_str(plain);
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let escaped = self.escape()?;
                    out.to_mut().push(escaped);
                }
                _ => return Err(self.refuse("canonical/string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotCanonical> {
        let refusal = self.refuse("canonical/string");
        let letter = *self.bytes.get(self.at + 1).ok_or(refusal)?;
        self.at += 2;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'u' => {
                let mut code = [0_u8; 2];
                let digits = self.text.get(self.at..self.at + 4).ok_or(refusal)?;
                crate::hash::decode_hex(digits.as_bytes(), &mut code).ok_or(refusal)?;
                // Only what has no shorter escape, and only control characters: one spelling a character.
                let short = [8, 9, 10, 12, 13].contains(&code[1]);
                if code[0] != 0 || code[1] >= 0x20 || short {
                    return Err(refusal);
                }
                self.at += 4;
                char::from(code[1])
            }
            _ => return Err(refusal),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> &'static str {
        parse(text.as_bytes()).expect_err("refused").rule
    }

    #[test]
    fn every_rule_is_refused_by_its_name() {
        assert_eq!(parse(b"\xff").expect_err("refused").rule, "canonical/utf8");
        assert_eq!(rule("{} "), "canonical/whitespace");
        assert_eq!(rule(" {}"), "canonical/whitespace");
        assert_eq!(rule("[1, 2]"), "canonical/whitespace");
        for text in [
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u001F""#,
            "\"\n\"",
            "\"a",
        ] {
            assert_eq!(rule(text), "canonical/string", "{text}");
        }
        for text in [
            "01",
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "-9007199254740992",
            "-9223372036854775808",
            "-",
            "99999999999999999999",
        ] {
            assert_eq!(rule(text), "canonical/number", "{text}");
        }
        assert_eq!(rule("null"), "canonical/null");
        assert_eq!(
            rule(&format!("{}{}", "[".repeat(17), "]".repeat(17))),
            "canonical/depth"
        );
        assert!(parse(format!("{}{}", "[".repeat(16), "]".repeat(16)).as_bytes()).is_ok());
        assert_eq!(rule("\u{feff}{}"), "canonical/utf8");
        assert_eq!(rule("+1"), "canonical/number");
        for text in ["", "[1", "{'a':1}", "True", "[1,]"] {
            assert_eq!(rule(text), "canonical/json", "{text}");
        }
    }

    #[test]
    fn keys_ascend_at_every_depth() {
        let value = parse(br#"{"a":[{"b":1,"a":2}]}"#).expect("read");
        assert!(!value.keys_ascend());
        for twice in [&br#"{"a":1,"a":2}"#[..], br#"{"a":1,"b":2,"a":3}"#] {
            assert!(!parse(twice).expect("read").keys_ascend());
        }
        assert!(
            parse(br#"{"a":[{"a":1,"b":2}]}"#)
                .expect("read")
                .keys_ascend()
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::Integer),
            ".*".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                proptest::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_itself(value in any_value()) {
            let bytes = value.to_bytes();
            prop_assert_eq!(parse(&bytes).expect("canonical"), value.clone());
            prop_assert!(value.keys_ascend());
            // A canonical text is JSON, and says the same to somebody else's reader.
            let other: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            prop_assert_eq!(other.is_object(), value.as_object().is_some());
        }

        #[test]
        fn what_is_accepted_is_the_only_spelling(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(value) = parse(&bytes) {
                prop_assert_eq!(value.to_bytes(), bytes);
            }
        }
    }
}
