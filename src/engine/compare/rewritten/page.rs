//! Pages: one block of properties in the head, and every other byte as it was.

use crate::domain::message::Delta;

/// A page of nothing but marks would be compared with itself at each of them.
const PLACES_MAX: usize = 64;
const OPENS: &[u8] = b"<!--[if gte mso 9]>";
const CLOSES: &[u8] = b"<![endif]-->";
const FIELDS: &[u8] = b"<SharePoint:CTFieldRefs";

pub(super) fn compare(source: &[u8], found: &[u8]) -> Option<Vec<Delta>> {
    let added = found.len().checked_sub(source.len())?;
    let same = source.iter().zip(found).take_while(|(a, b)| a == b).count();
    // The block may begin with a byte that the source has there too: it begins wherever its mark stands.
    let is_added = |at: usize| {
        found[at + added..] == source[at..] && is_block(found[at..at + added].trim_ascii_end())
    };
    (0..=same)
        .filter(|at| found[*at..].starts_with(OPENS))
        .take(PLACES_MAX)
        .any(is_added)
        .then(|| {
            vec![Delta {
                property: "page-properties",
                reason: "SharePoint wrote a block of properties into the head; \
                         every other byte is as it was",
            }]
        })
}

/// Properties and nothing that runs.
fn is_block(block: &[u8]) -> bool {
    let count = |wanted: &[u8]| {
        block
            .windows(wanted.len())
            .filter(|at| *at == wanted)
            .count()
    };
    let lower = block.to_ascii_lowercase();
    let runs = lower.windows(7).any(|at| at == b"<script");
    block.starts_with(OPENS)
        && block.ends_with(CLOSES)
        && count(CLOSES) == 1
        && count(b"-->") == 1
        && count(FIELDS) == 1
        && !runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "<!--[if gte mso 9]><SharePoint:CTFieldRefs runat=server \
                         Prefix=\"mso:\"><xml></xml></SharePoint:CTFieldRefs><![endif]-->\r\n";

    #[test]
    fn the_block_alone_is_declared_and_anything_more_differs() {
        let source = b"<html><head>\n<title>x</title></head><body>y</body></html>";
        let with = |block: &str| {
            let text = std::str::from_utf8(source).expect("ASCII");
            text.replacen("<head>\n", &format!("<head>\n{block}"), 1)
                .into_bytes()
        };
        assert!(compare(source, &with(BLOCK)).is_some());
        let other = String::from_utf8(with(BLOCK)).expect("ASCII");
        for found in [
            other.replace("<body>y", "<body>z").into_bytes(),
            with("<script>1</script>"),
            with(&BLOCK.replace("<xml>", "<xml><script>1</script>")),
            with(&format!("{BLOCK}<p>{BLOCK}")),
            source[..20].to_vec(),
            source.to_vec(),
        ] {
            assert_eq!(compare(source, &found), None);
        }
    }
}
