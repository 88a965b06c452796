//! Address lists (RFC 5322 section 3.4) as they come: groups flattened, missing commas and stray words forgiven, what is no
//! address kept as it stands. Ours rather than mail-parser's, which joins two addresses where a comma is missing.

use super::parameters::without_comments;
use super::words;
use crate::domain::message::Address;

/// Addresses in one header.
const ADDRESSES_MAX: usize = 100_000;
/// Comments within comments.
const COMMENT_LEVELS_MAX: u32 = 100;

/// Reads a header's value.
pub(super) fn read(value: &str) -> Vec<Address> {
    let mut list = List::default();
    let mut rest = value;
    while let Some(letter) = rest.chars().next() {
        if list.found.len() >= ADDRESSES_MAX {
            break;
        }
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            ',' | ';' => {
                list.end(letter);
                after
            }
            ':' if list.opens_group() => {
                list.words.clear();
                list.has_at = false;
                after
            }
            '(' => list.comment(after),
            '<' => list.angle(after),
            '"' => list.quoted(after),
            _ if letter.is_whitespace() => {
                list.touches = false;
                after
            }
            _ => list.atom(rest),
        };
    }
    list.end(',');
    list.found
}

/// A piece of a name or of an address without brackets.
struct Word {
    text: String,
    is_quoted: bool,
    /// Nothing stands between it and the word before.
    touches: bool,
}

#[derive(Default)]
struct List {
    found: Vec<Address>,
    words: Vec<Word>,
    /// One of the words has an `@` outside of quotes. Kept, because each colon asks for it.
    has_at: bool,
    comment: String,
    address: Option<String>,
    touches: bool,
    /// The words came after a whole address without a comma between.
    is_stray: bool,
}

impl List {
    fn opens_group(&self) -> bool {
        self.address.is_none() && !self.words.is_empty() && !self.has_at
    }

    fn add(&mut self, text: String, is_quoted: bool) {
        if self.address.is_some() {
            self.end(' ');
            self.is_stray = true;
        }
        let word = Word {
            text,
            is_quoted,
            touches: self.touches,
        };
        self.has_at |= word.has_at();
        self.words.push(word);
        self.touches = true;
    }

    fn atom<'a>(&mut self, rest: &'a str) -> &'a str {
        // An encoded word may hold commas and brackets that it should not.
        let end = words::length_at(rest).unwrap_or_else(|| {
            let special = |letter: char| letter.is_whitespace() || "(),:;<\"".contains(letter);
            rest.find(special).filter(|end| *end > 0).unwrap_or({
                if rest.starts_with(special) {
                    1
                } else {
                    rest.len()
                }
            })
        });
        let (text, after) = rest.split_at(end);
        self.add(text.to_owned(), false);
        after
    }

    fn quoted<'a>(&mut self, rest: &'a str) -> &'a str {
        let mut text = String::new();
        let mut letters = rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.add(text, true);
                    return &rest[at + 1..];
                }
                '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
                _ => text.push(letter),
            }
        }
        self.add(text, true);
        ""
    }

    fn comment<'a>(&mut self, rest: &'a str) -> &'a str {
        let mut depth = 1_u32;
        let mut letters = rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '(' if depth < COMMENT_LEVELS_MAX => depth += 1,
                ')' => depth -= 1,
                '\\' => {
                    self.comment
                        .extend(letters.next().map(|(_, letter)| letter));
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                return &rest[at + 1..];
            }
            self.comment.push(letter);
        }
        ""
    }

    fn angle<'a>(&mut self, rest: &'a str) -> &'a str {
        if self.address.is_some() {
            self.end(' ');
        }
        // One that never closes ends at the next comma, or where another opens.
        let stop = rest.find(['<', '>']).unwrap_or(rest.len());
        let end = if rest[stop..].starts_with('>') {
            stop
        } else {
            rest[..stop].find(',').unwrap_or(stop)
        };
        let inner = without_comments(&rest[..end]);
        let inner: String = inner.split_whitespace().collect();
        // RFC 5322 section 4.4: a route before the address is of no use any more.
        let inner = match inner.rsplit_once(':') {
            Some((route, last)) if route.starts_with('@') => last.to_owned(),
            _ => inner,
        };
        self.address = Some(inner);
        self.touches = false;
        self.is_stray = false;
        let after = &rest[end..];
        after.strip_prefix('>').unwrap_or(after)
    }

    /// Closes what was being read.
    fn end(&mut self, letter: char) {
        let words = std::mem::take(&mut self.words);
        self.has_at = false;
        let comment = std::mem::take(&mut self.comment);
        let is_stray = std::mem::take(&mut self.is_stray);
        self.touches = false;
        let (name, address) = match self.address.take() {
            Some(address) => (joined(&words, |_| true), address),
            None => without_brackets(&words),
        };
        if is_stray && !address.contains('@') {
            return;
        }
        let name = if name.is_empty() { comment } else { name };
        let name = words::decode(&name).trim().to_owned();
        if !address.is_empty() || (!name.is_empty() && letter != ';') {
            self.found.push(Address { name, address });
        }
    }
}

