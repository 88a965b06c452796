//! What is kept of a look: the findings, and the answers that they rest on, byte for byte as they came.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use unbroken_ledger::Hash;

use super::super::meaning;
use crate::domain::evidence::{Answer, Evidence};
use crate::domain::finding::Finding;
use crate::error::Result;
use crate::journal::Journal;

/// The pages of each answer.
pub(super) type Pages = BTreeMap<String, Vec<Vec<u8>>>;

/// Answers above that, all together, lie in objects of their own, each named in the account.
const WITHIN_BYTES_MAX: usize = 8 << 20;

/// The account of a look. A digest is the SHA-256 of the pages one after the other.
pub(super) fn account(
    journal: &Journal,
    (evidence, pages, kept): (&Evidence, &Pages, &[String]),
    declared: &Hash,
    findings: &[Finding],
) -> Result<String> {
    let size: usize = pages.values().flatten().map(Vec::len).sum();
    let mut answers = Map::new();
    for (path, answer) in evidence.graph.iter() {
        let mut kept = match answer {
            Answer::Said { digest, .. } => json!({ "digest": digest }),
            Answer::Nothing => json!({ "nothing": true }),
            Answer::NotHad(why) => json!({ "not_had": why }),
        };
        // An answer that could not be used is kept too: it is what the check saw.
        if let Some(pages) = pages.get(path).filter(|pages| !pages.is_empty()) {
            let text = texts(pages);
            if size <= WITHIN_BYTES_MAX {
                kept["pages"] = text;
            } else {
                let text = text.to_string();
                kept["object"] = journal.keep_text(text.as_bytes()).map_err(meaning)?.into();
            }
        }
        answers.insert(path.to_owned(), kept);
    }
    let files: Vec<Value> = evidence
        .files
        .iter()
        .zip(kept)
        .map(|(file, object)| {
            json!({
                "name": file.name,
                "digest": file.digest,
                "object": object,
                "taken_at": file.taken_at,
            })
        })
        .collect();
    let account = json!({
        "answers": answers,
        "expected": declared.to_string(),
        "files": files,
        "findings": findings,
    });
    Ok(account.to_string())
}

/// JSON is UTF-8, so a page is a text whose bytes are those that came; what is no text is named so.
fn texts(pages: &[Vec<u8>]) -> Value {
    let text = |page: &Vec<u8>| match std::str::from_utf8(page) {
        Ok(text) => Value::from(text),
        Err(_) => json!({ "hex": hex(page) }),
    };
    pages.iter().map(text).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_kept_byte_for_byte() {
        let page = b"{\"value\" : [ ],\n \"a\":1.0}".to_vec();
        let kept = texts(&[page.clone(), vec![0xff, 0x00]]);
        assert_eq!(kept[0].as_str().map(str::as_bytes), Some(&page[..]));
        assert_eq!(kept[1]["hex"], "ff00");
    }
}
