//! The line in which a test says that it left itself out; nothing is decided here.

use std::io::Write as _;

/// To the standard error itself: what `println!` prints is shown only of a test that fails.
pub(crate) fn left_out(what: &str) {
    writeln!(std::io::stderr(), "left out: {what}").expect("stderr can be written");
}
