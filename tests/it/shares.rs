//! The tables of docs/fidelity.md that say what share of a corpus was restored: measured by a whole restore, held to the page,
//! and written anew where `UNBROKEN_REGENERATE` is set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::case::Case;
use crate::tampering::forge::Bundle;
use crate::tidy::top;

/// Two tests that write the page anew do so one after the other.
static PAGE: Mutex<()> = Mutex::new(());

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

/// What the record says of single items.
pub(crate) struct Named {
    /// The places in the source of those that were restored.
    pub(crate) restored: BTreeSet<String>,
    /// How many of the others have which outcome and reason.
    pub(crate) left: BTreeMap<String, u64>,
}

/// What a bundle of the case shows to whoever receives it: our own reading of the source has no part in it.
pub(crate) fn named(case: &Case, bundle: &str) -> Named {
    let events = case.events(bundle);
    let mut found = Named {
        restored: BTreeSet::new(),
        left: BTreeMap::new(),
    };
    for event in &events {
        let outcome = match event["type"].as_str() {
            Some("ItemFailed/1") => "failed",
            Some("ItemHeld/1") => "held",
            Some("ItemSkipped/1") => "skipped",
            _ => continue,
        };
        let reason = event["data"]["reason"].as_str().expect("a reason");
        *found
            .left
            .entry(format!("{outcome} `{reason}`"))
            .or_default() += 1;
    }
    for (index, name, value) in disclosures(&case.path(bundle)) {
        let event = &events[index];
        if event["type"] == "ItemRestored/1" && name == "locator" {
            found.restored.insert(value);
        }
    }
    found
}

/// By its place in the source, each item that was restored: what its event says, and its id in the target.
pub(crate) fn restored(case: &Case, bundle: &str) -> BTreeMap<String, (Value, String)> {
    let events = case.events(bundle);
    let (mut places, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for (index, name, value) in disclosures(&case.path(bundle)) {
        if events[index]["type"] != "ItemRestored/1" {
            continue;
        }
        match &*name {
            "locator" => assert_eq!(places.insert(value, index), None, "restored twice"),
            "target_id" => drop(ids.insert(index, value)),
            _ => {}
        }
    }
    let all = places.into_iter().map(|(place, index)| {
        let id = ids.get(&index).cloned().unwrap_or_default();
        (place, (events[index]["data"].clone(), id))
    });
    all.collect()
}

/// Whether an event names that change.
pub(crate) fn declares(data: &Value, transform: &str) -> bool {
    let all = data["transforms"].as_array().expect("a list");
    all.iter().any(|one| one == transform)
}

/// Each fact of a bundle that is a text: the entry's index, its name, its value.
fn disclosures(bundle: &Path) -> Vec<(usize, String, String)> {
    let mut all = Vec::new();
    for (path, bytes) in &Bundle::read(bundle).files {
        if !path.starts_with("data/disclosures/") {
            continue;
        }
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).expect("a line");
            let encoded = row["disclosure"].as_str().expect("a disclosure");
            let bytes = Base64UrlUnpadded::decode_vec(encoded).expect("base64url");
            let fact: Value = serde_json::from_slice(&bytes).expect("JSON");
            let index = row["index"]
                .as_u64()
                .and_then(|at| usize::try_from(at).ok());
            if let (Some(name), Some(value)) = (fact[1].as_str(), fact[2].as_str()) {
                all.push((index.expect("an index"), name.to_owned(), value.to_owned()));
            }
        }
    }
    all
}

/// Holds the table between `<!-- shares: NAME -->` and `<!-- /shares: NAME -->` to what was measured.
pub(crate) fn expect_documented(name: &str, shares: &[Share]) {
    expect_block("shares", name, &table(shares));
}

/// The same for the line of what was not restored, and why.
pub(crate) fn expect_left(name: &str, left: &BTreeMap<String, u64>) {
    let all: Vec<String> = left
        .iter()
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    let line = match &all[..] {
        [] => "Nothing was left.".to_owned(),
        all => format!("Not restored: {}.", all.join(", ")),
    };
    expect_block("left", name, &format!("{line}\n"));
}

fn expect_block(kind: &str, name: &str, measured: &str) {
    let _alone = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = top().join("docs/fidelity.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (open, close) = (
        format!("<!-- {kind}: {name} -->\n"),
        format!("<!-- /{kind}: {name} -->"),
    );
    let (before, rest) = page.split_once(&open).expect("the block's begin is marked");
    let (found, after) = rest.split_once(&close).expect("the block's end is marked");
    if std::env::var_os("UNBROKEN_REGENERATE").is_some() {
        std::fs::write(&path, format!("{before}{open}{measured}{close}{after}")).expect("written");
        return;
    }
    assert_eq!(
        found, measured,
        "docs/fidelity.md: UNBROKEN_REGENERATE=1 writes it anew"
    );
}

/// Copies a tree; how many files it has.
pub(crate) fn copied(from: &Path, to: &Path) -> u64 {
    std::fs::create_dir_all(to).expect("a folder");
    let mut files = 0;
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let goal = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            files += copied(&path, &goal);
        } else {
            std::fs::copy(&path, goal).expect("copied");
            files += 1;
        }
    }
    files
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
