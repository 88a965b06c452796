//! Checkpoints: at least once a second or every 1,024 entries while anything is written, off the path of acknowledgement.
//!
//! Order: read the durable entries back and hash them again, sign, swap in the checkpoint's own place, publish. A bit
//! that flipped between memory and disk is found before it is signed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{LedgerError, io};
use crate::disk::{self, SharedDisk};
use crate::key::Signer;
use crate::note::{Checkpoint, SignedCheckpoint};
use crate::sequencer::{Sequencer, lock};
use crate::store::CheckpointPlace;
use crate::tile;
use crate::tree::{CompactTree, leaf_hash};

const EVERY: Duration = Duration::from_secs(1);
const EVERY_ENTRIES: u64 = 1024;

pub(super) struct Checkpointer {
    pub(super) disk: SharedDisk,
    pub(super) dir: PathBuf,
    pub(super) origin: String,
    pub(super) log: Arc<dyn Signer>,
    pub(super) inner: Mutex<Inner>,
}

pub(super) struct Inner {
    pub(super) place: Box<dyn CheckpointPlace>,
    pub(super) newest: Option<SignedCheckpoint>,
    /// The tree over what was read back, at the newest checkpoint's size.
    pub(super) tree: CompactTree,
}

impl Checkpointer {
    pub(super) fn newest(&self) -> SignedCheckpoint {
        lock(&self.inner)
            .newest
            .clone()
            .expect("a ledger is checkpointed when it is made")
    }

    /// Until the sequencer is closed.
    pub(super) fn keep(&self, sequencer: &Sequencer) {
        while !sequencer.is_closed() {
            let size = self.newest().checkpoint.size;
            let durable = lock(&sequencer.durable);
            let due = |durable: &crate::sequencer::Durable| durable.size >= size + EVERY_ENTRIES;
            let (durable, _) = sequencer
                .checkpoint_due
                .wait_timeout_while(durable, EVERY, |durable| {
                    !due(durable) && !sequencer.is_closed()
                })
                .unwrap_or_else(PoisonError::into_inner);
            drop(durable);
            if let Err(error) = self.run(sequencer) {
                sequencer.stop(error.to_string());
            }
        }
    }

    /// Covers everything that is on the disk; nothing to do is Ok.
    pub(super) fn run(&self, sequencer: &Sequencer) -> Result<(), LedgerError> {
        let mut inner = lock(&self.inner);
        let durable = *lock(&sequencer.durable);
        let covered = inner.tree.size();
        if inner.newest.is_some() && durable.size == covered {
            return Ok(());
        }
        let mut tree = inner.tree.clone();
        for bytes in sequencer.reader.read(covered, durable.size)? {
            tree.push(leaf_hash(&bytes?));
        }
        if tree.root() != durable.root {
            let found = format!(
                "what was read back up to {} is not what was written",
                durable.size
            );
            return Err(LedgerError::RolledBack { found });
        }
        let (origin, size, root) = (self.origin.clone(), durable.size, durable.root);
        let new = Checkpoint { origin, size, root }.sign(&*self.log)?;
        let expected = inner.newest.clone();
        inner.place.swap(expected.as_ref(), &new)?;
        inner.tree = tree;
        inner.newest = Some(new.clone());
        let note = new.to_note();
        let path = self.dir.join("checkpoint");
        disk::replace(&*self.disk, &path, note.as_bytes()).map_err(|source| io(&path, source))?;
        let changed = lock(&sequencer.book).levels.tiles_between(covered, size);
        let tiles = self.dir.join("tiles");
        tile::publish(&*self.disk, &tiles, &changed, &note).map_err(|source| io(&tiles, source))
    }
}
