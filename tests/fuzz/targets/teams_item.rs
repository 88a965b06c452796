//! Teams, chats and messages as Graph's JSON: any bytes at all are read, planned and made fit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::teams_item(bytes));
