//! Which HTML is inert: a closed list of tags and attributes, in a form that no two readers take differently. What is not on the
//! list could run, frame, send or fetch something from wherever an intruder put it; nothing here repairs it.

/// Tags that only shape text.
const TAGS: [&str; 32] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];
/// Attributes that neither run nor fetch, whatever letters and digits they hold.
const ATTRIBUTES: [&str; 5] = ["class", "colspan", "dir", "lang", "rowspan"];

/// Whether a tag of that name only shapes text; lower case.
pub fn shapes_text(name: &str) -> bool {
    TAGS.contains(&name)
}

/// Whether nothing in it runs, and nothing is fetched by whoever looks at it.
pub fn is_inert(html: &str) -> bool {
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let Some(after) = tag(&rest[start + 1..]) else {
            return false;
        };
        rest = after;
    }
    true
}

/// A link that a browser may follow when somebody clicks: no other scheme, and no letters written as entities.
pub fn is_web_link(url: &str) -> bool {
    let has_scheme = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    });
    let is_plain = |c: char| !c.is_control() && !"<>\"'`\\".contains(c) && !c.is_whitespace();
    has_scheme && url.chars().all(is_plain)
}

/// Text as HTML, in an element or in an attribute.
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// What stands behind a tag, where it is on the list.
fn tag(text: &str) -> Option<&str> {
    let (is_end, text) = match text.strip_prefix('/') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let length = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, mut rest) = text.split_at(length);
    let name = name.to_ascii_lowercase();
    if !shapes_text(&name) {
        return None;
    }
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let closed = trimmed.strip_prefix('/').unwrap_or(trimmed);
        if let Some(after) = closed.strip_prefix('>') {
            return Some(after);
        }
        // HTML lets attributes follow each other, or a slash, without a blank; this does not.
        if is_end || trimmed.len() == rest.len() {
            return None;
        }
        let (attribute, after) = trimmed.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        let attribute = attribute.to_ascii_lowercase();
        let is_href = name == "a" && attribute == "href" && is_href(value);
        let is_word = |c: char| c.is_ascii_alphanumeric() || " -_".contains(c);
        let is_plain = ATTRIBUTES.contains(&&*attribute) && value.chars().all(is_word);
        if !is_href && !is_plain {
            return None;
        }
        rest = after;
    }
}

/// As it stands in an attribute: `&amp;` is the only entity that a link needs.
fn is_href(value: &str) -> bool {
    let without = value.replace("&amp;", "");
    !without.contains('&') && is_web_link(&without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shapes_text_is_inert() {
        for good in [
            "",
            "a & b > c &lt;script&gt;",
            "<p class=\"x-1 y_2\">a<br/>b<br /></p>",
            "<a href=\"https://x.example/?a=1&amp;b=2\">x</a>",
            "<TABLE><tr><td colspan=\"2\">x</td></tr></TABLE >",
        ] {
            assert!(is_inert(good), "{good}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for bad in [
            "<details/ontoggle=x open>",
            "<a href=\"#\"onclick=x>y</a>",
            "<a href=\"java&#115;cript:x\">y</a>",
            "<a href=\"https://x\" onclick=\"x\">y</a>",
            "<a href=\"https://x\"class=\"y\">y</a>",
            "<p style=\"background:&#117;rl(https://x)\">y</p>",
            "<td background=https://x>",
            "<td background=\"https://x\">",
            "<video poster=https://x>",
            "<img src=\"https://x\">",
            "<p><!-- x --></p>",
            "<",
            "<p",
            "< p>",
            "<p\u{c}onclick=\"x\">",
            "</p onclick=\"x\">",
            "<svg/onload=x>",
        ] {
            assert!(!is_inert(bad), "{bad}");
        }
    }
}
