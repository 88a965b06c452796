//! The bytes that a data file is read from, at any place, without holding them: the file itself, or a slice in tests.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Mutex;

/// Bytes that can be read from any place.
pub trait Disk: Send + Sync {
    /// Fills `buffer` from `at`; an error where the bytes end before.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// How many bytes there are.
    fn size_bytes(&self) -> u64;
}

/// An open file. It was opened by `reader.rs`, which follows no link.
#[derive(Debug)]
pub struct OpenFile {
    file: Mutex<File>,
    size_bytes: u64,
}

impl OpenFile {
    /// Takes an open file; its size is that of now.
    pub fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            size_bytes: file.metadata()?.len(),
            file: Mutex::new(file),
        })
    }
}

impl Disk for OpenFile {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        // A thread that panicked in between leaves no state behind: each read seeks first.
        let mut file = self
            .file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(buffer)
    }

    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

impl Disk for Vec<u8> {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        let found = usize::try_from(at)
            .ok()
            .and_then(|at| self.get(at..at.checked_add(buffer.len())?));
        match found {
            Some(found) => {
                buffer.copy_from_slice(found);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }
}
