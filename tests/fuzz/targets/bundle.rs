//! The text files of a bundle, each read as each: the verifier's alone. The canonical ones are what the ledger's reader
//! takes too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_ledger::canonical::parse;
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let index = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for (read, bytes) in [
        (fuzzing::bundle_index(bytes), index),
        (fuzzing::head_line(bytes), bytes),
        (fuzzing::disclosure_line(bytes), bytes),
    ] {
        if read.is_ok() {
            let value = parse(bytes).expect("canonical");
            assert_eq!(value.to_bytes(), bytes);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let (listed, unread) = fuzzing::manifest(text);
        assert_eq!(listed + unread, text.lines().count());
    }
});
