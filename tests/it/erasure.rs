//! A custodian is erased: with all that is left of the case and every key of it, nothing of the custodian can be read.

use std::path::Path;

use unbroken_ledger::{Objects, SystemDisk};

use crate::disclose::{demo, done, facts, only, origin, run, vault};
use crate::traces::{Traces, files};

const WHO: &str = "alice@harbour-old.example";

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).expect("below it"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        std::fs::copy(&path, &target).expect("copied");
    }
}

/// Whoever is erased, with what a copy of the ledger from before still knows.
struct Before {
    alice: String,
    traces: Traces,
}

fn before(case: &Path, old: &Path) -> Before {
    copy(case, old);
    let vault = vault(old, &origin(case));
    let subjects = vault.subjects().expect("listed");
    let is_hers = |subject: &&String| facts(&vault, subject).contains(WHO);
    let alice = subjects.iter().find(is_hers).expect("known").clone();
    let mut others = std::collections::BTreeSet::new();
    for subject in subjects.iter().filter(|subject| **subject != alice) {
        others.extend(facts(&vault, subject));
    }
    let mut traces = Traces::default();
    let own = only(&facts(&vault, &alice), &others);
    assert!(own.len() > 50, "{}", own.len());
    for text in &own {
        traces.text(text);
    }
    for kept in vault.facts(&alice).expect("opened") {
        // Salt, name and value, as they are kept; the salt is its first 16 bytes behind `["`.
        let encoded = kept.disclosure.encoded();
        traces.bytes("a salt", &encoded.as_bytes()[3..28]);
    }
    let key = old.join("ledger/vault/keys").join(&alice);
    traces.bytes("the wrapped key", &std::fs::read(key).expect("there"));
    let sealed = old.join("ledger/vault/disclosures").join(&alice);
    traces.bytes("sealed facts", &std::fs::read(sealed).expect("there")[..64]);
    let objects = Objects::open(SystemDisk::shared(), &old.join("ledger"));
    let hers = vault.objects_of(&alice, &objects).expect("looked through");
    assert_eq!(hers.len(), 1, "her part of the plan");
    for name in hers {
        let sealed = objects.read(&name).expect("there");
        traces.bytes("her part of the plan", &sealed[..64]);
    }
    Before { alice, traces }
}

#[test]
fn after_an_erasure_nothing_of_the_custodian_is_left_and_an_old_copy_is_refused() {
    let folder = demo();
    let case = folder.path().join("case");
    let old = folder.path().join("old");
    let before = before(&case, &old);
    let left = ["ledger", "checkpoint-place", "keys", "trust"].map(|part| case.join(part));
    assert!(
        !before.traces.below(&left).is_empty(),
        "the key can be found"
    );
    let erase = |more: &[&str]| {
        let words = [&["erase", "--case", "case"], more].concat();
        run(folder.path(), &words)
    };
    let who = ["--custodian", WHO];
    let refused = |more: &[&str], why: &str| {
        let output = erase(more);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(12), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    };
    let hold = |words: &[&str]| {
        let words = [&["hold"], words, &["--case", "case"]].concat();
        done(folder.path(), &words)
    };
    hold(&["place", "--custodian", WHO, "--reason", "Acme v. Doe"]);
    assert!(hold(&["list"]).contains("Acme v. Doe"));
    refused(&[who[0], who[1], "--propose"], "legal hold");
    hold(&["release", "--custodian", WHO, "--reason", "settled"]);
    refused(&who, "nobody proposed");
    assert!(erase(&[who[0], who[1], "--propose"]).status.success());
    refused(&who, "approval/count");
    assert!(erase(&[who[0], who[1], "--approve"]).status.success());
    // A hold that comes after the approval stands in the way all the same.
    hold(&["place", "--custodian", WHO, "--reason", "another matter"]);
    refused(&who, "legal hold");
    hold(&["release", "--custodian", WHO, "--reason", "settled too"]);
    let erased = erase(&who);
    let said = String::from_utf8_lossy(&erased.stdout).into_owned();
    assert!(
        erased.status.success() && said.contains("erased, see entry"),
        "{said}"
    );

    assert_eq!(before.traces.below(&left), Vec::<String>::new());
    let status = done(folder.path(), &["case", "status", "--case", "case"]);
    assert!(status.contains(&format!("custodian {}: erased, see entry", before.alice)));
    let export = [
        "bundle",
        "export",
        "--case",
        "case",
        "--out",
        "after",
        "--disclose",
        "all",
    ];
    done(folder.path(), &export);
    let after = folder.path().join("after");
    let verdict = done(folder.path(), &["verify", "after", "--trust", "case/trust"]);
    assert!(verdict.starts_with("VALID") && verdict.contains("erased       1 subjects"));
    for text in [said, status, verdict] {
        assert!(before.traces.within(text.as_bytes()).is_empty(), "{text}");
    }
    assert_eq!(before.traces.below(&[after]), Vec::<String>::new());
    no_key_that_is_left_opens_what_was_copied(&case, &old, &before.alice);

    an_old_vault_is_refused_until_it_is_destroyed(&folder, &old, &before.alice);
}

/// Her old facts, with each key that the case still has in the place of hers.
fn no_key_that_is_left_opens_what_was_copied(case: &Path, old: &Path, alice: &str) {
    let keys = files(&case.join("ledger/vault/keys"));
    assert_eq!(keys.len(), 3, "two custodians and the case");
    let own = std::fs::read(old.join("ledger/vault/keys").join(alice)).expect("there");
    for key in &keys {
        std::fs::copy(key, old.join("ledger/vault/keys").join(alice)).expect("copied");
        assert!(
            vault(old, &origin(case)).facts(alice).is_err(),
            "{}",
            key.display()
        );
    }
    std::fs::remove_file(old.join("ledger/vault/keys").join(alice)).expect("removed");
    assert!(
        vault(old, &origin(case)).facts(alice).is_err(),
        "without a key"
    );
    std::fs::write(old.join("ledger/vault/keys").join(alice), own).expect("as it was");
}

fn an_old_vault_is_refused_until_it_is_destroyed(
    folder: &tempfile::TempDir,
    old: &Path,
    alice: &str,
) {
    let case = folder.path().join("case");
    copy(&old.join("ledger/vault"), &case.join("ledger/vault"));
    let status = run(folder.path(), &["case", "status", "--case", "case"]);
    let stderr = String::from_utf8_lossy(&status.stderr);
    assert_eq!(status.status.code(), Some(12), "{stderr}");
    assert!(
        stderr.contains("was put back") && stderr.contains("erase --finish"),
        "{stderr}"
    );
    assert!(
        run(folder.path(), &["erase", "--case", "case", "--finish"])
            .status
            .success()
    );
    done(folder.path(), &["case", "status", "--case", "case"]);
    assert!(!case.join("ledger/vault/keys").join(alice).exists());
}
