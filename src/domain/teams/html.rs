//! The tags of a message's HTML, one by one, so that some can be replaced and all else stays; what begins as a tag and is
//! none becomes text. No document is built: what a message holds is hostile, and the service makes its own of it.

/// One tag as it stands in the text.
pub(super) struct Tag<'a> {
    /// In lower case, without the slash of an end.
    pub(super) name: String,
    /// `</…>`
    pub(super) is_end: bool,
    raw: &'a str,
}

/// Gives each tag to `replace`; where that says something else, it stands in the tag's place.
pub(super) fn rewrite(html: &str, mut replace: impl FnMut(&Tag<'_>) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(tag) = tag_at(rest) else {
            // No tag to this reader may be one to another.
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        match replace(&tag) {
            Some(other) => out.push_str(&other),
            None => out.push_str(tag.raw),
        }
        rest = &rest[tag.raw.len()..];
    }
    out.push_str(rest);
    out
}

fn tag_at(text: &str) -> Option<Tag<'_>> {
    let inside = text.strip_prefix('<')?;
    let is_end = inside.starts_with('/');
    let named = inside.strip_prefix('/').unwrap_or(inside);
    let length = named.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':'));
    let name = &named[..length.unwrap_or(named.len())];
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut quote = None;
    let end = text.char_indices().find(|(_, c)| match (quote, c) {
        (Some(open), c) if open == *c => {
            quote = None;
            false
        }
        (None, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        (None, '>') => true,
        _ => false,
    });
    Some(Tag {
        name: name.to_ascii_lowercase(),
        is_end,
        raw: &text[..=end?.0],
    })
}

impl Tag<'_> {
    /// As it stands in the text.
    pub(super) fn raw(&self) -> &str {
        self.raw
    }

    /// Where an attribute's value stands in the tag, without its quotes.
    fn place(&self, wanted: &str) -> Option<std::ops::Range<usize>> {
        let bytes = self.raw.as_bytes();
        let is_name = |b: u8| !b.is_ascii_whitespace() && !b"=>/\"'".contains(&b);
        let mut at = 1 + usize::from(self.is_end) + self.name.len();
        while at < bytes.len() {
            if !is_name(bytes[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && is_name(bytes[at]) {
                at += 1;
            }
            let name = &self.raw[start..at];
            while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            if bytes.get(at) != Some(&b'=') {
                continue;
            }
            at += 1;
            while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            let value = if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
                let end = bytes[at + 1..].iter().position(|b| b == quote)?;
                at + 1..at + 1 + end
            } else {
                let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'>';
                let end = bytes[at..].iter().position(ends)?;
                at..at + end
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
            at = value.end + 1;
        }
        None
    }

    /// An attribute's value.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        Some(unescaped(&self.raw[self.place(name)?]))
    }

    /// The tag with another value of an attribute that it has.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let Some(place) = self.place(name) else {
            return self.raw.to_owned();
        };
        let is_quoted = self.raw[..place.start].ends_with(['"', '\'']);
        let value = escaped(value);
        let value = if is_quoted {
            value
        } else {
            format!("\"{value}\"")
        };
        format!(
            "{}{value}{}",
            &self.raw[..place.start],
            &self.raw[place.end..]
        )
    }
}

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let text = text.replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', "&#39;")
}

/// What an attribute says, as far as URLs need it.
fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attribute_changes_and_nothing_else() {
        let html = "a<IMG alt='x>y' src=\"http://o/1?a=1&amp;b=2\"  width=3>b < c <!-- d --><p";
        let mut seen = Vec::new();
        let out = rewrite(html, |tag| {
            seen.push((tag.name.clone(), tag.attribute("src"), tag.attribute("alt")));
            Some(tag.with("src", "n\"'"))
        });
        let src = Some("http://o/1?a=1&b=2".to_owned());
        assert_eq!(seen, [("img".to_owned(), src, Some("x>y".to_owned()))]);
        let expected = html.replace("http://o/1?a=1&amp;b=2", "n&quot;&#39;");
        let expected = expected.replace("b < c <!-- d --><p", "b &lt; c &lt;!-- d -->&lt;p");
        assert_eq!(out, expected);
    }

    #[test]
    fn an_attribute_without_quotes_gets_some_and_half_a_tag_is_text() {
        let out = rewrite("<a href=x y>z</a><a href='", |tag| {
            Some(tag.with("href", "q r"))
        });
        assert_eq!(out, "<a href=\"q r\" y>z</a>&lt;a href='");
    }
}
