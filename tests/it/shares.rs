//! The tables of docs/fidelity.md that say what share of a corpus was restored: measured by a whole restore, held to the page,
//! and written anew where `UNBROKEN_REGENERATE` is set.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::case::Case;
use crate::tidy::top;

const COLUMNS: [&str; 6] = [
    "enumerated",
    "identical",
    "as_declared",
    "held",
    "skipped",
    "failed",
];

/// What became of the items of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) kind: String,
    pub(crate) numbers: [u64; 6],
}

impl Share {
    pub(crate) fn restored(&self) -> u64 {
        self.numbers[1] + self.numbers[2]
    }
}

/// One row a workload, from what the record of a case says; `corpus` is put before each kind's name.
pub(crate) fn of_case(case: &Case, corpus: &str) -> Vec<Share> {
    let said: Value = serde_json::from_str(&case.done("reconcile CASE --json")).expect("JSON");
    assert_eq!(said["agrees"], true, "{said}");
    let cells = said["cells"].as_array().expect("cells");
    let shares = cells.iter().map(|cell| {
        assert_eq!(cell["adds_up"], true, "{cell}");
        Share {
            kind: format!("{corpus}: {}", cell["workload"].as_str().expect("a name")),
            numbers: COLUMNS.map(|column| cell[column].as_u64().expect("a number")),
        }
    });
    shares.collect()
}

fn table(shares: &[Share]) -> String {
    let mut text =
        "| kind | items | identical | as declared | held | skipped | failed |\n".to_owned();
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for share in shares {
        let numbers = share.numbers.map(|number| number.to_string()).join(" | ");
        writeln!(text, "| {} | {numbers} |", share.kind).expect("a String takes any text");
    }
    text
}

/// Holds the table between `<!-- shares: NAME -->` and `<!-- /shares: NAME -->` to what was measured.
pub(crate) fn expect_documented(name: &str, shares: &[Share]) {
    let path = top().join("docs/fidelity.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (open, close) = (
        format!("<!-- shares: {name} -->\n"),
        format!("<!-- /shares: {name} -->"),
    );
    let (before, rest) = page.split_once(&open).expect("the table's begin is marked");
    let (found, after) = rest.split_once(&close).expect("the table's end is marked");
    let measured = table(shares);
    if std::env::var_os("UNBROKEN_REGENERATE").is_some() {
        std::fs::write(&path, format!("{before}{open}{measured}{close}{after}")).expect("written");
        return;
    }
    assert_eq!(
        found, measured,
        "docs/fidelity.md: UNBROKEN_REGENERATE=1 writes it anew"
    );
}

/// SHA-256, as the oracles write it.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes any text");
            text
        })
}
