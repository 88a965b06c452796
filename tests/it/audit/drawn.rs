//! Samples that a stranger draws again, and lines that a SIEM takes: held by other people's tools where they are there.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use unbroken_verify::{Options, verify};

use super::{finished, json};
use crate::case::Case;
use crate::tampering::forge::put;

/// Python with a script of ours: the one that `.ci/run` gave the packages of requirements.txt, where it did.
fn python(script: &str) -> Option<Command> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../ci-python/bin/python");
    let program = if target.exists() {
        target.into_os_string()
    } else {
        "python3".into()
    };
    let found = Command::new(&program).arg("--version").output();
    found.ok()?;
    let mut command = Command::new(program);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    command.arg(scripts.join(script));
    Some(command)
}

/// A full bundle of the case as it is now.
fn bundle(case: &Case) -> std::path::PathBuf {
    let out = case.path("bundle");
    case.done(&format!("bundle export CASE --out {}", out.display()));
    out
}

fn redraw(bundle: &Path, sample: &Path) -> Option<(bool, String)> {
    let said: Output = python("redraw_sample.py")?
        .arg(bundle)
        .arg(sample)
        .output()
        .expect("python3 starts");
    let text = [said.stdout, said.stderr].concat();
    Some((said.status.success(), String::from_utf8_lossy(&text).into()))
}

#[test]
fn a_stranger_draws_the_same_sample_from_the_bundle_and_sees_what_was_changed() {
    let (case, _) = finished();
    for (name, options) in [
        ("plain", "--seed dice-6-3-5 --n 2 --disclose"),
        ("by-outcome", "--seed dice-6-3-5 --n 1 --stratify outcome"),
        ("by-workload", "--seed 7 --n 100 --stratify workload"),
    ] {
        let out = case.path(name).display().to_string();
        let said = case.done(&format!("sample CASE {options} --out {out}"));
        assert!(said.starts_with("population  3 items, SHA-256 "), "{said}");
    }
    let bundle = bundle(&case);
    let Some((holds, said)) = redraw(&bundle, &case.path("plain")) else {
        eprintln!("skipped: python3 is needed");
        return;
    };
    assert!(holds && said.starts_with("the same 2 of 3 items"), "{said}");
    assert!(!said.contains(" 0 facts"), "{said}");
    for (name, number) in [("by-outcome", 2), ("by-workload", 3)] {
        let (holds, said) = redraw(&bundle, &case.path(name)).expect("as before");
        let expected = format!("the same {number} of 3 items");
        assert!(holds && said.starts_with(&expected), "{name}: {said}");
    }
    for (what, change) in CHANGES {
        let copy = case.path(what);
        copy_folder(&case.path("plain"), &copy);
        change(&copy);
        let (holds, said) = redraw(&bundle, &copy).expect("as before");
        assert!(!holds && said.contains("DIFFERS"), "{what}: {said}");
    }
}

type Change = fn(&Path);
const CHANGES: [(&str, Change); 4] = [
    ("another-seed", |sample| {
        edit(&sample.join("sample.json"), "dice-6-3-5", "dice-6-3-4");
    }),
    ("a-smaller-population", |sample| {
        edit(
            &sample.join("sample.json"),
            "\"population\": 3",
            "\"population\": 2",
        );
    }),
    ("another-entry", |sample| {
        let file = first(sample, ".json");
        let mut bytes = std::fs::read(&file).expect("read");
        let last = bytes.len() - 40;
        bytes[last] ^= 1;
        put(&file, &bytes);
    }),
    ("another-proof", |sample| {
        let file = first(sample, ".tlog-proof");
        let text = std::fs::read_to_string(&file).expect("read");
        let hash = text.lines().nth(2).expect("a hash").to_owned();
        let other = if hash.starts_with('A') { 'B' } else { 'A' };
        let changed = format!("{other}{}", &hash[1..]);
        put(&file, text.replacen(&hash, &changed, 1).as_bytes());
    }),
];

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).expect("read");
    assert!(text.contains(from), "{text}");
    put(path, text.replacen(from, to, 1).as_bytes());
}

