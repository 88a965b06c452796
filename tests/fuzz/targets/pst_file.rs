//! Outlook data files: any bytes are opened, and every item in them is read, made to fit and compared with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::pst_file(bytes));
