//! The rule ids that ledger and verifier cite against docs/ledger-format.md: a refusal that names a rule has to be one that can be
//! looked up. What the rules mean is tested where they are kept.

use std::collections::BTreeSet;

use crate::tidy::{expect_none, rust_files};

const PAGE: &str = include_str!("../../docs/ledger-format.md");

/// What looks like an id and is none: files of a bundle, and the words that explain what an id looks like.
const NO_FAMILIES: [&str; 2] = ["code", "data"];

/// Rules for whoever signs away from the ledger (section 11.7). A verifier never meets such a file; the ledger's reader does.
const SIGNERS_ONLY: [&str; 2] = ["request/foreign", "request/form"];

/// `family/name`, and nothing else between the two marks.
fn ids(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    text.split(mark).filter(move |piece| {
        piece.split_once('/').is_some_and(|(family, name)| {
            is_word(family) && is_word(name) && !NO_FAMILIES.contains(&family)
        })
    })
}

fn on_page() -> BTreeSet<&'static str> {
    PAGE.lines().flat_map(|line| ids(line, '`')).collect()
}

#[test]
fn every_rule_id_that_is_cited_stands_on_the_page() {
    let page = on_page();
    let families: BTreeSet<&str> = page
        .iter()
        .filter_map(|id| Some(id.split_once('/')?.0))
        .collect();
    let (mut missing, mut cited) = (Vec::new(), BTreeSet::new());
    for file in ["ledger/src", "verifier/src"]
        .into_iter()
        .flat_map(rust_files)
    {
        for (number, line) in file.production() {
            for id in ids(line, '"') {
                let (family, _) = id.split_once('/').expect("an id");
                if !families.contains(family) {
                    continue;
                }
                cited.insert(id.to_owned());
                if !page.contains(id) {
                    missing.push(format!("{}:{number}: {id}", file.path));
                }
            }
        }
    }
    expect_none("a rule id is on the page", &missing);
    assert!(cited.len() > 80, "only {} ids were seen", cited.len());
}

fn cited_in(folder: &str) -> BTreeSet<String> {
    let mut cited = BTreeSet::new();
    for file in rust_files(folder) {
        let lines = file.production().map(|(_, line)| line);
        cited.extend(lines.flat_map(|line| ids(line, '"')).map(str::to_owned));
    }
    cited
}

#[test]
fn every_rule_id_of_the_page_is_cited_by_who_keeps_it() {
    let (verifier, signing) = (cited_in("verifier/src"), cited_in("ledger/src/offline"));
    let unused: Vec<String> = on_page()
        .into_iter()
        .filter(|id| {
            let kept_by = if SIGNERS_ONLY.contains(id) {
                &signing
            } else {
                &verifier
            };
            !kept_by.contains(*id)
        })
        .map(str::to_owned)
        .collect();
    expect_none("a rule of the page is kept", &unused);
}
