//! RTF, packed and plain: any bytes are read for the HTML or the text in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::rtf(bytes));
