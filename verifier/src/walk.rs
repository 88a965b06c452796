//! The one pass over the entries, in their order: rules, tree, and the roots that checkpoints are
//! held against. Memory is a leaf hash an entry and a small record a stream; no entry is kept.

use crate::broken::{Broken, Checked};
use crate::bytes::Hash;
use crate::event::Entry;
use crate::rules::{self, Before};
use crate::state::State;
use crate::tree::Roots;

/// A rule broken at an entry.
#[derive(Clone, Debug)]
pub(crate) struct BrokenAt {
    pub(crate) index: u64,
    pub(crate) broken: Broken,
}

/// What all entries come to.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) state: State,
    pub(crate) leaves: Vec<Hash>,
    roots: Roots,
    /// Roots that will be asked for: size, and the root once it is known.
    wanted: Vec<(u64, Option<Hash>)>,
}

impl Walk {
    /// `sizes` are those of the checkpoints that will be held against the entries; `expected` bounds memory.
    pub(crate) fn new(sizes: &[u64], expected: u64) -> Self {
        let mut walk = Self {
            // The exact size: doubling would hold the list twice while it grows.
            leaves: Vec::with_capacity(usize::try_from(expected).unwrap_or(0)),
            wanted: sizes.iter().map(|size| (*size, None)).collect(),
            ..Self::default()
        };
        walk.note_root();
        walk
    }

    /// The next entry, whose form holds.
    pub(crate) fn push(&mut self, entry: &Entry<'_>) -> Checked {
        let index = self.size();
        let leaves = &self.leaves;
        let leaf_of = |index: u64| leaves.get(usize::try_from(index).ok()?).copied();
        let before = Before {
            leaf_of: &leaf_of,
            is_whole: &|_| true,
        };
        rules::check(&self.state, index, entry, &before)?;
        if entry.event.kind == "StreamHeads" {
            rules::heads::check(&self.state, &entry.event)?;
        }
        rules::apply::apply(&mut self.state, index, entry)?;
        self.leaves.push(entry.leaf);
        self.roots.push(entry.leaf);
        self.note_root();
        Ok(())
    }

    fn note_root(&mut self) {
        let size = self.roots.size();
        let roots = &self.roots;
        for (_, root) in self.wanted.iter_mut().filter(|(wanted, _)| *wanted == size) {
            *root = Some(roots.root());
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.roots.size()
    }

    /// The root at one of the sizes that were named at the start; `None` when there are fewer entries.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        self.wanted
            .iter()
            .find(|(wanted, _)| *wanted == size)
            .and_then(|(_, root)| *root)
    }
}
