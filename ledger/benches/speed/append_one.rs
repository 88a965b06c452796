//! append_one: how long one emitter waits for one acknowledged event, alone: signed, verified, admitted, on the disk.
//! Raw: the same frame written into a preallocated file, and fdatasync.

use std::time::{Duration, Instant};

use crate::raw::{Preallocated, frame};
use crate::small;
use crate::{Round, Unit, median, report};

const ROUNDS: usize = 40;
/// Appends in a row, by each in turn.
const BLOCK: usize = 50;
const STREAM: &str = "custodian/c1";

pub(crate) fn run() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let ledger = small::create(folder.path(), &[STREAM.to_owned()]);
    let worker = small::worker();
    let emit = |number| ledger.emit(&small::draft(STREAM, number), &[&worker]);
    let first = emit(0).expect("taken").index;
    let mut read = ledger.entries(first).expect("readable");
    let (bytes, _) = read.next().expect("one").expect("an entry");
    let frame = frame(&bytes);
    let mut disk = Preallocated::make(&folder.path().join("raw"), 16 << 20);
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let raw = median((0..BLOCK).map(|_| micros(|| disk.append(&frame))).collect());
        let ours = (0..BLOCK).map(|place| {
            let number = round * BLOCK + place;
            micros(|| _ = emit(number).expect("taken"))
        });
        let ours = median(ours.collect());
        rounds.push(Round { ours, raw });
    }
    report("append_one", Unit::Cost("us"), &rounds);
}

fn micros(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().div_duration_f64(Duration::from_micros(1))
}
