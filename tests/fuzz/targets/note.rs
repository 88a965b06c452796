//! Checkpoint notes: what is taken, the bytes that come of it again, and whose signature holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::note::NoteError;
use unbroken_ledger::{PrivateKey, PublicKey, SignedCheckpoint, Signer};
use unbroken_verify::fuzzing;

/// The log key of the worked example in docs/ledger-format.md, and one that signed nothing.
const SEEDS: [[u8; 32]; 2] = [[4; 32], [9; 32]];

fuzz_target!(|bytes: &[u8]| {
    let ledger = std::str::from_utf8(bytes)
        .map_err(|_| NoteError::Form("not UTF-8"))
        .and_then(SignedCheckpoint::parse);
    let verifier = fuzzing::note(bytes);
    assert_same(&ledger, &verifier);
    let (Ok(note), Ok(fields)) = (ledger, verifier) else {
        return;
    };
    assert_eq!(note.to_note().as_bytes(), bytes);
    let stated = &note.checkpoint;
    let ours = vec![
        ("origin", stated.origin.clone()),
        ("size", stated.size.to_string()),
        ("root", stated.root.to_string()),
    ];
    assert_eq!(ours, fields);
    for seed in SEEDS {
        let key: PublicKey = PrivateKey::from_seed(&seed).public();
        let verified = note.verify(&key);
        let holds = fuzzing::note_is_signed(bytes, *key.as_bytes());
        assert_eq!(verified.is_ok(), holds, "{verified:?}");
        // A signature that others make over the same bytes with a hint of their own choice.
        for line in &note.signatures {
            let Ok(signature) = <[u8; 64]>::try_from(&line.bytes[..]) else {
                continue;
            };
            let text = stated.text();
            let ledger = key.verifies(text.as_bytes(), &unbroken_ledger::Signature(signature));
            let verifier = fuzzing::signature_holds(*key.as_bytes(), text.as_bytes(), &signature);
            assert_eq!(ledger, verifier);
        }
    }
});
