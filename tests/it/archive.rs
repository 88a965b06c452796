//! The archive that we write, held against another implementation of BagIt; our own reader is tested beside it.

use std::process::Command;

use crate::left_out::left_out;
use unbroken::sources::sample::write_sample;

const VALIDATE: &str = "import sys, bagit; bagit.Bag(sys.argv[1]).validate()";

#[test]
fn python_bagit_validates_what_we_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let bag = folder.path().join("bag");
    write_sample(&bag).expect("written");
    let run = |script: &str| {
        Command::new("python3")
            .arg("-c")
            .arg(script)
            .arg(&bag)
            .output()
    };
    let has_module = run("import bagit").is_ok_and(|done| done.status.success());
    if !has_module {
        left_out("python3 with the module bagit is not here");
        return;
    }
    let done = run(VALIDATE).expect("python3 runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::write(bag.join("data/extra"), b"x").expect("written");
    let done = run(VALIDATE).expect("python3 runs");
    assert!(!done.status.success(), "an extra file goes unnoticed");
}
