//! The content gate as a person meets it: what a scanner names is held in whatever it lies, a scanner that dies lets nothing
//! pass, and what is held is written only when two others released it.

mod again;
pub(crate) mod clamd;
pub(crate) mod planted;
mod real;

use std::process::Output;

use serde_json::Value;
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::drive::{Kept, OWNER, write_archive};
use crate::tampering::forge::put;
use clamd::{FakeClamd, Mood};
use m365_simulator::Faults;
use planted::{carrying, eicar, macro_document, zip_with};

/// A case with mail and without a plan: the policy has to come first.
fn case(mails: &[(&str, Vec<u8>)]) -> Case {
    let case = Case::without_quotas(Faults::none());
    for (name, bytes) in mails {
        case.plant(name, bytes);
    }
    case.prepare_people("mailbox");
    case
}

fn restore(case: &Case, clamd: &FakeClamd) -> Output {
    case.run(&format!(
        "restore CASE --source SOURCE TARGET --clamd {}",
        clamd.address
    ))
}

#[track_caller]
fn says(output: &Output, code: i32, words: &[&str]) {
    let said = [&output.stderr[..], &output.stdout[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not said: {said}");
    }
}

fn of_type<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| &event["data"]).collect()
}

fn held(case: &Case) -> Vec<(String, bool)> {
    let list: Value = serde_json::from_str(&case.done("release list CASE --json")).expect("JSON");
    let rows = list["held"].as_array().expect("a list");
    let row = |row: &Value| {
        let reason = row["reason"].as_str().expect("a reason").to_owned();
        (reason, row["releasable"] == true)
    };
    let mut rows: Vec<_> = rows.iter().map(row).collect();
    rows.sort();
    rows
}

/// A second approver with a folder of keys of their own.
pub(crate) fn two_approvers(case: &Case) {
    put(&case.path("passphrase"), b"correct horse battery staple\n");
    case.done("keys generate @approver-2.pem --passphrase-file @passphrase");
    case.done(
        "keys enrol CASE --new @approver-2.pem --role approver --person approver-2 \
         --passphrase-file @passphrase",
    );
    std::fs::create_dir(case.path("second")).expect("a folder");
    for name in crate::case::listing(&case.path("case/keys")) {
        let from = case.path("case/keys").join(&name);
        std::fs::copy(from, case.path("second").join(&name)).expect("copied");
    }
    let second = case.path("second/approver.pem");
    std::fs::copy(case.path("approver-2.pem"), second).expect("copied");
}

#[test]
fn what_is_found_is_held_wherever_it_lies_and_two_others_release_it() {
    let clamd = FakeClamd::start(Mood::Looks);
    let case = held_for_everything(&clamd);
    release_macros(&case, &clamd);
    expect_on_record(&case);
}

/// Six mails, five of which are held, each for another reason.
fn held_for_everything(clamd: &FakeClamd) -> Case {
    let case = case(&[
        ("1.eml", mail(1, 0)),
        ("2.eml", carrying(2, "invoice.txt", &eicar())),
        (
            "3.eml",
            carrying(3, "invoice.zip", &zip_with("a/b.txt", &eicar())),
        ),
        ("4.eml", carrying(4, "report.docx", &macro_document())),
        ("5.eml", carrying(5, "setup.exe", b"MZ and so on")),
        ("6.eml", carrying(6, "known.bin", b"known to be bad")),
    ]);
    put(
        &case.path("bad.sha256"),
        planted::digest_line(b"known to be bad").as_bytes(),
    );
    case.done("content set CASE --clamd --hold macro,executable --known-bad @bad.sha256");
    let shown = case.run("plan make CASE --source SOURCE");
    says(&shown, 0, &[]);
    case.done("plan propose CASE");
    let approved = case.run("plan approve CASE --yes");
    says(
        &approved,
        0,
        &[
            "content gate number 1: clamd, a list of known-bad",
            "executable, macro",
        ],
    );
    case.done("plan adopt CASE");
    // Nobody forgets the scanner: without it nothing is begun.
    says(&case.restore(), 12, &["asks for clamd"]);

    says(&restore(&case, clamd), 3, &[]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 1);
    let of = |reason: &str, may| (reason.to_owned(), may);
    assert_eq!(
        held(&case),
        [
            of("content-executable", true),
            of("content-known-bad", false),
            of("content-macro", true),
            of("content-malware", true),
            of("content-malware", true),
        ]
    );
    case
}

