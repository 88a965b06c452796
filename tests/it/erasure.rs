//! A custodian is erased: with all that is left of the case and every key of it, nothing of the custodian can be read.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use m365_simulator::Faults;
use unbroken_ledger::{Disclosure, Objects, SystemDisk};
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};
use crate::disclose::{demo, done, facts, only, origin, run, temp, vault};
use crate::traces::{Traces, files};

const WHO: &str = "alice@harbour-old.example";
/// What a person put into the case's folder or had made for handing out, and where no erasure reaches.
const COPIES: [&str; 6] = [
    "bundle",
    "exchange.json",
    "people.csv",
    "report",
    "sample",
    "summary.json",
];

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
    /// Her own key, as it stands in the vault's wrapping.
    key: [u8; 32],
}

/// A subject's key, unwrapped by the bytes of its file and of the vault's key alone, as the vault's own page describes it.
fn unwrapped(case: &Path, subject: &str) -> [u8; 32] {
    let wrapping = std::fs::read(case.join("keys/vault.key")).expect("the vault's key");
    let wrapped = std::fs::read(case.join("ledger/vault/keys").join(subject)).expect("there");
    let (nonce, sealed) = wrapped.split_first_chunk::<24>().expect("a nonce");
    let origin = origin(case);
    let bound = format!("unbroken/vault/v1\nsubject-key\n{origin}\n{subject}\n");
    let wrapping: [u8; 32] = wrapping.try_into().expect("32 bytes");
    let payload = Payload {
        msg: sealed,
        aad: bound.as_bytes(),
    };
    let key = XChaCha20Poly1305::new(&Key::from(wrapping)).decrypt(&XNonce::from(*nonce), payload);
    key.expect("it opens").try_into().expect("32 bytes")
}

/// The salt of a fact: its text, and the bytes that the text stands for.
fn salt(fact: &Disclosure) -> (String, Vec<u8>) {
    let array = Base64UrlUnpadded::decode_vec(fact.encoded()).expect("base64url");
    let array: serde_json::Value = serde_json::from_slice(&array).expect("JSON");
    let text = array[0].as_str().expect("a salt").to_owned();
    let bytes = Base64UrlUnpadded::decode_vec(&text).expect("base64url");
    assert!(bytes.len() >= 16, "128 bits");
    (text, bytes)
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
    for name in [WHO, "alice@clean.example"] {
        assert!(
            own.contains(name),
            "{name} stands among somebody else's facts"
        );
    }
    for kept in vault.facts(&alice).expect("opened") {
        let (text, bytes) = salt(&kept.disclosure);
        traces.bytes("a salt", text.as_bytes());
        traces.bytes("a salt", &bytes);
        // As it is kept: the base64url of `["`, the salt, the name and the value.
        traces.bytes("a salt", &kept.disclosure.encoded().as_bytes()[3..28]);
    }
    let own_key = unwrapped(old, &alice);
    traces.bytes("the key itself", &own_key);
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
    Before {
        alice,
        traces,
        key: own_key,
    }
}

