//! The commands of docs/ledger-format.md section 13, run as the page prints them: on the page's own example, and on a ledger
//! that the program made. `openssl ts` is in `anchors.rs`.

use std::path::Path;
use std::process::Command;

use unbroken_ledger::{PrivateKey, Signer as _};

use crate::anchors::Anchored;
use crate::left_out::left_out;
use crate::tampering::forge::put;

const PAGE: &str = include_str!("../../docs/ledger-format.md");

/// The block of the page behind `mark`, without its fences.
fn block(mark: &str) -> &'static str {
    let at = PAGE
        .find(mark)
        .unwrap_or_else(|| panic!("{mark:?} is gone"))
        + mark.len();
    let rest = &PAGE[at..];
    &rest[..=rest.find("\n```").expect("the fence")]
}

fn commands() -> &'static str {
    block("\n```sh\n")
}

/// Runs a script over a ledger directory; what it prints when every command of it went well.
fn run(script: &str, ledger: &Path) -> Result<String, String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .env("ledger", ledger)
        .current_dir(scratch.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8(output.stdout).expect("text");
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said + &failed)
    }
}

fn has_openssl_3() -> bool {
    let version = Command::new("openssl").arg("version").output();
    let found = version.is_ok_and(|output| !output.stdout.starts_with(b"OpenSSL 1"));
    let basenc = Command::new("basenc").arg("--version").output().is_ok();
    if !found || !basenc {
        left_out("OpenSSL 3 or basenc is not here; the page's commands were not run");
    }
    found && basenc
}

/// A ledger directory of the page's last entry alone: the commands look at nothing else.
fn example(folder: &Path, entry: &str, checkpoint: &str) {
    // What stands before it in a segment: the end of another entry, a length, a CRC.
    let segment = [
        b"]}}\x0a\x05\0\0\xff\x22\x0a\x99".as_slice(),
        entry.as_bytes(),
        &[0; 64],
    ]
    .concat();
    std::fs::create_dir(folder.join("segments")).expect("made");
    put(&folder.join("segments/00000000000000000000.seg"), &segment);
    put(&folder.join("checkpoint"), checkpoint.as_bytes());
}

fn parts() -> (&'static str, &'static str) {
    let entry = block("entry bytes:\n```\n").trim_end_matches('\n');
    (entry, block("; the checkpoint:\n```\n"))
}

#[test]
fn openssl_verifies_the_example_by_the_commands_of_the_page() {
    if !has_openssl_3() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (entry, checkpoint) = parts();
    example(folder.path(), entry, checkpoint);
    let said = run(commands(), folder.path()).expect("every command goes well");
    assert_eq!(said, block("\nprints\n```\n"));
}

#[test]
fn openssl_refuses_the_example_with_one_byte_changed() {
    if !has_openssl_3() {
        return;
    }
    let (entry, checkpoint) = parts();
    let root = checkpoint.lines().nth(2).expect("a root");
    // One character of the payload's base64 in the middle of it, of either signature, of the size and of the root.
    let changes = [
        ("InNpemUiOjks", "InNpemUiOjgs"),
        ("\"sig\":\"Km9", "\"sig\":\"Kn9"),
        ("\n10\n", "\n11\n"),
        (root, &root.replacen('f', "g", 1)),
        (" Xgz8Am2q", " Xgz8Am3q"),
    ];
    for (old, new) in changes {
        let (entry, checkpoint) = (
            entry.replacen(old, new, 1),
            checkpoint.replacen(old, new, 1),
        );
        assert_ne!((entry.as_str(), checkpoint.as_str()), parts(), "{old}");
        let folder = tempfile::tempdir().expect("a folder");
        example(folder.path(), &entry, &checkpoint);
        let refused = run(commands(), folder.path()).expect_err(old);
        assert!(
            refused.contains("Signature Verification Failure"),
            "{old}: {refused}"
        );
    }
}

#[test]
fn openssl_verifies_a_ledger_that_the_program_made() {
    if !has_openssl_3() {
        return;
    }
    let case = Anchored::new();
    let ledger = case.make();
    for _ in 0..9 {
        ledger.heartbeat().expect("taken");
    }
    ledger.checkpoint_now().expect("signed");
    let service = PrivateKey::from_seed(&[5; 32]).public();
    let keys: Vec<&str> = commands()
        .lines()
        .filter_map(|line| line.strip_prefix("key="))
        .collect();
    let made = commands()
        .replace(keys[0], &service.to_string())
        .replace(keys[1], &ledger.log_key().to_string());
    let said = run(&made, &case.path("ledger")).expect("every command goes well");
    assert_eq!(
        said.matches("Signature Verified Successfully").count(),
        2,
        "{said}"
    );
    let other = made.replace(&ledger.log_key().to_string(), keys[0]);
    run(&other, &case.path("ledger")).expect_err("another key");
}
