//! The web addresses that stand in a text, plain or marked up. What one means is said by whoever knows both tenants.

/// Longer ones are cut off: no browser follows them.
const URL_BYTES_MAX: usize = 4_096;

/// Every `http` and `https` address of a text, in order. One ends where a blank, a quote, a bracket or a control character stands;
/// a full stop or comma behind it is the sentence's. `&amp;`, as markup writes it, is read as `&`.
pub fn urls(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at);
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            let start = before.len().checked_sub(scheme.len());
            start
                .and_then(|start| before.get(start..))
                .is_some_and(|found| found.eq_ignore_ascii_case(scheme))
        });
        let end = behind[3..]
            .find(ends_it)
            .map_or(behind.len(), |end| end + 3);
        rest = &behind[end..];
        if let (Some(scheme), true) = (scheme, end > 3) {
            let place = behind[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
            let whole = format!("{scheme}{}", place.replace("&amp;", "&"));
            found.push(cut(whole));
        }
    }
    found
}

/// The host of a web address, without whoever signs in and the port.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

fn ends_it(one: char) -> bool {
    one.is_whitespace() || one.is_control() || "<>\"'()[]{}|\\^`".contains(one)
}

fn cut(mut url: String) -> String {
    let mut end = URL_BYTES_MAX.min(url.len());
    while !url.is_char_boundary(end) {
        end -= 1;
    }
    url.truncate(end);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_where_a_reader_would_end_it() {
        let text = "See HTTPS://old.example/a?b=1&amp;c=2, <a href=\"http://x.example/\">y</a> (https://z.example/p).";
        assert_eq!(
            urls(text),
            [
                "https://old.example/a?b=1&c=2",
                "http://x.example/",
                "https://z.example/p"
            ]
        );
    }

    #[test]
    fn the_host_is_where_a_browser_would_go() {
        assert_eq!(
            host("https://old.example@x.example:8/old.example"),
            "x.example"
        );
        assert_eq!(host("https://old.example?x@y"), "old.example");
        assert_eq!(host("nothing"), "");
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "://",
            "https://",
            "ftp://x.example",
            "é://x",
            "http:// x",
            "xhttp//",
        ] {
            assert_eq!(urls(text), [""; 0], "{text}");
        }
        let long = format!("https://x.example/{}", "ä".repeat(9_000));
        assert!(urls(&long)[0].len() <= URL_BYTES_MAX);
    }
}