fn release_macros(case: &Case, clamd: &FakeClamd) {
    // What is on the list is never released; the rest on the word of two others.
    let never = case.run("release propose CASE --why x");
    says(
        &never,
        12,
        &["content-known-bad is no reason that may be released"],
    );
    two_approvers(case);
    case.done("release propose CASE --reason content-macro --why checked --request @r.request");
    let apply = "release apply CASE --request @r.request";
    says(&case.run(apply), 12, &["0 other people"]);
    let approve = "release approve CASE --request @r.request --yes";
    says(
        &case.run(approve),
        0,
        &["a project or a macro sheet", "vbaProject.bin", "checked"],
    );
    says(&case.run(apply), 12, &["1 other people"]);
    let second = "--keys @second --passphrase-file @passphrase";
    case.done(&format!("{approve} {second}"));
    case.done(apply);
    says(&case.run(apply), 12, &[]);
    says(&restore(case, clamd), 3, &[]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 2);
    assert_eq!(held(case).len(), 4);
}

fn expect_on_record(case: &Case) {
    // The record names who looked, with what, before anything was written, and the release in the intent.
    let events = case.events("bundle");
    let scanned = of_type(&events, "ContentScanned/1");
    assert_eq!(scanned.len(), 7, "each once, the released one once more");
    for one in &scanned {
        let all = one["scanners"].as_array().expect("a list");
        let clamd = all
            .iter()
            .find(|scanner| scanner["name"] == "clamd")
            .expect("it was asked");
        assert_eq!(clamd["version"], "0.0.fake");
        assert_eq!(clamd["database"], "7 of Sun Nov 29 00:00:00 2026");
    }
    let released = of_type(&events, "ItemsReleased/1");
    let intents = of_type(&events, "ItemAttempted/1");
    let named = intents
        .iter()
        .filter_map(|intent| intent["release"].as_str());
    assert_eq!(
        named.collect::<Vec<_>>(),
        [released[0]["proposal"].as_str().expect("named")]
    );
    let passed = of_type(&events, "ContentScanned/1");
    let let_pass = passed
        .iter()
        .filter(|one| one["let_pass"] == serde_json::json!(["macro"]));
    assert_eq!(let_pass.count(), 1);
    // The counts agree with each other, although an item was held and then restored.
    case.done("reconcile CASE");
    case.done("ledger check CASE");
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{verdict:?}");
}

