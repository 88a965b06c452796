//! Requests for approval: what is taken names the proposal that its bytes hash to, comes out again as it went in, and is decided
//! by an event that both implementations read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::assert_same;
use unbroken_ledger::tree::leaf_hash;
use unbroken_ledger::{
    ApprovalRequest, Decision, Entry, Event, Hash, OfflineEvent, PrivateKey, Signer, Timestamp,
    entry,
};
use unbroken_verify::fuzzing;

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

/// Whether the file is read, and every rule that follows from it.
fn read(bytes: &[u8]) -> Option<ApprovalRequest> {
    let request = ApprovalRequest::parse(bytes).ok()?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    assert_eq!(request.to_bytes(), [line, b"\n"].concat());
    let asked = request.entry();
    assert_eq!(asked.event.kind, "Proposed");
    let again = entry::encode(asked.index, &asked.prev, asked.received, &asked.envelope);
    assert_eq!(request.proposal(), leaf_hash(&again));
    for about in request.about().chain([asked]) {
        let bytes = entry::encode(about.index, &about.prev, about.received, &about.envelope);
        let verifier = fuzzing::entry(&bytes);
        assert_same(&Entry::parse(&bytes), &verifier);
        assert!(verifier.is_ok(), "{verifier:?}");
        assert_eq!(about.event.origin, request.origin());
    }
    for about in request.about().filter(|_| request.scope() != "erase") {
        assert_eq!(about.event.by, [request.requester()]);
        assert_eq!(about.event.stream, asked.event.stream);
        assert!(about.event.seq < asked.event.seq);
    }
    let (approver, at) = (key(7), Timestamp::from_micros(0).expect("1970"));
    match request.decide(Decision::Approve, &approver, at) {
        Ok(envelope) => {
            let bytes = entry::encode(3, &Hash::ZERO, at, &envelope);
            let verifier = fuzzing::entry(&bytes);
            assert!(verifier.is_ok(), "{verifier:?}");
            let file = OfflineEvent::signed(envelope).expect("read");
            assert_eq!(OfflineEvent::parse(&file.to_bytes()).as_ref(), Ok(&file));
        }
        Err(refused) => assert_eq!(request.requester(), approver.key_id(), "{refused}"),
    }
    Some(request)
}

/// The event as the operator's, signed, at that place.
fn signed(mut event: Event, index: u64) -> Option<Vec<u8>> {
    let operator = key(6);
    event.seq = index;
    event.by = vec![operator.key_id()];
    if event.stream.starts_with("case/") {
        event.stream = format!("case/{}", operator.key_id());
    }
    let mut file = OfflineEvent::unsigned(event);
    file.sign(&operator).expect("asked");
    let envelope = file.into_envelope().expect("signed by all");
    let received = Timestamp::from_micros(0).expect("1970");
    let bytes = entry::encode(index, &Hash::ZERO, received, &envelope);
    Entry::parse(&bytes).is_ok().then_some(bytes)
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // As the proposal's event too, signed anew: no mutation of a signed one gets past its signature.
    let Ok(event) = Event::parse(bytes) else {
        return;
    };
    let (Some(about), Some(asked)) = (signed(event.clone(), 4), signed(event, 5)) else {
        return;
    };
    let keys = vec![key(6).public()];
    for about in [
        vec![],
        vec![about.clone()],
        vec![asked.clone()],
        vec![about; 5],
    ] {
        let sound = about.len() == 1 && !about.contains(&asked);
        let request = ApprovalRequest::new(asked.clone(), about.clone(), keys.clone());
        if let Ok(request) = request {
            assert!(
                sound,
                "no entry, too many, or one that is not before the proposal"
            );
            let again = read(&request.to_bytes()).expect("read");
            assert_eq!(again.to_bytes(), request.to_bytes());
            let nobody = ApprovalRequest::new(asked.clone(), about, vec![key(7).public()]);
            assert_eq!(nobody.expect_err("no key for it").rule, "key/unknown");
        }
    }
});
