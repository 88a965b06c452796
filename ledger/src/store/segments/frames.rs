//! Frames and segment files byte by byte: reading, checking and finding where they end; the writer is one level up.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Shared, io_error};
use crate::disk::{self, Disk};
use crate::entry::MAX_ENTRY_BYTES;
use crate::event::integer;
use crate::hash::{Hash, write_hex};
use crate::store::{Entries, EntryCursor, EntryReader, StoreError};
use crate::tree::leaf_hash;

const MAGIC: &[u8; 16] = b"unbroken-seg-v1\n";
/// Magic, first index, eight zeros.
pub(super) const HEADER: usize = 32;
/// Length and CRC-32C.
pub(super) const FRAME_HEAD: usize = 8;

/// How far marks lie apart: what a read that begins inside a segment passes over at most, beside one batch.
const MARK_BYTES: usize = 64 << 10;

/// One segment file.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first_index: u64,
    pub(super) path: PathBuf,
    /// Places where a read may begin, ascending; the first entry's first.
    pub(super) marks: Vec<Mark>,
}

/// Where an entry's frame begins, and the leaf hash that its `prev` must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) index: u64,
    pub(super) offset: usize,
    pub(super) prev: Hash,
}

impl Segment {
    /// Keeps a mark where the last one is far enough away.
    pub(super) fn mark(&mut self, mark: Mark) {
        let last = self.marks.last().map(|last| last.offset);
        if last.is_none_or(|last| mark.offset >= last + MARK_BYTES) {
            self.marks.push(mark);
        }
    }
}

pub(super) fn header(first_index: u64) -> [u8; HEADER] {
    let mut head = [0; HEADER];
    head[..16].copy_from_slice(MAGIC);
    head[16..24].copy_from_slice(&first_index.to_be_bytes());
    head
}

pub(super) fn segment_path(dir: &Path, first_index: u64) -> PathBuf {
    dir.join(format!("{first_index:020}.seg"))
}

pub(super) fn encode_frame(entry: &[u8], out: &mut Vec<u8>) {
    assert!(
        !entry.is_empty() && entry.len() <= MAX_ENTRY_BYTES,
        "an entry fits its frame"
    );
    let length = u32::try_from(entry.len()).expect("checked above");
    out.extend(length.to_le_bytes());
    out.extend(crc32c::crc32c(entry).to_le_bytes());
    out.extend(entry);
}

/// The segment files of a folder, ascending.
pub(super) fn list(disk: &dyn Disk, dir: &Path) -> Result<Vec<Segment>, StoreError> {
    let mut segments = Vec::new();
    for name in disk.list(dir).map_err(io_error(dir))? {
        let digits = name
            .strip_suffix(".seg")
            .filter(|digits| digits.len() == 20);
        if let Some(first_index) = digits.and_then(|digits| digits.parse().ok()) {
            let path = dir.join(&name);
            segments.push(Segment {
                first_index,
                path,
                marks: Vec::new(),
            });
        }
    }
    segments.sort_by_key(|segment| segment.first_index);
    Ok(segments)
}

/// What a walk over one segment found.
pub(super) struct Scan {
    pub(super) next_index: u64,
    pub(super) last_leaf: Hash,
    /// Where the frames end.
    pub(super) end: usize,
    pub(super) capacity: usize,
    /// What stands behind the last whole frame, up to the last byte that is not zero.
    pub(super) damage: Option<Vec<u8>>,
}

/// Walks a segment that must begin with entry `index` behind `prev`, and notes where reads may begin.
pub(super) fn scan_marking(
    disk: &dyn Disk,
    segment: &mut Segment,
    index: u64,
    prev: Hash,
) -> Result<Scan, StoreError> {
    let mut marked = Segment {
        first_index: index,
        path: segment.path.clone(),
        marks: Vec::new(),
    };
    let scan = scan_each(disk, segment, index, prev, &mut |scan, _| {
        marked.mark(Mark {
            index: scan.next_index,
            offset: scan.end,
            prev: scan.last_leaf,
        });
    })?;
    segment.marks = marked.marks;
    Ok(scan)
}

