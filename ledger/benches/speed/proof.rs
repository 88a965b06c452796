//! proof: an inclusion proof from the tiles on the disk, and that none at a million entries reads more than five.

use std::time::Instant;

use unbroken_ledger::Ledger;

use crate::large::Large;
use crate::median;

const TILES_MOST: usize = 5;
const PROOFS: usize = 2000;

pub(crate) fn run(large: &Large, ledger: &Ledger) {
    let note = ledger.checkpoint();
    assert_eq!(note.checkpoint.size, large.entries as u64, "all is covered");
    let last = large.entries - 1;
    let spread = (0..PROOFS).map(|n| n.wrapping_mul(large.entries / PROOFS + 1) % large.entries);
    let mut most = 0;
    let mut micros = Vec::new();
    for index in spread.chain([0, last]) {
        let start = Instant::now();
        let (_, tiles) = ledger.tlog_proof(index as u64, &note).expect("a proof");
        micros.push(start.elapsed().as_secs_f64() * 1e6);
        most = most.max(tiles);
    }
    println!("TILES proof at most {most} ({:.0} us each)", median(micros));
    assert!(
        large.entries > 1 << 24 || most <= TILES_MOST,
        "{most} tiles"
    );
}
