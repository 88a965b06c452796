//! Segment files of a ledger directory (11.1): frames, their CRCs, and a torn tail.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{VerifyError, io_error, names, open};
use crate::broken::{Broken, Checked, broken, ensure};
use crate::event::ENTRY_BYTES_MAX;

const MAGIC: &[u8; 16] = b"unbroken-seg-v1\n";
/// A frame up to here is read although no entry may be so long, so that its entry can be named.
const FRAME_BYTES_MAX: usize = 16 * ENTRY_BYTES_MAX;
/// Length and CRC-32C.
const FRAME_HEAD: usize = 8;
/// How every entry begins.
const ENTRY_START: &[u8] = b"{\"index\":";
/// How far behind damage a whole frame is looked for: longer than any segment file that is written.
const BEHIND_BYTES_MAX: u64 = 128 << 20;

/// What a reader does with an entry; `false` ends the reading.
pub(crate) type Take<'a> = &'a mut dyn FnMut(u64, &[u8]) -> bool;

/// How the reading ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// All frames were read, or the reader had enough.
    Read,
    /// A frame behind the checkpoint is not whole: it was never acknowledged.
    Torn { index: u64 },
    /// A file breaks its form.
    Damaged {
        index: u64,
        file: String,
        broken: Broken,
    },
}

/// The size in bytes of all segments: what bounds the number of entries.
pub(crate) fn total_bytes(folder: &Path) -> Result<u64, VerifyError> {
    let mut total = 0;
    for name in names(folder)? {
        let path = folder.join(name);
        total += std::fs::symlink_metadata(&path)
            .map_err(io_error(&path))?
            .len();
    }
    Ok(total)
}

/// Every entry in order. Below `covered` a frame must be whole.
pub(crate) fn read(folder: &Path, covered: u64, take: Take<'_>) -> Result<Ended, VerifyError> {
    let mut index = 0;
    // A crash can leave a staged file that never became a segment; only names of the form are the record.
    let mut files = names(folder)?;
    files.retain(|name| is_segment(name));
    for (place, name) in files.iter().enumerate() {
        let path = folder.join(name);
        let mut file = open(&path)?;
        let is_last = place + 1 == files.len();
        let damaged = |index, broken| Ended::Damaged {
            index,
            file: name.clone(),
            broken,
        };
        if let Err(broken) = head(&mut file, name, index, &path)? {
            return Ok(damaged(index, broken));
        }
        match frames(&mut file, &path, &mut index, take)? {
            Ok(true) => {}
            Ok(false) => return Ok(Ended::Read),
            Err(bad) if is_last && index >= covered && bad.is_torn => {
                return Ok(Ended::Torn { index });
            }
            Err(bad) => return Ok(damaged(index, bad.broken())),
        }
    }
    Ok(Ended::Read)
}

