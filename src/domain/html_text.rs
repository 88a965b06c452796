//! The words of an HTML body, for comparing: not for showing. Exchange rewrites mark-up; words must survive it.

/// Elements whose content nobody reads.
const UNSEEN: [&str; 3] = ["script", "style", "title"];
/// Elements that do not part words.
const INLINE: [&str; 17] = [
    "a", "abbr", "b", "big", "code", "em", "font", "i", "ins", "mark", "s", "small", "span",
    "strong", "sub", "sup", "u",
];

/// Text without mark-up; runs of whitespace are one space.
pub fn words_of_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = tag(&rest[start..], &mut out);
    }
    out.push_str(rest);
    words_of_text(&unescape(&out))
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

/// Passes over one piece of mark-up; gives back what follows.
fn tag<'a>(text: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let inside = &text[1..];
    let name_at = inside.strip_prefix('/').unwrap_or(inside);
    if !name_at.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        // A lone sign, as in "a < b".
        out.push('<');
        return inside;
    }
    let name: String = name_at
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let rest = &inside[end_of_tag(inside)..];
    if !INLINE.contains(&name.as_str()) {
        out.push(' ');
    }
    if UNSEEN.contains(&name.as_str()) && !inside.starts_with('/') {
        return after_element(rest, &name);
    }
    rest
}

/// A `>` inside a quoted attribute does not end a tag.
fn end_of_tag(inside: &str) -> usize {
    let mut quote = None;
    for (at, letter) in inside.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    // A quote that does not end: browsers take the first sign.
    inside.find('>').map_or(inside.len(), |at| at + 1)
}

fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    // ASCII lower case keeps byte offsets.
    match text.to_ascii_lowercase().find(&close) {
        Some(at) => {
            let rest = &text[at + close.len()..];
            rest.split_once('>').map_or("", |(_, rest)| rest)
        }
        None => "",
    }
}

/// The entities that mail uses; any other stays as it is, on both sides of a comparison.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let end = tail.find(';').filter(|end| *end <= 10);
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
    Some(match name {
        "amp" => '&',
        "apos" => '\'',
        "gt" => '>',
        "lt" => '<',
        "nbsp" => ' ',
        "quot" => '"',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_goes_and_words_stay() {
        let html = "<html><head><title>x</title><style>p{}</style></head><body>\
                    <p>Gr&uuml;&szlig;e,\r\n <b>An</b>na!</p><!-- > -->\
                    <a href=\"x>y\">here</a>&nbsp;&lt;now&#62; 1 < 2</body></html>";
        assert_eq!(
            words_of_html(html),
            "Gr&uuml;&szlig;e, Anna! here <now> 1 < 2"
        );
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