#[test]
fn after_an_erasure_nothing_of_the_custodian_is_left_and_an_old_copy_is_refused() {
    let folder = demo();
    let case = folder.path().join("case");
    let old = folder.path().join("old");
    let before = before(&case, &old);
    assert!(
        !before.traces.below(&left(folder.path())).is_empty(),
        "the wrapped key can be found"
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
    assert_eq!(erase(&[who[0], who[1], "--approve"]).status.code(), Some(2));
    let approved = erase(&[who[0], who[1], "--approve", "--yes"]);
    let shown = String::from_utf8([approved.stderr, approved.stdout].concat()).expect("UTF-8");
    let words = ["erases       custodian", "approved: to erase custodian"];
    for word in words.map(|word| format!("{word} {}", before.alice)) {
        let is_said = shown.contains(&word) && shown.contains("as entry ");
        assert!(is_said, "{word}: {shown}");
    }
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

    nothing_is_left(folder.path(), &before, &said);
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

/// All that the commands left behind: the case's folder but for the copies in it that no erasure reaches, and what they kept
/// while they ran.
fn left(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder.join("case")).expect("a folder");
    let mut left: Vec<PathBuf> = read.map(|item| item.expect("readable").path()).collect();
    left.retain(|path| !COPIES.iter().any(|copy| path.ends_with(copy)));
    for part in ["ledger", "requests"] {
        let path = folder.join("case").join(part);
        assert!(!path.exists() || left.contains(&path), "{part}");
    }
    left.push(temp(folder));
    left
}

/// No trace in what the commands left; what is beyond them is named.
fn nothing_is_left(folder: &Path, before: &Before, said: &str) {
    let requests = files(&folder.join("case/requests"));
    assert_eq!(requests.len(), 1, "it is searched too");
    assert_eq!(before.traces.below(&left(folder)), Vec::<String>::new());
    each_kind_of_trace_would_have_been_found(folder, before);
    for copy in ["people.csv (1 file)", "report (", "sample ("] {
        assert!(said.contains(copy), "{copy} is not named: {said}");
    }
}

/// A search that finds nothing says something only if it finds what is there.
fn each_kind_of_trace_would_have_been_found(folder: &Path, before: &Before) {
    assert!(left(folder).contains(&temp(folder)));
    let kept = temp(folder).join("kept");
    let old = vault(&folder.join("old"), &origin(&folder.join("case")));
    let fact = old
        .facts(&before.alice)
        .expect("opened")
        .pop()
        .expect("one");
    let (text, bytes) = salt(&fact.disclosure);
    for (name, bytes) in [
        ("the key itself", &before.key[..]),
        ("a salt", text.as_bytes()),
        ("a salt", &bytes),
        ("a salt", fact.disclosure.encoded().as_bytes()),
        (WHO, WHO.as_bytes()),
    ] {
        std::fs::write(&kept, bytes).expect("written");
        let found = before.traces.below(&[temp(folder)]);
        assert!(found.iter().any(|found| found.ends_with(name)), "{found:?}");
    }
    std::fs::remove_file(&kept).expect("removed");
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

/// A case that two persons have to agree in before anybody is erased, with a second approver.
fn of_two_approvers() -> Case {
    let case = Case::new(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.declare("mailbox", "--erase-approvals 2");
    for (file, person) in [("same.pem", "approver-1"), ("other.pem", "approver-2")] {
        case.done(&format!("keys generate @{file} --no-passphrase"));
        case.done(&format!(
            "keys enrol CASE --new @{file} --person {person} --role approver"
        ));
    }
    case.plan();
    case
}

#[test]
fn two_persons_have_to_approve_an_erasure_and_two_keys_of_one_are_one() {
    let case = of_two_approvers();
    let asked = case.done("erase CASE --custodian mailbox --propose --request @erase.request");
    assert!(asked.contains("2 persons other than"), "{asked}");
    let refused = |why: &str| {
        let output = case.run("erase CASE --custodian mailbox");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(12), "{stderr}");
        for word in [why, "not erased", "2 persons other than the one who asked"] {
            assert!(stderr.contains(word), "{word} is not said: {stderr}");
        }
    };
    let approve = |key: &str, out: &str, counted: &str| {
        let words = format!("approve --request @erase.request --key @{key} --out @{out} --yes");
        let output = case.run(&words);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{shown}");
        let taken = case.done(&format!("case import CASE @{out}"));
        assert!(taken.contains(counted), "{taken}");
        shown
    };
    refused("approval/count: 0 of 2");
    let shown = approve("case/keys/approver.pem", "one", "1 of 2 approvals");
    let request = std::fs::read_to_string(case.path("erase.request")).expect("read");
    let custodian = asked.lines().nth(1).and_then(|line| line.split(' ').nth(3));
    let custodian = custodian.expect("a pseudonym");
    assert!(shown.contains("scope        erase"), "{shown}");
    assert!(
        shown.contains(&format!("erases       custodian {custodian}")),
        "{shown}"
    );
    assert!(!format!("{shown}{request}").contains("mailbox"), "a name");
    refused("approval/count: 1 of 2");
    approve("same.pem", "same", "1 of 2 approvals");
    refused("approval/count: 1 of 2");
    approve("other.pem", "two", "2 of 2 approvals");
    let erased = case.done("erase CASE --custodian mailbox");
    assert!(erased.contains("erased, see entry"), "{erased}");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_request_that_shows_somebody_else_is_not_signed() {
    let case = of_two_approvers();
    case.done("erase CASE --custodian mailbox --propose --request @erase.request");
    case.done("plan make CASE --source SOURCE");
    case.done("plan propose CASE --request @plan.request");
    let read = |name: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(case.path(name)).expect("read");
        serde_json::from_str(&text).expect("JSON")
    };
    // Each of the two proposals, with what the other one is about.
    let (erase, plan) = (read("erase.request"), read("plan.request"));
    for (proposal, other) in [(&erase, &plan), (&plan, &erase)] {
        let mut forged = proposal.clone();
        forged["about"] = other["about"].clone();
        crate::tampering::forge::put(
            &case.path("forged.request"),
            format!("{forged}\n").as_bytes(),
        );
        let output = case.run("approve --request @forged.request --key @other.pem --yes");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let is_later = proposal == &erase;
        assert_eq!(
            output.status.code(),
            Some(if is_later { 1 } else { 20 }),
            "{stderr}"
        );
        assert!(!case.path("forged.approved").exists(), "{stderr}");
    }
}
