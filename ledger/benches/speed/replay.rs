//! replay: every entry of the large ledger read from the disk, checked (index, chain, CRC), decoded and folded, as a
//! projection that is built again does it. Raw: serde_json on all threads at once, parsing entries and their decoded
//! events, typed, from memory; it decodes no base64, hashes nothing and keeps nothing.

use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use unbroken_ledger::SignedCheckpoint;
use unbroken_ledger::ledger::{Signatures, fold_entries};
use unbroken_ledger::store::EntryStore;
use unbroken_ledger::store::segments::SegmentStore;

use crate::large::Large;
use crate::raw::{cores, together};
use crate::{CpuCost, Round, Unit, number, report, report_cpu};

const ROUNDS: usize = 7;
const LASTING: Duration = Duration::from_secs(1);
/// Entries that the raw limit is measured over: far more than a cache holds.
const SAMPLE: usize = 50_000;

#[derive(Deserialize)]
#[allow(dead_code, reason = "what is typed is measured, not used")]
struct Entry {
    index: u64,
    prev: String,
    received: String,
    event: Envelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "as above")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
struct Signature {
    keyid: String,
    sig: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
struct Event {
    v: u64,
    id: String,
    origin: String,
    stream: String,
    seq: u64,
    link: String,
    seen: Seen,
    r#type: String,
    at: String,
    by: Vec<String>,
    data: serde_json::Value,
    sd: Vec<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
struct Seen {
    size: u64,
    leaf: String,
}

pub(crate) fn run(large: &Large) {
    let sample: Vec<(Vec<u8>, Vec<u8>)> = large
        .every(large.entries.div_ceil(SAMPLE))
        .into_iter()
        .map(|bytes| {
            let entry: Entry = serde_json::from_slice(&bytes).expect("an entry");
            let event = Base64::decode_vec(&entry.event.payload).expect("base64");
            (bytes, event)
        })
        .collect();
    let note = std::fs::read_to_string(large.dir().join("checkpoint")).expect("a checkpoint");
    let note = SignedCheckpoint::parse(&note).expect("a checkpoint");
    let (store, torn) = SegmentStore::open(&large.dir(), note.checkpoint.size).expect("opened");
    assert_eq!(torn, None, "nothing is torn");
    let mut rounds = Vec::new();
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        let cost = CpuCost::start();
        let (raw, count) = together(&sample, cores(), LASTING, |(entry, event)| {
            let entry: Entry = serde_json::from_slice(entry).expect("an entry");
            let event: Event = serde_json::from_slice(event).expect("an event");
            std::hint::black_box((entry, event));
        });
        let raw_cost = cost.micros(count);
        let cost = CpuCost::start();
        let start = Instant::now();
        let entries = store.reader().read(0, store.size()).expect("readable");
        let origin = &note.checkpoint.origin;
        let state = fold_entries(origin, entries, Signatures::Trusted).expect("it holds");
        let ours = number(large.entries) / start.elapsed().as_secs_f64();
        let ours_cost = cost.micros(large.entries);
        costs.push(Round {
            ours: ours_cost,
            raw: raw_cost,
        });
        assert_eq!(state.root(), note.checkpoint.root, "everything was folded");
        rounds.push(Round { ours, raw });
    }
    report("replay", Unit::Rate("entries/s"), &rounds);
    report_cpu("replay", &costs);
}
