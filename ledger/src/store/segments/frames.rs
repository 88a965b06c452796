//! Frames and segment files byte by byte: reading, checking and finding where they end; the writer is one level up.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Shared, io_error};
use crate::disk::{self, Disk, SharedDisk};
use crate::entry::MAX_ENTRY_BYTES;
use crate::hash::Hash;
use crate::store::{Entries, EntryReader, StoreError};
use crate::tree::leaf_hash;

const MAGIC: &[u8; 16] = b"unbroken-seg-v1\n";
/// Magic, first index, eight zeros.
pub(super) const HEADER: usize = 32;
/// Length and CRC-32C.
pub(super) const FRAME_HEAD: usize = 8;

/// One segment file.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) first_index: u64,
    pub(super) path: PathBuf,
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
            segments.push(Segment { first_index, path });
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

/// Walks a segment that must begin with entry `index` behind `prev`.
pub(super) fn scan(
    disk: &dyn Disk,
    segment: &Segment,
    index: u64,
    prev: Hash,
) -> Result<Scan, StoreError> {
    scan_each(disk, segment, index, prev, &mut |_| {})
}

/// As [`scan`], looking at each entry on the way.
pub(super) fn scan_each(
    disk: &dyn Disk,
    segment: &Segment,
    index: u64,
    prev: Hash,
    look: &mut dyn FnMut(&[u8]),
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
        look(entry);
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
    entry.starts_with(format!("{{\"index\":{index},\"prev\":\"{prev}\",").as_bytes())
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
        let segments = self
            .shared
            .segments
            .read()
            .expect("no writer panics")
            .clone();
        let start = segments
            .partition_point(|segment| segment.first_index <= from)
            .max(1)
            - 1;
        let walk = Walk {
            disk: Arc::clone(&self.shared.disk),
            segments: segments.into_iter().skip(start).collect(),
            open: None,
            from,
            to,
            index: 0,
            prev: None,
        };
        Ok(Box::new(walk))
    }
}

/// One pass over segments: skips to `from`, ends at `to`, stops at the first damage.
struct Walk {
    disk: SharedDisk,
    segments: std::collections::VecDeque<Segment>,
    open: Option<BufReader<Box<dyn Read + Send>>>,
    from: u64,
    to: u64,
    index: u64,
    /// Leaf hash of the entry before; unknown at the first one of a walk that begins inside the ledger.
    prev: Option<Hash>,
}

impl Walk {
    fn step(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        while self.index < self.to || self.open.is_none() {
            if self.from >= self.to {
                return Ok(None);
            }
            let Some(file) = &mut self.open else {
                if !self.open_next()? {
                    let found = "the file that should hold it is missing".to_owned();
                    return Err(StoreError::Corrupt {
                        index: self.index,
                        found,
                    });
                }
                continue;
            };
            let Some(entry) = read_frame(file) else {
                self.open = None;
                continue;
            };
            let index = self.index;
            let prev = self.prev.unwrap_or_else(|| stated_prev(&entry));
            if !continues(&entry, index, &prev) {
                let found = "its index or its chain is wrong".to_owned();
                return Err(StoreError::Corrupt { index, found });
            }
            self.prev = Some(leaf_hash(&entry));
            self.index += 1;
            if index >= self.from {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn open_next(&mut self) -> Result<bool, StoreError> {
        let Some(segment) = self.segments.pop_front() else {
            return Ok(false);
        };
        let path = &segment.path;
        let file = self.disk.read_from_start(path).map_err(io_error(path))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut head = [0; HEADER];
        let begins = if self.prev.is_some() {
            self.index
        } else {
            segment.first_index
        };
        let whole = file.read_exact(&mut head).is_ok() && head == header(segment.first_index);
        if !whole || segment.first_index != begins {
            let found = "its file does not begin as it should".to_owned();
            return Err(StoreError::Corrupt {
                index: begins,
                found,
            });
        }
        self.index = segment.first_index;
        self.open = Some(file);
        Ok(true)
    }
}

fn read_frame(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; FRAME_HEAD];
    file.read_exact(&mut head).ok()?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if !(1..=MAX_ENTRY_BYTES).contains(&length) {
        return None;
    }
    let mut frame = head.to_vec();
    frame.resize(FRAME_HEAD + length, 0);
    file.read_exact(&mut frame[FRAME_HEAD..]).ok()?;
    whole_frame(&frame).map(<[u8]>::to_vec)
}

fn stated_prev(entry: &[u8]) -> Hash {
    let text = std::str::from_utf8(entry).unwrap_or_default();
    text.split('"')
        .nth(5)
        .and_then(Hash::parse)
        .unwrap_or_default()
}

impl Iterator for Walk {
    type Item = Result<Vec<u8>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            // Nothing behind damage is read: it could not be told from what an attacker put there.
            self.to = self.from;
        }
        step.transpose()
    }
}
