//! The workers: what to do next, doing it, recording it; they never decide what may be done.

pub mod backlog;
mod compare;
pub mod cost;
pub mod estimate;
pub mod fuzzing;
pub mod governor;
pub mod queue;
mod reconcile;
pub mod record;
pub mod retry;
pub mod room;
pub mod schedule;
mod shop;
mod to_come;
pub mod turnstile;
pub mod verified;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::domain::item::Workload;
use crate::scanners::Scanners;
use crate::sources::Source;
use crate::targets::Target;
use backlog::{Backlog, Portion};
use governor::{Governor, Lane, Pace, Quotas};
use queue::{Entry, Group, Limits, Place, Queue, Turn};
use record::{Class, Custodian, Failed, Record, RecordError, Standing, Work};
use room::{HELD_BYTES_MAX, Room};
use schedule::Action;
use shop::Shop;
pub use shop::{NameTaken, People, Time};
use to_come::ToCome;
use turnstile::SharedGovernor;
use worker::{End, Tries};

/// Everything a run needs.
pub struct Engine<'p, R, T, C> {
    /// Where intents and outcomes go.
    pub record: R,
    /// The backup.
    pub source: Arc<dyn Source>,
    /// The clean tenant.
    pub target: T,
    /// Who of the old tenant is who in it.
    pub people: People,
    /// The clock.
    pub time: C,
    /// What is left to do.
    pub backlog: Box<dyn Backlog>,
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
    /// Items that are read from the plan ahead of their turn, over all: about a kilobyte each.
    pub ahead: usize,
    /// The same, of one custodian.
    pub ahead_each: usize,
    /// Large messages at the same time: each is held in memory twice while it is compared.
    pub heavy: usize,
    /// From this size on a message counts as large.
    pub heavy_bytes: u64,
    /// When another file already has the name.
    pub name_taken: NameTaken,
    /// The tenant's quotas.
    pub quotas: Quotas,
    /// Where others who call the same tenant count; none where nobody else does.
    pub governor: Option<SharedGovernor>,
    /// Those who look into content before it is written, where the plan has a content gate.
    pub scanners: Option<Arc<Scanners>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            overall: 16,
            ahead: 100_000,
            ahead_each: 128,
            heavy: 2,
            heavy_bytes: 4 * 1024 * 1024,
            name_taken: NameTaken::default(),
            quotas: Quotas::default(),
            governor: None,
            scanners: None,
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
    /// Held by the content gate.
    pub held: u64,
    /// Tries that were followed by another.
    pub retries: u64,
    /// Intents of an earlier run that were resolved by reading back.
    pub reconciled: u64,
    /// Items left without an outcome because the run was stopped.
    pub left: u64,
    /// Somebody asked to stop.
    pub was_stopped: bool,
    /// What was asked of the target, and what was waited for.
    pub pace: Pace,
}

/// Why a run ended before its work did.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A gate is closed; what was running has ended and is recorded.
    #[error("a gate refused further work: {0}")]
    Refused(String),
    /// Nobody answers any more, or nobody is let in: items that were under way have no outcome.
    #[error("the tenant cannot be reached: {0}")]
    Away(String),
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
        people,
        time,
        backlog,
        options,
        stop,
        progress,
    } = engine;
    let shop = Arc::new(Shop {
        record,
        target,
        people,
        numbers: Mutex::default(),
        lists: Mutex::default(),
        to_come: ToCome::default(),
        source,
        time,
        scanners: options.scanners.clone(),
        name_taken: options.name_taken,
        governor: governor(&options),
        folders: Mutex::new(HashMap::new()),
        parents: Mutex::new(HashMap::new()),
        places: Mutex::new(HashMap::new()),
        given_up: Mutex::new(HashSet::new()),
        at_gate: Mutex::new(HashMap::new()),
        parts: tokio::sync::Semaphore::new(options.heavy.max(1)),
        room: Room::new(HELD_BYTES_MAX),
        answered: Mutex::default(),
        team_settle: shop::settle(&options.quotas),
        stop,
    });
    let mut floor = Floor {
        shop,
        queue: Queue::new(Limits {
            overall: options.overall.max(1),
            heavy: options.heavy.max(1),
        }),
        backlog: Some(backlog),
        options,
        work: HashMap::new(),
        next_place: 0,
        turns: HashMap::new(),
        groups: HashMap::new(),
        lanes: Vec::new(),
        of_custodian: HashMap::new(),
        is_hungry: true,
        tries: HashMap::new(),
        tasks: JoinSet::new(),
        summary: RunSummary::default(),
        ended_by: None,
        progress,
    };
    floor.run().await
}

