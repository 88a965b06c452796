//! Files that are checked by themselves, proofs of one entry and evidence: the verifier's alone. Neither is the other, and
//! bytes behind either break it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_verify::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let proof = fuzzing::proof_file(bytes);
    let evidence = fuzzing::evidence_file(bytes);
    assert!(proof.is_err() || evidence.is_err());
    if let Ok((_, hashes)) = proof {
        assert!(hashes < 64, "{hashes} hashes");
        let longer = [bytes, b"x"].concat();
        assert!(fuzzing::proof_file(&longer).is_err());
    }
    if evidence.is_ok() {
        let longer = [bytes, b"\n"].concat();
        assert!(fuzzing::evidence_file(&longer).is_err());
    }
});
