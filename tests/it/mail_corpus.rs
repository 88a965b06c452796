//! A whole restore of the corpus' mail, in files of its own and in mailboxes, held against Python: how much of what it reads is
//! restored, and what it reads out of the tenant afterwards, without any reader of ours.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use m365_simulator::Faults;
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::oracle::{KNOWN, corpus, verdicts};
use crate::peak::{self, Peak};
use crate::shares::{self, Share, copied};
use crate::tidy::top;

const OWNER: &str = "ada@old.example";

/// What comes back otherwise than Python reads it in the original, and what stands in each that Python's `email` does not open: a
/// `winmail.dat`, whose files come back beside the mail's own (`tnef-unpacked/1`), and an Outlook message file that was named as a
/// mail, which Python takes for one text.
const BEYOND_PYTHON: [(&str, &str, &[u8]); 2] = [
    ("eml", "MimeKit/ukr.eml", b"application/ms-tnef"),
    (
        "eml",
        "mail-parser/mail_outlook_1.eml",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ),
];

/// The places of those of a corpus; each is what it is said to be.
fn beyond_python(name: &str, corpus: &Path) -> BTreeSet<String> {
    let own = BEYOND_PYTHON.iter().filter(|(of, ..)| *of == name);
    own.map(|(_, path, mark)| {
        let bytes = std::fs::read(corpus.join(path)).expect("it is in the corpus");
        let is_so = bytes.windows(mark.len()).any(|found| found == *mark);
        assert!(is_so, "{path}");
        format!("{OWNER}/{path}")
    })
    .collect()
}

/// The locators of what Python reads.
fn readable(source: &Path) -> Vec<String> {
    let rows = verdicts(source).into_iter();
    let readable = rows.filter(|(_, row)| row["readable"] == true);
    readable.map(|(locator, _)| locator).collect()
}

/// What Python found in the tenant.
struct ReadBack {
    /// Messages that are in each field what Python reads in the original.
    equal: usize,
    /// Those in which all that differs is what the oracle knows a reason for.
    explained: BTreeSet<String>,
    /// The others.
    differing: BTreeSet<String>,
    text: String,
}

/// Python reads each message out of the tenant, and in the backup, and compares.
fn read_back(case: &Case, bundle: &str) -> ReadBack {
    let done = Command::new("python3")
        .arg(top().join("tests/clients/read_back_mail.py"))
        .args(["--tenant", &case.running.base_url])
        .args(["11111111-2222-3333-4444-555555555555"])
        .args(["00000000-0000-0000-0000-00000000a001"])
        .arg(case.path("secret"))
        .arg("ada@clean.example")
        .arg(case.source())
        .arg(case.path(bundle))
        .output()
        .expect("python3 runs");
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&done.stderr);
    let (lines, counts) = text
        .trim_end()
        .rsplit_once('\n')
        .unwrap_or(("", text.trim_end()));
    let equal = counts
        .split(", ")
        .find_map(|one| one.strip_suffix(" equal in every field"));
    let equal = equal.unwrap_or_else(|| panic!("{text}\n{errors}"));
    let (mut explained, mut differing) = (BTreeSet::new(), BTreeSet::new());
    for line in lines.lines() {
        let (place, _) = line.split_once(": Python ").expect("what Python reads");
        let (locator, field) = place.rsplit_once(": ").expect("a field");
        let own = locator.strip_prefix(OWNER).expect("below its owner");
        let field = if field == "body" { "body_text" } else { field };
        let is_known = KNOWN.contains(&(own.trim_start_matches('/'), field));
        let of = if is_known {
            &mut explained
        } else {
            &mut differing
        };
        of.insert(locator.to_owned());
    }
    explained.retain(|locator| !differing.contains(locator));
    ReadBack {
        equal: equal.parse().expect("a number"),
        explained,
        differing,
        text,
    }
}

#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
fn expect_restored(name: &str, least: usize) {
    let Some(corpus) = corpus(name) else {
        return;
    };
    let case = Case::without_quotas(Faults::none());
    copied(&corpus, &case.source().join(OWNER));
    case.prepare(OWNER);
    let mut peak = Peak::default();
    let words = "restore CASE --source SOURCE TARGET --without-quotas --workers 16";
    let ended = peak::run(&case, words, &mut peak);
    println!("{name}: restored, {}", peak.shown());
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{stderr}");
    let shares = shares::of_case(&case, name);
    let restored: u64 = shares.iter().map(Share::restored).sum();
    let named = shares::named(&case, "bundle-of-corpus");
    assert_eq!(named.restored.len() as u64, restored, "each by its place");
    let stored = case.inspect().messages("ada@clean.example").len();
    assert_eq!(stored as u64, restored, "in the tenant");
    let read = readable(&case.source());
    let lost: Vec<&String> = read
        .iter()
        .filter(|locator| !named.restored.contains(*locator))
        .collect();
    let ours = read.len() - lost.len();
    println!(
        "{name}: {ours} of {} messages that Python reads are restored",
        read.len()
    );
    assert!(read.len() >= least, "{name}: Python reads {}", read.len());
    assert!(ours * 100 >= read.len() * 98, "{name}: {lost:?}");
    let found = read_back(&case, "bundle-of-corpus");
    let right = found.equal + found.explained.len();
    println!(
        "{name}: {} of them are read back by Python as it reads the originals, {} more differ \
         where it is wrong, {:?} otherwise",
        found.equal,
        found.explained.len(),
        found.differing,
    );
    assert_eq!(right + found.differing.len(), ours, "{}", found.text);
    assert!(right * 100 >= read.len() * 98, "{}", found.text);
    assert_eq!(
        found.differing,
        beyond_python(name, &corpus),
        "{}",
        found.text
    );
    shares::expect_documented(name, &shares);
    shares::expect_left(name, &named.left);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn of_the_mail_files_of_the_corpus_nearly_all_is_restored_and_read_back_by_python() {
    expect_restored("eml", 700);
}

#[test]
fn of_the_mailboxes_of_the_corpus_nearly_all_is_restored_and_read_back_by_python() {
    expect_restored("mbox", 250);
}
