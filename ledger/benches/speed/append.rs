//! append: events signed, verified at ingest, chained, tree-hashed and durable, in batches of 256, by as many emitters as
//! keep all cores busy. Raw: the slower of all threads doing nothing but sign and `verify_strict` over the same
//! messages, and one thread writing the same frames in the same batches, each followed by fdatasync.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use unbroken_ledger::dsse::pae;
use unbroken_ledger::{Draft, Ledger};

use crate::raw::{Preallocated, cores, frame, sign_and_verify};
use crate::small::{self, WORKER};
use crate::{CpuCost, Round, Unit, median, number, report, report_cpu};

const BATCH: usize = 256;
const ROUNDS: usize = 15;
/// Batches of one emitter in a round.
const BATCHES: usize = 12;
/// Emitters a core: while one waits for the disk, another signs.
const PER_CORE: usize = 3;
const RAW_SIGNATURES: Duration = Duration::from_millis(500);
const RAW_BATCHES: usize = 48;

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let streams: Vec<String> = (0..cores() * PER_CORE)
        .map(|emitter| format!("custodian/c{emitter}"))
        .collect();
    let ledger = small::create(folder.path(), &streams);
    // Not counted: the first batches meet cold caches, and give the raw limits their bytes.
    emit(&ledger, &streams);
    let (messages, batches) = written(&ledger);
    let mut disk = raw_disk(folder.path(), &batches);
    let key = SigningKey::from_bytes(&WORKER);
    let mut rounds = Vec::new();
    let mut limits = (Vec::new(), Vec::new());
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        let cost = CpuCost::start();
        let threads = streams.len();
        let (signatures, count) = sign_and_verify(&key, &messages, threads, RAW_SIGNATURES);
        let raw_cost = cost.micros(count);
        let start = Instant::now();
        for batch in batches.iter().cycle().take(RAW_BATCHES) {
            disk.append(batch);
        }
        let disk = number(RAW_BATCHES * BATCH) / start.elapsed().as_secs_f64();
        let (ours, ours_cost) = emit(&ledger, &streams);
        costs.push(Round {
            ours: ours_cost,
            raw: raw_cost,
        });
        let raw = signatures.min(disk);
        rounds.push(Round { ours, raw });
        limits.0.push(signatures);
        limits.1.push(disk);
    }
    assert_eq!(ledger.stop_reason(), None, "the ledger goes on");
    report("append", Unit::Rate("events/s"), &rounds);
    report_cpu("append", &costs);
    let (signatures, disk) = (median(limits.0), median(limits.1));
    println!("LIMITS append {signatures:.0} sign + verify/s, {disk:.0} written/s");
}

/// Every emitter appends its batches; how many events a second all of them together had acknowledged, and what each cost.
fn emit(ledger: &Ledger, streams: &[String]) -> (f64, f64) {
    let batches = |stream: &String| -> Vec<Vec<Draft>> {
        let numbers = (0..BATCHES).map(|batch| batch * BATCH..(batch + 1) * BATCH);
        numbers
            .map(|numbers| numbers.map(|n| small::draft(stream, n)).collect())
            .collect()
    };
    // What they want to say is there before the clock starts, as the messages of the raw limit are.
    let emitters: Vec<_> = streams.iter().map(batches).collect();
    let (start, cost) = (Instant::now(), CpuCost::start());
    thread::scope(|scope| {
        for batches in &emitters {
            scope.spawn(move || {
                let worker = small::worker();
                for drafts in batches {
                    let signed = ledger.sign_all(drafts, &[&worker]).expect("signed");
                    let mut receipts = ledger.submit_all(signed).into_iter();
                    assert!(receipts.all(|receipt| receipt.is_ok()), "each is taken");
                }
            });
        }
    });
    let count = streams.len() * BATCHES * BATCH;
    let rate = number(count) / start.elapsed().as_secs_f64();
    (rate, cost.micros(count))
}

/// The messages that were signed, and the frames that were written, in batches.
fn written(ledger: &Ledger) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut messages, mut frames) = (Vec::new(), Vec::new());
    for read in ledger.entries(3).expect("readable") {
        let (bytes, entry) = read.expect("an entry");
        messages.push(pae(&entry.envelope.payload));
        frames.push(frame(&bytes));
    }
    let batches = frames.chunks_exact(BATCH).map(<[_]>::concat).collect();
    (messages, batches)
}

fn raw_disk(folder: &Path, batches: &[Vec<u8>]) -> Preallocated {
    let length = batches.iter().map(Vec::len).sum();
    Preallocated::make(&folder.join("raw"), length)
}
