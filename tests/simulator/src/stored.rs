//! The bytes of files: small ones in memory, large ones in a file without a name on the disk, hashed on the way. Whose they are
//! is the drive's.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Bytes;
use http_body::{Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use crate::answer::{Answer, Body, bytes};
use crate::durable;
use crate::quick_xor::QuickXor;
use crate::server::lock;

/// From this size on an upload goes to the disk.
pub(crate) const LARGE_BYTES: u64 = 64 << 20;
const CHUNK_BYTES: usize = 256 << 10;
/// What is all zeros is not written: a large file of a test takes no space that it does not need.
const HOLE_BYTES: usize = 64 << 10;

/// What a version of a file is.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Disk(Arc<OnDisk>),
    Memory(Vec<u8>),
}

/// A large one.
#[derive(Debug)]
pub(crate) struct OnDisk {
    file: Arc<Mutex<File>>,
    length: u64,
    quick_xor: [u8; 20],
    sha256: [u8; 32],
}

impl From<Vec<u8>> for Stored {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Memory(bytes)
    }
}

impl Stored {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Disk(large) => usize::try_from(large.length).expect("64 bits"),
            Self::Memory(bytes) => bytes.len(),
        }
    }

    pub(crate) fn quick_xor(&self) -> [u8; 20] {
        match self {
            Self::Disk(large) => large.quick_xor,
            Self::Memory(bytes) => QuickXor::of(bytes),
        }
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        match self {
            Self::Disk(large) => large.sha256,
            Self::Memory(bytes) => Sha256::digest(bytes).into(),
        }
    }

    /// The bytes of one that is in memory: large ones are neither rewritten nor damaged.
    pub(crate) fn in_memory(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Disk(_) => None,
            Self::Memory(bytes) => Some(bytes),
        }
    }

    pub(crate) fn changed(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        match self {
            Self::Disk(_) => self,
            Self::Memory(bytes) => Self::Memory(change(bytes)),
        }
    }

    /// Some of its bytes as an answer.
    pub(crate) fn answer(&self, range: Range<usize>) -> Answer {
        let kind = "application/octet-stream";
        match self {
            Self::Disk(large) => Answer {
                status: 200,
                headers: Vec::new(),
                body: Body::Disk(kind, Arc::clone(large), range),
            },
            Self::Memory(content) => bytes(kind, content[range].to_vec()),
        }
    }
}

/// A large one on its way in. Clones are one file; only the last of them goes on.
#[derive(Clone, Debug)]
pub(crate) struct Arriving {
    file: Arc<Mutex<File>>,
    hashed: Hashed,
    /// Before the last bytes came: a session whose end was refused takes them again.
    before: Hashed,
}

#[derive(Clone, Debug, Default)]
struct Hashed {
    length: u64,
    quick_xor: QuickXor,
    sha256: Sha256,
}

impl Arriving {
    pub(crate) fn begin() -> io::Result<Self> {
        Ok(Self {
            file: Arc::new(Mutex::new(durable::nameless()?)),
            hashed: Hashed::default(),
            before: Hashed::default(),
        })
    }

    pub(crate) fn len(&self) -> u64 {
        self.hashed.length
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.before = self.hashed.clone();
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(self.hashed.length))?;
        for piece in bytes.chunks(HOLE_BYTES) {
            if piece.iter().all(|byte| *byte == 0) {
                file.seek(SeekFrom::Current(
                    i64::try_from(piece.len()).expect("small"),
                ))?;
            } else {
                file.write_all(piece)?;
            }
        }
        self.hashed.length += bytes.len() as u64;
        file.set_len(self.hashed.length)?;
        self.hashed.quick_xor.update(bytes);
        self.hashed.sha256.update(bytes);
        Ok(())
    }

    /// As if the last bytes had not come.
    pub(crate) fn take_back(&mut self) -> io::Result<()> {
        self.hashed = self.before.clone();
        lock(&self.file).set_len(self.hashed.length)
    }

    pub(crate) fn stored(&self) -> Stored {
        Stored::Disk(Arc::new(OnDisk {
            file: Arc::clone(&self.file),
            length: self.hashed.length,
            quick_xor: self.hashed.quick_xor.clone().finish(),
            sha256: self.hashed.sha256.clone().finalize().into(),
        }))
    }
}

/// A response body that is read from the disk as it is sent.
#[derive(Debug)]
pub(crate) struct Streamed {
    from: Arc<OnDisk>,
    left: Range<u64>,
}

impl Streamed {
    pub(crate) fn new(from: Arc<OnDisk>, range: Range<usize>) -> Self {
        let left = range.start as u64..range.end as u64;
        Self { from, left }
    }

    fn next(&mut self) -> io::Result<Bytes> {
        let most = (self.left.end - self.left.start).min(CHUNK_BYTES as u64);
        let mut bytes = vec![0; usize::try_from(most).expect("small")];
        let mut file = lock(&self.from.file);
        file.seek(SeekFrom::Start(self.left.start))?;
        file.read_exact(&mut bytes)?;
        self.left.start += most;
        Ok(bytes.into())
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(self.next().map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_to_the_disk_comes_back_whole_and_refused_ends_come_again() {
        let pieces = [vec![7; 100_000], vec![0; 200_000], vec![9; 33]];
        let whole = pieces.concat();
        let mut arriving = Arriving::begin().expect("a file");
        arriving.take(&pieces[0]).expect("taken");
        arriving.take(&pieces[1]).expect("taken");
        arriving.take(&[1; 5_000]).expect("taken");
        arriving.take_back().expect("taken back");
        arriving.take(&pieces[2]).expect("taken");
        let stored = arriving.stored();
        assert_eq!(stored.len(), whole.len());
        assert_eq!(stored.quick_xor(), QuickXor::of(&whole));
        assert_eq!(stored.sha256(), <[u8; 32]>::from(Sha256::digest(&whole)));
        let Stored::Disk(large) = stored else {
            panic!("it is on the disk")
        };
        let mut streamed = Streamed::new(large, 1..whole.len());
        let mut read = Vec::new();
        while !streamed.left.is_empty() {
            read.extend(streamed.next().expect("read"));
        }
        assert_eq!(read, whole[1..]);
    }
}
