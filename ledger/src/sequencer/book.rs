//! The fold and the tree at one size, and the rules by which a stored entry is taken in again; threads are elsewhere.

use crate::admission::LeafReader;
use crate::dsse::Envelope;
use crate::entry::Entry;
use crate::event::Event;
use crate::hash::Hash;
use crate::refusal::{Refusal, ensure};
use crate::state::State;
use crate::tile::Levels;
use crate::time::Timestamp;

/// The fold and the tree, at the same size.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) state: State,
    pub(crate) levels: Levels,
}

impl LeafReader for Levels {
    fn leaf(&self, index: u64) -> Result<Hash, Refusal> {
        Levels::leaf(self, index).ok_or_else(|| Refusal::new("seen/leaf", "not an entry yet"))
    }
}

/// A stored entry as the fold takes it in; made beside the fold, in parallel.
pub(crate) struct Decoded {
    index: u64,
    prev: Hash,
    received: Timestamp,
    pub(crate) event: Event,
    /// SHA-256 of its payload.
    link: Hash,
    leaf: Hash,
}

impl Decoded {
    /// Reads an entry whose leaf hash is known; what was signed is apart, for whoever checks it.
    pub(crate) fn parse(bytes: &[u8], leaf: Hash) -> Result<(Self, Envelope), Refusal> {
        let entry = Entry::parse(bytes)?;
        let decoded = Self {
            index: entry.index,
            prev: entry.prev,
            received: entry.received,
            event: entry.event,
            link: Hash::of(&entry.envelope.payload),
            leaf,
        };
        Ok((decoded, entry.envelope))
    }
}

impl Book {
    /// The book of an empty ledger.
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            state: State::new(origin),
            levels: Levels::default(),
        }
    }

    /// Takes a stored entry in, by the same rules as on the way in.
    pub(crate) fn replay(&mut self, decoded: &Decoded) -> Result<(), Refusal> {
        let entry = decoded;
        ensure(entry.index == self.state.size(), "entry/index", || {
            entry.index.to_string()
        })?;
        ensure(entry.prev == self.state.last_leaf(), "entry/prev", || {
            entry.prev.to_string()
        })?;
        let falls = self
            .state
            .last_received()
            .is_some_and(|last| entry.received < last);
        ensure(!falls, "entry/received", || entry.received.to_string())?;
        self.state
            .admit(&entry.event, entry.received, &self.levels)?;
        self.apply(&entry.event, entry.received, entry.link, entry.leaf);
        Ok(())
    }

    /// Takes an admitted event in.
    pub(crate) fn apply(&mut self, event: &Event, received: Timestamp, link: Hash, leaf: Hash) {
        self.state.apply(event, received, link, leaf);
        // Last: the state's size is the tree's.
        self.levels.push(leaf, &mut self.state.tree);
    }
}
