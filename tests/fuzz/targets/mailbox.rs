//! Rules, forwarding and permissions of a mailbox as an archive has them: any bytes at all are read and judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::mailbox(bytes));
