//! Calendars and cards: any bytes at all are taken apart into items, and each item is read, made to fit and compared with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken::sources::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::personal(bytes));
