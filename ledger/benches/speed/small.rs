//! A new ledger with one worker and streams of its own, and the events that the rows append to it.

use std::path::Path;
use std::sync::Arc;

use unbroken_ledger::{
    Draft, FilePlace, Ledger, Opening, Policy, PrivateKey, Role, Root, Signer, SystemClock, Value,
    VaultKey,
};

const KIND: &str = "ItemRestored/1";
/// The worker's seed, here and in the large ledger.
pub(crate) const WORKER: [u8; 32] = [8; 32];

pub(crate) fn worker() -> PrivateKey {
    PrivateKey::from_seed(&WORKER)
}

/// A ledger whose worker emits in these streams.
pub(crate) fn create(dir: &Path, streams: &[String]) -> Ledger {
    let key = |n: u8| PrivateKey::from_seed(&[n; 32]);
    let root = key(1);
    let mut policy = Policy::default();
    policy.types.insert(KIND.to_owned(), vec![Role::Worker]);
    let opening = Opening {
        name: "example.org/speed".to_owned(),
        simulated: true,
        roots: vec![Root {
            signer: &root,
            person: "root-1".to_owned(),
        }],
        threshold: 1,
        policy,
        log: Arc::new(key(4)),
        service: Arc::new(key(5)),
    };
    let place = Box::new(FilePlace::new(dir.join("place/checkpoint")));
    let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
    let ledger = Ledger::create(&dir.join("ledger"), place, vault, &opening, clock).expect("made");
    let enrolled = ledger.enrol(&worker(), "", &[Role::Worker], &[&root]);
    enrolled.expect("a worker");
    ledger.hand(streams, worker().key_id()).expect("handed");
    ledger
}

/// An outcome as a restore records it: some public facts, two disclosures.
pub(crate) fn draft(stream: &str, number: usize) -> Draft {
    let attempt = i64::try_from(number).expect("a count");
    let item = format!("{number:064x}");
    let data = Value::object([
        ("attempt", Value::Integer(attempt)),
        ("class", Value::text("identical")),
        ("item", Value::text(item)),
    ]);
    let mut draft = Draft::new(stream, KIND, data);
    draft.digests = ["A", "B"].map(|letter| letter.repeat(42) + "A").to_vec();
    draft
}