fn is_segment(name: &str) -> bool {
    name.strip_suffix(".seg").is_some_and(|digits| {
        digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

type Io<T> = Result<T, VerifyError>;

/// Where the frames of a file end otherwise than they should.
#[derive(Debug)]
pub(crate) struct BadFrame {
    why: &'static str,
    /// No whole frame stands behind it: a crash in the middle of a write leaves it so.
    pub(crate) is_torn: bool,
}

impl BadFrame {
    fn broken(&self) -> Broken {
        Broken {
            rule: "segment/damaged",
            why: self.why.to_owned(),
        }
    }
}

/// The frames of one file behind its head. `Ok(true)` when the file ended as it should, `Ok(false)` when the reader had
/// enough.
pub(crate) fn frames(
    file: &mut impl Read,
    path: &Path,
    index: &mut u64,
    take: Take<'_>,
) -> Io<Result<bool, BadFrame>> {
    let mut buffer = Vec::new();
    loop {
        let (why, mut behind) = match frame(file, &mut buffer).map_err(io_error(path))? {
            Frame::Whole(entry) if !take(*index, entry) => return Ok(Ok(false)),
            Frame::Whole(_) => {
                *index += 1;
                continue;
            }
            Frame::End => match behind_zeros(file).map_err(io_error(path))? {
                None => return Ok(Ok(true)),
                Some(behind) => ("bytes that are not zero behind the frames", behind),
            },
            Frame::Bad { why, read } => (why, read),
        };
        file.take(BEHIND_BYTES_MAX)
            .read_to_end(&mut behind)
            .map_err(io_error(path))?;
        let is_torn = !holds_a_frame(&behind);
        return Ok(Err(BadFrame { why, is_torn }));
    }
}

pub(crate) fn head(file: &mut impl Read, name: &str, index: u64, path: &Path) -> Io<Checked> {
    if name != format!("{index:020}.seg") {
        return Ok(broken(
            "segment/damaged",
            format!("expected the segment of entry {index}"),
        ));
    }
    let mut bytes = [0; 32];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Ok(broken("segment/damaged", "the head is cut"));
        }
        read => read.map_err(io_error(&PathBuf::from(path)))?,
    }
    let expected = [&MAGIC[..], &index.to_be_bytes(), &[0; 8]].concat();
    Ok(ensure(
        bytes[..] == expected[..],
        "segment/damaged",
        "not the head of this segment",
    ))
}

enum Frame<'a> {
    Whole(&'a [u8]),
    /// The end of the file, or a length of 0.
    End,
    Bad {
        why: &'static str,
        read: Vec<u8>,
    },
}

/// The next frame, whose entry is read into the buffer, which only grows.
fn frame<'a>(file: &mut impl Read, buffer: &'a mut Vec<u8>) -> io::Result<Frame<'a>> {
    let mut head = [0; FRAME_HEAD];
    let read = fill(file, &mut head)?;
    if head == [0; FRAME_HEAD] {
        return Ok(Frame::End);
    }
    let bad = |why, read| Ok(Frame::Bad { why, read });
    let (length, crc) = length_and_crc(head);
    if read < head.len() || !(1..=FRAME_BYTES_MAX).contains(&length) {
        return bad("a frame's head is not in form", head[..read].to_vec());
    }
    buffer.resize(length.max(buffer.len()), 0);
    let entry = &mut buffer[..length];
    let read = fill(file, entry)?;
    if read < length {
        return bad("a frame is cut", [&head, &entry[..read]].concat());
    }
    if crc32c::crc32c(entry) != crc {
        let read = [&head[..], entry].concat();
        return bad("a frame's CRC-32C does not match", read);
    }
    Ok(Frame::Whole(entry))
}

fn length_and_crc(head: [u8; FRAME_HEAD]) -> (usize, u32) {
    let [a, b, c, d, rest @ ..] = head;
    let length = u32::from_le_bytes([a, b, c, d]);
    (length as usize, u32::from_le_bytes(rest))
}

/// Reads zeros to the end of the file; `Some` with what stands there when something else does.
fn behind_zeros(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = fill(file, &mut chunk)?;
        if read == 0 {
            return Ok(None);
        }
        if let Some(at) = chunk[..read].iter().position(|byte| *byte != 0) {
            // A frame's own head may begin with a zero.
            let behind = [&[0; FRAME_HEAD][..], &chunk[at..read]].concat();
            return Ok(Some(behind));
        }
    }
}

/// Whether a whole frame stands anywhere in these bytes: then more was lost than a frame that was never acknowledged.
fn holds_a_frame(bytes: &[u8]) -> bool {
    // No entry ends in zeros: those are the file's own.
    let end = bytes.iter().rposition(|byte| *byte != 0);
    let bytes = &bytes[..end.map_or(0, |last| last + 1)];
    let is_whole = |at: usize| {
        let (head, rest) = bytes[at..].split_first_chunk::<FRAME_HEAD>()?;
        let (length, crc) = length_and_crc(*head);
        let entry = rest.get(..length)?;
        Some((1..=ENTRY_BYTES_MAX).contains(&length) && crc32c::crc32c(entry) == crc)
    };
    bytes
        .windows(ENTRY_START.len())
        .enumerate()
        .filter(|(_, window)| *window == ENTRY_START)
        .filter_map(|(start, _)| is_whole(start.checked_sub(FRAME_HEAD)?))
        .any(|whole| whole)
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
