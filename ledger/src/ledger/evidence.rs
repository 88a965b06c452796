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
pub(super) fn encode(kept: &SignedCheckpoint, found: &Found<'_>) -> Vec<u8> {
    let size = kept.checkpoint.size;
    let leaves = found.leaves;
    let there = leaves.len() as u64;
    let mut root_at_kept = Hash::ZERO;
    let mut proof = Vec::new();
    let mut kind = "rolled-back";
    if let Some(note) = found.note {
        let other = &note.checkpoint;
        if other.size == size && other.root != kept.checkpoint.root {
            kind = "equivocation";
        }
        let read = (size < other.size && other.size <= there)
            .then(|| {
                usize::try_from(size)
                    .ok()
                    .zip(usize::try_from(other.size).ok())
            })
            .flatten();
        if let Some((old, new)) = read {
            let root = root_of(&leaves[..old]);
            if root != kept.checkpoint.root && root_of(&leaves[..new]) == other.root {
                kind = "equivocation";
                root_at_kept = root;
                proof = consistency_proof(&leaves[..new], size, other.size)
                    .unwrap_or_else(|never| match never {});
            }
        }
    }
    let note = found
        .note
        .map(SignedCheckpoint::to_note)
        .unwrap_or_default();
    let proof = proof.iter().map(|hash| Value::text(hash.to_string()));
    Value::Object(vec![
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
    ])
    .to_bytes()
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
            &encode(theirs, &found),
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
    );
    put(on, dir, now, &bytes)
}
