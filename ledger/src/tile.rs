//! C2SP tlog-tiles: the tree in tiles of 256 hashes, for proofs and for any static web server; disposable.

mod reading;

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{self, Disk};
use crate::hash::Hash;
use crate::tree::{CompactTree, SubtreeReader, root_of};

pub use reading::TileReader;

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;
/// The height of a full tile's root above its hashes.
const TILE_HEIGHT: u32 = TILE_WIDTH.ilog2();
const HASH_BYTES: usize = 32;

/// The path of tile `number` at `level`; `width` below 256 names a partial one.
pub fn tile_path(level: u32, number: u64, width: usize) -> String {
    format!("tile/{level}/{}", numbered(number, width))
}

/// The path of the entry bundle beside level-0 tile `number`.
pub fn entries_path(number: u64, width: usize) -> String {
    format!("tile/entries/{}", numbered(number, width))
}

fn numbered(number: u64, width: usize) -> String {
    let mut groups = vec![format!("{:03}", number % 1000)];
    let mut rest = number / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    let partial = if width < TILE_WIDTH {
        format!(".p/{width}")
    } else {
        String::new()
    };
    format!("{}{partial}", groups.join("/"))
}

/// Leaf hashes and the roots of every full tile above them.
#[derive(Clone, Debug, Default)]
pub struct Levels(Vec<Vec<Hash>>);

impl Levels {
    /// Appends a leaf hash to a tree of the same size and to the levels: the tree hashes, each tile's root once.
    pub fn push(&mut self, leaf: Hash, tree: &mut CompactTree) {
        debug_assert_eq!(tree.size(), self.size(), "they grow together");
        self.push_at(0, leaf);
        tree.push_showing(leaf, |height, root| {
            if height.is_multiple_of(TILE_HEIGHT) {
                self.push_at((height / TILE_HEIGHT) as usize, root);
            }
        });
    }

    fn push_at(&mut self, level: usize, hash: Hash) {
        if self.0.len() == level {
            self.0.push(Vec::new());
        }
        self.0[level].push(hash);
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.0.first().map_or(0, |row| row.len() as u64)
    }

    /// The leaf hash at an index below the size.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.0.first()?.get(usize::try_from(index).ok()?).copied()
    }

    /// The tiles that differ between the trees of `old` and of `size` leaves: path and bytes.
    pub fn tiles_between(&self, old: u64, size: u64) -> Vec<(String, Vec<u8>)> {
        let mut tiles = Vec::new();
        let mut start = usize::try_from(old).expect("sizes fit");
        let mut end = usize::try_from(size).expect("sizes fit");
        for (level, row) in (0..).zip(&self.0) {
            let first = start / TILE_WIDTH;
            let changed = row[first * TILE_WIDTH..end].chunks(TILE_WIDTH);
            for (number, tile) in (first as u64..).zip(changed) {
                let bytes = tile.iter().flat_map(|hash| hash.0).collect();
                tiles.push((tile_path(level, number, tile.len()), bytes));
            }
            start = first;
            end /= TILE_WIDTH;
        }
        tiles
    }

    /// One level-0 tile of the tree of `size` leaves, as a bundle holds it: path and bytes; `None` behind the last.
    pub fn level_0_tile(&self, size: u64, number: u64) -> Option<(String, Vec<u8>)> {
        let row = self.0.first()?.get(..usize::try_from(size).ok()?)?;
        let tile = row.chunks(TILE_WIDTH).nth(usize::try_from(number).ok()?)?;
        let bytes = tile.iter().flat_map(|hash| hash.0).collect();
        Some((tile_path(0, number, tile.len()), bytes))
    }
}

impl SubtreeReader for Levels {
    type Error = std::convert::Infallible;

    fn subtree(&self, level: u32, number: u64) -> Result<Hash, Self::Error> {
        let row = &self.0[(level / 8) as usize];
        let width = 1_usize << (level % 8);
        let start = usize::try_from(number).expect("sizes fit") * width;
        Ok(root_of(&row[start..start + width]))
    }
}

/// Writes tiles below `dir` where they differ from what is there, and puts the note beside them last. A partial tile goes
/// when its full one is there, not before: a reader may hold an older checkpoint.
pub fn publish(
    on: &dyn Disk,
    dir: &Path,
    tiles: &[(String, Vec<u8>)],
    note: &str,
) -> io::Result<()> {
    for (path, bytes) in tiles {
        let path = dir.join(path);
        // A file that cannot be read, or holds something else after a crash, is written again.
        let stands = disk::read_bounded(on, &path, bytes.len() as u64);
        if !matches!(stands, Ok(Some(found)) if found == *bytes) {
            disk::replace_disposable(on, &path, bytes)?;
        }
        let partials = with_partial(&path);
        if bytes.len() == TILE_WIDTH * HASH_BYTES && on.is_dir(&partials) {
            for name in on.list(&partials).unwrap_or_default() {
                // What cannot be removed stays: a partial tile of a tree that grew is still a true one.
                let _ = on.remove(&partials.join(name));
            }
        }
    }
    disk::replace_disposable(on, &dir.join("checkpoint"), note.as_bytes())
}

fn with_partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().expect("a tile has a name").to_owned();
    name.push(".p");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{check_inclusion, inclusion_proof, leaf_hash};

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(tile_path(0, 0, 256), "tile/0/000");
        assert_eq!(tile_path(1, 1_234_067, 256), "tile/1/x001/x234/067");
        assert_eq!(tile_path(0, 273, 17), "tile/0/273.p/17");
    }

    #[test]
    fn proofs_from_levels_hold_across_tile_borders() {
        let leaves: Vec<Hash> = (0..70_000_u32)
            .map(|n| leaf_hash(&n.to_be_bytes()))
            .collect();
        let (mut levels, mut tree) = (Levels::default(), CompactTree::default());
        for leaf in &leaves {
            levels.push(*leaf, &mut tree);
        }
        for size in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000_u64] {
            let root = root_of(&leaves[..usize::try_from(size).expect("small")]);
            for index in [0, size / 2, size - 1] {
                let proof = inclusion_proof(&levels, index, size).expect("infallible");
                let leaf = &leaves[usize::try_from(index).expect("small")];
                assert!(
                    check_inclusion(leaf, index, size, &proof, &root),
                    "{index} of {size}"
                );
            }
        }
    }
}
