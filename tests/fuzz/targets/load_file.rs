//! The load files of export packages: any bytes are taken apart into rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::load_file(bytes));
