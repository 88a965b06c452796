//! The canonical form of section 2: one spelling of JSON, read strictly. Nothing here knows what the fields mean.

use crate::broken::{Broken, Checked, broken, ensure};

const DEPTH_MAX: usize = 16;
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// A value that was spelled canonically; whether keys ascend or follow a list is asked by who knows the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Bool(bool),
    Int(i64),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    Text(String),
}

/// Reads one value that is all of the bytes.
pub(crate) fn parse(bytes: &[u8]) -> Checked<Value> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\u{feff}') => text,
        _ => return broken("canonical/utf8", "not UTF-8, or a byte order mark"),
    };
    let mut reader = Reader {
        bytes: text.as_bytes(),
        text,
        at: 0,
    };
    let value = reader.value(1)?;
    if reader.at == bytes.len() {
        return Ok(value);
    }
    broken(
        "canonical/whitespace",
        format!("bytes after the value at {}", reader.at),
    )
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
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

    fn value(&mut self, depth: usize) -> Checked<Value> {
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

    fn object(&mut self, depth: usize) -> Checked<Value> {
        ensure(depth <= DEPTH_MAX, "canonical/depth", "more than 16 deep")?;
        self.expect(b'{')?;
        let mut fields = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(fields));
        }
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

    fn list(&mut self, depth: usize) -> Checked<Value> {
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

    fn string(&mut self) -> Checked<String> {
        self.expect(b'"')?;
        let mut out = String::new();
        let mut from = self.at;
        loop {
            let bad = || {
                broken(
                    "canonical/string",
                    "an unescaped or wrongly escaped character",
                )
            };
            match self.peek() {
                None => return broken("canonical/string", "a string that does not end"),
                Some(b'"') => {
                    out.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(&self.text[from..self.at]);
                    match self.escape() {
                        Some(letter) => out.push(letter),
                        None => return bad(),
                    }
                    from = self.at;
                }
                Some(0..=0x1f) => return bad(),
                Some(_) => self.at += 1,
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

impl Value {
    /// The fields of an object that the page lists: exactly these, in this order.
    pub(crate) fn listed<const N: usize>(self, names: [&str; N]) -> Checked<[Value; N]> {
        let Value::Object(fields) = self else {
            return broken("canonical/fields", "not an object");
        };
        if !fields.iter().map(|(name, _)| name.as_str()).eq(names) {
            return broken(
                "canonical/fields",
                format!("the fields are not {}", names.join(", ")),
            );
        }
        let values: Vec<Value> = fields.into_iter().map(|(_, value)| value).collect();
        Ok(values.try_into().expect("as many as names"))
    }

    /// Keys ascend strictly, here and below.
    pub(crate) fn ascends(&self) -> Checked {
        match self {
            Value::Object(fields) => {
                for pair in fields.windows(2) {
                    let holds = pair[0].0.as_bytes() < pair[1].0.as_bytes();
                    ensure(holds, "canonical/keys", "keys do not ascend")?;
                }
                fields.iter().try_for_each(|(_, value)| value.ascends())
            }
            Value::List(items) => items.iter().try_for_each(Value::ascends),
            _ => Ok(()),
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(fields) => fields
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn fields(&self) -> Option<&[(String, Value)]> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// An integer that is not negative.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
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
