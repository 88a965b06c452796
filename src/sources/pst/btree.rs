//! The two B-trees of a file ([MS-PST] 2.2.2.7): from a node to its blocks, from a block to its place. Pages are read one by one;
//! a page below another must be of a lower level, so that no loop of pages is followed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::crc::crc;
use super::disk::Disk;
use super::error::{PstError, damaged};
use super::header::{Format, Header};
use crate::sources::mapi::bytes::{u16_at, u32_at};

const PAGE_BYTES: usize = 512;
/// Eight levels of the narrowest pages hold more entries than a file of 50 GB.
const LEVELS_MAX: u8 = 8;
/// 4 MB of pages are kept; a walk in order reads each of the others once.
const CACHED_MAX: usize = 8_192;

/// A node: where its data and its subnodes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeEntry {
    pub(super) node: u32,
    pub(super) data: u64,
    pub(super) subnodes: u64,
    pub(super) parent: u32,
}

/// A block: its place and its length without the trailer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockEntry {
    pub(super) at: u64,
    pub(super) size: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    Nodes,
    Blocks,
}

struct Page {
    bytes: [u8; PAGE_BYTES],
    count: usize,
    entry_size: usize,
    level: u8,
}

/// The trees of one file.
pub(super) struct Trees {
    pub(super) header: Header,
    cache: Mutex<HashMap<u64, Arc<Page>>>,
}

impl Trees {
    pub(super) fn new(header: Header) -> Self {
        Self {
            header,
            cache: Mutex::default(),
        }
    }

    /// The node, where there is one.
    pub(super) fn node(&self, disk: &dyn Disk, node: u32) -> Result<Option<NodeEntry>, PstError> {
        let found = self.find(disk, Tree::Nodes, u64::from(node))?;
        Ok(found.and_then(|bytes| node_entry(self.header.format, &bytes)))
    }

    /// The block, where there is one. The lowest bit of an id says nothing ([MS-PST] 2.2.2.2).
    pub(super) fn block(&self, disk: &dyn Disk, id: u64) -> Result<BlockEntry, PstError> {
        let Some(bytes) = self.find(disk, Tree::Blocks, id & !1)? else {
            return damaged("block", "its id is not in the tree of blocks");
        };
        let width = self.header.format.width();
        let at = self.header.format.wide_at(&bytes, width);
        let size = u16_at(&bytes, 2 * width);
        match (at, size) {
            (Some(at), Some(size)) => Ok(BlockEntry {
                at,
                size: usize::from(size),
            }),
            _ => damaged("block", "its entry is cut off"),
        }
    }

    /// Hands over every node, ascending; what lies under a page that cannot be read is reported by the error at the end.
    pub(super) fn each_node(
        &self,
        disk: &dyn Disk,
        take: &mut dyn FnMut(NodeEntry),
    ) -> Result<(), PstError> {
        // A file cannot have more pages than this, unless pages are shared by several above.
        let mut pages_left = disk.size_bytes() / PAGE_BYTES as u64 + 1;
        self.walk(disk, self.header.nodes_at, None, &mut pages_left, take)
    }

