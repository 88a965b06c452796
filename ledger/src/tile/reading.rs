//! Proofs from published tiles: each tile is read once, at most five for a million entries; writing them is one level up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{HASH_BYTES, TILE_WIDTH, tile_path};
use crate::disk::{self, Disk};
use crate::hash::Hash;
use crate::tree::{SubtreeReader, root_of};

/// The tiles of a tree of a known size, below a folder.
#[derive(Debug)]
pub struct TileReader<'a> {
    disk: &'a dyn Disk,
    dir: PathBuf,
    size: u64,
    read: RefCell<HashMap<(u32, u64), Vec<Hash>>>,
}

impl<'a> TileReader<'a> {
    /// The tree of `size` leaves whose tiles lie below `dir`.
    pub fn new(disk: &'a dyn Disk, dir: &Path, size: u64) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            size,
            read: RefCell::default(),
        }
    }

    /// How many tiles were read.
    pub fn tiles_read(&self) -> usize {
        self.read.borrow().len()
    }

    fn tile(&self, level: u32, number: u64) -> io::Result<Vec<Hash>> {
        if let Some(tile) = self.read.borrow().get(&(level, number)) {
            return Ok(tile.clone());
        }
        let above = self.size >> (8 * level);
        let first = number * TILE_WIDTH as u64;
        let width = above.saturating_sub(first).min(TILE_WIDTH as u64);
        let width = usize::try_from(width).expect("at most 256");
        let tile = self.load(level, number, width)?;
        self.read.borrow_mut().insert((level, number), tile.clone());
        Ok(tile)
    }

    /// A partial tile, or the full one that has taken its place since.
    fn load(&self, level: u32, number: u64, width: usize) -> io::Result<Vec<Hash>> {
        for width in [width, TILE_WIDTH] {
            let path = self.dir.join(tile_path(level, number, width));
            let most = (TILE_WIDTH * HASH_BYTES) as u64;
            if let Some(bytes) = disk::read_bounded(self.disk, &path, most)? {
                let hashes: Vec<Hash> = bytes
                    .chunks_exact(HASH_BYTES)
                    .map(|hash| Hash(hash.try_into().expect("chunks of 32")))
                    .collect();
                if hashes.len() == width {
                    return Ok(hashes);
                }
                let place = path.display();
                return Err(io::Error::other(format!("{place}: not {width} hashes")));
            }
        }
        let path = tile_path(level, number, width);
        Err(io::Error::new(io::ErrorKind::NotFound, path))
    }
}

impl SubtreeReader for TileReader<'_> {
    type Error = io::Error;

    fn subtree(&self, level: u32, number: u64) -> io::Result<Hash> {
        let width = 1_u64 << (level % 8);
        let first = number * width;
        let tile = self.tile(level / 8, first / TILE_WIDTH as u64)?;
        let start = usize::try_from(first % TILE_WIDTH as u64).expect("below 256");
        let end = start + usize::try_from(width).expect("at most 128");
        let part = tile.get(start..end);
        part.map(root_of)
            .ok_or_else(|| io::Error::other("the tree is not as large as that"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::SystemDisk;
    use crate::tile::{Levels, publish};
    use crate::tree::{CompactTree, check_inclusion, inclusion_proof, leaf_hash};

    #[test]
    fn a_proof_in_a_million_entries_reads_at_most_five_tiles() {
        const SIZE: u64 = 1_000_000;
        let (mut levels, mut tree) = (Levels::default(), CompactTree::default());
        for number in 0..SIZE {
            levels.push(leaf_hash(&number.to_be_bytes()), &mut tree);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let tiles = levels.tiles_between(0, SIZE);
        publish(&SystemDisk, folder.path(), &tiles, "note").expect("written");
        let whole = TileReader::new(&SystemDisk, folder.path(), SIZE);
        let root = {
            let proof = inclusion_proof(&levels, 0, SIZE).expect("infallible");
            let read = inclusion_proof(&whole, 0, SIZE).expect("readable");
            assert_eq!(read, proof);
            crate::tree::root_of(&levels.0[0])
        };
        let mut most = 0;
        for index in (0..SIZE)
            .step_by(9973)
            .chain([SIZE - 1, SIZE - 65, 983_039])
        {
            let reader = TileReader::new(&SystemDisk, folder.path(), SIZE);
            let proof = inclusion_proof(&reader, index, SIZE).expect("readable");
            let leaf = leaf_hash(&index.to_be_bytes());
            assert!(
                check_inclusion(&leaf, index, SIZE, &proof, &root),
                "{index}"
            );
            most = most.max(reader.tiles_read());
        }
        println!("at most {most} tiles");
        assert!(most <= 5, "{most} tiles were read");
    }
}
