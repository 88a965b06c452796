//! One conformance suite over every entry store: what DESIGN section 4 asks of a store, whatever engine is behind it. A new
//! engine is an [`Engine`], and [`Failing`] where its failures can be made; torn tails of segment files are in `torn_tails.rs`.

#[path = "crash/disk.rs"]
#[allow(dead_code, reason = "the crash suite uses the rest of it")]
mod disk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::{MemoryDisk, Unsynced};
use unbroken_ledger::store::memory::{MemoryLog, NextAppend};
use unbroken_ledger::store::segments::SegmentStore;
use unbroken_ledger::store::{EntryStore, StoreError};
use unbroken_ledger::tree::leaf_hash;

/// What a store keeps, between one opening and the next.
trait Engine {
    /// Opens it for writing; `checkpoint` entries were acknowledged for certain.
    fn open(&self, checkpoint: u64) -> Result<Box<dyn EntryStore>, StoreError>;

    /// The same with one bit changed, in the byte `place` of what is stored for an entry; `None` behind its last byte.
    fn damaged(&self, index: usize, place: usize) -> Option<Box<dyn Engine>>;

    /// Everything that may come back when the machine stops now.
    fn after_crash(&self) -> Vec<Box<dyn Engine>>;
}

/// An engine whose failures can be made.
trait Failing: Engine {
    fn set_full(&self, is_full: bool);

    /// Lets the next append end in an answer that does not come; whether the entries are stored.
    fn lose_next_answer(&self, stored: bool);
}

// ---- the suite

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

/// Append, conflict, the same entries again, reading of every range, a reader beside the writer, opening again.
fn appends_and_reads(engine: &dyn Engine) {
    let mut store = engine.open(0).expect("opened");
    assert_eq!(store.size(), 0);
    store.append(0, &[]).expect("nothing is nothing");
    store.append(0, &entries(0, 3)).expect("the first");
    store.append(3, &entries(3, 2)).expect("the next");
    assert_eq!(all(&*store), entries(0, 5));
    // The same entries at the same indexes again: an answer was lost, nothing is doubled.
    store.append(3, &entries(3, 2)).expect("again");
    store.append(0, &entries(0, 5)).expect("all again");
    store.append(1, &entries(1, 2)).expect("some again");
    assert_eq!(store.size(), 5);
    let mut other_end = entries(3, 2);
    other_end[1].push(b' ');
    let conflicts = [
        (4, entries(100, 2)),
        (6, entries(100, 1)),
        (2, entries(100, 1)),
        (3, other_end),
        (3, entries(3, 3)),
        (u64::MAX, entries(5, 1)),
    ];
    for (expected, entries) in conflicts {
        let refused = store.append(expected, &entries).expect_err("a conflict");
        let size = matches!(refused, StoreError::Conflict { size: 5 });
        assert!(size, "at {expected}: {refused:?}");
    }
    assert_eq!(
        all(&*store),
        entries(0, 5),
        "a refused append wrote nothing"
    );
    let reader = store.reader();
    for from in 0..=5_usize {
        for to in from..=5 {
            let read = reader.read(from as u64, to as u64).expect("readable");
            let read: Vec<Vec<u8>> = read.map(|stored| stored.expect("whole").bytes).collect();
            assert_eq!(read, entries(from, to - from));
        }
    }
    assert!(reader.read(0, 6).is_err(), "there is no sixth");
    store.append(5, &entries(5, 1)).expect("beside a reader");
    let sixth = reader.read(5, 6).expect("readable").count();
    assert_eq!(sixth, 1, "a reader stays good");
    drop(store);
    let again = engine.open(6).expect("opened again");
    assert_eq!(all(&*again), entries(0, 6));
    drop(again);
    let short = engine.open(7).map(|store| store.size());
    let missing = matches!(short, Err(StoreError::Corrupt { index: 6, .. }));
    assert!(missing, "a checkpoint counts more: {short:?}");
}

/// One writer; the lock goes with it.
fn locks(engine: &dyn Engine) {
    let first = engine.open(0).expect("opened");
    let second = engine.open(0).map(|store| store.size());
    assert!(
        matches!(second, Err(StoreError::Locked { .. })),
        "{second:?}"
    );
    drop(first);
    engine.open(0).expect("the first is gone");
}

/// One bit anywhere in what is stored for an entry that a checkpoint covers: that entry is named, nothing from there on is served.
fn finds_damage_at_every_place(engine: &dyn Engine) -> u32 {
    engine
        .open(0)
        .expect("opened")
        .append(0, &entries(0, 4))
        .expect("stored");
    let mut places = 0;
    for index in 0..4 {
        for place in 0.. {
            let Some(damaged) = engine.damaged(index, place) else {
                assert!(place > 80, "entry {index} has {place} bytes");
                break;
            };
            places += 1;
            let served = match damaged.open(4) {
                Err(error) => (Vec::new(), Some(error)),
                Ok(store) => serve(&*store),
            };
            assert!(entries(0, index).starts_with(&served.0), "{index}, {place}");
            let error = served
                .1
                .unwrap_or_else(|| panic!("entry {index}, byte {place}: served"));
            let named = matches!(error, StoreError::Corrupt { index: i, .. } if i == index as u64);
            assert!(named, "entry {index}, byte {place}: {error}");
        }
    }
    places
}

