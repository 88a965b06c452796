//! Mail: any bytes at all are read as one message, made to fit and compared with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::mail(bytes));
