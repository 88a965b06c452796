//! The workers: what to do next, doing it, recording it; they never decide what may be done.

mod compare;
pub mod cost;
pub mod governor;
pub mod queue;
mod reconcile;
pub mod record;
pub mod retry;
mod shop;
pub mod verified;
mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::domain::item::Workload;
use crate::sources::Source;
use crate::targets::Target;
use governor::{Governor, Quotas};
use queue::{Entry, Limits, Place, Queue, Turn};
use record::{Class, Failed, Record, RecordError, Standing, Work};
use shop::Shop;
pub use shop::{NameTaken, Time};
use worker::{End, Tries};

/// Everything a run needs.
pub struct Engine<'p, R, T, C> {
    /// Where intents and outcomes go.
    pub record: R,
    /// The backup.
    pub source: Arc<dyn Source>,
    /// The clean tenant.
    pub target: T,
    /// The clock.
    pub time: C,
    /// What is left to do, in the order of the plan.
    pub work: Vec<Work>,
    /// How it is done.
    pub options: Options,
    /// Turns true when the run shall end early.
    pub stop: watch::Receiver<bool>,
    /// Who is told.
    pub progress: &'p dyn Progress,
}

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Items at the same time, over all.
    pub overall: usize,
    /// Large messages at the same time: each is held in memory twice while it is compared.
    pub heavy: usize,
    /// From this size on a message counts as large.
    pub heavy_bytes: u64,
    /// When another file already has the name.
    pub name_taken: NameTaken,
    /// The tenant's quotas.
    pub quotas: Quotas,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            overall: 16,
            heavy: 2,
            heavy_bytes: 4 * 1024 * 1024,
            name_taken: NameTaken::default(),
            quotas: Quotas::default(),
        }
    }
}

/// Told what happens; draws bars or counts. Must not block.
pub trait Progress: Sync {
    /// An item has its outcome.
    fn item_ended(&self, work: &Work, restored: bool);

    /// An item will be tried again, not before `at`.
    fn item_again(&self, work: &Work, at: chrono::DateTime<chrono::Utc>);
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Restored as they were.
    pub identical: u64,
    /// Restored as declared by transforms and deltas.
    pub as_declared: u64,
    /// Not restored.
    pub failed: u64,
    /// Tries that were followed by another.
    pub retries: u64,
    /// Intents of an earlier run that were resolved by reading back.
    pub reconciled: u64,
    /// Items left without an outcome because the run was stopped.
    pub left: u64,
    /// Somebody asked to stop.
    pub was_stopped: bool,
}

/// Why a run ended before its work did.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A gate is closed; what was running has ended and is recorded.
    #[error("a gate refused further work: {0}")]
    Refused(String),
    /// The record cannot be written: the run stopped at once, and the next one reads back what was under way.
    #[error("the record of the work cannot be written")]
    Record(#[source] RecordError),
    /// A worker broke one of our own rules.
    #[error("a worker stopped without an outcome: {0}")]
    Worker(String),
}

/// Runs until every item has its outcome, a gate closes, the record breaks or somebody asks to stop.
pub async fn run<R: Record, T: Target + 'static, C: Time>(
    engine: Engine<'_, R, T, C>,
) -> Result<RunSummary, EngineError> {
    let Engine {
        record,
        source,
        target,
        time,
        work,
        options,
        stop,
        progress,
    } = engine;
    let shop = Arc::new(Shop {
        record,
        target,
        source,
        time,
        name_taken: options.name_taken,
        governor: Mutex::new(Governor::new(options.quotas)),
        folders: Mutex::new(HashMap::new()),
        stop,
    });
    let mut floor = Floor {
        shop,
        queue: queue_of(&work, &options),
        work: work.into_iter().map(Arc::new).collect(),
        tries: HashMap::new(),
        tasks: JoinSet::new(),
        summary: RunSummary::default(),
        ended_by: None,
        progress,
    };
    floor.run().await
}

/// Where the workers are: one task an item that is being tried.
struct Floor<'p, R, T, C> {
    shop: Arc<Shop<R, T, C>>,
    queue: Queue,
    work: Vec<Arc<Work>>,
    /// Of items that were tried and have no outcome yet.
    tries: HashMap<Place, Tries>,
    tasks: JoinSet<(Place, Tries, bool, Result<End, RecordError>)>,
    summary: RunSummary,
    ended_by: Option<EngineError>,
    progress: &'p dyn Progress,
}

