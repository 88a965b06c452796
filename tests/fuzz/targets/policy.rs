//! Policies, as `Opened` and `PolicyChanged` hold them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::{Policy, Refusal, canonical};
use unbroken_verify::fuzzing;

fn read(bytes: &[u8]) -> Result<Policy, Refusal> {
    let value = canonical::parse(bytes)?;
    if !value.keys_ascend() {
        return Err(Refusal::new("canonical/keys", "in data"));
    }
    Policy::parse(&value)
}

fuzz_target!(|bytes: &[u8]| {
    let ledger = read(bytes);
    assert_same(&ledger, &fuzzing::policy(bytes));
    if let Ok(policy) = ledger {
        assert_eq!(policy.to_value().to_bytes(), bytes);
    }
});
