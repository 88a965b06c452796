//! Office files and pages: two of any bytes are compared part by part, and one with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::engine::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::office_files(bytes));
