//! One pass over the ledger, as a stream: one thread reads, every core writes the files of a stretch of entries. What it
//! leaves does not depend on how many threads there are.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use unbroken_ledger::store::Stored;
use unbroken_ledger::{Entry, Event, Hash, Ledger, LedgerError};

use super::choice::Choice;
use super::custody::Custody;
use super::facts::Facts;
use super::{BundleError, LINES_MAX};
use crate::reports::bag::{Bag, BagError};

/// Bytes of entries in one stretch, at most; with the number of threads this bounds the memory.
const STRETCH_BYTES: usize = 8 << 20;

/// One pass.
pub(super) struct Pass<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) size: u64,
    pub(super) choice: &'a Choice,
    pub(super) facts: &'a Facts<'a>,
    pub(super) bag: &'a Bag,
}

/// What the pass came to.
#[derive(Default)]
pub(super) struct Copied {
    pub(super) entries: u64,
    pub(super) disclosures: u64,
    /// Actions in the custody graphs.
    pub(super) actions: u64,
    /// The day of the last entry: nothing in a bundle depends on when it is written.
    pub(super) day: String,
    /// The shown events of the stream `keys`, in order.
    pub(super) keys: Vec<(u64, Event)>,
    /// What the shown entries name and anybody may read.
    pub(super) objects: BTreeSet<Hash>,
}

/// Entries that follow each other in the bundle, with their places in the ledger.
type Stretch = Vec<(u64, Stored)>;

impl Pass<'_> {
    /// Reads entries `0..size` and writes those that are shown.
    pub(super) fn run(&self) -> Result<Copied, BundleError> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let (to_workers, stretches) = sync_channel(1);
        let stretches = Mutex::new(stretches);
        let (done, failed) = (Mutex::new(Copied::default()), Mutex::new(None));
        let stop = AtomicBool::new(false);
        let day = thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(stretch) = next(&stretches) {
                        // What was read before somebody failed is let go, so that the reader never waits for nobody.
                        if stop.load(Ordering::Relaxed) {
                            continue;
                        }
                        match self.write(&stretch) {
                            Ok(copied) => lock(&done).add(copied),
                            Err(error) => {
                                stop.store(true, Ordering::Relaxed);
                                lock(&failed).get_or_insert(error);
                            }
                        }
                    }
                });
            }
            self.read(to_workers, &stop)
        });
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut copied = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        copied.day = day?;
        copied.keys.sort_by_key(|(index, _)| *index);
        Ok(copied)
    }

    /// Cuts what is shown into stretches; the day of the last entry.
    fn read(
        &self,
        to_workers: SyncSender<Stretch>,
        stop: &AtomicBool,
    ) -> Result<String, BundleError> {
        let mut stretch = Stretch::new();
        let mut bytes = 0;
        let mut last = Vec::new();
        for (index, entry) in (0..self.size).zip(self.ledger.entry_bytes(0)?) {
            let entry = entry.map_err(LedgerError::from)?;
            if index + 1 == self.size {
                last.clone_from(&entry.bytes);
            }
            if !self.choice.shows(index) {
                continue;
            }
            bytes += entry.bytes.len();
            stretch.push((index, entry));
            if stretch.len() == LINES_MAX || bytes > STRETCH_BYTES {
                bytes = 0;
                let whole = std::mem::take(&mut stretch);
                if stop.load(Ordering::Relaxed) || to_workers.send(whole).is_err() {
                    break;
                }
            }
        }
        if !stretch.is_empty() {
            // Nobody receives when a thread panicked, and that ends the scope.
            let _ = to_workers.send(stretch);
        }
        // The workers end when nobody sends any more.
        drop(to_workers);
        let day = read_entry(self.size.saturating_sub(1), &last)?.received;
        Ok(day.to_string().chars().take(10).collect())
    }

    /// Writes one file of entries and what belongs to it.
    fn write(&self, stretch: &[(u64, Stored)]) -> Result<Copied, BundleError> {
        let mut copied = Copied::default();
        let mut lines = Lines::default();
        let mut custody = Custody::default();
        for (index, stored) in stretch {
            let entry = read_entry(*index, &stored.bytes)?;
            copied.entries += 1;
            let shown = self.facts.of(&entry)?;
            copied.disclosures += shown.len() as u64;
            lines.push(self.bag, *index, &shown)?;
            let is_full = self.choice.is_full();
            copied.objects.extend(named_objects(&entry.event, is_full));
            if custody.is_full() {
                copied.actions += std::mem::take(&mut custody).write(self.bag)?;
            }
            custody.push(&entry, &stored.leaf, &shown);
            if entry.event.stream == "keys" {
                copied.keys.push((*index, entry.event));
            }
        }
        lines.write(self.bag)?;
        copied.actions += custody.write(self.bag)?;
        let Some((first, _)) = stretch.first() else {
            return Ok(copied);
        };
        self.bag.payload(&format!("entries/{first:012}"), |file| {
            stretch.iter().try_for_each(|(_, entry)| {
                let length = u16::try_from(entry.bytes.len()).map_err(std::io::Error::other)?;
                file.write_all(&length.to_be_bytes())?;
                file.write_all(&entry.bytes)
            })
        })?;
        Ok(copied)
    }
}

impl Copied {
    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.disclosures += other.disclosures;
        self.actions += other.actions;
        self.keys.extend(other.keys);
        self.objects.extend(other.objects);
    }
}

fn next(stretches: &Mutex<Receiver<Stretch>>) -> Option<Stretch> {
    lock(stretches).recv().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_entry(index: u64, bytes: &[u8]) -> Result<Entry, BundleError> {
    let read = Entry::parse(bytes);
    Ok(read.map_err(|refusal| LedgerError::Invalid { index, refusal })?)
}

/// The objects that an entry names and that anybody may read: tokens, cosigned notes, certificates of seals, plans. A plan
/// names every custodian, with how many items each has: who is given a part of the ledger is not given that.
fn named_objects(event: &Event, is_full: bool) -> Vec<Hash> {
    let fields: &[&str] = match event.kind.as_str() {
        "PlanMade/1" if is_full => &["plan"],
        "SealKeyBound/1" => &["certificate"],
        "TimestampReceived" => &["imprint", "token"],
        "WitnessReceived" => &["note"],
        _ => &[],
    };
    let named = fields
        .iter()
        .filter_map(|name| event.data.field(name)?.as_str());
    named.filter_map(Hash::parse).collect()
}

/// Disclosures in files of at most 4,096, each named by the entry of its first; those of one entry are never torn over
/// two files.
#[derive(Default)]
struct Lines {
    first: u64,
    count: usize,
    bytes: Vec<u8>,
}

impl Lines {
    fn push(
        &mut self,
        bag: &Bag,
        index: u64,
        shown: &[super::facts::Shown],
    ) -> Result<(), BagError> {
        if self.count + shown.len() > LINES_MAX {
            std::mem::take(self).write(bag)?;
        }
        if self.count == 0 {
            self.first = index;
        }
        self.count += shown.len();
        for fact in shown {
            let (subject, encoded) = (&fact.subject, fact.disclosure.encoded());
            let line = format!(
                "{{\"index\":{index},\"subject\":\"{subject}\",\"disclosure\":\"{encoded}\"}}\n"
            );
            self.bytes.extend_from_slice(line.as_bytes());
        }
        Ok(())
    }

    fn write(self, bag: &Bag) -> Result<(), BagError> {
        if self.count == 0 {
            return Ok(());
        }
        bag.payload(&format!("disclosures/{:012}", self.first), |file| {
            file.write_all(&self.bytes)
        })
    }
}
