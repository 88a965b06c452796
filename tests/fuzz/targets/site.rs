//! Lists, items and pages of a site: any bytes at all are read as each of them, and what was read is compared with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::site(bytes));
