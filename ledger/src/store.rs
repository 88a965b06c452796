//! Where entries and checkpoints live: two small traits, split by what they guarantee; engines are below.

pub mod memory;
pub mod place;
pub mod segments;

use std::sync::Arc;

use crate::hash::Hash;
use crate::note::SignedCheckpoint;
use crate::tree::leaf_hash;

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store holds another number of entries, or others at these indexes. Nothing was written.
    #[error("the store holds {size} entries, not as many as expected")]
    Conflict {
        /// How many it holds.
        size: u64,
    },
    /// What is stored at this index is not what was stored there.
    #[error(
        "entry {index} is damaged ({found}); stop, keep the files as they are, restore them from a \
         copy"
    )]
    Corrupt {
        /// The first damaged entry.
        index: u64,
        /// What was found.
        found: String,
    },
    /// There is no space. Nothing was written; it goes on when there is space.
    #[error("no space left for entries; nothing was acknowledged; make space and try again")]
    Full,
    /// Another process writes here.
    #[error("{path} is locked by another process")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// The entries may or may not be stored. The store takes nothing more until it is opened again.
    #[error("it is not known whether the entries are stored ({reason}); open the ledger again")]
    Unknown {
        /// Why.
        reason: String,
    },
    /// Reading failed.
    #[error("{path} cannot be read or made")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// An entry as it is read: CRC, index and chain checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// Their leaf hash: what the next entry's `prev` was held against.
    pub leaf: Hash,
}

/// Where entries come from, one behind the other.
pub trait EntryCursor: Send {
    /// Appends the next entry's exact bytes to `out` and says its leaf hash; `None` at the end. Nothing comes behind an
    /// error.
    fn next_into(&mut self, out: &mut Vec<u8>) -> Option<Result<Hash, StoreError>>;
}

/// Entries as they are read: CRC, index and chain checked.
pub struct Entries(Box<dyn EntryCursor>);

impl Entries {
    /// What this cursor reads.
    pub fn new(cursor: impl EntryCursor + 'static) -> Self {
        Self(Box::new(cursor))
    }

    /// Entries that no store checked, from a bundle say: whoever folds them judges index and chain.
    pub fn unchecked(entries: Vec<Vec<u8>>) -> Self {
        Self::new(Unchecked(entries.into_iter()))
    }

    /// As [`EntryCursor::next_into`]: for whoever reads many and keeps none, without memory of its own for each.
    pub fn next_into(&mut self, out: &mut Vec<u8>) -> Option<Result<Hash, StoreError>> {
        self.0.next_into(out)
    }
}

struct Unchecked(std::vec::IntoIter<Vec<u8>>);

impl EntryCursor for Unchecked {
    fn next_into(&mut self, out: &mut Vec<u8>) -> Option<Result<Hash, StoreError>> {
        let bytes = self.0.next()?;
        out.extend_from_slice(&bytes);
        Some(Ok(leaf_hash(&bytes)))
    }
}

impl Iterator for Entries {
    type Item = Result<Stored, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        let next = self.0.next_into(&mut bytes)?;
        Some(next.map(|leaf| Stored { bytes, leaf }))
    }
}

/// Reads stored entries, beside a writer.
pub trait EntryReader: Send + Sync {
    /// The entries `from..to`; both are at most the size.
    fn read(&self, from: u64, to: u64) -> Result<Entries, StoreError>;
}

/// One ordered log that can compare and append. Nothing is ever deleted.
pub trait EntryStore: Send {
    /// Appends all or nothing behind `expected_size` entries; returns when they are durable. The same entries again at
    /// the same indexes are Ok.
    fn append(&mut self, expected_size: u64, entries: &[Vec<u8>]) -> Result<(), StoreError>;

    /// How many entries are stored.
    fn size(&self) -> u64;

    /// A reader that stays good while entries are appended.
    fn reader(&self) -> Arc<dyn EntryReader>;
}

/// The last signed checkpoint, kept on another disk or in another account: what makes a shortened ledger visible.
pub trait CheckpointPlace: Send {
    /// The checkpoint that lies there.
    fn load(&self) -> Result<Option<SignedCheckpoint>, PlaceError>;

    /// Replaces `expected` by `new`, or fails and leaves what is there.
    fn swap(
        &mut self,
        expected: Option<&SignedCheckpoint>,
        new: &SignedCheckpoint,
    ) -> Result<(), PlaceError>;
}

/// Why the checkpoint place did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Another checkpoint lies there: somebody else writes this ledger, or it was rolled back.
    #[error("another checkpoint lies in {path} than the one that was put there last")]
    Conflict {
        /// The file.
        path: String,
    },
    /// What lies there is no checkpoint.
    #[error("{path} holds no checkpoint")]
    NotACheckpoint {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: crate::note::NoteError,
    },
    /// The operating system refused.
    #[error("{path} cannot be read or written")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
