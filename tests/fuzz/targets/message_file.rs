//! Message files: any bytes are read as a compound file with a message in it, and that as each kind of item.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::message_file(bytes));
