//! Events on their way from signer to signer: what is taken, what is missing, the bytes that come of it again; and that an
//! event signed by all is one that both implementations read inside an entry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::{Entry, Event, OfflineError, OfflineEvent, PrivateKey, Signer};
use unbroken_verify::fuzzing;

/// The same bytes as the event of an entry.
fn inside(envelope: &[u8]) -> Vec<u8> {
    let head = format!(
        "{{\"index\":3,\"prev\":\"{}\",\"received\":\"1970-01-01T00:00:00.000000Z\",\"event\":",
        "0".repeat(64)
    );
    [head.as_bytes(), envelope, b"}"].concat()
}

/// Whether the file is read, and every rule that follows from it.
fn read(bytes: &[u8]) -> Option<OfflineEvent> {
    let file = OfflineEvent::parse(bytes);
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let entry = inside(line);
    let (ledger, verifier) = (Entry::parse(&entry), fuzzing::entry(&entry));
    assert_same(&ledger, &verifier);
    let complete = file.as_ref().is_ok_and(|file| file.missing().is_empty());
    assert_eq!(complete, ledger.is_ok(), "{file:?} {ledger:?}");
    let file = file.ok()?;
    assert_eq!(file.to_bytes(), [line, b"\n"].concat());
    let mut merged = file.clone();
    merged.merge(&file).expect("the same event");
    assert_eq!(merged, file);
    match file.clone().into_envelope() {
        Ok(envelope) => {
            assert_eq!(ledger.expect("complete").envelope, envelope);
            assert_eq!(OfflineEvent::signed(envelope).expect("read"), file);
        }
        Err(OfflineError::Incomplete { missing }) => assert_eq!(missing, file.missing()),
        Err(other) => panic!("{other}"),
    }
    Some(file)
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(mut file) = read(bytes) {
        // Whoever is not asked cannot sign, and leaves no trace.
        let (signer, before) = (PrivateKey::from_seed(&[1; 32]), file.clone());
        let asked = file.event().by.contains(&signer.key_id());
        assert_eq!(file.sign(&signer).is_ok(), asked);
        assert!(asked || file == before);
        assert_eq!(read(&file.to_bytes()).as_ref(), Some(&file));
    }
    // As the payload too: few mutations of base64 are JSON.
    if let Ok(event) = Event::parse(bytes) {
        let blank = OfflineEvent::unsigned(event);
        assert_eq!(blank.missing(), blank.event().by);
        assert_eq!(read(&blank.to_bytes()), Some(blank));
    }
});
