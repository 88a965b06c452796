//! Events handed in together, by many threads at once: each has its answer, in its order, and all come back.

use std::path::Path;
use std::sync::Arc;

use unbroken_ledger::ledger::{Signatures, fold_entries};
use unbroken_ledger::store::EntryReader;
use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::{
    Draft, Envelope, FilePlace, Hash, Ledger, LedgerError, Opening, Policy, PrivateKey, Role, Root,
    Signer, SubmitError, SystemClock, Value, VaultKey,
};

const EMITTERS: usize = 4;
const ROUNDS: usize = 5;
const TOGETHER: usize = 40;

fn key(n: u8) -> PrivateKey {
    PrivateKey::from_seed(&[n; 32])
}

fn create(dir: &Path) -> Ledger {
    let mut policy = Policy::default();
    policy
        .types
        .insert("ItemRestored/1".to_owned(), vec![Role::Worker]);
    let root = key(1);
    let opening = Opening {
        name: "example.org/batches".to_owned(),
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
    let vault = VaultKey::from_bytes([9; 32]);
    let clock = Arc::new(SystemClock);
    let ledger = Ledger::create(&dir.join("ledger"), place, vault, &opening, clock).expect("made");
    ledger
        .enrol(&key(8), "", &[Role::Worker], &[&root])
        .expect("enrolled");
    let streams: Vec<String> = (0..EMITTERS).map(|n| format!("custodian/c{n}")).collect();
    ledger.hand(&streams, key(8).key_id()).expect("handed");
    ledger
}

fn open(dir: &Path) -> Result<Ledger, LedgerError> {
    let place = Box::new(FilePlace::new(dir.join("place/checkpoint")));
    let vault = VaultKey::from_bytes([9; 32]);
    let (log, service) = (Arc::new(key(4)), Arc::new(key(5)));
    let clock = Arc::new(SystemClock);
    Ledger::open(&dir.join("ledger"), place, vault, log, service, clock)
}

fn drafts(stream: &str, count: usize) -> Vec<Draft> {
    let data = |n: usize| Value::object([("n", Value::Integer(i64::try_from(n).expect("small")))]);
    (0..count)
        .map(|n| Draft::new(stream, "ItemRestored/1", data(n)))
        .collect()
}

#[test]
fn each_event_has_its_answer_and_all_come_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = create(dir.path());
    let before = ledger.size();
    std::thread::scope(|scope| {
        for emitter in 0..EMITTERS {
            let ledger = &ledger;
            scope.spawn(move || {
                let stream = format!("custodian/c{emitter}");
                for round in 0..ROUNDS {
                    let signed = ledger
                        .sign_all(&drafts(&stream, TOGETHER), &[&key(8)])
                        .expect("signed");
                    let answers = ledger.submit_all(signed);
                    let indexes: Vec<u64> = answers
                        .into_iter()
                        .map(|answer| answer.expect("taken").index)
                        .collect();
                    assert_eq!(indexes.len(), TOGETHER, "round {round}");
                    assert!(indexes.windows(2).all(|pair| pair[0] < pair[1]));
                }
            });
        }
    });
    let count = u64::try_from(EMITTERS * ROUNDS * TOGETHER).expect("small");
    assert_eq!(ledger.size(), before + count);
    let root = ledger.with_state(unbroken_ledger::State::root);
    drop(ledger);
    let again = open(dir.path()).expect("opened");
    assert_eq!(again.with_state(unbroken_ledger::State::root), root);
    let next = |n| again.with_state(|state| state.stream(&format!("custodian/c{n}")).next);
    assert!((0..EMITTERS).all(|n| next(n) == u64::try_from(ROUNDS * TOGETHER).expect("small")));
}

#[test]
fn a_refused_event_takes_those_behind_it_in_its_stream_and_no_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = create(dir.path());
    let mut mixed = drafts("custodian/c0", 3);
    mixed.extend(drafts("custodian/c1", 2));
    let mut signed: Vec<Envelope> = ledger.sign_all(&mixed, &[&key(8)]).expect("signed");
    signed[1].signatures[0].1.0[0] ^= 1;
    let rules: Vec<&str> = ledger
        .submit_all(signed.clone())
        .iter()
        .map(|answer| match answer {
            Ok(_) => "taken",
            Err(SubmitError::Refused(refusal)) => refusal.rule,
            Err(_) => "stopped",
        })
        .collect();
    let expected = ["taken", "signature/strict", "stream/seq", "taken", "taken"];
    assert_eq!(rules, expected);
    // What was taken has the same receipt again, also twice in one call.
    let last = signed[4].clone();
    let again = ledger.submit_all(vec![last.clone(), last]);
    let receipts: Vec<_> = again
        .into_iter()
        .map(|answer| answer.expect("there"))
        .collect();
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!(receipts[0].index + 1, ledger.size());
    assert!(ledger.submit_all(Vec::new()).is_empty());
}

#[test]
fn a_planted_signature_is_found_on_opening_and_only_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = create(dir.path());
    let signed = ledger
        .sign_all(&drafts("custodian/c0", 600), &[&key(8)])
        .expect("signed");
    let answers = ledger.submit_all(signed);
    assert!(answers.iter().all(Result::is_ok));
    let mut planted = ledger
        .sign(&drafts("custodian/c0", 1)[0], &[&key(8)])
        .expect("signed");
    let index = ledger.size();
    let origin = ledger.origin().to_owned();
    let received = ledger.with_state(|state| state.last_received().expect("entries"));
    let prev: Hash = ledger.with_state(unbroken_ledger::State::last_leaf);
    drop(ledger);
    // Somebody who can write the disk, CRC and chain included, but has no key.
    planted.signatures[0].1.0[40] ^= 1;
    let entry = unbroken_ledger::entry::encode(index, &prev, received, &planted);
    {
        let (mut store, torn) =
            SegmentStore::open(&dir.path().join("ledger"), index).expect("open");
        assert_eq!(torn, None);
        let store: &mut dyn unbroken_ledger::store::EntryStore = &mut store;
        store.append(index, &[entry]).expect("appended");
        let reader: Arc<dyn EntryReader> = store.reader();
        let fold = |signatures| {
            let entries = reader.read(0, index + 1).expect("read");
            fold_entries(&origin, entries, signatures)
        };
        assert_eq!(fold(Signatures::Trusted).expect("folded").size(), index + 1);
        assert!(fold(Signatures::Checked).is_err());
    }
    let refused = open(dir.path()).expect_err("refused").to_string();
    let wanted = format!("entry {index} breaks signature/strict");
    assert!(refused.contains(&wanted), "{refused}");
}
