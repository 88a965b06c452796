//! Segment files: which entries are there, and whether what stands behind them is zeros, a torn tail or damage. The bytes are
//! taken as a file, and as orders by which one is made: a whole frame is never found by chance.
#![no_main]

use std::path::Path;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use unbroken_fuzz::one_file::OneFile;
use unbroken_ledger::Hash;
use unbroken_ledger::entry::MAX_ENTRY_BYTES;
use unbroken_ledger::store::EntryStore;
use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::tree::leaf_hash;
use unbroken_verify::fuzzing::{self, Frames};

fn start(index: usize, prev: Hash) -> String {
    format!("{{\"index\":{index},\"prev\":\"{prev}\",")
}

fn frame(entry: &[u8]) -> Vec<u8> {
    let length = u32::try_from(entry.len()).expect("short");
    [
        &length.to_le_bytes()[..],
        &crc32c::crc32c(entry).to_le_bytes(),
        entry,
    ]
    .concat()
}

/// One order after the other, three bytes each, some with bytes of their own behind them.
fn made(mut orders: &[u8]) -> Vec<u8> {
    let mut file = [&b"unbroken-seg-v1\n"[..], &[0; 16]].concat();
    let (mut index, mut prev) = (0, Hash::ZERO);
    while let [order, low, high, rest @ ..] = orders {
        orders = rest;
        let number = usize::from(*low) | usize::from(*high) << 8;
        let own = &rest[..number.min(rest.len())];
        match order % 7 {
            0 => {
                let entry = format!("{}\"n\":{number}}}", start(index, prev));
                (index, prev) = (index + 1, leaf_hash(entry.as_bytes()));
                file.extend(frame(entry.as_bytes()));
            }
            1 => {
                file.extend(frame(own));
                orders = &rest[own.len()..];
            }
            2 => {
                file.extend(own);
                orders = &rest[own.len()..];
            }
            3 => file.resize(file.len() + number, 0),
            4 => file.truncate(file.len().saturating_sub(number)),
            5 if !file.is_empty() => {
                let at = file.len() - 1 - number / 8 % file.len();
                file[at] ^= 1 << (number % 8);
            }
            _ => file.extend(frame(format!("{{\"index\":{number}").as_bytes())),
        }
    }
    file
}

fn compare(file: Vec<u8>, covered: u64) {
    let (entries, ended) = fuzzing::segment(&file, covered);
    let mut prev = Hash::ZERO;
    let chained = entries.iter().enumerate().take_while(|(index, entry)| {
        let fits = entry.len() <= MAX_ENTRY_BYTES;
        let continues = fits && entry.starts_with(start(*index, prev).as_bytes());
        prev = leaf_hash(entry);
        continues
    });
    let chained = chained.count();
    let disk = Arc::new(OneFile(Arc::new(file)));
    let opened = SegmentStore::open_on(disk, Path::new("ledger"), covered);
    if chained < entries.len() {
        // The store stops at the first entry that does not continue the chain, the verifier at the rules of that entry.
        assert!(!matches!(opened, Ok((_, None))), "a broken chain is opened");
        return;
    }
    let expected = match ended {
        Frames::Whole if covered <= chained as u64 => Frames::Whole,
        Frames::Torn => Frames::Torn,
        Frames::Whole | Frames::Damaged => Frames::Damaged,
    };
    let found = match &opened {
        Ok((_, None)) => Frames::Whole,
        Ok((_, Some(tail))) => {
            assert_eq!(tail.from_index, chained as u64);
            Frames::Torn
        }
        Err(_) => Frames::Damaged,
    };
    assert_eq!(found, expected, "{opened:?}");
    if let Ok((store, _)) = opened {
        assert_eq!(store.size(), chained as u64);
        let read = store
            .reader()
            .read(0, store.size())
            .expect("within the size");
        let read: Vec<Vec<u8>> = read.map(|stored| stored.expect("whole").bytes).collect();
        assert_eq!(read, entries);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((covered, rest)) = bytes.split_first() else {
        return;
    };
    let covered = u64::from(*covered % 8);
    compare(rest.to_vec(), covered);
    compare(made(rest), covered);
});
