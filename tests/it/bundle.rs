//! What a third party does with a bundle: the commands of its VERIFY.txt, with tools that are not
//! ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::anchors::parties::Authority;
use crate::anchors::{Anchored, has_openssl};
use crate::left_out::left_out;

/// Programs that VERIFY.txt calls and that a machine may lack, each with what tells whether it is there.
const TOOLS: [(&str, &str); 4] = [
    ("bagit.py", "--version"),
    ("case_validate", "--version"),
    ("ssh-keygen", "-?"),
    ("unbroken-verify", "--version"),
];

/// Where programs are looked for: what `.ci/run` installs and what the workspace builds, then everywhere.
fn search_path() -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_unbroken"))
        .parent()
        .expect("a folder");
    let installed = built.parent().expect("a folder").join("ci-python/bin");
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{}:{rest}", built.display(), installed.display())
}

fn bash(script: &str, folder: &Path) -> (bool, String, String) {
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder)
        .env("PATH", search_path())
        .output()
        .expect("bash starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// The indented commands of VERIFY.txt: four spaces more than the prose around them.
fn commands(bundle: &Path) -> Vec<String> {
    let text = fs::read_to_string(bundle.join("VERIFY.txt")).expect("read");
    let is_command = |line: &&str| {
        let indent = line.len() - line.trim_start().len();
        indent == 5 || indent >= 7
    };
    let lines: Vec<&str> = text.lines().filter(is_command).collect();
    let whole = lines.join("\n").replace("\\\n", " ");
    whole.lines().map(str::to_owned).collect()
}

/// A script of those that can run here; says which cannot.
fn script(bundle: &Path, folder: &Path) -> (String, usize) {
    let mut lines = vec!["set -eu".to_owned()];
    let mut missing = 0;
    for line in commands(bundle) {
        let lacking = TOOLS.iter().find(|(tool, asks)| {
            let there = format!("command -v {tool} && ({tool} {asks} || true)");
            line.trim_start().starts_with(tool) && !bash(&there, bundle).0
        });
        match lacking {
            Some((tool, _)) => {
                left_out(&format!("{tool} is not here; VERIFY.txt asks for it"));
                missing += 1;
            }
            None => lines.push(line),
        }
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let text = lines.join("\n");
    let text = text.replace("PATH/TO/trust", &at("trust"));
    (
        text.replace("PATH/TO/authority.pem", &at("roots.pem")),
        missing,
    )
}

/// A bundle with a time stamp, and its trust file and the authority's root beside it.
fn stamped(case: &Anchored) -> PathBuf {
    let ledger = case.make();
    let authority = Authority::start("P-256");
    let configuration = case.configure("", &[&authority]);
    assert!(case.round(&ledger, &configuration).is_complete());
    let _verdict = case.verdict(&ledger, &configuration);
    case.path(&format!("bundle-{}", ledger.size()))
}

#[test]
fn the_commands_of_verify_txt_do_what_it_says() {
    if !has_openssl() || Command::new("bash").arg("--version").output().is_err() {
        left_out("bash and openssl are not both here; VERIFY.txt cannot be followed");
        return;
    }
    let case = Anchored::new();
    let bundle = stamped(&case);
    let folder = bundle.parent().expect("a folder");
    let (text, missing) = script(&bundle, folder);
    assert!(text.lines().count() + missing > 24, "{text}");
    let (holds, said, complaint) = bash(&text, &bundle);
    assert!(holds, "{text}\n{said}\n{complaint}");
    let signatures = said.matches("Signature Verified Successfully").count();
    assert_eq!(
        signatures, 2,
        "the statement's and the checkpoint's: {said}"
    );
    assert!(
        format!("{said}{complaint}").contains("Verification: OK"),
        "{said}{complaint}"
    );
    assert_eq!(
        said.lines().filter(|line| *line == "1").count(),
        3,
        "{said}"
    );
    let hashes: Vec<&str> = said.lines().filter(|line| line.len() == 64).collect();
    assert!(
        hashes.len() == 2 && hashes[0] == hashes[1],
        "the leaf hash and the tile: {said}"
    );

    let note = fs::read_to_string(bundle.join("data/checkpoint")).expect("read");
    let changed = note.replacen("\n1\n", "\n2\n", 1);
    assert_ne!(note, changed);
    fs::write(bundle.join("data/checkpoint"), changed).expect("written");
    // Each command that looks at the checkpoint refuses it, by itself.
    for (what, words) in [
        ("the manifest", "sha256sum --check --quiet manifest"),
        ("the statement", "grep -c $(sha256sum data/checkpoint"),
        (
            "the signature",
            "openssl pkeyutl -verify -rawin -pubin -keyform DER",
        ),
        ("the time stamp", "for token in"),
    ] {
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| {
                let checks = [
                    "sha256sum --",
                    "grep -c",
                    "openssl",
                    "for ",
                    "bagit",
                    "unbroken",
                ];
                let line = line.trim_start();
                line.starts_with(words) || !checks.iter().any(|start| line.starts_with(start))
            })
            .filter(|line| !line.trim_start().starts_with("head -c 65536"))
            .collect();
        let (holds, said, complaint) = bash(&kept.join("\n"), &bundle);
        assert!(
            !holds,
            "{what} holds in spite of the change:\n{}\n{said}{complaint}",
            kept.join("\n")
        );
    }
}
