//! One custodian's story is handed out: nothing of anybody else's is in it, and the verifier says what it rests on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use unbroken_ledger::{SystemDisk, Value, Vault, VaultKey};

use crate::traces::{Traces, files};

/// Where programs that are run in a folder leave what is temporary.
pub(crate) fn temp(folder: &Path) -> PathBuf {
    folder.join("temp")
}

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, words: &[&str]) -> Output {
    let temp = temp(folder);
    std::fs::create_dir_all(&temp).expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_unbroken"))
        .args(words)
        .current_dir(folder)
        .env("TMPDIR", temp)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program can be started")
}

#[track_caller]
pub(crate) fn done(folder: &Path, words: &[&str]) -> String {
    let output = run(folder, words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A finished case of three custodians.
pub(crate) fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["demo", "--out", "case"]);
    folder
}

/// The vault of a case as its host opens it.
pub(crate) fn vault(case: &Path, origin: &str) -> Vault {
    let key = std::fs::read(case.join("keys/vault.key")).expect("a key");
    let key = VaultKey::from_bytes(key.try_into().expect("32 bytes"));
    Vault::open(SystemDisk::shared(), &case.join("ledger"), origin, key).expect("opened")
}

pub(crate) fn origin(case: &Path) -> String {
    let note = std::fs::read_to_string(case.join("ledger/checkpoint")).expect("a note");
    note.lines().next().expect("its first line").to_owned()
}

fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(_, item)| strings(item, found)),
        Value::Bool(_) | Value::Integer(_) => {}
    }
}

/// Every string in the facts about a subject.
pub(crate) fn facts(vault: &Vault, subject: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kept in vault.facts(subject).expect("opened") {
        strings(kept.disclosure.value(), &mut found);
    }
    found
}

/// What is said of these and of nobody else.
pub(crate) fn only(own: &BTreeSet<String>, others: &BTreeSet<String>) -> BTreeSet<String> {
    let shared = |text: &&String| others.iter().any(|other| other.contains(&***text));
    own.iter().filter(|text| !shared(text)).cloned().collect()
}

#[test]
fn nothing_of_anybody_else_is_in_a_disclosure() {
    let folder = demo();
    let case = folder.path().join("case");
    for (out, more) in [("alone", None), ("with", Some("--with-case"))] {
        let mut words = vec!["--json", "disclose", "--case", "case", "--out", out];
        words.extend(["--custodian", "ALICE@harbour-old.example"]);
        words.extend(more);
        let said: serde_json::Value =
            serde_json::from_str(&done(folder.path(), &words)).expect("JSON");
        assert_eq!(said["verdict"]["verdict"], "valid", "{said}");
        let alice = said["custodian"].as_str().expect("a pseudonym");
        let vault = vault(&case, &origin(&case));
        let own = facts(&vault, alice);
        let mut others = BTreeSet::new();
        for subject in vault.subjects().expect("listed") {
            if subject != alice {
                others.extend(facts(&vault, &subject));
            }
        }
        let mut traces = Traces::default();
        // The page of the format stands in every bundle, and says `rehearsal` as a fact may.
        let page = include_str!("../../docs/ledger-format.md");
        let mut foreign = only(&others, &own);
        foreign.retain(|text| !page.contains(text));
        assert!(foreign.len() > 100, "{}", foreign.len());
        assert!(foreign.iter().any(|text| text.contains("bob@harbour-old")));
        for text in &foreign {
            traces.text(text);
        }
        let bundle = folder.path().join(out);
        assert_eq!(
            traces.below(std::slice::from_ref(&bundle)),
            Vec::<String>::new()
        );
        assert!(
            !traces.below(&[case.join("bundle")]).is_empty(),
            "it can find them"
        );
        let mut hers = Traces::default();
        for text in &only(&own, &others) {
            hers.text(text);
        }
        assert!(
            !hers.below(std::slice::from_ref(&bundle)).is_empty(),
            "her own are shown"
        );
        assert!(no_plan_is_in(&bundle), "a plan names every custodian");
        assert!(!no_plan_is_in(&case.join("bundle")), "it can find one");
        let holds = said["verdict"]["holds"].to_string();
        assert!(
            holds.contains("completeness rests on the StreamHeads"),
            "{holds}"
        );
        assert!(
            holds.contains(&format!("custodian/{alice}: all of its")),
            "{holds}"
        );
    }
}

fn no_plan_is_in(bundle: &Path) -> bool {
    let is_plan = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let is_object = path.to_string_lossy().contains("/objects/");
        is_object && text.lines().any(|line| line.split(' ').count() == 3)
    };
    !files(bundle).iter().any(is_plan)
}
