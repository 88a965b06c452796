//! The evidence file of format v1 section 11.4: what shows by itself that a log did not keep its word. Nothing here
//! decides whether a ledger may be opened.

use std::path::Path;

use base64ct::{Base64, Encoding};

use super::{Ledger, LedgerError};
use crate::canonical::Value;
use crate::disk::{self, Disk};
use crate::event::integer;
use crate::hash::Hash;
use crate::note::SignedCheckpoint;
use crate::store::StoreError;
use crate::store::segments::readable;
use crate::time::Timestamp;
use crate::tree::{consistency_proof, root_of};

const NOTE_BYTES_MAX: u64 = 1 << 20;

/// What was found in the place of what was signed.
pub(super) struct Found<'a> {
    /// Leaf hashes, as far as they could be read.
    pub(super) leaves: &'a [Hash],
    /// Entry 0, which names the log key; empty when it could not be read.
    pub(super) opened: &'a [u8],
    /// A checkpoint that says otherwise, where there is one.
    pub(super) note: Option<&'a SignedCheckpoint>,
}

/// Puts the file together. It shows an equivocation when the log signed two trees of which neither extends the other,
/// else that what it signed once is not what is there now.
/// Nothing where what was found holds all that was signed.
pub(super) fn encode(kept: &SignedCheckpoint, found: &Found<'_>) -> Option<Vec<u8>> {
    let size = kept.checkpoint.size;
    let leaves = found.leaves;
    let there = leaves.len() as u64;
    let other = found.note.map(|note| &note.checkpoint);
    let same_size = other.filter(|other| other.size == size && other.root != kept.checkpoint.root);
    let signed = other
        .filter(|other| other.size <= there && root_of(leaves_to(leaves, other.size)) == other.root)
        .and_then(|other| fork(kept, leaves_to(leaves, other.size)));
    let kind = if same_size.or(other.filter(|_| signed.is_some())).is_some() {
        "equivocation"
    } else {
        "rolled-back"
    };
    // Where the log signed no other tree, what was found is shown as it is.
    let shown = if kind == "equivocation" {
        signed
    } else {
        fork(kept, leaves)
    };
    let begins = leaves_to(leaves, size);
    if kind == "rolled-back" && there >= size && root_of(begins) == kept.checkpoint.root {
        return None;
    }
    let (root_at_kept, proof) = shown.unwrap_or((Hash::ZERO, Vec::new()));
    let note = found
        .note
        .map(SignedCheckpoint::to_note)
        .unwrap_or_default();
    let proof = proof.iter().map(|hash| Value::text(hash.to_string()));
    let file = Value::Object(vec![
        ("v".to_owned(), Value::Integer(1)),
        ("evidence".to_owned(), Value::text(kind)),
        ("origin".to_owned(), Value::text(&kept.checkpoint.origin)),
        (
            "opened".to_owned(),
            Value::text(Base64::encode_string(found.opened)),
        ),
        ("kept".to_owned(), Value::text(kept.to_note())),
        ("size".to_owned(), integer(there)),
        ("root".to_owned(), Value::text(root_of(leaves).to_string())),
        ("found".to_owned(), Value::text(note)),
        (
            "root_at_kept".to_owned(),
            Value::text(root_at_kept.to_string()),
        ),
        ("proof".to_owned(), Value::Array(proof.collect())),
    ]);
    Some(file.to_bytes())
}

/// Where these leaves are more than `kept` covers and begin otherwise: their root at its size, and the proof that they
/// lead on from there.
fn fork(kept: &SignedCheckpoint, leaves: &[Hash]) -> Option<(Hash, Vec<Hash>)> {
    let (old, new) = (kept.checkpoint.size, leaves.len() as u64);
    let root = root_of(leaves_to(leaves, old));
    if old >= new || root == kept.checkpoint.root {
        return None;
    }
    let proof = consistency_proof(leaves, old, new).unwrap_or_else(|never| match never {});
    Some((root, proof))
}

/// The first of them, at most as many as there are.
fn leaves_to(leaves: &[Hash], size: u64) -> &[Hash] {
    let size = usize::try_from(size).map_or(leaves.len(), |size| size.min(leaves.len()));
    &leaves[..size]
}

/// Writes the file where the error says that the ledger is shorter or different, and names it in the error.
pub(super) fn attach(
    on: &dyn Disk,
    dir: &Path,
    kept: &SignedCheckpoint,
    now: Timestamp,
    error: LedgerError,
) -> LedgerError {
    let found = match &error {
        LedgerError::RolledBack { found, .. } => found.clone(),
        LedgerError::Store(StoreError::Corrupt { index, found }) => {
            format!("at entry {index}: {found}")
        }
        LedgerError::Invalid { index, refusal } => format!("entry {index} breaks {refusal}"),
        _ => return error,
    };
    let Some(path) = write(on, dir, kept, now) else {
        return error;
    };
    let evidence = Some(path);
    LedgerError::RolledBack { found, evidence }
}

impl Ledger {
    /// Writes what shows that the log signed `theirs` although it has `ours`; the file's path, where it could be written.
    pub fn write_evidence(
        &self,
        theirs: &SignedCheckpoint,
        ours: &SignedCheckpoint,
    ) -> Option<String> {
        let (leaves, opened) = readable(&*self.disk, &self.dir);
        let note = Some(ours);
        let found = Found {
            leaves: &leaves,
            opened: &opened,
            note,
        };
        put(
            &*self.disk,
            &self.dir,
            self.clock.now(),
            &encode(theirs, &found)?,
        )
    }
}

fn put(on: &dyn Disk, dir: &Path, now: Timestamp, bytes: &[u8]) -> Option<String> {
    let path = dir.join("evidence").join(format!("{}.json", now.micros()));
    disk::replace(on, &path, bytes).ok()?;
    Some(path.display().to_string())
}

/// `None` when it cannot be written: the ledger is refused all the same.
fn write(on: &dyn Disk, dir: &Path, kept: &SignedCheckpoint, now: Timestamp) -> Option<String> {
    let (leaves, opened) = readable(on, dir);
    let beside = disk::read_bounded(on, &dir.join("checkpoint"), NOTE_BYTES_MAX).ok()?;
    let beside = beside
        .and_then(|bytes| SignedCheckpoint::parse(&String::from_utf8_lossy(&bytes)).ok())
        .filter(|note| note != kept);
    let bytes = encode(
        kept,
        &Found {
            leaves: &leaves,
            opened: &opened,
            note: beside.as_ref(),
        },
    )?;
    put(on, dir, now, &bytes)
}