/// Another signature of the same class, in the same content: the release was for what two people saw.
#[test]
fn what_was_released_is_held_again_for_whatever_nobody_saw() {
    let clamd = FakeClamd::start(Mood::Looks);
    let case = case(&[("1.eml", carrying(1, "invoice.txt", &eicar()))]);
    case.done("content set CASE --clamd");
    case.plan();
    two_approvers(&case);
    says(&restore(&case, &clamd), 3, &[]);
    release_all(&case, "@one.request");

    let other = FakeClamd::start(Mood::Says("stream: Another-Signature FOUND"));
    says(&restore(&case, &other), 3, &[]);
    let written = || case.inspect().messages("ada@clean.example").len();
    assert_eq!(written(), 0, "nobody saw what is found now");
    assert_eq!(held(&case), [("content-malware".to_owned(), true)]);
    let used = case.run("release apply CASE --request @one.request");
    says(&used, 20, &["is no longer what was found"]);

    // For what is seen now they may let it pass, and for nothing that was seen before.
    release_all(&case, "@two.request");
    says(&restore(&case, &other), 0, &[]);
    assert_eq!((written(), held(&case)), (1, Vec::new()));
    let events = case.events("bundle");
    let verdicts = of_type(&events, "ContentScanned/1");
    let let_pass: Vec<usize> = verdicts
        .iter()
        .map(|one| one["let_pass"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(let_pass, [0, 0, 1]);
    assert_ne!(verdicts[0]["sight"], verdicts[1]["sight"]);
    assert_eq!(verdicts[1]["sight"], verdicts[2]["sight"]);
    case.done("reconcile CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// Asks for all that is held, and two others approve.
fn release_all(case: &Case, request: &str) {
    case.done(&format!(
        "release propose CASE --why checked --request {request}"
    ));
    let approve = format!("release approve CASE --request {request} --yes");
    case.done(&approve);
    case.done(&format!(
        "{approve} --keys @second --passphrase-file @passphrase"
    ));
    case.done(&format!("release apply CASE --request {request}"));
}

#[test]
fn a_scanner_that_dies_lets_nothing_pass_and_what_it_missed_is_looked_at_again() {
    let mails: Vec<(String, Vec<u8>)> = (1..=6)
        .map(|number| (format!("{number}.eml"), mail(number, 0)))
        .collect();
    let mails: Vec<(&str, Vec<u8>)> = mails
        .iter()
        .map(|(name, bytes)| (&**name, bytes.clone()))
        .collect();
    let case = case(&mails);
    case.done("content set CASE --clamd");
    case.plan();
    let dying = FakeClamd::start(Mood::DiesAfter(3));
    says(&restore(&case, &dying), 3, &[]);
    let written = case.inspect().messages("ada@clean.example").len();
    assert!(written <= 2, "{written} were written");
    let unseen = held(&case);
    assert_eq!(unseen.len(), 6 - written);
    assert!(
        unseen
            .iter()
            .all(|(reason, may)| reason == "content-not-scanned" && !may)
    );
    // It is not there at all: nothing is begun.
    says(
        &restore(&case, &dying),
        12,
        &["clamd does not answer", "nothing was begun"],
    );
    // Nobody waves through what was not seen.
    let waved = case.run("release propose CASE --why x");
    says(&waved, 12, &["content-not-scanned is no reason"]);

    let alive = FakeClamd::start(Mood::Looks);
    let done = restore(&case, &alive);
    says(&done, 0, &[]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 6);
    assert_eq!(held(&case), []);
    case.done("reconcile CASE");
    case.done("ledger check CASE");
}

#[test]
fn whatever_is_no_documented_answer_is_no_answer_and_the_run_stops_when_the_policy_says_so() {
    let case = case(&[("1.eml", mail(1, 0)), ("2.eml", mail(2, 0))]);
    case.done("content set CASE --clamd --unscanned stop");
    case.plan();
    for mood in [
        Mood::Says("stream: fine"),
        Mood::Says("stream: OK\nERROR"),
        Mood::Hangs,
    ] {
        let lying = FakeClamd::start(mood);
        says(&restore(&case, &lying), 12, &["says that the run stops"]);
        assert_eq!(
            case.inspect().messages("ada@clean.example").len(),
            0,
            "{mood:?}"
        );
    }
    // A stream that is too long for it is not looked into; that is no fault of the scanner's.
    let small = FakeClamd::start(Mood::TakesNoStream);
    says(&restore(&case, &small), 3, &[]);
    let reasons = held(&case);
    assert!(
        reasons
            .iter()
            .all(|(reason, may)| reason == "content-not-whole" && *may),
        "{reasons:?}"
    );
}

/// Files and each of their older versions go through the same gate.
#[test]
fn what_lies_in_a_file_or_in_an_older_version_of_one_is_held() {
    let clamd = FakeClamd::start(Mood::Looks);
    let case = files(&clamd.address);
    expect_files_held(&case);
}

/// A drive of four files, restored with the scanner at an address.
fn files(address: &str) -> Case {
    let case = Case::without_quotas(Faults::none());
    let kept = |name, versions: &[&[u8]]| Kept {
        name,
        versions: versions.iter().map(|bytes| bytes.to_vec()).collect(),
    };
    let files = vec![
        kept("plain.txt", &[b"one", b"two"]),
        kept("letter.txt", &[&eicar()]),
        kept("older.txt", &[&eicar(), b"clean since"]),
        kept("packed.zip", &[&zip_with("a/b.txt", &eicar())]),
    ];
    write_archive(&case.source(), &[("2019-01-01T00:00:00Z", files)]);
    case.prepare_people(OWNER);
    case.done("content set CASE --clamd");
    case.plan();
    says(
        &case.run(&format!(
            "restore CASE --source SOURCE TARGET --clamd {address}"
        )),
        3,
        &[],
    );
    case
}

fn expect_files_held(case: &Case) {
    let there = case.inspect().files("ada@clean.example");
    let paths: Vec<&str> = there.iter().map(|file| &*file.path).collect();
    assert!(
        matches!(paths[..], [one] if one.ends_with("plain.txt")),
        "{paths:?}"
    );
    assert_eq!(held(case), vec![("content-malware".to_owned(), true); 3]);
    let shown = case.done("release list CASE");
    assert!(shown.contains("version 1 of 2/older.txt"), "{shown}");
}

#[test]
fn yara_rules_and_the_policy_are_refused_or_used_as_they_stand() {
    let case = case(&[
        ("1.eml", mail(1, 0)),
        (
            "2.eml",
            carrying(2, "a.zip", &zip_with("b/c", b"the needle in it")),
        ),
    ]);
    put(&case.path("bad.yar"), b"include \"/etc/passwd\"");
    says(
        &case.run("content set CASE --yara @bad.yar"),
        1,
        &["bad.yar: no YARA rules"],
    );
    says(&case.run("content set CASE"), 12, &["looks for something"]);
    put(&case.path("list"), b"xyz\n");
    says(
        &case.run("content set CASE --known-bad @list"),
        1,
        &["list: line 1"],
    );
    case.done("plan make CASE --source SOURCE");
    put(
        &case.path("good.yar"),
        b"rule planted { strings: $a = \"the needle\" condition: $a }",
    );
    case.done("content set CASE --yara @good.yar");
    says(
        &case.run("content show CASE"),
        0,
        &["in force   none", "next plan  number 1: YARA rules"],
    );
    case.plan();
    says(&case.restore(), 3, &[]);
    assert_eq!(held(&case), [("content-malware".to_owned(), true)]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 1);
}
