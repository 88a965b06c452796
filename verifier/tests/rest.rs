//! What a verdict says of the files that the bag's manifest alone covers (section 11.2), and of a report that an entry names.

#![allow(dead_code, reason = "other suites use the rest of the forge")]

#[path = "forge/forge.rs"]
mod forge;

use forge::chain::{Chain, event};
use forge::place::{Files, bagged, full, put};
use forge::sound::{origin, sound};
use forge::{hex, id, sha256};
use unbroken_verify::{Options, Verdict, VerdictKind, verify};

const SALT: &[u8] = b"0123456789abcdef0123456789abcdef";
const REPORT: [(&str, &[u8]); 2] = [("report.json", b"{}"), ("csv/items.csv", b"1,2\n")];

/// The sound ledger with a report behind it, and the bundle that shows it, changed before its manifests are made.
fn judge(salt: &[u8], edit: impl Fn(&mut Files)) -> Verdict {
    let mut chain = Chain::of(&origin(), &sound());
    let mut files: Vec<String> = REPORT
        .iter()
        .map(|(name, bytes)| format!("\"{name}\":\"{}\"", hex(&sha256(&[salt, bytes].concat()))))
        .collect();
    files.sort();
    let data = format!("{{\"files\":{{{}}}}}", files.join(","));
    // Whoever the policy names may say so; here it is the operator, by a type that needs no approval.
    let policy = forge::sound::policy(forge::sound::ONE_APPROVAL).replace(
        "\"PlanAdopted/1\":[",
        "\"PlanAdopted/1\":[\"operator\"],\"ReportIssued/1\":[",
    );
    let changed = format!("{{\"policy\":{policy},\"threshold\":2}}");
    chain.add(&event(
        "keys",
        "PolicyChanged",
        &changed,
        &forge::by_id(vec![1, 2]),
    ));
    let case = format!("case/{}", id(6));
    chain.add(&event(&case, "ReportIssued/1", &data, &[6]));
    let mut bag = full(&chain, chain.note().as_bytes(), &[]);
    for (name, bytes) in REPORT {
        bag.insert(format!("data/report/{name}"), bytes.to_vec());
    }
    if !salt.is_empty() {
        bag.insert("data/report/salt".to_owned(), salt.to_vec());
    }
    edit(&mut bag);
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &bagged(bag));
    let verdict = verify(folder.path(), &Options::default()).expect("readable");
    assert_eq!(
        verdict.kind,
        VerdictKind::NotAnchored,
        "{}",
        verdict.to_text()
    );
    verdict
}

fn says(verdict: &Verdict, line: &str) -> bool {
    verdict.to_text().lines().any(|said| said == line)
}

const ISSUED: &str = "holds        data/report: it is the one that entry 11 issued";
const COVERED: &str = "not checked  whether these are as they were exported; the bag's manifest \
                       alone covers them, which anybody can make anew: ";
const UNSIGNED: &str =
    "not checked  who made the bag's manifest: there is no manifest-sha256.txt.sig";

#[test]
fn a_report_that_an_entry_names_is_said_to_be_that() {
    for salt in [SALT, b""] {
        let verdict = judge(salt, |_| {});
        assert!(says(&verdict, ISSUED), "{}", verdict.to_text());
        assert!(says(&verdict, UNSIGNED), "{}", verdict.to_text());
        assert!(!verdict.to_text().contains("manifest alone"));
    }
}

#[test]
fn a_report_that_was_changed_is_not_checked() {
    let edits: [fn(&mut Files); 5] = [
        |bag| drop(bag.insert("data/report/report.json".to_owned(), b"{ }".to_vec())),
        |bag| drop(bag.insert("data/report/more.csv".to_owned(), b"1\n".to_vec())),
        |bag| drop(bag.remove("data/report/csv/items.csv")),
        |bag| drop(bag.remove("data/report/salt")),
        |bag| drop(bag.insert("data/report/salt".to_owned(), vec![b'0'; 65])),
    ];
    for edit in edits {
        let verdict = judge(SALT, edit);
        let line = format!("{COVERED}data/report");
        assert!(says(&verdict, &line), "{}", verdict.to_text());
        assert!(!verdict.to_text().contains("issued"));
    }
}

/// Whoever takes the report out and makes the manifests anew leaves an entry that names it.
#[test]
fn a_report_that_was_taken_out_is_missed() {
    let missing = "not checked  not here: the report that entry 11 issued";
    let verdict = judge(SALT, |bag| {
        bag.retain(|name, _| !name.starts_with("data/report"));
    });
    assert!(says(&verdict, missing), "{}", verdict.to_text());
    let whole = judge(SALT, |_| {});
    assert!(!whole.to_text().contains("not here"), "{}", whole.to_text());
}

/// A file that the reader brought is not the record's: whatever stands in it, the record is not invalid for it.
#[test]
fn a_wrong_trust_file_is_no_verdict_on_the_record() {
    let chain = Chain::of(&origin(), &sound());
    let folder = tempfile::tempdir().expect("a folder");
    put(
        folder.path(),
        &bagged(full(&chain, chain.note().as_bytes(), &[])),
    );
    let right = forge::trust_file(&origin(), 4);
    for text in ["", "secret\n", "\u{feff}\u{feff}"] {
        let beside = tempfile::tempdir().expect("a folder");
        let bring = |text: &str| {
            let trust = Files::from([("trust".to_owned(), text.as_bytes().to_vec())]);
            put(beside.path(), &trust);
        };
        bring(text);
        let options = Options {
            trust: Some(beside.path().join("trust")),
            ..Options::default()
        };
        let error = verify(folder.path(), &options).expect_err("no verdict");
        assert_eq!(error.exit_code(), 1, "{text:?}");
        let said = error.to_string();
        assert!(
            said.contains("no trust file") && said.contains("trust/form"),
            "{said}"
        );
        assert!(said.contains("nothing is said of the record"), "{said}");
        // A mail program's byte order mark is no mistake of the reader's.
        bring(&format!("\u{feff}{right}"));
        let verdict = verify(folder.path(), &options).expect("a verdict");
        assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
        let read = "read         bundle (full: every entry; 0 facts disclosed)";
        assert!(says(&verdict, read), "{}", verdict.to_text());
    }
}

#[test]
fn what_else_lies_there_is_listed() {
    let verdict = judge(SALT, |bag| {
        for name in ["verify.html", "case/x", "case.jsonld", "a\u{1b}[31m"] {
            bag.insert(format!("data/{name}"), b"x".to_vec());
        }
    });
    let line =
        format!("{COVERED}data/a\u{fffd}[31m, data/case, data/case.jsonld, data/verify.html");
    assert!(says(&verdict, &line), "{}", verdict.to_text());
    assert!(says(&verdict, ISSUED), "{}", verdict.to_text());
    let many = judge(SALT, |bag| {
        for number in 10..40 {
            bag.insert(format!("data/{number}"), b"x".to_vec());
        }
    });
    assert!(
        many.to_text().contains("data/25, 14 more\n"),
        "{}",
        many.to_text()
    );
}
