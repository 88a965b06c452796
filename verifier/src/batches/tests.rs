//! A ledger with faults in several of its entries at once: however many threads and however small
//! the batches, the rule that is cited is the one that a single thread finds first.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer, SigningKey};

use super::*;
use crate::broken::Broken;
use crate::bytes::{base64, hex, sha256};
use crate::tree::leaf;

const KIND: &str = "application/vnd.unbroken.event.v1+json";
const WORKERS: u8 = 3;
/// Opened, and for each worker its key and its stream.
const FOUNDED: usize = 1 + 2 * WORKERS as usize;
const ENTRIES: usize = 60;

/// What is done to an entry before the next one is made.
type Fault = fn(&mut Draft);

struct Draft {
    seq: u64,
    seen: usize,
    signer: u8,
    by: u8,
    payload: fn(String) -> String,
    entry: fn(String) -> String,
}

#[derive(Default)]
struct Ledger {
    entries: Vec<Vec<u8>>,
    streams: BTreeMap<String, (u64, Hash)>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn public(number: u8) -> String {
    hex(key(number).verifying_key().as_bytes())
}

fn id(number: u8) -> String {
    hex(&sha256(key(number).verifying_key().as_bytes()))
}

impl Ledger {
    fn add(&mut self, stream: &str, kind: &str, data: &str, by: &[u8], fault: Option<Fault>) {
        let index = self.entries.len();
        let (seq, link) = self.streams.get(stream).copied().unwrap_or_default();
        let mut draft = Draft {
            seq,
            seen: index,
            signer: by[by.len() - 1],
            by: by[by.len() - 1],
            payload: |text| text,
            entry: |text| text,
        };
        if let Some(fault) = fault {
            fault(&mut draft);
        }
        let mut by = by.to_vec();
        *by.last_mut().expect("a signer") = draft.by;
        let signers = by[..by.len() - 1].iter().chain([&draft.signer]);
        let ids: Vec<String> = by.iter().map(|number| id(*number)).collect();
        let prev = self.entries.last().map_or([0; 32], |entry| leaf(entry));
        let payload = format!(
            "{{\"v\":1,\"id\":\"019aaaaa-0000-7000-8000-{index:012x}\",\
             \"origin\":\"example.org/{}\",\
             \"stream\":\"{stream}\",\"seq\":{},\"link\":\"{}\",\
             \"seen\":{{\"size\":{},\"leaf\":\"{}\"}},\
             \"type\":\"{kind}\",\"at\":\"2026-11-23T20:00:00.000000Z\",\"by\":[\"{}\"],\
             \"data\":{data},\"sd\":[]}}",
            hex(&sha256(key(1).verifying_key().as_bytes())),
            draft.seq,
            hex(&link),
            draft.seen,
            hex(&prev),
            ids.join("\",\""),
        );
        let payload = (draft.payload)(payload);
        let pae = format!("DSSEv1 {} {KIND} {} {payload}", KIND.len(), payload.len());
        let signatures: Vec<String> = signers
            .zip(&ids)
            .map(|(signer, id)| {
                let signature = base64(&key(*signer).sign(pae.as_bytes()).to_bytes());
                format!("{{\"keyid\":\"{id}\",\"sig\":\"{signature}\"}}")
            })
            .collect();
        let entry = format!(
            "{{\"index\":{index},\"prev\":\"{}\",\"received\":\"2026-11-23T20:00:00.000000Z\",\
             \"event\":{{\"payloadType\":\"{KIND}\",\"payload\":\"{}\",\"signatures\":[{}]}}}}",
            hex(&prev),
            base64(payload.as_bytes()),
            signatures.join(",")
        );
        self.entries.push((draft.entry)(entry).into_bytes());
        let link = sha256(payload.as_bytes());
        self.streams.insert(stream.to_owned(), (seq + 1, link));
    }
}

/// Key 1 is the root, 4 the log, 5 the service, from 8 on the workers, who are enrolled one by one.
fn ledger(faults: &[(usize, Fault)]) -> Vec<Vec<u8>> {
    let mut ledger = Ledger::default();
    let opened = format!(
        "{{\"keys\":{{\"log\":\"{}\",\"roots\":[{{\"key\":\"{}\",\"person\":\"root\"}}],\
         \"service\":\"{}\"}},\"policy\":{{\"approvals\":{{}},\"gates\":{{}},\
         \"types\":{{\"ItemRestored/1\":[\"worker\"]}}}},\"threshold\":1}}",
        public(4),
        public(1),
        public(5)
    );
    ledger.add("keys", "Opened", &opened, &[1], None);
    for worker in 8..8 + WORKERS {
        let data = format!(
            "{{\"key\":\"{}\",\"person\":\"\",\"roles\":[\"worker\"]}}",
            public(worker)
        );
        ledger.add("keys", "KeyEnrolled", &data, &[1, worker], None);
        let data = format!(
            "{{\"streams\":[\"custodian/{worker}\"],\"to\":\"{}\"}}",
            id(worker)
        );
        ledger.add("ledger", "StreamHanded", &data, &[5], None);
    }
    for (index, worker) in (FOUNDED..ENTRIES).zip((8..8 + WORKERS).cycle()) {
        let fault = faults.iter().find(|(at, _)| *at == index);
        let stream = format!("custodian/{worker}");
        let data = "{\"class\":\"identical\"}";
        let fault = fault.map(|(_, fault)| *fault);
        ledger.add(&stream, "ItemRestored/1", data, &[worker], fault);
    }
    ledger.entries
}

/// Index and rule that one thread finds, and how far it came.
fn alone(entries: &[Vec<u8>]) -> (u64, Option<(u64, Broken)>) {
    let mut walk = Walk::new(&[], 0);
    for bytes in entries {
        let envelope = Envelope::parse(bytes);
        let pushed = envelope.and_then(|envelope| walk.push(&envelope.entry()?));
        if let Err(broken) = pushed {
            return (walk.size(), Some((walk.size(), broken)));
        }
    }
    (walk.size(), None)
}

const FAULTS: [(&str, Fault); 9] = [
    ("signature/strict", |draft| draft.signer = 9 + WORKERS),
    ("signature/strict", |draft| {
        // The key of another worker, which is known: what it signed is not said to be by this one.
        (draft.signer, draft.seq) = (if draft.by == 8 { 9 } else { 8 }, 1000);
    }),
    ("key/unknown", |draft| {
        (draft.by, draft.signer) = (9 + WORKERS, 9 + WORKERS);
    }),
    ("stream/seq", |draft| draft.seq += 1),
    ("seen/size", |draft| draft.seen += 1),
    ("event/version", |draft| {
        draft.payload = |text| text.replacen("\"v\":1", "\"v\":2", 1);
    }),
    ("canonical/fields", |draft| {
        draft.payload = |text| text.replacen("{\"v\":1,", "{", 1);
    }),
    ("canonical/whitespace", |draft| {
        draft.entry = |text| text + " ";
    }),
    ("canonical/base64", |draft| {
        draft.entry = |text| text.replacen("\"payload\":\"", "\"payload\":\"-", 1);
    }),
];

#[test]
fn a_sound_ledger_is_walked_to_its_end_by_any_number_of_threads() {
    let entries = ledger(&[]);
    assert_eq!(alone(&entries), (ENTRIES as u64, None));
    for (threads, batch_bytes) in [(1, 1), (2, 3000), (5, 1), (3, 1 << 20)] {
        let mut seen = Vec::new();
        let see = |entry: &Entry<'_>| seen.push(entry.index);
        let read = |push: &mut dyn FnMut(&[u8]) -> bool| entries.iter().all(|bytes| push(bytes));
        let walk = Walk::new(&[], 0);
        let (walk, failed, all) = walk_on(threads, batch_bytes, walk, see, read);
        assert!(failed.is_none() && all);
        assert_eq!(walk.size(), ENTRIES as u64);
        assert!(seen.into_iter().eq(0..ENTRIES as u64));
    }
}

#[test]
fn the_first_broken_rule_is_the_same_for_any_number_of_threads() {
    for (number, (rule, first)) in FAULTS.iter().enumerate() {
        for (_, second) in FAULTS {
            let at = FOUNDED + 5 * number;
            let entries = ledger(&[(at, *first), (at + 1, second), (at + 9, second)]);
            let expected = alone(&entries);
            let (_, broken) = &expected;
            let (index, broken) = broken.as_ref().expect("a rule is broken");
            assert_eq!((*index, broken.rule), (at as u64, *rule));
            for (threads, batch_bytes) in [(1, 1), (2, 1), (4, 3000), (3, 1 << 20)] {
                let read = |push: &mut dyn FnMut(&[u8]) -> bool| {
                    for bytes in &entries {
                        if !push(bytes) {
                            break;
                        }
                    }
                };
                let walk = Walk::new(&[], 0);
                let (walk, failed, ()) = walk_on(threads, batch_bytes, walk, |_| {}, read);
                let failed = failed.map(|failed| (failed.index, failed.broken));
                assert_eq!((walk.size(), failed), expected, "{rule} at {at}");
            }
        }
    }
}

#[test]
fn a_thread_that_panics_is_heard() {
    let entries = ledger(&[]);
    for threads in 1..=3 {
        let panics = std::panic::catch_unwind(|| {
            let see = |entry: &Entry<'_>| assert!(entry.index < 20, "on purpose");
            walk_on(threads, 1, Walk::new(&[], 0), see, |push| {
                while entries.iter().all(|bytes| push(bytes)) {}
            });
        });
        assert!(panics.is_err(), "{threads} threads");
    }
}
