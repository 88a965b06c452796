//! Entries on every core: read in order by one thread, in batches; their form and signatures
//! checked by many; folded in order again. What the rules are, and which comes first, is not
//! decided here.
//!
//! The fold is a baton. Each batch waits for the walk from the batch before it and hands it on, so
//! that the state sees the entries in their order, and the first broken rule is the one that a
//! single thread would have found.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use crate::broken::Checked;
use crate::bytes::Hash;
use crate::event::{Entry, Envelope};
use crate::signature::PublicKey;
use crate::walk::{BrokenAt, Walk};

/// A batch is full at this many bytes of entries: a few milliseconds of signatures.
const BATCH_BYTES: usize = 128 << 10;
/// More threads would wait for their turn with the walk, and each holds a batch in memory.
const THREADS_MAX: usize = 32;

/// Entries that follow each other, and the walk's way to them and onwards.
struct Batch<S> {
    bytes: Vec<u8>,
    /// Where each entry ends.
    ends: Vec<usize>,
    turn: Receiver<Fold<S>>,
    next: SyncSender<Fold<S>>,
}

/// What goes from batch to batch.
struct Fold<S> {
    walk: Walk,
    see: S,
    failed: Option<BrokenAt>,
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    /// Keys that have signed an admitted entry, by keyid.
    keys: RwLock<BTreeMap<Hash, PublicKey>>,
    /// A rule is broken: nothing that follows is asked for any more.
    is_over: AtomicBool,
}

/// Walks over all entries that `read` pushes, in that order; `push` says whether more are wanted.
/// `see` is shown every entry that was admitted. Gives back the walk, the first broken rule, and
/// what `read` gave back, which counts only when no rule was broken: `read` is a little ahead.
pub(crate) fn walk<T, S: FnMut(&Entry<'_>) + Send>(
    walk: Walk,
    see: S,
    read: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> T,
) -> (Walk, Option<BrokenAt>, T) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // More than there are cores: while one waits for its turn, another works.
    walk_on((2 * cores).min(THREADS_MAX), BATCH_BYTES, walk, see, read)
}

fn walk_on<T, S: FnMut(&Entry<'_>) + Send>(
    threads: usize,
    batch_bytes: usize,
    walk: Walk,
    see: S,
    read: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> T,
) -> (Walk, Option<BrokenAt>, T) {
    let shared = Shared::default();
    let (hand, queue) = sync_channel::<Batch<S>>(1);
    let queue = Arc::new(Mutex::new(queue));
    thread::scope(|scope| {
        for _ in 0..threads {
            let (queue, shared) = (Arc::clone(&queue), &shared);
            scope.spawn(move || {
                while let Some(batch) = take(&queue) {
                    batch.work(shared);
                }
            });
        }
        // The threads alone hold it: were they all to panic, nobody would be waited for.
        drop(queue);
        let (start, mut turn) = sync_channel(1);
        let fold = Fold {
            walk,
            see,
            failed: None,
        };
        start.send(fold).expect("the receiver is held here");
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut dispatch = |bytes: &mut Vec<u8>, ends: &mut Vec<usize>| {
            let (next, after) = sync_channel(1);
            let batch = Batch {
                bytes: std::mem::replace(bytes, Vec::with_capacity(batch_bytes)),
                ends: std::mem::take(ends),
                turn: std::mem::replace(&mut turn, after),
                next,
            };
            if hand.send(batch).is_err() {
                shared.is_over.store(true, Ordering::Relaxed);
            }
        };
        let done = read(&mut |entry| {
            bytes.extend_from_slice(entry);
            ends.push(bytes.len());
            if bytes.len() >= batch_bytes {
                dispatch(&mut bytes, &mut ends);
            }
            !shared.is_over.load(Ordering::Relaxed)
        });
        dispatch(&mut bytes, &mut ends);
        drop(hand);
        let fold = turn.recv().expect("no thread panicked");
        (fold.walk, fold.failed, done)
    })
}

/// The next batch; nothing when there are no more.
fn take<S>(queue: &Mutex<Receiver<Batch<S>>>) -> Option<Batch<S>> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

impl<S: FnMut(&Entry<'_>)> Batch<S> {
    fn work(self, shared: &Shared) {
        let envelopes: Vec<Checked<Envelope<'_>>> = if shared.is_over.load(Ordering::Relaxed) {
            Vec::new()
        } else {
            self.entries().map(Envelope::parse).collect()
        };
        let entries: Vec<Checked<Entry<'_>>> = envelopes
            .iter()
            .map(|envelope| {
                let mut entry = envelope.as_ref().map_err(Clone::clone)?.entry()?;
                entry.check_ahead(|id| shared.keys().get(id).cloned());
                Ok(entry)
            })
            .collect();
        // Nothing comes when a thread before panicked, as the scope will say.
        let Ok(mut fold) = self.turn.recv() else {
            shared.is_over.store(true, Ordering::Relaxed);
            return;
        };
        for entry in entries {
            if fold.failed.is_some() {
                break;
            }
            if let Err(broken) = entry.and_then(|entry| fold.take(&entry, shared)) {
                let index = fold.walk.size();
                fold.failed = Some(BrokenAt { index, broken });
                shared.is_over.store(true, Ordering::Relaxed);
            }
        }
        // Nobody waits for it when `read` panicked.
        let _ = self.next.send(fold);
    }

    fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }
}

impl<S: FnMut(&Entry<'_>)> Fold<S> {
    fn take(&mut self, entry: &Entry<'_>, shared: &Shared) -> Checked {
        self.walk.push(entry)?;
        if !entry.is_signed() {
            shared.learn(&self.walk, &entry.event.by);
        }
        (self.see)(entry);
        Ok(())
    }
}

impl Shared {
    fn keys(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<Hash, PublicKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the signatures of these keys are checked ahead.
    fn learn(&self, walk: &Walk, by: &[Hash]) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for id in by {
            if let Some(key) = walk.state.keys.get(id) {
                keys.insert(*id, key.public.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
