//! The archive that we write, held against another implementation of BagIt; our own reader is tested beside it.

use std::process::Command;

use unbroken::sources::sample::write_sample;

const VALIDATE: &str = "import sys, bagit; bagit.Bag(sys.argv[1]).validate()";

#[test]
fn python_bagit_validates_what_we_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let bag = folder.path().join("bag");
    write_sample(&bag).expect("written");
    let Some(python) = crate::left_out::python("bagit") else {
        return;
    };
    let run = |script: &str| {
        Command::new(&python)
            .arg("-c")
            .arg(script)
            .arg(&bag)
            .output()
    };
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
