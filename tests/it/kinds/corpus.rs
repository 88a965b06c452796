//! Every calendar and card of the corpus through a whole restore: plan, engine and record. Counted by kind and outcome, and held
//! against what Python's `icalendar` and `vobject` read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use m365_simulator::Faults;
use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::left_out::{left_out, python};
use crate::peak::{self, Peak};
use crate::shares::{self, Named, Share, copied};
use crate::tidy::top;

pub(super) const ADA: &str = "ada@clean.example";
const OWNER: &str = "ada@old.example";

/// What Python's libraries read, by file; `None` where they are not here.
fn oracle(folder: &Path) -> Option<BTreeMap<String, usize>> {
    let python = python("icalendar, vobject")?;
    let done = Command::new(&python)
        .arg(top().join("tests/oracle/ics_vcf.py"))
        .arg(folder)
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let text = String::from_utf8(done.stdout).expect("the oracle writes ASCII");
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let items = row["items"].as_u64().unwrap_or(0);
        let items = usize::try_from(items).expect("a number of items");
        (row["path"].as_str().expect("a path").to_owned(), items)
    });
    Some(rows.collect())
}

/// Of what the libraries read, how much the record calls restored, and how much there is.
fn held_against(read: &BTreeMap<String, usize>, named: &Named) -> (usize, usize) {
    let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
    for locator in &named.restored {
        let (file, _) = locator.rsplit_once('#').unwrap_or((locator, ""));
        *by_file.entry(file).or_default() += 1;
    }
    let ours = read.iter().map(|(file, items)| {
        // More than they read in one file makes up for nothing in another.
        (*items).min(by_file.get(file.as_str()).copied().unwrap_or(0))
    });
    (ours.sum(), read.values().sum())
}

#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
fn expect_restored(name: &str, least: usize) {
    let corpus = top().join("../shared/corpus").join(name);
    if !corpus.is_dir() {
        left_out(&format!("no ../shared/corpus/{name}"));
        return;
    }
    let case = Case::without_quotas(Faults::none());
    copied(&corpus, &case.source().join(OWNER));
    case.prepare(OWNER);
    let mut peak = Peak::default();
    let words = "restore CASE --source SOURCE TARGET --without-quotas --workers 16";
    let ended = peak::run(&case, words, &mut peak);
    println!("{name}: restored, {}", peak.shown());
    let stderr = String::from_utf8_lossy(&ended.stderr);
    // Three: some of it is no calendar and no card, and the program says so.
    assert_eq!(ended.status.code(), Some(3), "{stderr}");
    assert_eq!(case.inspect().invitations(), 0, "nobody is invited");
    let shares = shares::of_case(&case, name);
    let restored: u64 = shares.iter().map(Share::restored).sum();
    let named = shares::named(&case, "bundle-of-corpus");
    assert_eq!(named.restored.len() as u64, restored, "each by its place");
    // A series that was changed is more than one thing in the tenant.
    let stored = case.inspect().items(ADA).len() as u64;
    assert!(stored >= restored, "{stored} stored, {restored} restored");
    if let Some(read) = oracle(&case.source()) {
        let (ours, read) = held_against(&read, &named);
        println!("{name}: {ours} of the {read} items that the oracle reads are restored");
        assert!(read >= least, "{name}: the oracle reads {read} items");
        assert!(ours * 100 >= read * 98, "{name}: {ours} of {read}");
    }
    shares::expect_documented(name, &shares);
    shares::expect_left(name, &named.left);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn of_the_calendars_of_the_corpus_nearly_all_is_restored_and_the_rest_is_named() {
    expect_restored("ics", 3_000);
}

#[test]
fn of_the_cards_of_the_corpus_nearly_all_are_restored_and_the_rest_is_named() {
    expect_restored("vcf", 80);
}
