//! Checkpoints: at least once a second or every 1,024 entries while anything is written, off the path of acknowledgement.
//!
//! Order: read the durable entries back and hash them again, sign, swap in the checkpoint's own place, publish. A bit
//! that flipped between memory and disk is found before it is signed.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{LedgerError, io};
use crate::disk::{self, SharedDisk};
use crate::key::{PublicKey, Signer};
use crate::note::{Checkpoint, SignedCheckpoint};
use crate::policy::Role;
use crate::sequencer::{Durable, Receipt, Sequencer, lock};
use crate::store::CheckpointPlace;
use crate::tile;
use crate::tree::CompactTree;

const EVERY: Duration = Duration::from_secs(1);
const EVERY_ENTRIES: u64 = 1024;

pub(super) struct Checkpointer {
    pub(super) disk: SharedDisk,
    pub(super) dir: PathBuf,
    pub(super) origin: String,
    pub(super) inner: Mutex<Inner>,
}

pub(super) struct Inner {
    /// Another takes its place in [`Checkpointer::rotate`] alone.
    pub(super) log: Arc<dyn Signer>,
    pub(super) place: Box<dyn CheckpointPlace>,
    pub(super) newest: Option<SignedCheckpoint>,
    /// The tree over what was read back, at the newest checkpoint's size.
    pub(super) tree: CompactTree,
    /// The size of what lies in `tiles/`; unknown after a start.
    pub(super) published: Option<u64>,
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
            let due = |durable: &Durable| durable.size >= size + EVERY_ENTRIES;
            sequencer
                .checkpoint_at
                .store(size + EVERY_ENTRIES, Ordering::Release);
            let (durable, _) = sequencer
                .checkpoint_due
                .wait_timeout_while(durable, EVERY, |durable| {
                    !due(durable) && !sequencer.is_closed()
                })
                .unwrap_or_else(PoisonError::into_inner);
            drop(durable);
            match self.run(sequencer) {
                // Nothing is lost: the next round covers more. Whoever needs one now hears of it from `checkpoint_now`.
                Err(error) if error.is_full() => std::thread::sleep(EVERY),
                Err(error) => sequencer.stop(error.to_string()),
                Ok(()) => {}
            }
        }
    }

    /// Covers everything that is on the disk; nothing to do is Ok.
    pub(super) fn run(&self, sequencer: &Sequencer) -> Result<(), LedgerError> {
        self.cover(&mut lock(&self.inner), sequencer)
    }

    /// Has the old log key cover what there is, lets its rotation be written, and goes on with the new one. No checkpoint
    /// is signed in between: the key that signs a size is the one in force before it (section 6).
    pub(super) fn rotate(
        &self,
        sequencer: &Sequencer,
        new: Arc<dyn Signer>,
        write: impl FnOnce() -> Result<Receipt, LedgerError>,
    ) -> Result<Receipt, LedgerError> {
        let mut inner = lock(&self.inner);
        self.cover(&mut inner, sequencer)?;
        let receipt = write()?;
        inner.log = new;
        self.cover(&mut inner, sequencer)?;
        Ok(receipt)
    }

    fn cover(&self, inner: &mut Inner, sequencer: &Sequencer) -> Result<(), LedgerError> {
        let durable = *lock(&sequencer.durable);
        if durable.size == 0 {
            // `Opened` did not reach the disk: there is no ledger yet, and nothing to sign.
            return Ok(());
        }
        if inner.newest.is_none() || durable.size != inner.tree.size() {
            let tree = read_back(&inner.tree, sequencer, durable)?;
            let (origin, size, root) = (self.origin.clone(), durable.size, durable.root);
            check_in_force(sequencer, &*inner.log)?;
            let new = Checkpoint { origin, size, root }.sign(&*inner.log)?;
            let expected = inner.newest.clone();
            inner.place.swap(expected.as_ref(), &new)?;
            inner.tree = tree;
            inner.newest = Some(new);
        }
        self.publish(inner, sequencer)
    }

    /// Tiles first, the checkpoint over them last. After a start all tiles are looked at once: they may have been deleted.
    fn publish(&self, inner: &mut Inner, sequencer: &Sequencer) -> Result<(), LedgerError> {
        let newest = inner.newest.as_ref().expect("signed before");
        let size = newest.checkpoint.size;
        if inner.published == Some(size) {
            return Ok(());
        }
        let note = newest.to_note();
        let path = self.dir.join("checkpoint");
        disk::replace(&*self.disk, &path, note.as_bytes()).map_err(|source| io(&path, source))?;
        let from = inner.published.unwrap_or(0);
        let changed = lock(&sequencer.book).levels.tiles_between(from, size);
        let tiles = self.dir.join("tiles");
        tile::publish(&*self.disk, &tiles, &changed, &note).map_err(|source| io(&tiles, source))?;
        inner.published = Some(size);
        Ok(())
    }
}

/// A rotation that came by another way than [`Checkpointer::rotate`] leaves a key that may sign no more.
fn check_in_force(sequencer: &Sequencer, log: &dyn Signer) -> Result<(), LedgerError> {
    let wanted = lock(&sequencer.book)
        .state
        .log_key()
        .map(PublicKey::id)
        .expect("Opened names one");
    if wanted == log.key_id() {
        return Ok(());
    }
    Err(LedgerError::WrongKey {
        role: Role::Log.name(),
        wanted,
    })
}

/// Hashes what is on the disk again: a bit that flipped between memory and disk is found before it is signed.
fn read_back(
    covered: &CompactTree,
    sequencer: &Sequencer,
    durable: Durable,
) -> Result<CompactTree, LedgerError> {
    let mut tree = covered.clone();
    let mut entries = sequencer.reader.read(covered.size(), durable.size)?;
    let mut bytes = Vec::new();
    while let Some(leaf) = entries.next_into(&mut bytes) {
        tree.push(leaf?);
        bytes.clear();
    }
    if tree.root() == durable.root {
        return Ok(tree);
    }
    Err(LedgerError::RolledBack {
        found: format!(
            "what was read back up to {} is not what was written",
            durable.size
        ),
        evidence: None,
    })
}
