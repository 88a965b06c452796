//! The heap that a node's data is ([MS-PST] 2.3.1) and the B-tree that lies on it (2.3.2): small pieces by id, and records by key.

use std::collections::BTreeSet;

use super::error::{PstError, damaged};
use super::node::Node;
use crate::sources::mapi::bytes::{slice_at, u16_at, u32_at};

/// What a heap is for: the sign in its head.
pub(super) const PROPERTIES: u8 = 0xBC;
/// The same for a table.
pub(super) const TABLE: u8 = 0x7C;

/// Whether an id is of a piece of the heap rather than of a node ([MS-PST] 2.3.1.1).
pub(super) fn is_piece(id: u32) -> bool {
    id.trailing_zeros() >= 5
}

/// A node's data as a heap.
pub(super) struct Heap<'a> {
    node: &'a Node,
    /// The id of the structure that the heap is for.
    pub(super) root: u32,
}

impl<'a> Heap<'a> {
    /// Opens a heap of a kind.
    pub(super) fn open(node: &'a Node, kind: u8) -> Result<Self, PstError> {
        let Some(first) = node.blocks.first() else {
            return damaged("heap", "it has no data");
        };
        match (first.get(2), first.get(3), u32_at(first, 4)) {
            (Some(0xEC), Some(found), Some(root)) if *found == kind => Ok(Self { node, root }),
            _ => damaged("heap", "its head is not that of its kind"),
        }
    }

    /// What stands under an id; nothing at all under 0.
    pub(super) fn piece(&self, id: u32) -> Result<&'a [u8], PstError> {
        if id == 0 {
            return Ok(&[]);
        }
        self.found(id)
            .map_or_else(|| damaged("heap", "an id that nothing stands under"), Ok)
    }

    fn found(&self, id: u32) -> Option<&'a [u8]> {
        let number = usize::try_from((id >> 5) & 0x7FF).ok()?.checked_sub(1)?;
        let block = self.node.blocks.get(usize::try_from(id >> 16).ok()?)?;
        let map = usize::from(u16_at(block, 0)?);
        if !is_piece(id) || number >= usize::from(u16_at(block, map)?) {
            return None;
        }
        let from = usize::from(u16_at(block, map + 4 + 2 * number)?);
        let to = usize::from(u16_at(block, map + 6 + 2 * number)?);
        slice_at(block, from, to.checked_sub(from)?)
    }

    /// What a value refers to: a piece of this heap, or the data of a node below ([MS-PST] 2.3.3.2).
    pub(super) fn referred(&self, id: u32) -> Result<Vec<u8>, PstError> {
        if is_piece(id) {
            return self.piece(id).map(<[u8]>::to_vec);
        }
        match self.node.below.get(&id) {
            Some(node) => Ok(node.whole()),
            None => damaged("heap", "a value refers to a node that is not there"),
        }
    }

    /// The node that this heap lies on.
    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// Every record of the B-tree under an id: key and value, together `size` bytes long, ascending.
    pub(super) fn records(
        &self,
        tree: u32,
        key: u8,
        values: &[u8],
    ) -> Result<Vec<&'a [u8]>, PstError> {
        let head = self.piece(tree)?;
        let (Some([0xB5, found_key, found_value, levels]), Some(root)) =
            (head.get(..4), u32_at(head, 4))
        else {
            return damaged("heap tree", "its head is not one");
        };
        if *found_key != key || !values.contains(found_value) || *levels > 8 {
            return damaged("heap tree", "its records are of another size");
        }
        let mut found = Vec::new();
        if root != 0 {
            let size = usize::from(key) + usize::from(*found_value);
            let walk = Walk {
                key: usize::from(key),
                size,
            };
            walk.level(self, root, *levels, &mut BTreeSet::new(), &mut found)?;
        }
        Ok(found)
    }
}

struct Walk {
    key: usize,
    size: usize,
}

impl Walk {
    fn level<'a>(
        &self,
        heap: &Heap<'a>,
        id: u32,
        level: u8,
        seen: &mut BTreeSet<u32>,
        found: &mut Vec<&'a [u8]>,
    ) -> Result<(), PstError> {
        // Pages that name one another would multiply with every level.
        if !seen.insert(id) {
            return damaged("heap tree", "a page stands in it twice");
        }
        let page = heap.piece(id)?;
        if level == 0 {
            found.extend(page.chunks_exact(self.size));
            return Ok(());
        }
        for entry in page.chunks_exact(self.key + 4) {
            match u32_at(entry, self.key) {
                Some(below) => self.level(heap, below, level - 1, seen, found)?,
                None => return damaged("heap tree", "an entry is cut off"),
            }
        }
        Ok(())
    }
}
