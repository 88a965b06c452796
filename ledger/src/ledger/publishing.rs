//! The ledger as a transparency log in a folder: C2SP tlog-tiles that any static web server serves. Personal facts are not
//! in entries and never come along.

use std::path::Path;

use super::{Ledger, LedgerError, io};
use crate::disk;
use crate::note::SignedCheckpoint;
use crate::sequencer::lock;
use crate::tile::{self, TILE_WIDTH, TileReader, entries_path};
use crate::tlog_proof;
use crate::tree::inclusion_proof;

impl Ledger {
    /// Writes tiles and entry bundles of the tree under `note` below `dir`, where they are not there yet, and the note
    /// last, so that a reader never sees a checkpoint without what it covers.
    pub fn publish(&self, dir: &Path, note: &SignedCheckpoint) -> Result<u64, LedgerError> {
        let size = note.checkpoint.size;
        let mut bundles = 0;
        let mut bundle = Vec::new();
        let count = usize::try_from(size).unwrap_or(usize::MAX);
        let from = self.published_bundles(dir, size)?;
        for read in self
            .entries(from)?
            .take(count - usize::try_from(from).unwrap_or(0))
        {
            let (bytes, entry) = read?;
            let length = u16::try_from(bytes.len()).expect("an entry has at most 65,535 bytes");
            bundle.extend(length.to_be_bytes());
            bundle.extend(bytes);
            let behind = entry.index + 1;
            if behind.is_multiple_of(TILE_WIDTH as u64) || behind == size {
                let number = entry.index / TILE_WIDTH as u64;
                let width = behind - number * TILE_WIDTH as u64;
                let width = usize::try_from(width).expect("at most 256");
                let path = dir.join(entries_path(number, width));
                disk::replace_disposable(&*self.disk, &path, &bundle)
                    .map_err(|source| io(&path, source))?;
                bundle.clear();
                bundles += 1;
            }
        }
        let tiles = lock(&self.sequencer.book).levels.tiles_between(0, size);
        tile::publish(&*self.disk, dir, &tiles, &note.to_note())
            .map_err(|source| io(dir, source))?;
        Ok(bundles)
    }

    /// The first entry whose bundle is not there as a full one. A folder with another tree is not written into.
    fn published_bundles(&self, dir: &Path, size: u64) -> Result<u64, LedgerError> {
        let path = dir.join("checkpoint");
        let read = disk::read_bounded(&*self.disk, &path, 1 << 20);
        let Some(bytes) = read.map_err(|source| io(&path, source))? else {
            return Ok(0);
        };
        let other = |found: &str| LedgerError::AlreadyThere {
            path: format!("{}: {found}", path.display()),
        };
        let before = SignedCheckpoint::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|_| other("a checkpoint that cannot be read"))?;
        let covers = before.checkpoint.size;
        if before.checkpoint.origin != self.origin || covers > size {
            return Err(other("another log, or a larger tree of this one"));
        }
        Ok(covers - covers % TILE_WIDTH as u64)
    }

    /// The `.tlog-proof` of an entry under a checkpoint, from the tiles on the disk; and how many tiles that took.
    pub fn tlog_proof(
        &self,
        index: u64,
        note: &SignedCheckpoint,
    ) -> Result<(String, usize), LedgerError> {
        let tiles = self.dir.join("tiles");
        let reader = TileReader::new(&*self.disk, &tiles, note.checkpoint.size);
        let proof = inclusion_proof(&reader, index, note.checkpoint.size)
            .map_err(|source| io(&tiles, source))?;
        let text = tlog_proof::encode(index, &proof, note);
        Ok((text, reader.tiles_read()))
    }
}
