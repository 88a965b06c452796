//! A store in memory: the model that other stores are compared with, with switches for the failures that disks have.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entries, EntryCursor, EntryReader, EntryStore, StoreError};
use crate::hash::Hash;
use crate::tree::leaf_hash;

/// What the next append does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NextAppend {
    /// Fails as unknown although everything is stored.
    LosesAnswer,
    /// Fails as unknown and nothing is stored.
    LosesEntries,
    /// Works.
    #[default]
    Works,
}

/// An entry as it is stored.
#[derive(Clone, Debug)]
struct Stored {
    crc: u32,
    entry: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Inside {
    stored: Vec<Stored>,
    next: NextAppend,
    is_full: bool,
    is_open: bool,
}

/// What outlives a process: opened by one writer at a time.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<Inside>>);

/// The one writer.
#[derive(Debug)]
pub struct MemoryStore {
    log: MemoryLog,
    is_poisoned: bool,
}

impl MemoryLog {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens it for writing. `checkpoint_size` entries were acknowledged for certain.
    pub fn open(&self, checkpoint_size: u64) -> Result<MemoryStore, StoreError> {
        let mut inside = self.lock();
        if inside.is_open {
            let path = "memory".to_owned();
            return Err(StoreError::Locked { path });
        }
        let size = inside.stored.len() as u64;
        if size < checkpoint_size {
            let found = format!("the checkpoint counts {checkpoint_size} entries");
            return Err(StoreError::Corrupt { index: size, found });
        }
        for read in checked(0, &Hash::ZERO, inside.stored.clone()) {
            read?;
        }
        inside.is_open = true;
        Ok(MemoryStore {
            log: self.clone(),
            is_poisoned: false,
        })
    }

    /// Sets what the next append does.
    pub fn set_next(&self, next: NextAppend) {
        self.lock().next = next;
    }

    /// Whether there is no more space.
    pub fn set_full(&self, is_full: bool) {
        self.lock().is_full = is_full;
    }

    /// Another log with the same entries and one changed bit; `None` where the entry has no such byte.
    #[must_use]
    pub fn damaged(&self, index: usize, byte: usize) -> Option<Self> {
        let mut inside = self.lock().clone();
        *inside.stored.get_mut(index)?.entry.get_mut(byte)? ^= 0x40;
        inside.is_open = false;
        Some(Self(Arc::new(Mutex::new(inside))))
    }

    /// Another log with the same entries: what is there when the writer's process is gone.
    #[must_use]
    pub fn left_behind(&self) -> Self {
        let mut inside = self.lock().clone();
        inside.is_open = false;
        Self(Arc::new(Mutex::new(inside)))
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.log.lock().is_open = false;
    }
}

impl EntryStore for MemoryStore {
    fn append(&mut self, expected_size: u64, entries: &[Vec<u8>]) -> Result<(), StoreError> {
        let unknown = |reason: &str| StoreError::Unknown {
            reason: reason.to_owned(),
        };
        if self.is_poisoned {
            return Err(unknown("an earlier write failed"));
        }
        let mut inside = self.log.lock();
        let size = inside.stored.len() as u64;
        if expected_size != size {
            let start = usize::try_from(expected_size).unwrap_or(usize::MAX);
            let same = |(stored, wanted): (&Stored, &Vec<u8>)| stored.entry == *wanted;
            let again = inside.stored.get(start..).is_some_and(|tail| {
                tail.len() >= entries.len() && tail.iter().zip(entries).all(same)
            });
            let conflict = StoreError::Conflict { size };
            return if again { Ok(()) } else { Err(conflict) };
        }
        if inside.is_full {
            return Err(StoreError::Full);
        }
        let next = std::mem::take(&mut inside.next);
        if next != NextAppend::LosesEntries {
            let stored = entries.iter().map(|entry| Stored {
                crc: crc32c::crc32c(entry),
                entry: entry.clone(),
            });
            inside.stored.extend(stored);
        }
        drop(inside);
        self.is_poisoned = next != NextAppend::Works;
        if self.is_poisoned {
            return Err(unknown("the answer was lost"));
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        self.log.lock().stored.len() as u64
    }

    fn reader(&self) -> Arc<dyn EntryReader> {
        Arc::new(self.log.clone())
    }
}

impl EntryReader for MemoryLog {
    fn read(&self, from: u64, to: u64) -> Result<Entries, StoreError> {
        let inside = self.lock();
        let size = inside.stored.len() as u64;
        let bounds = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let part = bounds.and_then(|(from, to)| Some((from, inside.stored.get(from..to)?)));
        let Some((first, part)) = part else {
            return Err(StoreError::Conflict { size });
        };
        let prev = match first.checked_sub(1) {
            Some(before) => leaf_hash(&inside.stored[before].entry),
            None => Hash::ZERO,
        };
        let part = checked(from, &prev, part.to_vec());
        Ok(Entries::new(Part(Box::new(part))))
    }
}

/// An entry's bytes and its leaf hash, or why it cannot be served.
type Read = Result<(Vec<u8>, Hash), StoreError>;

/// What one read goes over.
struct Part(Box<dyn Iterator<Item = Read> + Send>);

impl EntryCursor for Part {
    fn next_into(&mut self, out: &mut Vec<u8>) -> Option<Result<Hash, StoreError>> {
        let next = self.0.next()?;
        Some(next.map(|(bytes, leaf)| {
            out.extend_from_slice(&bytes);
            leaf
        }))
    }
}

/// Index, chain and CRC of each; nothing behind damage.
fn checked(from: u64, prev: &Hash, stored: Vec<Stored>) -> impl Iterator<Item = Read> + use<> {
    let (mut prev, mut is_over) = (*prev, false);
    (from..).zip(stored).map_while(move |(index, stored)| {
        if is_over {
            return None;
        }
        let head = format!("{{\"index\":{index},\"prev\":\"{prev}\",");
        let holds = crc32c::crc32c(&stored.entry) == stored.crc
            && stored.entry.starts_with(head.as_bytes());
        if !holds {
            is_over = true;
            let found = "its CRC, its index or its chain is wrong".to_owned();
            return Some(Err(StoreError::Corrupt { index, found }));
        }
        prev = leaf_hash(&stored.entry);
        Some(Ok((stored.entry, prev)))
    })
}
