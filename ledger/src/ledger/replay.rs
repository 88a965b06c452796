//! Folding what is stored: all cores take turns to read, decode and check signatures, and fold in the order of the entries.
//!
//! What a ledger answers does not depend on how many threads there are: the first broken rule of the first entry that
//! breaks one is cited, in the order of format v1 section 7.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError, RwLock};
use std::thread;

use super::LedgerError;
use crate::admission::check_signatures;
use crate::dsse::Envelope;
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey};
use crate::refusal::Refusal;
use crate::sequencer::{Book, Decoded, lock};
use crate::state::State;
use crate::store::{Entries, StoreError};

/// Entries that one thread takes at a time; with the number of threads this bounds the memory.
const CHUNK: usize = 128;

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

pub(super) fn replay(
    origin: &str,
    entries: Entries,
    signatures: Signatures,
    each: impl FnMut(&Book) + Send,
) -> Result<Book, LedgerError> {
    let replay = Replay {
        signatures,
        keys: Keys::default(),
        source: Mutex::new(Source { entries, next: 0 }),
        fold: Mutex::new(Fold {
            book: Book::new(origin),
            turn: 0,
            is_over: false,
            outcome: Ok(()),
            each,
        }),
        turned: Condvar::new(),
    };
    let others = thread::available_parallelism().map_or(1, usize::from) - 1;
    thread::scope(|scope| {
        for _ in 0..others {
            scope.spawn(|| replay.work());
        }
        replay.work();
    });
    let fold = replay.fold.into_inner();
    let fold = fold.unwrap_or_else(PoisonError::into_inner);
    fold.outcome.map(|()| fold.book)
}

/// What the threads share. Each has its memory for itself: nothing that one makes is freed by another.
struct Replay<F> {
    signatures: Signatures,
    keys: Keys,
    source: Mutex<Source>,
    fold: Mutex<Fold<F>>,
    turned: Condvar,
}

/// Who holds this reads the next chunk.
struct Source {
    entries: Entries,
    /// The number of the next chunk.
    next: u64,
}

/// Who holds this folds, when it is the turn of his chunk.
struct Fold<F> {
    book: Book,
    turn: u64,
    is_over: bool,
    outcome: Result<(), LedgerError>,
    each: F,
}

/// Entries as they were read.
#[derive(Default)]
struct Chunk {
    number: u64,
    bytes: Vec<u8>,
    /// Where each entry ends in `bytes`, and its leaf hash; what could not be read is the last.
    read: Vec<Result<(usize, Hash), StoreError>>,
}

/// An entry that was decoded beside the fold.
struct Prepared {
    decoded: Result<Decoded, Refusal>,
    signatures: Checked,
}

enum Checked {
    /// Not asked for, or there is nothing to check.
    Trusted,
    Done(Result<(), Refusal>),
    /// A key was not known yet.
    Later(Envelope),
}

impl<F: FnMut(&Book) + Send> Replay<F> {
    /// Reads, prepares and folds chunks until there are none, or a rule is broken.
    fn work(&self) {
        let _wakes = WakesOthers(self);
        let mut chunk = Chunk::default();
        let mut prepared = Vec::new();
        loop {
            self.read(&mut chunk);
            if chunk.read.is_empty() {
                return;
            }
            let mut start = 0;
            prepared.extend(chunk.read.drain(..).map(|read| {
                let (end, leaf) = read?;
                let bytes = &chunk.bytes[start..end];
                start = end;
                Ok(self.prepare(bytes, leaf))
            }));
            if !self.fold(chunk.number, &mut prepared) {
                return;
            }
        }
    }

    fn read(&self, chunk: &mut Chunk) {
        chunk.bytes.clear();
        let mut source = lock(&self.source);
        while chunk.read.len() < CHUNK {
            let Some(leaf) = source.entries.next_into(&mut chunk.bytes) else {
                break;
            };
            let is_broken = leaf.is_err();
            chunk.read.push(leaf.map(|leaf| (chunk.bytes.len(), leaf)));
            if is_broken {
                break;
            }
        }
        chunk.number = source.next;
        source.next += 1;
    }

    fn prepare(&self, bytes: &[u8], leaf: Hash) -> Prepared {
        match Decoded::parse(bytes, leaf) {
            Ok((decoded, envelope)) => Prepared {
                signatures: self.check(&decoded, envelope),
                decoded: Ok(decoded),
            },
            Err(refusal) => Prepared {
                decoded: Err(refusal),
                signatures: Checked::Trusted,
            },
        }
    }

    fn check(&self, decoded: &Decoded, envelope: Envelope) -> Checked {
        if self.signatures == Signatures::Trusted {
            return Checked::Trusted;
        }
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let by = decoded.event.by.iter();
        let found: Option<Vec<PublicKey>> = by.map(|id| known.get(id).copied()).collect();
        drop(known);
        match found {
            Some(found) => Checked::Done(check_signatures(&envelope, &found)),
            None => Checked::Later(envelope),
        }
    }

    /// Waits for the chunk's turn and folds it; false when it is over.
    fn fold(&self, number: u64, prepared: &mut Vec<Result<Prepared, StoreError>>) -> bool {
        let waits = |fold: &mut Fold<F>| fold.turn != number && !fold.is_over;
        let fold = self.turned.wait_while(lock(&self.fold), waits);
        let mut fold = fold.unwrap_or_else(PoisonError::into_inner);
        if fold.is_over {
            return false;
        }
        for prepared in prepared.iter() {
            let Fold { book, each, .. } = &mut *fold;
            let taken = match &prepared {
                Ok(prepared) => self.take(book, prepared),
                Err(_) => break,
            };
            if let Err(error) = taken {
                (fold.outcome, fold.is_over) = (Err(error), true);
                break;
            }
            each(book);
        }
        // What could not be read is the last of its chunk.
        if !fold.is_over
            && let Some(Err(error)) = prepared.pop_if(|last| last.is_err())
        {
            (fold.outcome, fold.is_over) = (Err(error.into()), true);
        }
        prepared.clear();
        fold.turn += 1;
        let goes_on = !fold.is_over;
        drop(fold);
        self.turned.notify_all();
        goes_on
    }

    fn take(&self, book: &mut Book, prepared: &Prepared) -> Result<(), LedgerError> {
        let index = book.state.size();
        let invalid = |refusal| LedgerError::Invalid { index, refusal };
        let decoded = prepared.decoded.as_ref();
        let decoded = decoded.map_err(|refusal| invalid(refusal.clone()))?;
        match &prepared.signatures {
            Checked::Trusted => Ok(()),
            Checked::Done(checked) => checked.clone(),
            Checked::Later(envelope) => {
                let found = book.state.signer_keys(&decoded.event);
                found.and_then(|found| check_signatures(envelope, &found))
            }
        }
        .and_then(|()| book.replay(decoded))
        .map_err(invalid)?;
        if self.signatures == Signatures::Checked {
            self.learn(book);
        }
        Ok(())
    }

    /// Keys are never forgotten, so their number says whether there is a new one.
    fn learn(&self, book: &Book) {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.len() != book.state.keys.len();
        drop(known);
        if is_new {
            let all = book.state.keys().map(|(id, key)| (*id, key.public));
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = all.collect();
        }
    }
}

/// A thread that panics ends the replay: the others would wait for its turn for ever.
struct WakesOthers<'a, F>(&'a Replay<F>);

impl<F> Drop for WakesOthers<'_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.fold).is_over = true;
            self.0.turned.notify_all();
        }
    }
}
