//! One conformance suite over every entry store: what DESIGN section 4 asks of a store, whatever engine is behind it.

use std::path::Path;

use unbroken_ledger::store::memory::{MemoryStore, NextAppend};
use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::store::{EntryStore, StoreError};
use unbroken_ledger::tree::leaf_hash;

/// A chain as the format has it, as far as a store looks: index and the leaf hash of the entry before.
fn entries(from: usize, count: usize) -> Vec<Vec<u8>> {
    let mut prev = "0".repeat(64);
    let chain = (0..from + count).map(|number| {
        let entry =
            format!("{{\"index\":{number},\"prev\":\"{prev}\",\"of\":\"a test\"}}").into_bytes();
        prev = leaf_hash(&entry).to_string();
        entry
    });
    chain.skip(from).collect()
}

fn all(store: &dyn EntryStore) -> Vec<Vec<u8>> {
    let read = store.reader().read(0, store.size()).expect("readable");
    read.collect::<Result<_, _>>().expect("whole")
}

/// What every store does.
fn conforms(store: &mut dyn EntryStore) {
    assert_eq!(store.size(), 0);
    store.append(0, &entries(0, 3)).expect("the first");
    store.append(3, &entries(3, 2)).expect("the next");
    assert_eq!(all(store), entries(0, 5));
    // The same entries at the same indexes again: an answer was lost, nothing is doubled.
    store.append(3, &entries(3, 2)).expect("again");
    store.append(0, &entries(0, 5)).expect("all again");
    assert_eq!(store.size(), 5);
    for (expected, count) in [(4, 2), (6, 1), (2, 1)] {
        let refused = store
            .append(expected, &entries(100, count))
            .expect_err("a conflict");
        assert!(
            matches!(refused, StoreError::Conflict { size: 5 }),
            "{refused:?}"
        );
    }
    assert_eq!(all(store), entries(0, 5), "a refused append wrote nothing");
    let reader = store.reader();
    for from in 0..=5_u64 {
        for to in from..=5 {
            let read: Vec<Vec<u8>> = reader
                .read(from, to)
                .expect("readable")
                .map(|e| e.expect("whole"))
                .collect();
            let (from, to) = (
                usize::try_from(from).expect("small"),
                usize::try_from(to).expect("small"),
            );
            assert_eq!(read, entries(from, to - from));
        }
    }
    store
        .append(5, &entries(5, 1))
        .expect("a reader does not stand in the way");
    assert_eq!(
        reader.read(5, 6).expect("readable").count(),
        1,
        "a reader stays good"
    );
}

fn segments(folder: &Path, checkpoint: u64) -> SegmentStore {
    SegmentStore::open(folder, checkpoint).expect("opened").0
}

#[test]
fn the_memory_store_conforms() {
    conforms(&mut MemoryStore::default());
}

#[test]
fn the_segment_store_conforms_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    conforms(&mut segments(folder.path(), 0));
    let again = segments(folder.path(), 0);
    assert_eq!(all(&again), entries(0, 6));
}

#[test]
fn a_full_store_and_a_lost_answer_are_told_apart() {
    let mut store = MemoryStore::default();
    store.set_next(NextAppend::Full);
    assert!(matches!(
        store.append(0, &entries(0, 1)),
        Err(StoreError::Full)
    ));
    assert_eq!(store.size(), 0);
    store.set_next(NextAppend::LosesAnswer);
    assert!(matches!(
        store.append(0, &entries(0, 1)),
        Err(StoreError::Unknown { .. })
    ));
    store
        .append(0, &entries(0, 1))
        .expect("what may be stored is sent again");
    assert_eq!(store.size(), 1);
}

/// The bytes of the only segment, up to the end of the last frame.
fn written(folder: &Path) -> (std::path::PathBuf, Vec<u8>, Vec<usize>) {
    let path = std::fs::read_dir(folder.join("segments"))
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .expect("a segment");
    let bytes = std::fs::read(&path).expect("readable");
    let (mut at, mut ends) = (32, vec![32]);
    loop {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        if length == 0 {
            return (path, bytes, ends);
        }
        at += 8 + length as usize;
        ends.push(at);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test damages a file of its own"
)]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_torn_tail_is_set_aside_at_every_byte_and_nothing_that_was_whole_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    segments(folder.path(), 0)
        .append(0, &entries(0, 4))
        .expect("stored");
    let (path, whole, ends) = written(folder.path());
    let (start, end) = (ends[ends.len() - 2], ends[ends.len() - 1]);
    for cut in start + 1..end {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        put(&path, &torn);
        let opened = SegmentStore::open(folder.path(), 3);
        let (mut store, tail) = opened.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        // A cut that took only zeros away left the frame whole.
        if torn[..end] == whole[..end] {
            assert_eq!(store.size(), 4, "cut at {cut}");
            continue;
        }
        assert!(tail.is_some(), "cut at {cut}: the torn frame is not named");
        assert_eq!(store.size(), 3, "cut at {cut}");
        store.cut_tail().expect("cut");
        store.append(3, &entries(3, 1)).expect("it goes on");
        assert_eq!(all(&store), entries(0, 4));
    }
}

#[test]
fn damage_that_the_checkpoint_covers_stops_the_store_at_its_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    segments(folder.path(), 0)
        .append(0, &entries(0, 4))
        .expect("stored");
    let (path, whole, ends) = written(folder.path());
    for frame in 0..4 {
        for at in (ends[frame]..ends[frame + 1]).step_by(5) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            put(&path, &damaged);
            let found = SegmentStore::open(folder.path(), 4).map(|(store, _)| {
                store
                    .reader()
                    .read(0, 4)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            });
            let error = match found {
                Err(error) | Ok(Err(error)) => error,
                Ok(Ok(read)) => panic!("byte {at} of entry {frame}: served {} entries", read.len()),
            };
            let named = matches!(error, StoreError::Corrupt { index, .. } if index == frame as u64);
            assert!(named, "byte {at} of entry {frame}: {error}");
        }
    }
}
