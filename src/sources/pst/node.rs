//! A node with everything below it, as blocks in memory ([MS-PST] 2.2.2.8): what an item is, byte for byte, and its digest.
//! Each load has a budget of bytes, blocks and levels, so that blocks which name one another end in an error and not in a loop.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::btree::Trees;
use super::crc::crc;
use super::disk::Disk;
use super::error::{PstError, damaged};
use crate::domain::item::Digest;
use crate::sources::mapi::bytes::{u16_at, u32_at};

/// Attachments within messages within attachments: 50 messages deep.
const LEVELS_MAX: usize = 100;
/// Blocks that one node may be made of, with all below it; a whole one has 8 KB.
const BLOCKS_MAX: usize = 1 << 20;

/// A node in memory.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The blocks of its data, decoded, in order; a table's rows and a heap's pages keep to them.
    pub(super) blocks: Vec<Vec<u8>>,
    /// The nodes below it, by id.
    pub(super) below: BTreeMap<u32, Node>,
    /// A checksum did not match, here or below: the bytes are not those that were once written.
    pub(super) is_altered: bool,
}

/// What a load may still take.
pub(super) struct Budget {
    bytes: u64,
    blocks: usize,
}

impl Budget {
    pub(super) fn bytes(bytes: u64) -> Self {
        Self {
            bytes,
            blocks: BLOCKS_MAX,
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), PstError> {
        let left = self.bytes.checked_sub(bytes as u64);
        match (left, self.blocks.checked_sub(1)) {
            (Some(bytes), Some(blocks)) => {
                self.bytes = bytes;
                self.blocks = blocks;
                Ok(())
            }
            _ => Err(PstError::TooLarge),
        }
    }
}

impl Node {
    /// Its data in one piece.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.blocks.concat()
    }

    /// How many bytes it has, with all below it.
    pub(super) fn size_bytes(&self) -> u64 {
        let own: usize = self.blocks.iter().map(Vec::len).sum();
        own as u64 + self.below.values().map(Node::size_bytes).sum::<u64>()
    }

    /// This node and those below it as one sequence of bytes, depth first and ascending by id: for each its depth, id and length in
    /// bytes (little-endian: 1, 4 and 8 bytes), then its data as decoded. An item's digest is the SHA-256 of it.
    pub(super) fn stored(&self, id: u32, take: &mut dyn FnMut(&[u8])) {
        self.stored_at(id, 0, take);
    }

    /// SHA-256 of [`Node::stored`].
    pub(super) fn digest(&self, id: u32) -> Digest {
        let mut hash = Sha256::new();
        self.stored(id, &mut |bytes| hash.update(bytes));
        Digest(hash.finalize().into())
    }

    fn stored_at(&self, id: u32, depth: u8, take: &mut dyn FnMut(&[u8])) {
        let length: usize = self.blocks.iter().map(Vec::len).sum();
        take(&[depth]);
        take(&id.to_le_bytes());
        take(&(length as u64).to_le_bytes());
        for block in &self.blocks {
            take(block);
        }
        for (id, node) in &self.below {
            node.stored_at(*id, depth.saturating_add(1), take);
        }
    }
}

/// Reads blocks by the trees.
pub(super) struct Blocks<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) trees: &'a Trees,
}