fn serve(store: &dyn EntryStore) -> (Vec<Vec<u8>>, Option<StoreError>) {
    let mut served = Vec::new();
    match store.reader().read(0, 4) {
        Err(error) => return (served, Some(error)),
        Ok(read) => {
            for entry in read {
                match entry {
                    Ok(entry) => served.push(entry.bytes),
                    Err(error) => return (served, Some(error)),
                }
            }
        }
    }
    (served, None)
}

/// Whatever comes back after a crash holds everything that was acknowledged, and goes on.
fn survives_a_crash(engine: &dyn Engine) {
    let mut store = engine.open(0).expect("opened");
    for size in 0..6_usize {
        for fate in engine.after_crash() {
            let mut back = fate.open(size as u64).expect("opened after a crash");
            assert_eq!(all(&*back), entries(0, size));
            let next = entries(size, 1);
            back.append(size as u64, &next).expect("it goes on");
        }
        store
            .append(size as u64, &entries(size, 1))
            .expect("stored");
    }
}

/// Full: nothing is stored, what is there is readable, it goes on when there is space.
fn says_when_it_is_full(engine: &dyn Failing) {
    let mut store = engine.open(0).expect("opened");
    store.append(0, &entries(0, 2)).expect("stored");
    engine.set_full(true);
    for _ in 0..3 {
        let full = store.append(2, &entries(2, 200));
        assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
        assert_eq!(all(&*store), entries(0, 2));
    }
    store
        .append(1, &entries(1, 1))
        .expect("what is stored takes no space");
    engine.set_full(false);
    store.append(2, &entries(2, 200)).expect("there is space");
    assert_eq!(all(&*store), entries(0, 202));
}

/// Unknown: the store takes nothing more until it is opened again; then all or nothing of the batch is there, and the same entries
/// again complete it.
fn is_honest_about_what_it_does_not_know(make: &dyn Fn() -> Box<dyn Failing>) {
    let mut found = [0, 0];
    for stored in [false, true] {
        let engine = make();
        let mut store = engine.open(0).expect("opened");
        store.append(0, &entries(0, 2)).expect("stored");
        engine.lose_next_answer(stored);
        for _ in 0..2 {
            let lost = store.append(2, &entries(2, 3));
            assert!(matches!(lost, Err(StoreError::Unknown { .. })), "{lost:?}");
        }
        for fate in engine.after_crash() {
            let mut back = fate.open(2).expect("opened again");
            let size = usize::try_from(back.size()).expect("small");
            assert!((2..=5).contains(&size), "{size}");
            assert_eq!(
                all(&*back),
                entries(0, size),
                "a part of a batch is whole entries"
            );
            found[usize::from(size == 5)] += 1;
            back.append(size as u64, &entries(size, 5 - size))
                .expect("completed");
            back.append(2, &entries(2, 3))
                .expect("the same entries again");
            assert_eq!(all(&*back), entries(0, 5));
        }
    }
    assert!(
        found[0] > 0 && found[1] > 0,
        "lost and stored both: {found:?}"
    );
}

/// In how many places damage was found.
fn conforms(make: &dyn Fn() -> Box<dyn Engine>) -> u32 {
    appends_and_reads(&*make());
    locks(&*make());
    survives_a_crash(&*make());
    finds_damage_at_every_place(&*make())
}

fn conforms_when_it_fails(make: &dyn Fn() -> Box<dyn Failing>) {
    says_when_it_is_full(&*make());
    is_honest_about_what_it_does_not_know(make);
}

// ---- the engines

impl Engine for MemoryLog {
    fn open(&self, checkpoint: u64) -> Result<Box<dyn EntryStore>, StoreError> {
        Ok(Box::new(MemoryLog::open(self, checkpoint)?))
    }

    fn damaged(&self, index: usize, place: usize) -> Option<Box<dyn Engine>> {
        Some(Box::new(MemoryLog::damaged(self, index, place)?))
    }

    fn after_crash(&self) -> Vec<Box<dyn Engine>> {
        vec![Box::new(self.left_behind())]
    }
}

impl Failing for MemoryLog {
    fn set_full(&self, is_full: bool) {
        MemoryLog::set_full(self, is_full);
    }

    fn lose_next_answer(&self, stored: bool) {
        self.set_next(if stored {
            NextAppend::LosesAnswer
        } else {
            NextAppend::LosesEntries
        });
    }
}

