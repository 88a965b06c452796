//! The sequencer: the only appender. Verifies what comes in, orders it, makes a batch durable, then acknowledges.
//!
//! Emitters sign and verify in their own threads; one of them at a time orders and writes, for all that wait
//! (`sequencer/turns.rs`). The fold may run ahead of the disk, the acknowledgement never does, and what rests on an entry
//! stands behind it: a crash loses both or neither.

mod book;
mod turns;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use crate::admission::check_signatures;
use crate::clock::Clock;
use crate::dsse::Envelope;
use crate::entry::{Entry, MAX_ENTRY_BYTES, check_signers, encode_around, encode_envelope, leaf};
use crate::event::Event;
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Refusal, ensure};
use crate::store::{EntryReader, EntryStore, StoreError};
use turns::{Answer, Submission, Turns};

pub(crate) use book::{Book, Decoded};

const MAX_BATCH: usize = 1024;

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's index.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Hash,
}

/// Why an event was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// A rule forbids it; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No space; nothing was written. Make space and submit again.
    #[error("no space left for the ledger; nothing was written; make space and submit again")]
    Full,
    /// The ledger stopped: the event may or may not be stored. Open the ledger again and submit the same event.
    #[error("the ledger has stopped: {reason}")]
    Stopped {
        /// Why.
        reason: String,
    },
}

/// What is on the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durable {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

/// A batch on its way to the disk.
struct Ordered {
    batch: Vec<Vec<u8>>,
    /// What each submission is told once the batch is on the disk.
    answers: Vec<Vec<Answer>>,
    expected: u64,
    durable: Durable,
}

/// An event whose form and signatures hold, with all that does not depend on its place.
struct Job {
    event: Event,
    envelope: Envelope,
    /// SHA-256 of its payload.
    link: Hash,
    /// The entry's `event` field.
    encoded: Vec<u8>,
}

/// Shared by emitters, the checkpointer and readers.
pub(crate) struct Sequencer {
    pub(crate) book: Mutex<Book>,
    pub(crate) durable: Mutex<Durable>,
    pub(crate) reader: Arc<dyn EntryReader>,
    store: Mutex<Box<dyn EntryStore>>,
    turns: Turns,
    keys: RwLock<HashMap<KeyId, PublicKey>>,
    /// Woken when as many entries are on the disk as `checkpoint_at` says, and at the end.
    pub(crate) checkpoint_due: Condvar,
    /// Set while `durable` is locked, so that no wake-up is lost.
    pub(crate) checkpoint_at: AtomicU64,
    stopped: Mutex<Option<String>>,
    clock: Arc<dyn Clock>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sequencer {
    pub(crate) fn new(book: Book, store: Box<dyn EntryStore>, clock: Arc<dyn Clock>) -> Self {
        let durable = Durable {
            size: book.state.size(),
            root: book.state.root(),
        };
        let keys = book
            .state
            .keys()
            .map(|(id, key)| (*id, key.public))
            .collect();
        Self {
            book: Mutex::new(book),
            durable: Mutex::new(durable),
            reader: store.reader(),
            store: Mutex::new(store),
            turns: Turns::default(),
            keys: RwLock::new(keys),
            checkpoint_due: Condvar::new(),
            checkpoint_at: AtomicU64::new(0),
            stopped: Mutex::default(),
            clock,
        }
    }

    /// Verifies events and waits until they are on the disk; an answer each, in their order.
    pub(crate) fn submit_all(&self, envelopes: Vec<Envelope>) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(envelopes.len());
        let mut envelopes = envelopes.into_iter().peekable();
        while envelopes.peek().is_some() {
            self.submit_some(envelopes.by_ref().take(MAX_BATCH), &mut answers);
        }
        answers
    }

    fn submit_some(&self, envelopes: impl Iterator<Item = Envelope>, answers: &mut Vec<Answer>) {
        // Jobs are large: a vector that grows would move each of them once more.
        let mut jobs = Vec::with_capacity(envelopes.size_hint().0.min(MAX_BATCH));
        let checked: Vec<Result<(), Refusal>> = envelopes
            .map(|envelope| self.check(envelope).map(|job| jobs.push(job)))
            .collect();
        let count = jobs.len();
        let written = match count {
            0 => Some(Vec::new()),
            _ => self.turns.hand_in(
                jobs,
                |batch| self.write_batch(batch),
                || {
                    self.stop("writing failed in an unknown way".to_owned());
                    self.stopped_error()
                },
            ),
        };
        let written = written.unwrap_or_else(|| vec![Err(self.stopped_error()); count]);
        let mut written = written.into_iter();
        answers.extend(checked.into_iter().map(|checked| {
            checked?;
            written.next().expect("an answer for each job")
        }));
    }

    /// What can be checked of an event without knowing its place; the slow part, and in no lock.
    fn check(&self, envelope: Envelope) -> Result<Job, Refusal> {
        let event = Event::parse(&envelope.payload)?;
        check_signers(&event, &envelope)?;
        let keys = self.signer_keys(&event)?;
        check_signatures(&envelope, &keys)?;
        Ok(Job {
            event,
            link: Hash::of(&envelope.payload),
            encoded: encode_envelope(&envelope),
            envelope,
        })
    }

