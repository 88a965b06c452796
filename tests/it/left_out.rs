//! The line in which a test says that it left itself out, and the tools for whose want it does; nothing is decided here.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// To the standard error itself: what `println!` prints is shown only of a test that fails.
pub(crate) fn left_out(what: &str) {
    writeln!(std::io::stderr(), "left out: {what}").expect("stderr can be written");
}

/// The Python of `.ci/run`, where it has the module.
pub(crate) fn python(module: &str) -> Option<PathBuf> {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_unbroken"));
    let target = built.parent().and_then(Path::parent).expect("a folder");
    let python = target.join("ci-python/bin/python");
    let has = Command::new(&python)
        .args(["-c", &format!("import {module}")])
        .output();
    if has.is_ok_and(|done| done.status.success()) {
        return Some(python);
    }
    left_out(&format!("no Python with {module} in {}", python.display()));
    None
}
