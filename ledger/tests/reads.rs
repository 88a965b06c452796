//! Reads that begin inside a segment file: anywhere, and knowing what lies before them.

use std::fs;

use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::store::{EntryStore, StoreError};
use unbroken_ledger::tree::leaf_hash;

const COUNT: usize = 30;
const FIRST_FRAME: usize = 32;
const FRAME_HEAD: usize = 8;

/// Entries of 20,000 bytes, so that a file of them has many places where a read may begin.
fn entries() -> Vec<Vec<u8>> {
    let mut prev = "0".repeat(64);
    let entry = |number| {
        let text = "x".repeat(20_000);
        let entry = format!("{{\"index\":{number},\"prev\":\"{prev}\",\"of\":\"{text}\"}}");
        prev = leaf_hash(entry.as_bytes()).to_string();
        entry.into_bytes()
    };
    (0..COUNT).map(entry).collect()
}

fn read(store: &SegmentStore, from: usize) -> Result<Vec<Vec<u8>>, StoreError> {
    let read = store.reader().read(from as u64, COUNT as u64)?;
    read.map(|stored| Ok(stored?.bytes)).collect()
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test damages a file of its own"
)]
fn a_read_begins_anywhere_and_knows_what_lies_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let entries = entries();
    let (mut store, _) = SegmentStore::open(folder.path(), 0).expect("opened");
    for (size, entry) in (0..).zip(&entries) {
        let alone = std::slice::from_ref(entry);
        store.append(size, alone).expect("stored");
    }
    for from in 0..COUNT {
        assert_eq!(read(&store, from).expect("whole"), entries[from..]);
    }
    drop(store);
    let (store, _) = SegmentStore::open(folder.path(), COUNT as u64).expect("opened again");
    for from in 0..COUNT {
        assert_eq!(read(&store, from).expect("whole"), entries[from..]);
    }

    // In the place of each entry one of another ledger, whole by itself: the reader knows that it does not continue this one.
    let path = folder.path().join("segments/00000000000000000000.seg");
    let whole = fs::read(&path).expect("readable");
    let mut at = FIRST_FRAME;
    for (place, entry) in entries.iter().enumerate() {
        let marker = b"\"prev\":\"";
        let prev = entry.windows(marker.len()).position(|w| w == marker);
        let digit = prev.expect("a prev") + marker.len();
        let mut other = entry.clone();
        other[digit] = if other[digit] == b'f' { b'e' } else { b'f' };
        let mut bytes = whole.clone();
        bytes[at + 4..at + FRAME_HEAD].copy_from_slice(&crc32c::crc32c(&other).to_le_bytes());
        bytes[at + FRAME_HEAD..][..other.len()].copy_from_slice(&other);
        fs::write(&path, &bytes).expect("written");
        for from in 0..=place {
            let refused = read(&store, from).expect_err("its chain is another");
            let named =
                matches!(refused, StoreError::Corrupt { index, .. } if index == place as u64);
            assert!(named, "entry {place}, read from {from}: {refused}");
        }
        at += FRAME_HEAD + entry.len();
    }
}
