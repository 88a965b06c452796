//! Segment files, format v1 section 11.1: frames in preallocated files, one writer, every read checked.
//!
//! Commit: the frames of a batch are written behind the last one, then one fdatasync; acknowledged means on disk. A
//! crash leaves at most one torn tail, which was never acknowledged. After a failed write or sync the store takes
//! nothing more: the page cache cannot be trusted after fsync has failed once.

mod frames;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

pub use frames::SegmentReader;
use frames::{FRAME_HEAD, HEADER, Mark, Segment, encode_frame, header, segment_path};

use super::{EntryReader, EntryStore, StoreError};
use crate::disk::{self, Disk, DiskFile, DiskLock, SharedDisk};
use crate::durable::SystemDisk;
use crate::hash::Hash;
use crate::tree::leaf_hash;

/// How large a segment file is made; longer only for a batch that does not fit.
pub const SEGMENT_BYTES: usize = 16 << 20;

/// Bytes behind the last whole entry that a crash left: never acknowledged. Nothing is appended before
/// [`SegmentStore::cut_tail`] takes them away, so that they can be set aside first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// How many whole entries there are.
    pub from_index: u64,
    /// What stood behind them.
    pub discarded: Vec<u8>,
}

/// The leaf hashes of the entries that can be read, up to the first damage, and entry 0: what is left for evidence.
pub(crate) fn readable(disk: &dyn Disk, dir: &Path) -> (Vec<Hash>, Vec<u8>) {
    let mut leaves = Vec::new();
    let mut opened = Vec::new();
    for segment in frames::list(disk, &dir.join("segments")).unwrap_or_default() {
        let index = leaves.len() as u64;
        let last = leaves.last().copied().unwrap_or(Hash::ZERO);
        let Ok(scan) = frames::scan_each(disk, &segment, index, last, &mut |_, entry| {
            if leaves.is_empty() {
                opened = entry.to_vec();
            }
            leaves.push(leaf_hash(entry));
        }) else {
            break;
        };
        if scan.damage.is_some() {
            break;
        }
    }
    (leaves, opened)
}

/// What is shared with readers.
#[derive(Debug)]
struct Shared {
    disk: SharedDisk,
    segments: RwLock<Vec<Segment>>,
    size: AtomicU64,
}

/// Entries in segment files.
pub struct SegmentStore {
    dir: PathBuf,
    shared: Arc<Shared>,
    file: Option<Box<dyn DiskFile>>,
    offset: usize,
    capacity: usize,
    last_leaf: Hash,
    /// The frames of a batch, kept between batches.
    frames: Vec<u8>,
    segment_bytes: usize,
    /// Bytes behind the last frame that are still to be cut.
    torn_bytes: usize,
    is_poisoned: bool,
    _lock: DiskLock,
}

impl std::fmt::Debug for SegmentStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SegmentStore({})", self.dir.display())
    }
}

impl SegmentStore {
    /// Opens the segments below `dir`, made if there are none. `checkpoint_size` entries were acknowledged for certain:
    /// damage among them is an error; behind them a torn tail is handed back.
    pub fn open(dir: &Path, checkpoint_size: u64) -> Result<(Self, Option<TornTail>), StoreError> {
        Self::open_on(SystemDisk::shared(), dir, checkpoint_size)
    }

    /// As [`SegmentStore::open`], on a disk of the caller's choice.
    pub fn open_on(
        disk: SharedDisk,
        dir: &Path,
        checkpoint_size: u64,
    ) -> Result<(Self, Option<TornTail>), StoreError> {
        let folder = dir.join("segments");
        disk::create_dirs(&*disk, &folder).map_err(io_error(&folder))?;
        let path = dir.join("lock");
        let lock = disk.lock(&path).map_err(io_error(&path))?;
        let lock = lock.ok_or_else(|| StoreError::Locked {
            path: path.display().to_string(),
        })?;
        let segment_bytes = disk.segment_bytes();
        let mut store = Self {
            dir: folder,
            shared: Arc::new(Shared {
                disk,
                segments: RwLock::default(),
                size: AtomicU64::new(0),
            }),
            file: None,
            offset: 0,
            capacity: 0,
            last_leaf: Hash::ZERO,
            frames: Vec::new(),
            segment_bytes,
            torn_bytes: 0,
            is_poisoned: false,
            _lock: lock,
        };
        store.sweep();
        let tail = store.recover(checkpoint_size)?;
        Ok((store, tail))
    }

    /// Removes files that a crash left half made; they never got their name.
    fn sweep(&self) {
        let disk = &*self.shared.disk;
        for name in disk.list(&self.dir).unwrap_or_default() {
            if name.ends_with(".staged") {
                // One that cannot be removed is in nobody's way.
                let _ = disk.remove(&self.dir.join(name));
            }
        }
    }