fn first(sample: &Path, ending: &str) -> std::path::PathBuf {
    let mut found = Vec::new();
    for item in std::fs::read_dir(sample.join("items")).expect("listed") {
        for file in std::fs::read_dir(item.expect("an item").path()).expect("listed") {
            let path = file.expect("a file").path();
            if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found.swap_remove(0)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("made");
    for entry in std::fs::read_dir(from).expect("listed") {
        let path = entry.expect("an entry").path();
        let copy = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            std::fs::copy(&path, &copy).expect("copied");
        }
    }
}

#[test]
fn a_drawn_entry_is_verified_alone_and_bad_requests_write_nothing() {
    let (case, _) = finished();
    let out = case.path("sample");
    let asked = format!("sample CASE --seed 1 --n 1 --out {}", out.display());
    let said = json(&case.done(&format!("{asked} --json")));
    assert_eq!(said["drawn"].as_array().map(Vec::len), Some(1));
    let trust = case.path("trust");
    put(&trust, case.done("ledger trust CASE").as_bytes());
    let proof = first(&out, ".tlog-proof");
    let entry = first(&out, ".json");
    let options = Options {
        trust: Some(trust),
        entry: Some(entry),
        ..Options::default()
    };
    let verdict = verify(&proof, &options).expect("read");
    assert_eq!(verdict.kind.exit_code(), 0, "{verdict:?}");
    assert_eq!(
        case.run(&asked).status.code(),
        Some(1),
        "over what is there"
    );
    for (bad, code) in [
        ("--seed 1 --n 0", 2),
        ("--n 1", 2),
        ("--seed 1 --n 1 --custodian NOBODY!", 1),
        ("--seed 1 --n 1 --custodian nobody", 1),
    ] {
        let other = case.path("other");
        let refused = case.run(&format!("sample CASE {bad} --out {}", other.display()));
        assert_eq!(refused.status.code(), Some(code), "{bad}");
        assert!(!other.exists(), "{bad}");
    }
}

#[test]
fn a_siem_takes_every_line_and_the_redacted_ones_hold_nothing_personal() {
    let (case, seen) = finished();
    let redacted = case.done("export siem CASE --format ocsf");
    let size = seen[2]["as_of"].as_u64().expect("a size");
    assert_eq!(redacted.lines().count() as u64, size);
    // What a wave's quota is called, which is no custodian's name.
    let but_quotas = redacted.replace("of a mailbox", "");
    for personal in [
        "old.example",
        "clean.example",
        "subject-of-two",
        "mailbox",
        ".eml",
    ] {
        assert!(!but_quotas.contains(personal), "{personal}");
    }
    let full = case.done("export siem CASE --format ocsf --edition full");
    assert!(full.contains("clean.example") && full.contains("2.eml"));
    let lines: Vec<Value> = redacted.lines().map(json).collect();
    for (index, line) in (0u64..).zip(&lines) {
        assert_eq!(line["metadata"]["sequence"], index);
    }
    let restored = lines
        .iter()
        .find(|line| line["api"]["operation"] == "ItemRestored/1")
        .expect("one was restored");
    assert_eq!(restored["type_uid"], 600_301);
    assert_eq!(restored["actor"]["user"]["name"], "worker");
    let rest = case.done(&format!(
        "export siem CASE --format ocsf --from {}",
        size - 2
    ));
    assert_eq!(rest.lines().count(), 2);
    for text in [redacted, full] {
        let Some(mut check) = python("check_ocsf.py") else {
            eprintln!("skipped: python3 is needed");
            return;
        };
        let mut child = check
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut input = child.stdin.take().expect("piped");
        // A script that leaves itself out closes the pipe.
        let _closed = std::io::Write::write_all(&mut input, text.as_bytes());
        drop(input);
        let said = child.wait_with_output().expect("it ends");
        if said.status.code() == Some(77) {
            eprintln!("skipped: ocsf-json-schema and jsonschema are needed");
            return;
        }
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{complaint}");
    }
}
