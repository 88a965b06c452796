//! How fast the ledger is beside what this machine can do at all: each row is measured in turns with its raw limit, so
//! that whatever else runs here slows both. What was measured is kept in docs/speed.md.
//!
//! `cargo bench -p unbroken-ledger` runs every row, `cargo bench -p unbroken-ledger -- append audit` those named.
//! `UNBROKEN_BENCH_ENTRIES` is the size of the large ledger of audit, replay, flat and proof: a million where it is not set.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "a bench has no config.rs")]

#[path = "speed/append.rs"]
mod append;
#[path = "speed/append_one.rs"]
mod append_one;
#[path = "speed/audit.rs"]
mod audit;
#[path = "speed/flat.rs"]
mod flat;
#[path = "speed/large.rs"]
mod large;
#[path = "speed/proof.rs"]
mod proof;
#[path = "speed/raw.rs"]
mod raw;
#[path = "speed/replay.rs"]
mod replay;
#[path = "speed/small.rs"]
mod small;

use std::time::Duration;

use large::Large;
use rustix::time::{ClockId, clock_gettime};

/// The rows, each with whether it needs the large ledger.
const ROWS: [(&str, bool); 6] = [
    ("append", false),
    ("append_one", false),
    ("audit", true),
    ("replay", true),
    ("flat", true),
    ("proof", true),
];

fn main() {
    // cargo hands its own `--bench` on.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for name in &named {
        let known = ROWS.iter().any(|(row, _)| row == name);
        let rows = ROWS.map(|(row, _)| row).join(", ");
        assert!(known, "there is no row {name}; there are {rows}");
    }
    let wanted = |name: &str| named.is_empty() || named.iter().any(|row| row == name);
    if wanted("append") {
        append::run();
    }
    if wanted("append_one") {
        append_one::run();
    }
    if !ROWS.iter().any(|(name, large)| *large && wanted(name)) {
        return;
    }
    let large = Large::make(large::entries_asked());
    if wanted("audit") {
        audit::run(&large);
    }
    if wanted("replay") {
        replay::run(&large);
    }
    if wanted("flat") || wanted("proof") {
        let ledger = large.open();
        if wanted("proof") {
            proof::run(&large, &ledger);
        }
        // Last: it writes behind the entries.
        if wanted("flat") {
            flat::run(&large, &ledger);
        }
    }
}

/// What one round measured, in the row's unit.
#[derive(Clone, Copy)]
struct Round {
    ours: f64,
    raw: f64,
}

/// A row's unit: more of it is better (a rate), or less (a latency, a cost).
#[derive(Clone, Copy)]
enum Unit {
    Rate(&'static str),
    Cost(&'static str),
}

impl Unit {
    fn ratio(self, round: Round) -> f64 {
        match self {
            Self::Rate(_) => round.ours / round.raw,
            Self::Cost(_) => round.raw / round.ours,
        }
    }
}

/// Prints the ratio of the medians, and between which ratios the rounds lay.
fn report(name: &str, unit: Unit, rounds: &[Round]) {
    let medians = Round {
        ours: median(rounds.iter().map(|round| round.ours).collect()),
        raw: median(rounds.iter().map(|round| round.raw).collect()),
    };
    let (Unit::Rate(text) | Unit::Cost(text)) = unit;
    let Round { ours, raw } = medians;
    let ratio = unit.ratio(medians);
    println!("RATIO {name} {ratio:.2} ({ours:.0} of {raw:.0} {text})");
    let mut ratios: Vec<f64> = rounds.iter().map(|round| unit.ratio(*round)).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    let count = ratios.len();
    println!("SPREAD {name} {least:.2} to {most:.2} in {count} rounds");
}

/// What a round cost in CPU time of the whole process, for each piece of work: what else runs on the machine does not
/// count.
struct CpuCost {
    start: Duration,
}

impl CpuCost {
    fn start() -> Self {
        let start = cpu(ClockId::ProcessCPUTime);
        Self { start }
    }

    /// Microseconds for each of `count` pieces since the start.
    fn micros(&self, count: usize) -> f64 {
        let took = cpu(ClockId::ProcessCPUTime).saturating_sub(self.start);
        took.div_duration_f64(Duration::from_micros(1)) / number(count)
    }
}

/// CPU time so far, of a process or of a thread.
fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).expect("not negative");
    let nanos = u32::try_from(time.tv_nsec).expect("below a second");
    Duration::new(seconds, nanos)
}

/// Prints the ratio of the CPU costs beside that of the wall clock.
fn report_cpu(name: &str, rounds: &[Round]) {
    let raw = median(rounds.iter().map(|round| round.raw).collect());
    let ours = median(rounds.iter().map(|round| round.ours).collect());
    let ratio = raw / ours;
    println!("CPU {name} {ratio:.2} ({ours:.1} of {raw:.1} us CPU each)");
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A count as what rates are made of; counts here stay far below 2^32.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a count below 2^32"))
}
