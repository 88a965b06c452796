//! Disclosures on their own and in a bundle's line; what is taken is spelled again from salt, name and value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::{Disclosure, Hash};
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    // Once as it stands, and once as what the encoding is of: few mutations of base64 are JSON.
    let inside = fuzzing::encoded(bytes);
    for encoded in [std::str::from_utf8(bytes).unwrap_or_default(), &inside] {
        let ledger = Disclosure::parse(encoded);
        let verifier = fuzzing::disclosure(encoded);
        assert_same(&ledger, &verifier);
        let Ok(disclosure) = ledger else { continue };
        assert_eq!(disclosure.encoded(), encoded);
        let digest = Hash::of(encoded.as_bytes());
        assert_eq!(disclosure.digest(), fuzzing::encoded(&digest.0));
        let line = format!("{{\"index\":7,\"subject\":\"c1\",\"disclosure\":\"{encoded}\"}}");
        assert_eq!(fuzzing::disclosure_line(line.as_bytes()), Ok(()));
    }
});
