//! The sequencer: the only appender. Verifies what comes in, orders it, makes a batch durable, then acknowledges.
//!
//! Emitters sign and are verified in parallel; one thread orders and writes. The fold may run ahead of the disk, the
//! acknowledgement never does, and what rests on an entry stands behind it: a crash loses both or neither.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use crate::admission::{LeafReader, check_signatures};
use crate::clock::Clock;
use crate::dsse::Envelope;
use crate::entry::{Entry, MAX_ENTRY_BYTES, check_signers, encode, leaf};
use crate::event::Event;
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey};
use crate::refusal::{Refusal, ensure};
use crate::state::State;
use crate::store::{EntryReader, EntryStore, StoreError};
use crate::tile::Levels;

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

/// The fold and the tree, at the same size.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) state: State,
    pub(crate) levels: Levels,
}

impl LeafReader for Levels {
    fn leaf(&self, index: u64) -> Result<Hash, Refusal> {
        Levels::leaf(self, index).ok_or_else(|| Refusal::new("seen/leaf", "not an entry yet"))
    }
}

impl Book {
    /// Takes a stored entry in, by the same rules as on the way in.
    pub(crate) fn replay(&mut self, bytes: &[u8]) -> Result<Entry, Refusal> {
        let entry = Entry::parse(bytes)?;
        ensure(entry.index == self.state.size(), "entry/index", || {
            entry.index.to_string()
        })?;
        ensure(entry.prev == self.state.last_leaf(), "entry/prev", || {
            entry.prev.to_string()
        })?;
        let falls = self
            .state
            .last_received()
            .is_some_and(|last| entry.received < last);
        ensure(!falls, "entry/received", || entry.received.to_string())?;
        self.state
            .admit(&entry.event, entry.received, &self.levels)?;
        self.apply(&entry, bytes);
        Ok(entry)
    }

    fn apply(&mut self, entry: &Entry, bytes: &[u8]) {
        self.state.apply(entry, bytes);
        self.levels.push(leaf(bytes));
    }
}

/// What is on the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durable {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

struct Job {
    event: Event,
    envelope: Envelope,
    answer: Sender<Result<Receipt, SubmitError>>,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    is_closed: bool,
}

/// Shared by emitters, the writer thread and readers.
pub(crate) struct Sequencer {
    pub(crate) book: Mutex<Book>,
    pub(crate) durable: Mutex<Durable>,
    pub(crate) reader: Arc<dyn EntryReader>,
    keys: RwLock<HashMap<KeyId, PublicKey>>,
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Woken when 1,024 entries wait for a checkpoint.
    pub(crate) checkpoint_due: Condvar,
    stopped: Mutex<Option<String>>,
    clock: Arc<dyn Clock>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sequencer {
    pub(crate) fn new(book: Book, reader: Arc<dyn EntryReader>, clock: Arc<dyn Clock>) -> Self {
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
            reader,
            keys: RwLock::new(keys),
            queue: Mutex::default(),
            wake: Condvar::new(),
            checkpoint_due: Condvar::new(),
            stopped: Mutex::default(),
            clock,
        }
    }

    /// Verifies an event and waits until it is on the disk.
    pub(crate) fn submit(&self, envelope: Envelope) -> Result<Receipt, SubmitError> {
        let answer = self.enqueue(envelope)?;
        answer.recv().unwrap_or_else(|_| Err(self.stopped_error()))
    }

