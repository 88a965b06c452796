//! Entries: what is taken, what is understood, and the bytes that come of it again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::{assert_same, entry_fields};
use unbroken_ledger::{Entry, entry};
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let ledger = Entry::parse(bytes);
    let verifier = fuzzing::entry(bytes);
    assert_same(&ledger, &verifier);
    if let (Ok(found), Ok(fields)) = (ledger, verifier) {
        let again = entry::encode(found.index, &found.prev, found.received, &found.envelope);
        assert_eq!(again, bytes);
        assert_eq!(found.event.to_payload(), found.envelope.payload);
        assert_eq!(entry_fields(&found), fields);
    }
});