impl Word {
    fn has_at(&self) -> bool {
        !self.is_quoted && self.text.contains('@')
    }

    fn spelled(&self) -> String {
        if self.is_quoted {
            format!(
                "\"{}\"",
                self.text.replace('\\', "\\\\").replace('"', "\\\"")
            )
        } else {
            self.text.clone()
        }
    }
}

fn joined(words: &[Word], keep: impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    for (place, word) in words.iter().enumerate().filter(|(place, _)| keep(*place)) {
        if place > 0 && !text.is_empty() && !word.touches {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

/// An address that stands bare: the words around the `@`, blanks between them dropped (RFC 5322 section 4.4);
/// the rest is the name.
fn without_brackets(words: &[Word]) -> (String, String) {
    let Some(at) = words.iter().position(Word::has_at) else {
        return match words {
            [only] if !only.is_quoted => (String::new(), only.text.clone()),
            _ => (joined(words, |_| true), String::new()),
        };
    };
    let (mut first, mut last) = (at, at);
    while first > 0 && (words[first].touches || words[first].text.starts_with('@')) {
        first -= 1;
    }
    while last + 1 < words.len() && (words[last + 1].touches || words[last].text.ends_with('@')) {
        last += 1;
    }
    let address = words[first..=last].iter().map(Word::spelled).collect();
    let name = joined(words, |place| !(first..=last).contains(&place));
    (name, address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_behind_very_many_words_are_no_work() {
        let mut list = List::default();
        for number in 0..200_000 {
            list.add(format!("x{number}"), false);
            list.touches = false;
        }
        assert!(list.opens_group() && !list.has_at);
        list.add("a@b".to_owned(), false);
        assert!(!list.opens_group() && list.has_at);
        list.end(',');
        assert!(!list.has_at, "the next address begins anew");
        let header = format!("{}a@b{}", "x ".repeat(200_000), " :".repeat(200_000));
        assert_eq!(read(&header).len(), 1);
    }

    #[test]
    fn lists_as_they_come() {
        for (value, expected) in [
            ("a@b.example", &[("", "a@b.example")][..]),
            (
                "\"Doe, J\" <j@b.example>, k@b.example",
                &[("Doe, J", "j@b.example"), ("", "k@b.example")],
            ),
            (
                "Team: a@b.example, B <b@b.example>;, c@b.example",
                &[
                    ("", "a@b.example"),
                    ("B", "b@b.example"),
                    ("", "c@b.example"),
                ],
            ),
            (
                "=?utf-8?q?J=C3=B6rg?= <j@b.example>",
                &[("Jörg", "j@b.example")],
            ),
            ("=?utf-8?q?a,b?= <j@b.example>", &[("a,b", "j@b.example")]),
            ("undisclosed-recipients:;", &[]),
            ("nobody", &[("", "nobody")]),
            ("No Body", &[("No Body", "")]),
            (
                "a@b.example (A (the first))",
                &[("A (the first)", "a@b.example")],
            ),
            ("\"big bug\"@b.example", &[("", "\"big bug\"@b.example")]),
            ("a @ b.example", &[("", "a@b.example")]),
            (
                "A <a@b.example> c@b.example",
                &[("A", "a@b.example"), ("", "c@b.example")],
            ),
            (
                "A <a@b.example> and so on, c@d",
                &[("A", "a@b.example"), ("", "c@d")],
            ),
            (
                "a@b.example <c@d.example>",
                &[("a@b.example", "c@d.example")],
            ),
            ("<@x,@y:a@b.example>", &[("", "a@b.example")]),
            ("<a(x)@(y)b.example(z)>", &[("", "a@b.example")]),
            ("<a@b.example, <c@d>", &[("", "a@b.example"), ("", "c@d")]),
            ("<a@b.example", &[("", "a@b.example")]),
            (
                "=?euc-kr?B?wMy8urz2?= s@b.example",
                &[("이성수", "s@b.example")],
            ),
            (", ,;<>", &[]),
            ("", &[]),
        ] {
            let found = read(value);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|address| (&*address.name, &*address.address))
                .collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