    fn walk(
        &self,
        disk: &dyn Disk,
        at: u64,
        above: Option<u8>,
        pages_left: &mut u64,
        take: &mut dyn FnMut(NodeEntry),
    ) -> Result<(), PstError> {
        *pages_left = match pages_left.checked_sub(1) {
            Some(left) => left,
            None => return damaged("tree of nodes", "more pages than the file has room for"),
        };
        let page = self.page(disk, Tree::Nodes, at, above)?;
        let mut failed = None;
        for place in 0..page.count {
            let entry = page.entry(place);
            if page.level == 0 {
                if let Some(node) = node_entry(self.header.format, entry) {
                    take(node);
                }
                continue;
            }
            let below = self.below(entry)?;
            if let Err(error) = self.walk(disk, below, Some(page.level), pages_left, take) {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn find(&self, disk: &dyn Disk, tree: Tree, key: u64) -> Result<Option<Vec<u8>>, PstError> {
        let mut at = match tree {
            Tree::Nodes => self.header.nodes_at,
            Tree::Blocks => self.header.blocks_at,
        };
        let mut above = None;
        loop {
            let page = self.page(disk, tree, at, above)?;
            let key_at = |place: usize| {
                let key = self.header.format.wide_at(page.entry(place), 0);
                match tree {
                    // [MS-PST] 2.2.2.7.7.4: the upper half of a node's key is nothing.
                    Tree::Nodes => key.map(|key| key & 0xFFFF_FFFF),
                    Tree::Blocks => key.map(|key| key & !1),
                }
            };
            let mut place = None;
            for candidate in 0..page.count {
                if key_at(candidate).is_some_and(|found| found <= key) {
                    place = Some(candidate);
                }
            }
            let Some(place) = place else {
                return Ok(None);
            };
            if page.level == 0 {
                return Ok((key_at(place) == Some(key)).then(|| page.entry(place).to_vec()));
            }
            at = self.below(page.entry(place))?;
            above = Some(page.level);
        }
    }

    /// `BTENTRY`: key, then the block id and the offset of the page below.
    fn below(&self, entry: &[u8]) -> Result<u64, PstError> {
        let format = self.header.format;
        match format.wide_at(entry, 2 * format.width()) {
            Some(at) => Ok(at),
            None => damaged("tree", "an entry is cut off"),
        }
    }

    fn page(
        &self,
        disk: &dyn Disk,
        tree: Tree,
        at: u64,
        above: Option<u8>,
    ) -> Result<Arc<Page>, PstError> {
        let cached = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.get(&at).map(Arc::clone)
        };
        let page = match cached {
            Some(page) => page,
            None => self.read_page(disk, tree, at)?,
        };
        let is_lower = above.is_none_or(|above| page.level < above);
        if !is_lower || page.level > LEVELS_MAX {
            return damaged("tree", "a page is not of a lower level than the one above");
        }
        Ok(page)
    }

    fn read_page(&self, disk: &dyn Disk, tree: Tree, at: u64) -> Result<Arc<Page>, PstError> {
        let mut bytes = [0_u8; PAGE_BYTES];
        disk.read_at(at, &mut bytes)?;
        let format = self.header.format;
        // Counts stand behind the entries, the trailer behind them.
        let (counts, kind, sum) = match format {
            Format::Ansi => (496, 500, 508),
            Format::Unicode => (488, 496, 500),
        };
        let wanted = match tree {
            Tree::Blocks => 0x80,
            Tree::Nodes => 0x81,
        };
        if bytes[kind] != wanted || bytes[kind + 1] != wanted {
            return damaged("tree", "a page is not of this tree");
        }
        if u32_at(&bytes, sum) != Some(crc(&bytes[..kind])) {
            return damaged("tree", "the checksum of a page does not match");
        }
        let page = Page {
            count: usize::from(bytes[counts]),
            entry_size: usize::from(bytes[counts + 2]),
            level: bytes[counts + 3],
            bytes,
        };
        let width = format.width();
        let smallest = match (tree, page.level) {
            (Tree::Nodes, 0) => 3 * width + 4,
            (Tree::Blocks, 0) => 2 * width + 4,
            _ => 3 * width,
        };
        if page.entry_size < smallest || page.count * page.entry_size > counts {
            return damaged("tree", "the entries of a page do not fit into it");
        }
        let page = Arc::new(page);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED_MAX {
            cache.clear();
        }
        cache.insert(at, Arc::clone(&page));
        Ok(page)
    }
}

impl Page {
    fn entry(&self, place: usize) -> &[u8] {
        let from = place * self.entry_size;
        &self.bytes[from..from + self.entry_size]
    }
}

fn node_entry(format: Format, bytes: &[u8]) -> Option<NodeEntry> {
    let width = format.width();
    Some(NodeEntry {
        node: u32_at(bytes, 0)?,
        data: format.wide_at(bytes, width)?,
        subnodes: format.wide_at(bytes, 2 * width)?,
        parent: u32_at(bytes, 3 * width)?,
    })
}
