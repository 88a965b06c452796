//! Torn tails of segment files: set aside at every byte, and nothing that was whole is lost. What every store does is `stores.rs`.

use std::path::Path;

use unbroken_ledger::store::EntryStore;
use unbroken_ledger::store::segments::SegmentStore;
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
    read.map(|stored| stored.expect("whole").bytes).collect()
}

fn segments(folder: &Path, checkpoint: u64) -> SegmentStore {
    SegmentStore::open(folder, checkpoint).expect("opened").0
}

/// The bytes of the only segment, up to the end of the last frame.
fn written(folder: &Path) -> (std::path::PathBuf, Vec<u8>, Vec<usize>) {
    let path = std::fs::read_dir(folder.join("segments"))
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .expect("a segment");
    let mut bytes = std::fs::read(&path).expect("readable");
    // What is preallocated is zeros: a little of it is enough, and is written a hundred times.
    bytes.truncate(4096);
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