    /// From the snapshot, so that verifying waits for nobody; else from the fold (a key that was enrolled just now).
    fn signer_keys(&self, event: &Event) -> Result<Vec<PublicKey>, Refusal> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let known: Option<Vec<_>> = event.by.iter().map(|id| keys.get(id).copied()).collect();
        drop(keys);
        known.map_or_else(|| lock(&self.book).state.signer_keys(event), Ok)
    }

    fn stopped_error(&self) -> SubmitError {
        let reason = lock(&self.stopped).clone();
        SubmitError::Stopped {
            reason: reason.unwrap_or_else(|| "it was closed".to_owned()),
        }
    }

    /// Takes nothing more.
    pub(crate) fn stop(&self, reason: String) {
        lock(&self.stopped).get_or_insert(reason);
        self.close();
    }

    pub(crate) fn close(&self) {
        self.turns.close();
        // Between looking whether it is closed and waiting, the checkpointer holds this lock.
        drop(lock(&self.durable));
        self.checkpoint_due.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.turns.is_closed()
    }

    pub(crate) fn stop_reason(&self) -> Option<String> {
        lock(&self.stopped).clone()
    }

    /// Orders, writes and answers what waited; the caller leads, so nobody else is here.
    fn write_batch(&self, submissions: &[Arc<Submission>]) {
        let mut store = lock(&self.store);
        let ordered = self.order(submissions);
        let outcome = if lock(&self.stopped).is_some() {
            Err(self.stopped_error())
        } else if ordered.batch.is_empty() {
            Ok(())
        } else {
            self.append(&mut **store, &ordered)
        };
        drop(store);
        for (submission, mut answers) in submissions.iter().zip(ordered.answers) {
            if let Err(failure) = &outcome {
                for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
                    *answer = Err(failure.clone());
                }
            }
            submission.answer(answers);
        }
    }

    fn append(&self, store: &mut dyn EntryStore, ordered: &Ordered) -> Result<(), SubmitError> {
        match store.append(ordered.expected, &ordered.batch) {
            Ok(()) => {
                *lock(&self.durable) = ordered.durable;
                self.refresh_keys();
                if ordered.durable.size >= self.checkpoint_at.load(Ordering::Acquire) {
                    self.checkpoint_due.notify_all();
                }
                Ok(())
            }
            Err(StoreError::Full) => Err(self.forget_unwritten(store.size())),
            Err(error) => {
                self.stop(error.to_string());
                Err(self.stopped_error())
            }
        }
    }

    /// Admits the jobs one behind the other; the fold runs ahead of the disk from here on.
    fn order(&self, submissions: &[Arc<Submission>]) -> Ordered {
        let mut book = lock(&self.book);
        let expected = book.state.size();
        let mut batch = Vec::new();
        let mut order_all = |submission: &Arc<Submission>| {
            let jobs = submission.take_jobs().into_iter();
            jobs.map(|job| Ok(self.order_one(&mut book, &job, &mut batch)?))
                .collect()
        };
        let answers = submissions.iter().map(&mut order_all).collect();
        let durable = Durable {
            size: book.state.size(),
            root: book.state.root(),
        };
        Ordered {
            batch,
            answers,
            expected,
            durable,
        }
    }

    fn order_one(
        &self,
        book: &mut Book,
        job: &Job,
        batch: &mut Vec<Vec<u8>>,
    ) -> Result<Receipt, Refusal> {
        let event = &job.event;
        let index = book.state.size();
        if event.seq < book.state.stream(&event.stream).next
            && let Some(receipt) = self.existing(event, &job.envelope, batch, index)
        {
            return Ok(receipt);
        }
        let now = self.clock.now();
        // A clock that was set back must not make `received` fall (`entry/received`).
        let received = book.state.last_received().map_or(now, |last| last.max(now));
        book.state.admit(event, received, &book.levels)?;
        let bytes = encode_around(index, &book.state.last_leaf(), received, &job.encoded);
        ensure(bytes.len() <= MAX_ENTRY_BYTES, "entry/size", || {
            bytes.len().to_string()
        })?;
        let leaf = leaf(&bytes);
        book.apply(event, received, job.link, leaf);
        batch.push(bytes);
        Ok(Receipt { index, leaf })
    }

    /// The receipt of the identical event, where it is stored already: an emitter that lost its answer asks again.
    fn existing(
        &self,
        event: &Event,
        envelope: &Envelope,
        batch: &[Vec<u8>],
        size: u64,
    ) -> Option<Receipt> {
        let written = size - batch.len() as u64;
        let from = event.seen.size.min(written);
        let stored = self.reader.read(from, written).ok()?.map_while(Result::ok);
        let same = |bytes: &[u8]| {
            let entry = Entry::parse(bytes).ok()?;
            let same = entry.envelope == *envelope;
            same.then(|| Receipt {
                index: entry.index,
                leaf: leaf(bytes),
            })
        };
        let mut on_disk = stored.map(|stored| stored.bytes);
        let mut unwritten = batch.iter();
        on_disk
            .find_map(|bytes| same(&bytes))
            .or_else(|| unwritten.find_map(|bytes| same(bytes)))
    }

    fn refresh_keys(&self) {
        let book = lock(&self.book);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if book.state.keys.len() != keys.len() {
            *keys = book
                .state
                .keys()
                .map(|(id, key)| (*id, key.public))
                .collect();
        }
    }

    /// The disk is full: the fold goes back to what is stored, and nothing was acknowledged.
    fn forget_unwritten(&self, size: u64) -> SubmitError {
        let mut book = lock(&self.book);
        let mut again = Book::new(book.state.origin());
        let replayed = self
            .reader
            .read(0, size)
            .map_err(|error| error.to_string())
            .and_then(|all| {
                for stored in all {
                    let stored = stored.map_err(|error| error.to_string())?;
                    let decoded = Decoded::parse(&stored.bytes, stored.leaf);
                    let (decoded, _) = decoded.map_err(|error| error.to_string())?;
                    again.replay(&decoded).map_err(|error| error.to_string())?;
                }
                Ok(())
            });
        *book = again;
        drop(book);
        match replayed {
            Ok(()) => SubmitError::Full,
            Err(reason) => {
                self.stop(reason);
                self.stopped_error()
            }
        }
    }
}