    fn recover(&mut self, checkpoint_size: u64) -> Result<Option<TornTail>, StoreError> {
        let disk = Arc::clone(&self.shared.disk);
        let mut segments = frames::list(&*disk, &self.dir)?;
        let mut size = 0;
        let mut tail = None;
        let count = segments.len();
        for (place, segment) in segments.iter_mut().enumerate() {
            let is_last = place + 1 == count;
            let scan = frames::scan_marking(&*disk, segment, size, self.last_leaf)?;
            size = scan.next_index;
            self.last_leaf = scan.last_leaf;
            if let Some(discarded) = scan.damage {
                let corrupt = |found: &str| StoreError::Corrupt {
                    index: size,
                    found: found.into(),
                };
                if size < checkpoint_size {
                    return Err(corrupt("below the last checkpoint"));
                }
                if !is_last || frames::holds_a_frame(&discarded) {
                    return Err(corrupt("whole entries follow the damage"));
                }
                self.torn_bytes = discarded.len();
                tail = Some(TornTail {
                    from_index: size,
                    discarded,
                });
            }
            if is_last {
                let path = &segment.path;
                let mut file = disk.open_in_place(path).map_err(io_error(path))?;
                // A process that was killed may have written entries that the disk does not have yet; what is read here
                // will be signed, and erasures will be finished on its word.
                file.sync_data().map_err(io_error(path))?;
                self.file = Some(file);
                self.offset = scan.end;
                self.capacity = scan.capacity;
            }
        }
        if size < checkpoint_size {
            let found = format!("the checkpoint counts {checkpoint_size} entries");
            return Err(StoreError::Corrupt { index: size, found });
        }
        self.shared.size.store(size, Ordering::Release);
        *self.shared.segments.write().expect("no reader panics") = segments;
        Ok(tail)
    }

    /// Takes the torn tail away; before that nothing is appended.
    pub fn cut_tail(&mut self) -> Result<(), StoreError> {
        let segments = self.shared.segments.read().expect("no reader panics");
        if let Some(last) = segments.last().filter(|_| self.torn_bytes > 0) {
            frames::zero_from(&*self.shared.disk, last, self.offset, self.torn_bytes)?;
        }
        drop(segments);
        self.torn_bytes = 0;
        Ok(())
    }

    /// A segment that has room for `bytes` more; a new one when the last is full. A full disk changes nothing.
    fn make_room(&mut self, bytes: usize) -> Result<(), StoreError> {
        // The last 8 bytes stay zero: they end the frames.
        if self.file.is_some() && self.offset + bytes + FRAME_HEAD <= self.capacity {
            return Ok(());
        }
        let first = self.size();
        let path = segment_path(&self.dir, first);
        let length = self.segment_bytes.max(HEADER + bytes + FRAME_HEAD);
        let disk = &*self.shared.disk;
        let made = disk::preallocate(disk, &path, &header(first), length as u64);
        let file = made.map_err(|error| {
            if disk::is_full(&error) {
                StoreError::Full
            } else {
                io_error(&path)(error)
            }
        })?;
        let mut segment = Segment {
            first_index: first,
            path,
            marks: Vec::new(),
        };
        segment.mark(Mark {
            index: first,
            offset: HEADER,
            prev: self.last_leaf,
        });
        let mut segments = self.shared.segments.write().expect("no reader panics");
        // An empty segment of the same name can only be one that held no entry yet.
        segments.retain(|other| other.first_index != first);
        segments.push(segment);
        self.file = Some(file);
        self.offset = HEADER;
        self.capacity = length;
        Ok(())
    }

    fn write_frames(&mut self) -> std::io::Result<()> {
        let file = self.file.as_mut().expect("make_room came first");
        file.write_at(self.offset as u64, &self.frames)?;
        file.sync_data()
    }

    /// Notes where a batch begins, so that readers need not walk up to it from the front of its file.
    fn mark(&self, index: u64) {
        let mark = Mark {
            index,
            offset: self.offset,
            prev: self.last_leaf,
        };
        let mut segments = self.shared.segments.write().expect("no reader panics");
        let last = segments.last_mut().expect("make_room came first");
        last.mark(mark);
    }

    fn holds_same(&self, from: u64, entries: &[Vec<u8>]) -> Result<bool, StoreError> {
        let to = from + entries.len() as u64;
        if to > self.size() {
            return Ok(false);
        }
        for (stored, wanted) in self.reader().read(from, to)?.zip(entries) {
            if stored?.bytes != *wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl EntryStore for SegmentStore {
    fn append(&mut self, expected_size: u64, entries: &[Vec<u8>]) -> Result<(), StoreError> {
        if self.is_poisoned {
            let reason = "an earlier write failed".to_owned();
            return Err(StoreError::Unknown { reason });
        }
        if self.torn_bytes > 0 {
            let found = "a torn tail is to be set aside first".to_owned();
            let index = self.size();
            return Err(StoreError::Corrupt { index, found });
        }
        if expected_size != self.size() {
            let size = self.size();
            let again = expected_size < size && self.holds_same(expected_size, entries)?;
            return if again {
                Ok(())
            } else {
                Err(StoreError::Conflict { size })
            };
        }
        self.frames.clear();
        for entry in entries {
            encode_frame(entry, &mut self.frames);
        }
        self.make_room(self.frames.len())?;
        if let Err(error) = self.write_frames() {
            self.is_poisoned = true;
            return Err(StoreError::Unknown {
                reason: error.to_string(),
            });
        }
        self.mark(expected_size);
        self.offset += self.frames.len();
        if let Some(last) = entries.last() {
            self.last_leaf = leaf_hash(last);
        }
        self.shared
            .size
            .store(expected_size + entries.len() as u64, Ordering::Release);
        Ok(())
    }

    fn size(&self) -> u64 {
        self.shared.size.load(Ordering::Acquire)
    }

    fn reader(&self) -> Arc<dyn EntryReader> {
        Arc::new(SegmentReader::new(Arc::clone(&self.shared)))
    }
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> StoreError + use<> {
    let path = path.display().to_string();
    move |source| StoreError::Io {
        path: path.clone(),
        source,
    }
}
