//! flat: what one append costs its thread (CPU time, of the thread that verifies, orders and writes) in the large ledger,
//! beside what it costs in one of 10,000 entries, in turns. A ledger that grows must not grow slower.

use std::time::Duration;

use rustix::time::ClockId;
use unbroken_ledger::Ledger;

use crate::large::{Large, streams};
use crate::small;
use crate::{Round, Unit, cpu, number, report};

const BASE_ENTRIES: usize = 10_000;
const ROUNDS: usize = 30;
const BATCH: usize = 128;

pub(crate) fn run(large: &Large, ledger: &Ledger) {
    let base = Large::make(BASE_ENTRIES);
    let opened = base.open();
    // Not counted: the first batches meet cold caches.
    let mut appends = [
        Appends::new(&opened, BASE_ENTRIES),
        Appends::new(ledger, large.entries),
    ];
    for appends in &mut appends {
        appends.cost();
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let [raw, ours] = appends.each_mut().map(Appends::cost);
        rounds.push(Round { ours, raw });
    }
    report("flat", Unit::Cost("ns CPU/append"), &rounds);
}

/// Appends to streams all over a ledger.
struct Appends<'a> {
    ledger: &'a Ledger,
    streams: usize,
    next: usize,
}

impl<'a> Appends<'a> {
    fn new(ledger: &'a Ledger, entries: usize) -> Self {
        Self {
            ledger,
            streams: streams(entries),
            next: 0,
        }
    }

    /// Appends a batch: nanoseconds of this thread's CPU for each event of it, signing left out.
    fn cost(&mut self) -> f64 {
        let drafts: Vec<_> = (self.next..self.next + BATCH)
            .map(|number| {
                let stream = number.wrapping_mul(7919) % self.streams;
                small::draft(&format!("custodian/{stream:08}"), number)
            })
            .collect();
        self.next += BATCH;
        let signed = self.ledger.sign_all(&drafts, &[&small::worker()]);
        let signed = signed.expect("signed");
        // Of this thread alone: what else runs on the machine costs it nothing.
        let start = cpu(ClockId::ThreadCPUTime);
        let receipts = self.ledger.submit_all(signed);
        let took = cpu(ClockId::ThreadCPUTime).saturating_sub(start);
        assert!(receipts.iter().all(Result::is_ok), "each is taken");
        took.div_duration_f64(Duration::from_nanos(1)) / number(BATCH)
    }
}