impl Blocks<'_> {
    /// A node of the tree of nodes, whole; `None` where there is none.
    pub(super) fn load(&self, id: u32, budget: &mut Budget) -> Result<Option<Node>, PstError> {
        match self.trees.node(self.disk, id)? {
            Some(entry) => self.node(entry.data, entry.subnodes, budget, 0).map(Some),
            None => Ok(None),
        }
    }

    fn node(
        &self,
        data: u64,
        subnodes: u64,
        budget: &mut Budget,
        level: usize,
    ) -> Result<Node, PstError> {
        if level > LEVELS_MAX {
            return damaged("subnodes", "nested deeper than messages are");
        }
        let mut node = Node::default();
        if data != 0 {
            self.data(data, None, budget, &mut node)?;
        }
        if subnodes != 0 {
            self.subnodes(subnodes, None, budget, level, &mut node)?;
        }
        node.is_altered |= node.below.values().any(|below| below.is_altered);
        Ok(node)
    }

    /// A block, or a tree of them: `XBLOCK` and `XXBLOCK`.
    fn data(
        &self,
        id: u64,
        above: Option<u8>,
        budget: &mut Budget,
        node: &mut Node,
    ) -> Result<(), PstError> {
        let block = self.block(id, budget, node)?;
        if !is_internal(id) {
            node.blocks.push(block);
            return Ok(());
        }
        let (kind, level) = kind_of(&block)?;
        if kind != 1 || !matches!(level, 1 | 2) || above.is_some_and(|above| level >= above) {
            return damaged("data tree", "its levels do not descend");
        }
        let width = self.trees.header.format.width();
        for place in 0..count_of(&block)? {
            match self.trees.header.format.wide_at(&block, 8 + place * width) {
                Some(below) => self.data(below, Some(level), budget, node)?,
                None => return damaged("data tree", "more entries than it has room for"),
            }
        }
        Ok(())
    }

    /// `SLBLOCK` and `SIBLOCK`.
    fn subnodes(
        &self,
        id: u64,
        above: Option<u8>,
        budget: &mut Budget,
        depth: usize,
        node: &mut Node,
    ) -> Result<(), PstError> {
        let block = self.block(id, budget, node)?;
        let (kind, level) = kind_of(&block)?;
        if kind != 2 || !is_internal(id) || above.is_some_and(|above| level >= above) || level > 8 {
            return damaged("subnodes", "their levels do not descend");
        }
        let format = self.trees.header.format;
        let width = format.width();
        // The longer format aligns its entries.
        let first = width;
        let size = if level == 0 { 3 * width } else { 2 * width };
        for place in 0..count_of(&block)? {
            let at = first + place * size;
            let entry = (
                u32_at(&block, at),
                format.wide_at(&block, at + width),
                format.wide_at(&block, at + 2 * width),
            );
            match (level, entry) {
                (0, (Some(id), Some(data), Some(subnodes))) => {
                    let below = self.node(data, subnodes, budget, depth + 1)?;
                    node.below.insert(id, below);
                }
                (1.., (Some(_), Some(below), _)) => {
                    self.subnodes(below, Some(level), budget, depth, node)?;
                }
                _ => return damaged("subnodes", "more entries than they have room for"),
            }
        }
        Ok(())
    }

    fn block(&self, id: u64, budget: &mut Budget, node: &mut Node) -> Result<Vec<u8>, PstError> {
        let entry = self.trees.block(self.disk, id)?;
        budget.take(entry.size)?;
        let trailer = self.trees.header.format.trailer();
        // [MS-PST] 2.2.2.8: data, padding up to 64 bytes, then the trailer at the very end.
        let room = (entry.size + trailer).next_multiple_of(64);
        let mut bytes = vec![0_u8; room];
        self.disk.read_at(entry.at, &mut bytes)?;
        let sum_at = match trailer {
            12 => room - 4,
            _ => room - 12,
        };
        let sum = u32_at(&bytes, sum_at);
        let size = u16_at(&bytes, room - trailer);
        bytes.truncate(entry.size);
        if sum != Some(crc(&bytes)) || size.map(usize::from) != Some(entry.size) {
            node.is_altered = true;
        }
        if !is_internal(id) {
            self.trees.header.cipher.decode(&mut bytes, id);
        }
        Ok(bytes)
    }
}

/// [MS-PST] 2.2.2.2: the second bit of a block's id.
fn is_internal(id: u64) -> bool {
    id & 2 == 2
}

fn kind_of(block: &[u8]) -> Result<(u8, u8), PstError> {
    match block {
        [kind, level, ..] => Ok((*kind, *level)),
        _ => damaged("block", "an internal block without a head"),
    }
}

fn count_of(block: &[u8]) -> Result<usize, PstError> {
    match u16_at(block, 2) {
        Some(count) => Ok(usize::from(count)),
        None => damaged("block", "an internal block without a count"),
    }
}