    fn enqueue(
        &self,
        envelope: Envelope,
    ) -> Result<Receiver<Result<Receipt, SubmitError>>, SubmitError> {
        let event = Event::parse(&envelope.payload)?;
        check_signers(&event, &envelope)?;
        let keys = self.signer_keys(&event)?;
        check_signatures(&envelope, &keys)?;
        let (answer, receiver) = channel();
        let mut queue = lock(&self.queue);
        if queue.is_closed {
            return Err(self.stopped_error());
        }
        queue.jobs.push(Job {
            event,
            envelope,
            answer,
        });
        drop(queue);
        self.wake.notify_one();
        Ok(receiver)
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
        lock(&self.queue).is_closed = true;
        self.wake.notify_all();
        self.checkpoint_due.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.queue).is_closed
    }

    pub(crate) fn stop_reason(&self) -> Option<String> {
        lock(&self.stopped).clone()
    }

    /// The writer thread: batches until the queue is closed and empty.
    pub(crate) fn write(&self, mut store: Box<dyn EntryStore>) {
        loop {
            let mut queue = lock(&self.queue);
            while queue.jobs.is_empty() && !queue.is_closed {
                queue = self
                    .wake
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if queue.jobs.is_empty() {
                return;
            }
            let count = queue.jobs.len().min(MAX_BATCH);
            let jobs: Vec<Job> = queue.jobs.drain(..count).collect();
            drop(queue);
            self.write_batch(&mut *store, jobs);
        }
    }

    fn write_batch(&self, store: &mut dyn EntryStore, jobs: Vec<Job>) {
        let (batch, answers, expected, durable) = self.order(jobs);
        let outcome = if batch.is_empty() {
            Ok(())
        } else {
            store.append(expected, &batch)
        };
        let failure = match outcome {
            Ok(()) => {
                *lock(&self.durable) = durable;
                if !batch.is_empty() {
                    self.refresh_keys();
                    self.checkpoint_due.notify_all();
                }
                None
            }
            Err(StoreError::Full) => Some(self.forget_unwritten(store.size())),
            Err(error) => {
                self.stop(error.to_string());
                Some(self.stopped_error())
            }
        };
        for (answer, result) in answers {
            let result = match (&failure, result) {
                (Some(failure), Ok(_)) => Err(failure.clone()),
                (_, result) => result,
            };
            // An emitter that has gone away finds its receipt when it submits the same event again.
            let _ = answer.send(result);
        }
    }

    /// Admits the jobs one behind the other; the fold runs ahead of the disk from here on.
    #[allow(clippy::type_complexity, reason = "one caller, read at a glance")]
    fn order(
        &self,
        jobs: Vec<Job>,
    ) -> (
        Vec<Vec<u8>>,
        Vec<(
            Sender<Result<Receipt, SubmitError>>,
            Result<Receipt, SubmitError>,
        )>,
        u64,
        Durable,
    ) {
        let mut book = lock(&self.book);
        let expected = book.state.size();
        let mut batch = Vec::new();
        let mut answers = Vec::new();
        for job in jobs {
            let result = self.order_one(&mut book, &job.event, job.envelope, &mut batch);
            answers.push((job.answer, result.map_err(SubmitError::Refused)));
        }
        let durable = Durable {
            size: book.state.size(),
            root: book.state.root(),
        };
        (batch, answers, expected, durable)
    }

    fn order_one(
        &self,
        book: &mut Book,
        event: &Event,
        envelope: Envelope,
        batch: &mut Vec<Vec<u8>>,
    ) -> Result<Receipt, Refusal> {
        let index = book.state.size();
        if event.seq < book.state.stream(&event.stream).next
            && let Some(receipt) = self.existing(event, &envelope, batch, index)
        {
            return Ok(receipt);
        }
        let now = self.clock.now();
        // A clock that was set back must not make `received` fall (`entry/received`).
        let received = book.state.last_received().map_or(now, |last| last.max(now));
        book.state.admit(event, received, &book.levels)?;
        let prev = book.state.last_leaf();
        let bytes = encode(index, &prev, received, &envelope);
        ensure(bytes.len() <= MAX_ENTRY_BYTES, "entry/size", || {
            bytes.len().to_string()
        })?;
        let entry = Entry {
            index,
            prev,
            received,
            envelope,
            event: event.clone(),
        };
        book.apply(&entry, &bytes);
        let receipt = Receipt {
            index,
            leaf: leaf(&bytes),
        };
        batch.push(bytes);
        Ok(receipt)
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
        stored.chain(batch.iter().cloned()).find_map(|bytes| {
            let entry = Entry::parse(&bytes).ok()?;
            let same = entry.envelope == *envelope;
            same.then(|| Receipt {
                index: entry.index,
                leaf: leaf(&bytes),
            })
        })
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
        let mut again = Book {
            state: State::new(book.state.origin()),
            levels: Levels::default(),
        };
        let replayed = self
            .reader
            .read(0, size)
            .map_err(|error| error.to_string())
            .and_then(|all| {
                for bytes in all {
                    let bytes = bytes.map_err(|error| error.to_string())?;
                    again.replay(&bytes).map_err(|error| error.to_string())?;
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
