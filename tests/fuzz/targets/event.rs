//! Events, and the same events inside an entry: what is taken, what is understood, and the bytes that come of it again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::{assert_same, entry_fields, event_fields};
use unbroken_ledger::{Entry, Envelope, Event, Hash, Signature, Timestamp, entry};
use unbroken_verify::fuzzing;

fuzz_target!(|payload: &[u8]| {
    let ledger = Event::parse(payload);
    let verifier = fuzzing::event(payload);
    assert_same(&ledger, &verifier);
    let (Ok(event), Ok(fields)) = (ledger, verifier) else {
        return;
    };
    assert_eq!(event.to_payload(), payload);
    assert_eq!(event_fields(&event), fields);
    let signatures = event
        .by
        .iter()
        .map(|key| (*key, Signature([7; 64])))
        .collect();
    let envelope = Envelope {
        payload: payload.to_vec(),
        signatures,
    };
    let received = Timestamp::from_micros(0).expect("1970");
    let bytes = entry::encode(3, &Hash::ZERO, received, &envelope);
    let ledger = Entry::parse(&bytes);
    let verifier = fuzzing::entry(&bytes);
    assert_same(&ledger, &verifier);
    if let (Ok(entry), Ok(fields)) = (ledger, verifier) {
        assert_eq!(entry_fields(&entry), fields);
        assert_eq!(entry.envelope, envelope);
    }
});
