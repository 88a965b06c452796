//! What a third party does with a bundle: the commands of its VERIFY.txt, with tools that are not
//! ours.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use unbroken::reports::bundle::{Disclosed, export};
use unbroken::reports::trust;
use unbroken_ledger::{
    FilePlace, Ledger, Opening, Policy, PrivateKey, Root, SystemClock, VaultKey,
};

/// A ledger of one entry, exported to `bundle`, with its trust file beside it.
fn exported(folder: &Path) {
    let root = PrivateKey::generate().expect("a key");
    let opening = Opening {
        name: "example.org/verify".to_owned(),
        simulated: true,
        roots: vec![Root {
            signer: &root,
            person: "root-1".to_owned(),
        }],
        threshold: 1,
        policy: Policy::default(),
        log: Arc::new(PrivateKey::generate().expect("a key")),
        service: Arc::new(PrivateKey::generate().expect("a key")),
    };
    let place = Box::new(FilePlace::new(folder.join("place")));
    let vault = VaultKey::generate().expect("a key");
    let ledger = Ledger::create(
        &folder.join("ledger"),
        place,
        vault,
        &opening,
        Arc::new(SystemClock),
    )
    .expect("made");
    let target = folder.join("bundle");
    export(
        &ledger,
        &ledger.checkpoint(),
        &[],
        &[],
        &Disclosed::Nobody,
        &target,
    )
    .expect("exported");
    fs::write(folder.join("trust"), trust::policy(&ledger, &[])).expect("written");
}

/// The indented commands of VERIFY.txt that need none of our programs.
fn commands(bundle: &Path, trust: &Path) -> String {
    let text = fs::read_to_string(bundle.join("VERIFY.txt")).expect("read");
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("     "))
        .filter(|line| !line.starts_with("bagit") && !line.starts_with("unbroken"))
        .filter(|line| line.starts_with("   ") || line.starts_with("sha256sum"))
        .collect();
    let text = commands.join("\n");
    let trust = trust.display().to_string();
    format!("set -eu\n{}\n", text.replace("PATH/TO/trust", &trust))
}

#[test]
fn the_commands_of_verify_txt_do_what_it_says() {
    let has = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if !has("bash") || !has("sha256sum") || Command::new("openssl").arg("version").output().is_err()
    {
        eprintln!("skipped: bash, sha256sum and openssl are needed; .ci/run installs them");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    exported(folder.path());
    let bundle = folder.path().join("bundle");
    let script = commands(&bundle, &folder.path().join("trust"));
    assert!(script.lines().count() > 8, "{script}");
    let run = |script: &str| {
        let output = Command::new("bash")
            .args(["-c", script])
            .current_dir(&bundle)
            .output()
            .expect("bash starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.success(),
            said,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (holds, said, complaint) = run(&script);
    assert!(holds, "{script}\n{said}\n{complaint}");
    assert!(said.contains("Signature Verified Successfully"), "{said}");
    let lines: Vec<&str> = said.lines().rev().take(2).collect();
    assert_eq!(lines[0], lines[1], "the leaf hash and the tile: {said}");
    let note = fs::read_to_string(bundle.join("data/checkpoint")).expect("read");
    let changed = note.replacen("\n1\n", "\n2\n", 1);
    assert_ne!(note, changed);
    fs::write(bundle.join("data/checkpoint"), changed).expect("written");
    assert!(!run(&script).0, "the manifest holds in spite of the change");
    let signature_only = script.replace("sha256sum --check", "true");
    let (holds, said, _) = run(&signature_only);
    assert!(!holds && said.contains("Verification Failure"), "{said}");
}