/// Walks a segment that must begin with entry `index` behind `prev`, looking at each entry and at what lies before it.
pub(super) fn scan_each(
    disk: &dyn Disk,
    segment: &Segment,
    index: u64,
    prev: Hash,
    look: &mut dyn FnMut(&Scan, &[u8]),
) -> Result<Scan, StoreError> {
    let mut bytes = Vec::new();
    disk.read_from_start(&segment.path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(io_error(&segment.path))?;
    if segment.first_index != index || !bytes.starts_with(&header(index)) {
        let found = format!(
            "{} does not begin with entry {index}",
            segment.path.display()
        );
        return Err(StoreError::Corrupt { index, found });
    }
    let mut scan = Scan {
        next_index: index,
        last_leaf: prev,
        end: HEADER,
        capacity: bytes.len(),
        damage: None,
    };
    while let Some(entry) = whole_frame(&bytes[scan.end..]) {
        if !continues(entry, scan.next_index, &scan.last_leaf) {
            break;
        }
        look(&scan, entry);
        scan.end += FRAME_HEAD + entry.len();
        scan.next_index += 1;
        scan.last_leaf = leaf_hash(entry);
    }
    let rest = &bytes[scan.end..];
    if let Some(last) = rest.iter().rposition(|byte| *byte != 0) {
        scan.damage = Some(rest[..=last].to_vec());
    }
    Ok(scan)
}

fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_first_chunk::<FRAME_HEAD>()?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let crc = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let entry = rest
        .get(..length)
        .filter(|_| (1..=MAX_ENTRY_BYTES).contains(&length))?;
    (crc32c::crc32c(entry) == crc).then_some(entry)
}

/// Index and chain, without parsing: both stand at the front of an entry's one spelling.
fn continues(entry: &[u8], index: u64, prev: &Hash) -> bool {
    let mut wanted = Vec::with_capacity(112);
    wanted.extend_from_slice(b"{\"index\":");
    integer(index).write(&mut wanted);
    wanted.extend_from_slice(b",\"prev\":\"");
    write_hex(&prev.0, &mut wanted);
    wanted.extend_from_slice(b"\",");
    entry.starts_with(&wanted)
}

/// Whether a whole frame stands anywhere in what would be discarded: then it is no torn tail but damage.
pub(super) fn holds_a_frame(bytes: &[u8]) -> bool {
    let marker = b"{\"index\":";
    bytes
        .windows(marker.len())
        .enumerate()
        .filter(|(_, window)| window == marker)
        .filter_map(|(at, _)| at.checked_sub(FRAME_HEAD))
        .any(|at| whole_frame(&bytes[at..]).is_some())
}

/// Zeros what a crash left behind the frames, so that it cannot come back.
pub(super) fn zero_from(
    on: &dyn Disk,
    segment: &Segment,
    end: usize,
    length: usize,
) -> Result<(), StoreError> {
    let (from, to) = (end as u64, (end + length) as u64);
    let zeroed = on.open_in_place(&segment.path).and_then(|mut file| {
        disk::write_zeros(&mut *file, from, to)?;
        file.sync_all()
    });
    zeroed.map_err(io_error(&segment.path))
}

/// Reads entries beside the writer.
#[derive(Clone, Debug)]
pub struct SegmentReader {
    shared: Arc<Shared>,
}