impl<R: Record, T: Target + 'static, C: Time> Floor<'_, R, T, C> {
    async fn run(&mut self) -> Result<RunSummary, EngineError> {
        let mut stop = self.shop.stop.clone();
        loop {
            let stopping = *stop.borrow_and_update() || self.ended_by.is_some();
            if !stopping {
                while let Some(place) = self.queue.take(self.shop.time.now()) {
                    self.start(place);
                }
            }
            if self.queue.is_done() || (stopping && self.tasks.is_empty()) {
                break;
            }
            let wake = self.queue.next_wake().filter(|_| !stopping);
            let shop = Arc::clone(&self.shop);
            tokio::select! {
                Some(joined) = self.tasks.join_next() => match joined {
                    Ok((place, tries, reconciled, result)) => {
                        self.ended(place, tries, reconciled, result);
                    }
                    Err(panic) => self.end_by(EngineError::Worker(panic.to_string())),
                },
                () = async {
                    match wake {
                        Some(at) => shop.time.wait_until(at).await,
                        None => std::future::pending().await,
                    }
                } => {}
                Ok(()) = stop.changed(), if !stopping => {}
            }
        }
        self.summary.was_stopped = *stop.borrow();
        let ended = self.summary.identical + self.summary.as_declared + self.summary.failed;
        self.summary.left = self.work.len() as u64 - ended;
        match self.ended_by.take() {
            Some(error) => Err(error),
            None => Ok(self.summary.clone()),
        }
    }

    fn start(&mut self, place: Place) {
        let shop = Arc::clone(&self.shop);
        let work = Arc::clone(&self.work[place.0]);
        let known = self.tries.remove(&place);
        let reconcile = known.is_none() && reconcile::is_interrupted(&work);
        let mut tries = known.unwrap_or_else(|| Tries::of(&work));
        self.tasks.spawn(async move {
            let result = if reconcile {
                match reconcile::resolve(&shop, &work, &mut tries).await {
                    Ok(reconcile::Resolved::GoesOn) => {
                        worker::attempt(&shop, &work, &mut tries).await
                    }
                    Ok(reconcile::Resolved::Unread(end)) => Ok(end),
                    Err(error) => Err(error),
                }
            } else {
                worker::attempt(&shop, &work, &mut tries).await
            };
            (place, tries, reconcile, result)
        });
    }

    fn ended(
        &mut self,
        place: Place,
        tries: Tries,
        reconciled: bool,
        result: Result<End, RecordError>,
    ) {
        self.summary.reconciled += u64::from(reconciled);
        let work = &self.work[place.0];
        match result {
            Ok(End::Again(at)) => {
                self.summary.retries += 1;
                self.progress.item_again(work, at);
                self.tries.insert(place, tries);
                self.queue.again(place, at);
                return;
            }
            Ok(End::Failed(Failed { .. })) => {
                self.summary.failed += 1;
                self.progress.item_ended(work, false);
            }
            Ok(End::Restored(restored)) => {
                match restored.class {
                    Class::AsDeclared => self.summary.as_declared += 1,
                    Class::Identical => self.summary.identical += 1,
                }
                self.progress.item_ended(work, true);
            }
            Err(RecordError::Refused(why)) => self.end_by(EngineError::Refused(why)),
            Err(error) => self.end_by(EngineError::Record(error)),
        }
        self.queue.finish(place);
    }

    /// The first reason stands; a broken record outweighs a closed gate.
    fn end_by(&mut self, error: EngineError) {
        match (&self.ended_by, &error) {
            (None, _) | (Some(EngineError::Refused(_)), EngineError::Record(_)) => {
                self.ended_by = Some(error);
            }
            _ => {}
        }
    }
}

/// Interrupted items first: until they are resolved nobody knows what the target holds.
fn queue_of(work: &[Work], options: &Options) -> Queue {
    // All that a mailbox keeps shares its four requests at a time.
    let mut turns: BTreeMap<(&str, bool), Turn> = BTreeMap::new();
    let mut by_turn = BTreeMap::new();
    let mut entries = Vec::with_capacity(work.len());
    for (place, item) in work.iter().enumerate() {
        let next = Turn(turns.len());
        let workload = item.source.workload;
        let is_file = workload == Workload::Files;
        let turn = *turns.entry((&item.user.id, is_file)).or_insert(next);
        by_turn.entry(turn).or_insert(if is_file {
            options.quotas.sharepoint_concurrent
        } else {
            options.quotas.mailbox_concurrent
        });
        let (wave, not_before) = match item.standing {
            Standing::Failed { not_before } => (item.wave, not_before),
            Standing::Fresh => (item.wave, None),
            Standing::Interrupted => (0, None),
        };
        entries.push(Entry {
            place: Place(place),
            turn,
            wave,
            heavy: !is_file && item.source.size_bytes >= options.heavy_bytes,
            not_before,
        });
    }
    let limits = Limits {
        overall: options.overall.max(1),
        heavy: options.heavy.max(1),
        by_turn,
    };
    Queue::new(limits, entries)
}
