//! A header value with parameters (`Content-Type`, `Content-Disposition`): RFC 2045 section 5.1 and the continuations of RFC 2231.

use super::words;

/// Parameters in one value.
const PARAMETERS_MAX: usize = 1_000;

/// `main; name=value; …`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// What stands before the first semicolon, in lowercase, without comments.
    pub(super) main: String,
    parameters: Vec<(String, String)>,
}

impl Value {
    pub(super) fn bare(main: &str) -> Self {
        Self {
            main: main.to_owned(),
            parameters: Vec::new(),
        }
    }

    pub(super) fn read(text: &str) -> Self {
        let mut pieces = pieces(text).into_iter();
        let main = without_comments(&pieces.next().unwrap_or_default());
        let parameters = pieces
            .take(PARAMETERS_MAX)
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                let name = without_comments(name).to_ascii_lowercase();
                Some((name, unquoted(value.trim())))
            })
            .collect();
        Self {
            main: main.to_ascii_lowercase(),
            parameters,
        }
    }

    /// A parameter, decoded: plain, or RFC 2231 with a charset, or in numbered pieces.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.decoded(name).map(|(text, _)| text)
    }

    /// The same, and whether a charset had to be guessed for it.
    pub(super) fn decoded(&self, name: &str) -> Option<(String, bool)> {
        let plain = self.parameters.iter().find(|(found, _)| found == name);
        let mut sections: Vec<(u32, bool, &str)> = self
            .parameters
            .iter()
            .filter_map(|(found, value)| {
                let rest = found.strip_prefix(name)?.strip_prefix('*')?;
                let (number, encoded) = match rest.strip_suffix('*') {
                    Some(number) => (number, true),
                    None => (rest, rest.is_empty()),
                };
                let number = if number.is_empty() {
                    0
                } else {
                    number.parse().ok()?
                };
                Some((number, encoded, value.as_str()))
            })
            .collect();
        if sections.is_empty() {
            return plain.map(|(_, value)| words::decoded(value));
        }
        sections.sort_by_key(|(number, ..)| *number);
        Some(extended(&sections))
    }
}

/// RFC 2231 sections 3 and 4: the charset stands in the first piece; the bytes of all are one text.
fn extended(sections: &[(u32, bool, &str)]) -> (String, bool) {
    let mut charset = String::new();
    let mut bytes = Vec::new();
    for (place, (_, encoded, value)) in sections.iter().enumerate() {
        let mut value = *value;
        if place == 0
            && *encoded
            && let Some((before, rest)) = value.split_once('\'')
            && let Some((_, rest)) = rest.split_once('\'')
        {
            before.clone_into(&mut charset);
            value = rest;
        }
        if *encoded {
            bytes.extend(percent_decoded(value));
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    words::decoded_as(&charset, &bytes)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%'
            && let Some(pair) = after.get(..2)
            && let Ok(pair) = std::str::from_utf8(pair)
            && let Ok(byte) = u8::from_str_radix(pair, 16)
        {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

/// Splits at semicolons that are not inside quotes.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        if letter == ';' && !quoted {
            pieces.push(String::new());
            continue;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = letter == '\\' && !escaped && quoted;
        let last = pieces.last_mut().expect("there is one from the start");
        last.push(letter);
    }
    pieces
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value
            .split_once(" (")
            .map_or(value, |(value, _)| value.trim_end())
            .to_owned();
    };
    let mut text = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                // RFC 5322 would drop any backslash; names such as C:\a show that writers do not.
                Some(next @ ('"' | '\\')) => text.push(next),
                Some(next) => text.extend(['\\', next]),
                None => text.push('\\'),
            },
            _ => text.push(letter),
        }
    }
    text
}

/// RFC 5322 comments, which may stand anywhere between tokens.
pub(super) fn without_comments(text: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notation_of_a_name() {
        for (text, name) in [
            ("attachment; filename=a.txt", "a.txt"),
            ("attachment; filename=\"a; b.txt\" ; x=y", "a; b.txt"),
            (
                "attachment; filename=\"C:\\tmp\\a \\\"b\\\"\"",
                "C:\\tmp\\a \"b\"",
            ),
            ("attachment; filename*=UTF-8''%e2%82%ac%20rates", "€ rates"),
            ("attachment; filename*=iso-8859-1'en'%A3%20rates", "£ rates"),
            (
                "attachment; filename*1*=%b3%d0; filename*0*=koi8-r''%d0; filename*2=\".x\"",
                "пЁп.x",
            ),
            (
                "attachment; filename*0=long; filename*1=er.txt",
                "longer.txt",
            ),
            ("attachment; filename=\"=?utf-8?B?4oKs?=.txt\"", "€.txt"),
            ("attachment; filename=a b.txt", "a b.txt"),
        ] {
            let value = Value::read(text);
            assert_eq!(value.main, "attachment");
            assert_eq!(value.parameter("filename").as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn a_name_in_a_charset_that_nobody_knows_is_guessed() {
        for (text, is_guessed) in [
            ("attachment; filename*=UTF-8''%e2%82%ac", false),
            ("attachment; filename*=x-unknown''%d0", true),
            ("attachment; filename*=%d0", true),
            ("attachment; filename=\"=?x-unknown?B?8NLJ?=\"", true),
        ] {
            let name = Value::read(text).decoded("filename").expect("a name");
            assert_eq!(name.1, is_guessed, "{text}");
        }
    }

    #[test]
    fn comments_are_no_part_of_it() {
        let value = Value::read("text/plain (one (two)); charset (three) = us-ascii (four)");
        assert_eq!(value.main, "text/plain");
        assert_eq!(value.parameter("charset").as_deref(), Some("us-ascii"));
    }
}
