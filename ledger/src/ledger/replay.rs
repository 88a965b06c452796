//! Folding what is stored: one thread reads, all cores decode and check signatures, the caller's folds in order.
//!
//! What a ledger answers does not depend on how many threads there are: the first broken rule of the first entry that
//! breaks one is cited, in the order of format v1 section 7.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{PoisonError, RwLock};
use std::thread;

use super::LedgerError;
use crate::admission::check_signatures;
use crate::key::{KeyId, PublicKey};
use crate::refusal::Refusal;
use crate::sequencer::{Book, Decoded};
use crate::state::State;
use crate::store::{Entries, StoreError};

/// Entries that one thread takes at a time.
const CHUNK: usize = 128;
/// Chunks that wait before a thread; with `CHUNK` this bounds the memory.
const WAITING: usize = 4;

/// Whether signatures are checked when entries are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// Each, by the strict rule.
    Checked,
    /// None: for what this process checked itself before.
    Trusted,
}

/// Folds entries as on opening, every rule but what `signatures` leaves out.
pub fn fold_entries(
    origin: &str,
    entries: Entries,
    signatures: Signatures,
) -> Result<State, LedgerError> {
    Ok(replay(origin, entries, signatures, |_| {})?.state)
}

/// The keys that the fold knows so far; the fold alone adds to them.
type Keys = RwLock<HashMap<KeyId, PublicKey>>;

/// An entry that was decoded beside the fold.
struct Prepared {
    decoded: Result<Decoded, Refusal>,
    /// `None` where they are not to be checked, or a key was not known yet.
    signatures: Option<Result<(), Refusal>>,
}

pub(super) fn replay(
    origin: &str,
    entries: Entries,
    signatures: Signatures,
    mut each: impl FnMut(&Book),
) -> Result<Book, LedgerError> {
    let keys = Keys::default();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let mut to_workers = Vec::new();
        let mut from_workers = Vec::new();
        for _ in 0..workers {
            let (to_worker, chunks) = sync_channel(WAITING);
            let (to_fold, prepared) = sync_channel(WAITING);
            let keys = &keys;
            scope.spawn(move || prepare_all(&chunks, &to_fold, signatures, keys));
            to_workers.push(to_worker);
            from_workers.push(prepared);
        }
        scope.spawn(move || deal(entries, &to_workers));
        let mut book = Book::new(origin);
        for receiver in from_workers.iter().cycle() {
            // Dealt in turn, so the first worker that has nothing more is the end; a thread that panicked ends the scope.
            let Ok(chunk) = receiver.recv() else { break };
            for prepared in chunk {
                take(&mut book, &prepared?, signatures, &keys)?;
                each(&book);
            }
        }
        Ok(book)
    })
}

type Chunk = Vec<Result<Vec<u8>, StoreError>>;
type PreparedChunk = Vec<Result<Prepared, StoreError>>;

fn deal(mut entries: Entries, workers: &[SyncSender<Chunk>]) {
    for worker in workers.iter().cycle() {
        let chunk: Chunk = entries.by_ref().take(CHUNK).collect();
        if chunk.is_empty() || worker.send(chunk).is_err() {
            return;
        }
    }
}

fn prepare_all(
    chunks: &Receiver<Chunk>,
    to_fold: &SyncSender<PreparedChunk>,
    signatures: Signatures,
    keys: &Keys,
) {
    for chunk in chunks {
        let prepared = chunk
            .into_iter()
            .map(|bytes| Ok(prepare(&bytes?, signatures, keys)))
            .collect();
        if to_fold.send(prepared).is_err() {
            return;
        }
    }
}

fn prepare(bytes: &[u8], signatures: Signatures, keys: &Keys) -> Prepared {
    let decoded = Decoded::parse(bytes);
    let signatures = match &decoded {
        Ok(decoded) if signatures == Signatures::Checked => {
            let known = keys.read().unwrap_or_else(PoisonError::into_inner);
            let by = decoded.entry.event.by.iter();
            let found: Option<Vec<PublicKey>> = by.map(|id| known.get(id).copied()).collect();
            drop(known);
            found.map(|found| check_signatures(&decoded.entry.envelope, &found))
        }
        _ => None,
    };
    Prepared {
        decoded,
        signatures,
    }
}

fn take(
    book: &mut Book,
    prepared: &Prepared,
    signatures: Signatures,
    keys: &Keys,
) -> Result<(), LedgerError> {
    let index = book.state.size();
    let invalid = |refusal| LedgerError::Invalid { index, refusal };
    let decoded = prepared.decoded.as_ref();
    let decoded = decoded.map_err(|refusal| invalid(refusal.clone()))?;
    let checked = match &prepared.signatures {
        Some(checked) => checked.clone(),
        None if signatures == Signatures::Trusted => Ok(()),
        None => book
            .state
            .signer_keys(&decoded.entry.event)
            .and_then(|found| check_signatures(&decoded.entry.envelope, &found)),
    };
    checked
        .and_then(|()| book.replay(decoded))
        .map_err(invalid)?;
    if signatures == Signatures::Checked {
        learn(book, keys);
    }
    Ok(())
}

/// Keys are never forgotten, so their number says whether there is a new one.
fn learn(book: &Book, keys: &Keys) {
    let known = keys.read().unwrap_or_else(PoisonError::into_inner).len();
    if known != book.state.keys.len() {
        let all = book.state.keys().map(|(id, key)| (*id, key.public));
        *keys.write().unwrap_or_else(PoisonError::into_inner) = all.collect();
    }
}
