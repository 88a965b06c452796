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
    // What could wait for others, or talk to them. `rustls-webpki` builds certificate paths and opens no connection.
    let begins = [
        "async", "axum", "curl", "futures", "h2", "hyper", "mio", "reqwest", "smol",
    ];
    let is = [
        "http",
        "polling",
        "rustls",
        "socket2",
        "tokio",
        "tower",
        "ureq",
        "unbroken-ledger",
    ];
    let unwanted: Vec<&&str> = found
        .iter()
        .filter(|name| is.contains(name) || begins.iter().any(|start| name.starts_with(start)))
        .collect();
    assert!(unwanted.is_empty(), "{unwanted:?}");
    assert!(found.len() > 10, "the tree was read: {found:?}");
}