/// The count that the run goes on with; its account begins with the run.
fn governor(options: &Options) -> SharedGovernor {
    let shared = options.governor.clone();
    let shared = shared.unwrap_or_else(|| Arc::new(Mutex::new(Governor::new(options.quotas))));
    let mut governor = shared.lock().unwrap_or_else(PoisonError::into_inner);
    governor.begin_account();
    drop(governor);
    shared
}

/// Where the workers are: one task an item that is being tried.
struct Floor<'p, R, T, C> {
    shop: Arc<Shop<R, T, C>>,
    queue: Queue,
    /// What was not read from the plan yet; gone when all of it was.
    backlog: Option<Box<dyn Backlog>>,
    options: Options,
    /// Items that were read and have no outcome yet.
    work: HashMap<Place, Arc<Work>>,
    next_place: usize,
    turns: HashMap<(String, bool), Turn>,
    groups: HashMap<Lane, Group>,
    lanes: Vec<Lane>,
    /// How many of a custodian's items were read and have no outcome yet.
    of_custodian: HashMap<Custodian, usize>,
    /// Somebody may have less than enough of them.
    is_hungry: bool,
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
        let total = self.backlog.as_ref().map_or(0, |backlog| backlog.total());
        loop {
            let mut stopping = *stop.borrow_and_update() || self.ended_by.is_some();
            if !stopping {
                self.read_ahead();
                stopping = self.ended_by.is_some();
            }
            let action = if stopping {
                Action::WaitForEnd
            } else {
                self.start_what_may()
            };
            if action == Action::Done || (stopping && self.tasks.is_empty()) {
                break;
            }
            let wake = match action {
                Action::WaitUntil(at) => Some(at),
                _ => None,
            };
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
        let summary = &self.summary;
        let restored = summary.identical + summary.as_declared;
        let ended = restored + summary.failed + summary.held;
        self.summary.left = total.saturating_sub(ended);
        self.summary.pace = self.shop.governor().pace();
        match self.ended_by.take() {
            Some(error) => Err(error),
            None => Ok(self.summary.clone()),
        }
    }

    /// Starts whatever the queue and the governor let go; what is left to wait for.
    fn start_what_may(&mut self) -> Action {
        loop {
            let now = self.shop.time.now();
            let (work, lanes) = (&self.work, &self.lanes);
            let of = |group: Group, place: Place| {
                let source = &work[&place].source;
                let cost = cost::item(source.workload, source.size_bytes);
                (lanes[group.0].clone(), cost)
            };
            let action = {
                let mut governor = self.shop.governor();
                schedule::next(&mut self.queue, &mut governor, now, of)
            };
            match action {
                Action::Start(place) => self.start(place),
                action => return action,
            }
        }
    }

    /// Reads from the plan what may soon have its turn.
    fn read_ahead(&mut self) {
        while self.is_hungry
            && self.queue.waiting() < self.options.ahead
            && let Some(backlog) = &mut self.backlog
        {
            let (of_custodian, enough) = (&self.of_custodian, self.options.ahead_each);
            let has_enough =
                |custodian: &Custodian| of_custodian.get(custodian).copied().unwrap_or(0) >= enough;
            match backlog.next(&has_enough) {
                Ok(Portion::Work(portion)) => portion.into_iter().for_each(|work| self.put(work)),
                Ok(Portion::Later) => self.is_hungry = false,
                Ok(Portion::End) => {
                    self.backlog = None;
                    self.shop.to_come.all_are_read();
                }
                Err(error) => return self.end_by(EngineError::Record(error)),
            }
        }
    }

    fn put(&mut self, work: Work) {
        let is_file = work.source.workload == Workload::Files;
        // All that a mailbox keeps shares its four requests at a time.
        let is_post = work.source.workload == Workload::Teams;
        let lane = shop::lane(&work);
        let next = Turn(self.turns.len());
        let whose = match &lane {
            // The messages of a conversation follow one another.
            Lane::TeamsImport { channel, .. } => channel.clone(),
            _ => work.user.id.clone(),
        };
        let turn = *self.turns.entry((whose, is_file)).or_insert(next);
        let next = Group(self.lanes.len());
        let group = *self.groups.entry(lane.clone()).or_insert(next);
        if group == next {
            self.lanes.push(lane);
        }
        let (wave, not_before) = match work.standing {
            Standing::Failed { not_before } => (work.wave, not_before),
            Standing::Fresh => (work.wave, None),
            Standing::Interrupted => (0, None),
        };
        if work.source.workload == Workload::Lists {
            self.shop.to_come.expect(&work.user.id);
        }
        let place = Place(self.next_place);
        self.next_place += 1;
        self.queue.put(Entry {
            place,
            turn,
            at_once: if is_file {
                self.options.quotas.sharepoint_concurrent
            } else if is_post {
                1
            } else {
                self.options.quotas.mailbox_concurrent
            },
            group,
            wave,
            heavy: !is_file && self.shop.held_bytes(&work) >= self.options.heavy_bytes,
            not_before,
        });
        *self.of_custodian.entry(work.custodian.clone()).or_default() += 1;
        self.work.insert(place, Arc::new(work));
    }

    fn start(&mut self, place: Place) {
        let shop = Arc::clone(&self.shop);
        let work = Arc::clone(&self.work[&place]);
        let known = self.tries.remove(&place);
        let reconcile = known.is_none() && reconcile::is_interrupted(&work);
        let mut tries = known.unwrap_or_else(|| Tries::of(&work));
        self.tasks.spawn(async move {
            let _held = shop.room.take(shop.held_bytes(&work)).await;
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
        mut tries: Tries,
        reconciled: bool,
        result: Result<End, RecordError>,
    ) {
        self.summary.reconciled += u64::from(reconciled);
        let work = Arc::clone(&self.work[&place]);
        let work = &*work;
        match result {
            Ok(End::Again(at)) => {
                self.summary.retries += 1;
                self.progress.item_again(work, at);
                if tries.stands && !tries.is_out_of_count {
                    // What it waits for may be among those that were not read yet.
                    tries.is_out_of_count = true;
                    self.out_of_count(work);
                }
                self.tries.insert(place, tries);
                if work.source.workload == Workload::Teams {
                    // A conversation waits for its message: what answers it must not come before it.
                    if let Some(group) = self.groups.get(&shop::lane(work)) {
                        self.queue.shut(*group, at);
                    }
                }
                self.queue.again(place, at);
                return;
            }
            Ok(End::Failed(Failed { .. })) => {
                self.summary.failed += 1;
                self.progress.item_ended(work, false);
            }
            Ok(End::Held) => {
                self.summary.held += 1;
                self.progress.item_ended(work, false);
            }
            Ok(End::Restored(restored)) => {
                match restored.class {
                    Class::AsDeclared => self.summary.as_declared += 1,
                    Class::Identical => self.summary.identical += 1,
                }
                self.progress.item_ended(work, true);
            }
            Ok(End::Away(why)) => self.end_by(EngineError::Away(why)),
            Err(RecordError::Refused(why)) => self.end_by(EngineError::Refused(why)),
            Err(error) => self.end_by(EngineError::Record(error)),
        }
        self.queue.finish(place);
        self.work.remove(&place);
        if let Some(backlog) = &mut self.backlog {
            backlog.ended(&work.item);
        }
        if !tries.is_out_of_count {
            self.out_of_count(work);
        }
    }

    /// The item needs nothing more of what is read ahead: it has its outcome, or stands and waits for another.
    fn out_of_count(&mut self, work: &Work) {
        if work.source.workload == Workload::Lists {
            self.shop.to_come.is_decided(&work.user.id);
        }
        if let Some(count) = self.of_custodian.get_mut(&work.custodian) {
            *count -= 1;
            self.is_hungry |= *count < self.options.ahead_each;
            if *count == 0 {
                self.of_custodian.remove(&work.custodian);
            }
        }
    }

    /// The first reason stands; a broken record outweighs a closed gate.
    fn end_by(&mut self, error: EngineError) {
        match (&self.ended_by, &error) {
            (None, _)
            | (Some(EngineError::Away(_) | EngineError::Refused(_)), EngineError::Record(_)) => {
                self.ended_by = Some(error);
            }
            _ => {}
        }
    }
}
