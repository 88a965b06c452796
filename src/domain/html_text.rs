//! The words of an HTML body, for comparing: not for showing. Exchange rewrites mark-up; words must survive it.

mod entities;

use entities::NAMED;

/// Elements whose content nobody reads.
const UNSEEN: [&str; 3] = ["script", "style", "title"];
/// Elements that do not part words.
const INLINE: [&str; 17] = [
    "a", "abbr", "b", "big", "code", "em", "font", "i", "ins", "mark", "s", "small", "span",
    "strong", "sub", "sup", "u",
];

/// Tags whose quotes never end, before quotes count no more: each of them costs a look at all that follows.
const OPEN_QUOTES_MAX: usize = 16;
/// The longest entity that is looked for, with its semicolon.
const ENTITY_BYTES_MAX: usize = 11;

/// Text without mark-up; runs of whitespace are one space.
pub fn words_of_html(html: &str) -> String {
    let mut reader = Reader::default();
    reader.read(html);
    words_of_text(&unescape(&reader.out))
}

/// Runs of whitespace are one space, none at the ends.
pub fn words_of_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

/// Takes mark-up out. No text may be searched once a tag: bodies come from strangers and have many megabytes.
#[derive(Default)]
struct Reader {
    out: String,
    open_quotes: usize,
    /// How many bytes were looked at to find where tags and elements end.
    looked_at: usize,
}

impl Reader {
    fn read(&mut self, html: &str) {
        self.out.reserve(html.len() / 2);
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            self.out.push_str(&rest[..start]);
            rest = self.tag(&rest[start..]);
        }
        self.out.push_str(rest);
    }

    /// Passes over one piece of mark-up; gives back what follows.
    fn tag<'a>(&mut self, text: &'a str) -> &'a str {
        if let Some(comment) = text.strip_prefix("<!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        let inside = &text[1..];
        let name_at = inside.strip_prefix('/').unwrap_or(inside);
        if !name_at.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
            // A lone sign, as in "a < b".
            self.out.push('<');
            return inside;
        }
        let name: String = name_at
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        let rest = &inside[self.end_of_tag(inside)..];
        if !INLINE.contains(&name.as_str()) {
            self.out.push(' ');
        }
        if UNSEEN.contains(&name.as_str()) && !inside.starts_with('/') {
            return self.after_element(rest, &name);
        }
        rest
    }

    /// A `>` inside a quoted attribute does not end a tag.
    fn end_of_tag(&mut self, inside: &str) -> usize {
        let mut quote = None;
        let quotes_count = self.open_quotes < OPEN_QUOTES_MAX;
        for (at, letter) in inside.bytes().enumerate() {
            self.looked_at += 1;
            match (quote, letter) {
                (None, b'>') => return at + 1,
                (None, b'"' | b'\'') if quotes_count => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                _ => {}
            }
        }
        // A quote that does not end: browsers take the first sign.
        self.open_quotes += 1;
        inside.find('>').map_or(inside.len(), |at| at + 1)
    }

    fn after_element<'a>(&mut self, text: &'a str, name: &str) -> &'a str {
        for (at, _) in text.match_indices("</") {
            let found = text.get(at + 2..at + 2 + name.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.looked_at += at;
                let rest = &text[at + 2 + name.len()..];
                return rest.split_once('>').map_or("", |(_, rest)| rest);
            }
        }
        self.looked_at += text.len();
        ""
    }
}

/// Entities by name and by number; one that HTML 4 has not stays as it is, on both sides of a comparison.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let near = &tail.as_bytes()[..tail.len().min(ENTITY_BYTES_MAX)];
        let end = near.iter().position(|byte| *byte == b';');
        let found = end.and_then(|end| entity(&tail[..end]).map(|letter| (letter, end)));
        if let Some((letter, end)) = found {
            out.push(letter);
            rest = &tail[end + 1..];
        } else {
            out.push('&');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    if name == "apos" {
        return Some('\'');
    }
    let found = NAMED.binary_search_by_key(&name, |(known, _)| known);
    found.ok().map(|place| NAMED[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_goes_and_words_stay() {
        let html = "<html><head><title>x</title><style>p{}</style></head><body>\
                    <p>Gr&uuml;&szlig;e,\r\n <b>An</b>na!</p><!-- > -->\
                    <a href=\"x>y\">here</a>&nbsp;&lt;now&#62; 1 < 2</body></html>";
        assert_eq!(words_of_html(html), "Grüße, Anna! here <now> 1 < 2");
    }

    #[test]
    fn an_entity_is_the_letter_that_it_stands_for() {
        let named =
            "<p>Ben&rsquo;s &copy; caf&eacute; &Alpha;&thinsp;&#8364; a&nbsp;b &unknown; &amp</p>";
        assert_eq!(words_of_html(named), "Ben’s © café Α € a b &unknown; &amp");
        assert!(NAMED.is_sorted(), "it is searched");
    }

    #[test]
    fn what_exchange_adds_changes_no_word() {
        let ours = "<p>one</p>\n<p>two</p>";
        let theirs = "<html><head>\r\n<meta charset=utf-8></head><body>\
                      <p>one</p>\r\n<p>two</p></body></html>";
        assert_eq!(words_of_html(ours), words_of_html(theirs));
        assert_ne!(words_of_html(ours), words_of_html("<p>one</p><p>too</p>"));
    }

    #[test]
    fn no_text_is_searched_once_a_tag() {
        let many = 50_000;
        for (piece, most) in [
            ("<style></style>", 2),
            ("<SCRIPT>x</Script >", 2),
            ("<title></x></title>", 2),
            ("<a href='>'>b</a>", 2),
            // Quotes that come out of step: outside of them no tag ends.
            ("<a \">\"", 2 * OPEN_QUOTES_MAX),
            ("<a \">'>", 2 * OPEN_QUOTES_MAX),
        ] {
            let html = piece.repeat(many);
            let mut reader = Reader::default();
            reader.read(&html);
            assert!(
                reader.looked_at <= most * html.len(),
                "{piece}: {}",
                reader.looked_at
            );
        }
        // An entity is looked for where it can stand.
        assert_eq!(unescape(&"&".repeat(1_000_000)).len(), 1_000_000);
        assert_eq!(words_of_html("<style>a</style >b<style>c</STYLE>d"), "b d");
    }

    #[test]
    fn broken_mark_up_is_no_danger() {
        for html in [
            "<",
            "<a",
            "<a href='",
            "<!--",
            "<script>x",
            "&",
            "&#x110000;",
            "</",
        ] {
            words_of_html(html);
        }
    }
}
