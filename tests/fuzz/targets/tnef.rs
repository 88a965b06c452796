//! TNEF: any bytes are read, and what they hold as each kind of item.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::tnef(bytes));
