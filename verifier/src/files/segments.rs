//! Segment files of a ledger directory (11.1): frames, their CRCs, and a torn tail.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{VerifyError, io_error, names, open};
use crate::broken::{Broken, Checked, broken, ensure};
use crate::event::ENTRY_BYTES_MAX;

const MAGIC: &[u8; 16] = b"unbroken-seg-v1\n";
/// A frame up to here is read although no entry may be so long, so that its entry can be named.
const FRAME_BYTES_MAX: usize = 16 * ENTRY_BYTES_MAX;

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
        loop {
            match frame(&mut file, &path)? {
                Ok(Some(entry)) => {
                    if !take(index, &entry) {
                        return Ok(Ended::Read);
                    }
                    index += 1;
                }
                Ok(None) => break,
                Err(_) if is_last && index >= covered => return Ok(Ended::Torn { index }),
                Err(broken) => return Ok(damaged(index, broken)),
            }
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

fn head(file: &mut impl Read, name: &str, index: u64, path: &Path) -> Io<Checked> {
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

/// The next frame; nothing at the end of the file or at a length of 0.
fn frame(file: &mut impl Read, path: &Path) -> Io<Checked<Option<Vec<u8>>>> {
    let mut head = [0; 8];
    let read = fill(file, &mut head).map_err(io_error(path))?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let crc = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    if read == 0 || (length == 0 && (read < 4 || crc == 0)) {
        return Ok(Ok(None));
    }
    let bad = |why: &str| Ok(broken("segment/damaged", why.to_owned()));
    if read < head.len() || length == 0 || length > FRAME_BYTES_MAX {
        return bad("a frame's head is not in form");
    }
    let mut entry = vec![0; length];
    if fill(file, &mut entry).map_err(io_error(path))? < length {
        return bad("a frame is cut");
    }
    if crc32c::crc32c(&entry) != crc {
        return bad("a frame's CRC-32C does not match");
    }
    Ok(Ok(Some(entry)))
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
