//! What Exchange does to what it is given: HTML rewritten, headers in another order and case, MIME rebuilt.

use serde_json::{Value, json};

use crate::tenant::Message;

/// HTML as Exchange gives it back: a head with a charset, no scripts, attributes as they were, lines by CR LF.
pub(super) fn rewrite_html(html: &str) -> String {
    let mut body = letters(&without_element(html, "script"));
    let lower = body.to_lowercase();
    let meta = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">";
    if !lower.contains("<body") {
        body = format!("<html><head>\r\n{meta}</head><body>{body}</body></html>");
    } else if let Some(at) = lower.find("<head>") {
        body.insert_str(at + "<head>".len(), &format!("\r\n{meta}"));
    }
    crlf(&body)
}

/// Entities that stand for a letter come back as the letter; the space that does not break is spelled out.
fn letters(html: &str) -> String {
    let known = [
        ("&Auml;", "Ä"),
        ("&Ouml;", "Ö"),
        ("&Uuml;", "Ü"),
        ("&auml;", "ä"),
        ("&bull;", "•"),
        ("&ccedil;", "ç"),
        ("&copy;", "©"),
        ("&eacute;", "é"),
        ("&euro;", "€"),
        ("&hellip;", "…"),
        ("&ldquo;", "“"),
        ("&lsquo;", "‘"),
        ("&mdash;", "—"),
        ("&middot;", "·"),
        ("&ndash;", "–"),
        ("&ouml;", "ö"),
        ("&raquo;", "»"),
        ("&rdquo;", "”"),
        ("&reg;", "®"),
        ("&rsquo;", "’"),
        ("&szlig;", "ß"),
        ("&trade;", "™"),
        ("&uuml;", "ü"),
        ("\u{a0}", "&nbsp;"),
    ];
    known
        .into_iter()
        .fold(html.to_owned(), |html, (name, letter)| {
            html.replace(name, letter)
        })
}

/// What is given out to whoever does not ask for unsafe HTML: without what can be pressed, filled in or run.
pub(super) fn filtered(html: &str) -> String {
    ["applet", "button", "map", "object", "select", "textarea"]
        .into_iter()
        .fold(html.to_owned(), |html, name| without_element(&html, name))
}

pub(super) fn html_of_text(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let lines: Vec<&str> = text.lines().collect();
    rewrite_html(&format!(
        "<div class=\"PlainText\">{}</div>",
        lines.join("<br>\n")
    ))
}

pub(super) fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn without_element(html: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    // ASCII lower case keeps byte offsets.
    while let Some(start) = rest.to_ascii_lowercase().find(&open) {
        out.push_str(&rest[..start]);
        let tail = &rest[start..];
        match tail.to_ascii_lowercase().find(&close) {
            Some(end) => rest = &tail[end + close.len()..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

/// `internetMessageHeaders`: from the transport headers, sorted and with names in another case.
pub(super) fn headers(message: &Message) -> Value {
    let block = message
        .properties
        .get("string 0x7d")
        .map(String::as_str)
        .unwrap_or_default();
    let mut lines: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = lines.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            lines.push((name.to_uppercase(), value.trim().to_owned()));
        }
    }
    lines.sort();
    lines
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// MIME put together again from what is stored: never the bytes that once came.
pub(super) fn rebuild_mime(message: &Message) -> Vec<u8> {
    let text = |name: &str| {
        message
            .json
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let body = message.json["body"]["content"].as_str().unwrap_or_default();
    let kind = message.json["body"]["contentType"]
        .as_str()
        .unwrap_or("text");
    let kind = if kind == "html" {
        "text/html"
    } else {
        "text/plain"
    };
    format!(
        "MIME-Version: 1.0\r\nDate: {}\r\nMessage-ID: {}\r\nSubject: {}\r\n\
         Content-Type: {kind}; charset=utf-8\r\n\r\n{body}",
        text("sentDateTime"),
        text("internetMessageId"),
        text("subject"),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_rewritten_and_keeps_its_words() {
        let html = rewrite_html("<p>Grüße</p><SCRIPT>steal()</SCRIPT>\n<p>b</p>");
        assert!(html.contains("<meta") && html.contains("<p>Grüße</p>\r\n<p>b</p>"));
        assert!(!html.contains("steal"));
    }

    #[test]
    fn letters_come_back_as_letters_and_what_can_be_pressed_is_filtered() {
        let html = rewrite_html("<p>Gr&uuml;&szlig;e &amp; &rsquo;\u{a0}</p><button>Buy</button>");
        assert!(html.contains("<p>Grüße &amp; ’&nbsp;</p>"), "{html}");
        assert!(html.contains("Buy") && !filtered(&html).contains("Buy"));
        assert!(html_of_text("a < b\nc").contains("a &lt; b<br>\r\nc"));
    }
}
