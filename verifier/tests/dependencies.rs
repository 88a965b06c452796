//! What the verifier rests on is a golden file: whoever adds a crate to it says so in the same change.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_dependency_tree_is_the_one_on_record() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "unbroken-verify",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs its tests");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    let found: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let golden: BTreeSet<&str> = include_str!("../dependencies.txt").lines().collect();
    assert_eq!(
        found, golden,
        "verifier/dependencies.txt names what the verifier rests on"
    );
}