impl SegmentReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl EntryReader for SegmentReader {
    fn read(&self, from: u64, to: u64) -> Result<Entries, StoreError> {
        let size = self.shared.size.load(Ordering::Acquire);
        if from > to || to > size {
            return Err(StoreError::Conflict { size });
        }
        let segments = self.shared.segments.read().expect("no writer panics");
        let behind = segments.partition_point(|segment| segment.first_index <= from);
        let place = behind.saturating_sub(1);
        let marks = segments.get(place).map_or(&[][..], |first| &first.marks);
        let start = marks.partition_point(|mark| mark.index <= from);
        let walk = Walk {
            shared: Arc::clone(&self.shared),
            next_segment: place,
            start: start.checked_sub(1).map(|start| marks[start]),
            open: None,
            from,
            to,
            index: 0,
            prev: Hash::ZERO,
        };
        Ok(Entries::new(walk))
    }
}

/// One pass over segments: skips to `from`, ends at `to`, stops at the first damage.
struct Walk {
    shared: Arc<Shared>,
    next_segment: usize,
    /// Where the first file is entered.
    start: Option<Mark>,
    open: Option<BufReader<Box<dyn Read + Send>>>,
    from: u64,
    to: u64,
    index: u64,
    /// Leaf hash of the entry before.
    prev: Hash,
}

impl Walk {
    /// Appends the next entry to `out`.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<Option<Hash>, StoreError> {
        if self.from >= self.to {
            return Ok(None);
        }
        let before = out.len();
        while self.index < self.to {
            out.truncate(before);
            let Some(file) = &mut self.open else {
                self.open_next()?;
                continue;
            };
            if !read_frame(file, out) {
                self.open = None;
                continue;
            }
            let (index, entry) = (self.index, &out[before..]);
            if !continues(entry, index, &self.prev) {
                let found = "its index or its chain is wrong".to_owned();
                return Err(StoreError::Corrupt { index, found });
            }
            self.prev = leaf_hash(entry);
            self.index += 1;
            if index >= self.from {
                return Ok(Some(self.prev));
            }
        }
        Ok(None)
    }

    fn open_next(&mut self) -> Result<(), StoreError> {
        let segments = self.shared.segments.read().expect("no writer panics");
        let Some(segment) = segments.get(self.next_segment) else {
            let found = "the file that should hold it is missing".to_owned();
            let index = self.index;
            return Err(StoreError::Corrupt { index, found });
        };
        let start = self.start.take();
        let begins = start.map_or(self.index, |_| segment.first_index);
        let (first_index, path) = (segment.first_index, segment.path.clone());
        drop(segments);
        let disk = &*self.shared.disk;
        let mut file = disk.read_from_start(&path).map_err(io_error(&path))?;
        let mut head = [0; HEADER];
        let whole = file.read_exact(&mut head).is_ok() && head == header(first_index);
        if !whole || first_index != begins {
            let found = "its file does not begin as it should".to_owned();
            return Err(StoreError::Corrupt {
                index: begins,
                found,
            });
        }
        if let Some(start) = start {
            (self.index, self.prev) = (start.index, start.prev);
            if start.offset > HEADER {
                let offset = start.offset as u64;
                file = disk.read_from(&path, offset).map_err(io_error(&path))?;
            }
        }
        self.next_segment += 1;
        self.open = Some(BufReader::with_capacity(1 << 18, file));
        Ok(())
    }
}

/// Appends the next frame's entry to `out`; false where no whole frame stands, whatever `out` holds then.
fn read_frame(file: &mut impl Read, out: &mut Vec<u8>) -> bool {
    let mut head = [0; FRAME_HEAD];
    if file.read_exact(&mut head).is_err() {
        return false;
    }
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let crc = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    if !(1..=MAX_ENTRY_BYTES).contains(&length) {
        return false;
    }
    let before = out.len();
    out.resize(before + length, 0);
    file.read_exact(&mut out[before..]).is_ok() && crc32c::crc32c(&out[before..]) == crc
}

impl EntryCursor for Walk {
    fn next_into(&mut self, out: &mut Vec<u8>) -> Option<Result<Hash, StoreError>> {
        let step = self.step(out);
        if step.is_err() {
            // Nothing behind damage is read: it could not be told from what an attacker put there.
            self.to = self.from;
        }
        step.transpose()
    }
}