/// Where a frame of the only segment begins and ends.
fn frame(segment: &[u8], index: usize) -> Option<(usize, usize)> {
    let mut at = 32;
    for _ in 0..index {
        at += 8 + length(segment, at)?;
    }
    Some((at, at + 8 + length(segment, at)?))
}

fn length(segment: &[u8], at: usize) -> Option<usize> {
    let bytes = segment.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes))
        .ok()
        .filter(|length| *length > 0)
}

/// The segment with one bit changed in that entry's frame: its length, its CRC or its bytes.
fn flipped(mut segment: Vec<u8>, index: usize, place: usize) -> Option<Vec<u8>> {
    let (start, end) = frame(&segment, index)?;
    let at = start + place;
    (at < end).then(|| {
        segment[at] ^= 0x40;
        segment
    })
}

const FIRST_SEGMENT: &str = "segments/00000000000000000000.seg";

/// Segment files on a disk that loses, tears and reorders.
struct OnMemoryDisk(MemoryDisk);

const DIR: &str = "/store";

impl Engine for OnMemoryDisk {
    fn open(&self, checkpoint: u64) -> Result<Box<dyn EntryStore>, StoreError> {
        let disk = Arc::new(self.0.clone());
        let (mut store, _torn) = SegmentStore::open_on(disk, Path::new(DIR), checkpoint)?;
        store.cut_tail()?;
        Ok(Box::new(store))
    }

    fn damaged(&self, index: usize, place: usize) -> Option<Box<dyn Engine>> {
        let disk = self.0.after_power_cut(Unsynced::Persisted);
        let path = Path::new(DIR).join(FIRST_SEGMENT);
        let segment = flipped(disk.bytes(&path)?, index, place)?;
        disk.overwrite(&path, &segment);
        Some(Box::new(Self(disk)))
    }

    fn after_crash(&self) -> Vec<Box<dyn Engine>> {
        let mut fates = vec![Unsynced::Lost, Unsynced::Persisted];
        fates.extend((1..6).map(Unsynced::Torn));
        let engine = |fate| Box::new(Self(self.0.after_power_cut(fate))) as Box<dyn Engine>;
        fates.into_iter().map(engine).collect()
    }
}

impl Failing for OnMemoryDisk {
    fn set_full(&self, is_full: bool) {
        let used = self.0.used();
        self.0.set_capacity(is_full.then_some(used));
    }

    fn lose_next_answer(&self, stored: bool) {
        // The next step is the write of the batch, the one behind it its fdatasync.
        self.0.fail_at(self.0.steps().len() + 1, stored);
    }
}

/// Segment files on the real disk. What fails there is made in `syscalls.rs` and `full_disk.rs`.
struct OnDisk(tempfile::TempDir);

impl OnDisk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn copy(&self, segment: Option<Vec<u8>>) -> Box<dyn Engine> {
        let other = Self::new();
        let bytes = segment.or_else(|| std::fs::read(self.path(FIRST_SEGMENT)).ok());
        if let Some(bytes) = bytes {
            std::fs::create_dir_all(other.path("segments")).expect("made");
            put(&other.path(FIRST_SEGMENT), &bytes);
        }
        Box::new(other)
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test damages a file of its own"
)]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
}

impl Engine for OnDisk {
    fn open(&self, checkpoint: u64) -> Result<Box<dyn EntryStore>, StoreError> {
        Ok(Box::new(SegmentStore::open(self.0.path(), checkpoint)?.0))
    }

    fn damaged(&self, index: usize, place: usize) -> Option<Box<dyn Engine>> {
        let mut segment = std::fs::read(self.path(FIRST_SEGMENT)).ok()?;
        // What is preallocated is zeros: the file may end behind eight of them.
        segment.truncate(4096);
        Some(self.copy(Some(flipped(segment, index, place)?)))
    }

    fn after_crash(&self) -> Vec<Box<dyn Engine>> {
        vec![self.copy(None)]
    }
}

#[test]
fn the_memory_store_conforms() {
    let places = conforms(&|| Box::new(MemoryLog::default()));
    println!("{places} places damaged, each found at its entry");
    conforms_when_it_fails(&|| Box::new(MemoryLog::default()));
}

#[test]
fn segment_files_on_a_disk_that_loses_and_tears_conform() {
    let places = conforms(&|| Box::new(OnMemoryDisk(MemoryDisk::default())));
    println!("{places} places damaged, each found at its entry");
    conforms_when_it_fails(&|| Box::new(OnMemoryDisk(MemoryDisk::default())));
}

#[test]
fn segment_files_on_the_real_disk_conform() {
    let places = conforms(&|| Box::new(OnDisk::new()));
    println!("{places} places damaged, each found at its entry");
}
