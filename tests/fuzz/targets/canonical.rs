//! Canonical JSON: both implementations take the same bytes, understand the same by them, and spell them as they stood.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::canonical::{NotCanonical, parse};
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let ledger = parse(bytes);
    let verifier = fuzzing::value(bytes);
    match &ledger {
        Ok(value) => {
            assert_eq!(value.to_bytes(), bytes);
            assert_eq!(verifier.as_deref(), Ok(bytes));
        }
        // The verifier looks for keys that stand twice only where it asks for their order.
        Err(refused) if refused.rule == "canonical/fields" => {}
        Err(refused) => assert!(verifier.is_err(), "{refused}, but the verifier takes it"),
    }
    let ledger = ledger.and_then(|value| {
        let refused = NotCanonical {
            rule: "canonical/keys",
            offset: 0,
        };
        value.keys_ascend().then_some(()).ok_or(refused)
    });
    assert_same(&ledger, &fuzzing::sorted_value(bytes));
});
