//! A store in memory: the model that other stores are compared with, with switches for the failures that disks have.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Entries, EntryReader, EntryStore, StoreError};

/// What the next append does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NextAppend {
    /// Fails as full; nothing is stored.
    Full,
    /// Fails as unknown although everything is stored.
    LosesAnswer,
    /// Fails as unknown and nothing is stored.
    LosesEntries,
    /// Works.
    #[default]
    Works,
}

/// Entries in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    entries: Arc<Mutex<Vec<Vec<u8>>>>,
    next: Arc<Mutex<NextAppend>>,
}

impl MemoryStore {
    /// Sets what the next append does.
    pub fn set_next(&self, next: NextAppend) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EntryStore for MemoryStore {
    fn append(&mut self, expected_size: u64, entries: &[Vec<u8>]) -> Result<(), StoreError> {
        let next = std::mem::take(&mut *self.next.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stored = self.entries();
        let size = stored.len() as u64;
        let conflict = StoreError::Conflict { size };
        if expected_size != size {
            let start = usize::try_from(expected_size).unwrap_or(usize::MAX);
            let again = stored.get(start..).is_some_and(|tail| tail == entries);
            return if again { Ok(()) } else { Err(conflict) };
        }
        let unknown = || StoreError::Unknown {
            reason: "the answer was lost".to_owned(),
        };
        match next {
            NextAppend::Full => return Err(StoreError::Full),
            NextAppend::LosesEntries => return Err(unknown()),
            NextAppend::LosesAnswer | NextAppend::Works => stored.extend_from_slice(entries),
        }
        if next == NextAppend::LosesAnswer {
            Err(unknown())
        } else {
            Ok(())
        }
    }

    fn size(&self) -> u64 {
        self.entries().len() as u64
    }

    fn reader(&self) -> Arc<dyn EntryReader> {
        Arc::new(self.clone())
    }
}

impl EntryReader for MemoryStore {
    fn read(&self, from: u64, to: u64) -> Result<Entries, StoreError> {
        let stored = self.entries();
        let bounds = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let part = bounds
            .and_then(|(from, to)| stored.get(from..to))
            .map(<[_]>::to_vec);
        let size = stored.len() as u64;
        let part = part.ok_or(StoreError::Conflict { size })?;
        Ok(Box::new(part.into_iter().map(Ok)))
    }
}
