//! Trust files: the verifier's alone. A file with one more comment, or without its last newline, says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let read = fuzzing::trust(bytes);
    let longer = [bytes, b"\n# read\n"].concat();
    assert_eq!(read.is_ok(), fuzzing::trust(&longer).is_ok());
});
