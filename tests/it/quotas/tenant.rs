//! A tenant of many seats in virtual time: the engine's own queue, governor and retry rules on one side, the simulator's own
//! count of its quotas on the other, and nothing that sleeps or is sent in between.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use m365_simulator::{Lane as ServiceLane, Meter, Quotas as ServiceQuotas};
use unbroken::domain::item::Workload;
use unbroken::engine::cost;
use unbroken::engine::estimate::Load;
use unbroken::engine::governor::{Answer, Cost, Governor, Heard, Lane, Quotas};
use unbroken::engine::queue::{Entry, Group, Limits, Place, Queue, Turn};
use unbroken::engine::retry::{self, Decision, History};
use unbroken::engine::schedule::{self, Action};
use unbroken::targets::{Retry, TargetError};

const APP: &str = "app";

/// What is restored, into what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant {
    pub(crate) seats: usize,
    pub(crate) files: usize,
    pub(crate) file_bytes: u64,
    pub(crate) mails_each: usize,
    pub(crate) mail_bytes: u64,
    pub(crate) service: ServiceQuotas,
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran {
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
    /// From the start to the last file, and to the last mail of the slowest mailbox.
    pub(crate) files: TimeDelta,
    pub(crate) mail: TimeDelta,
    /// The part of the binding quota that was used, of what others left of it.
    pub(crate) files_used: f64,
    pub(crate) mail_used: f64,
    /// What the plan's sums promised.
    pub(crate) earliest: TimeDelta,
    pub(crate) latest: TimeDelta,
    pub(crate) binds: String,
}

impl Ran {
    pub(crate) fn throttled_share(&self) -> f64 {
        float(self.throttled) / float(self.requests + self.throttled).max(1.0)
    }

    pub(crate) fn end(&self) -> TimeDelta {
        self.files.max(self.mail)
    }

    pub(crate) fn line(&self, name: &str) -> String {
        format!(
            "{name}: {} requests served, {} throttled ({:.3} %); files in {:.2} h using {:.1} % of \
             the quota, mail in {:.2} h using {:.1} %; ended after {:.2} h, estimated {:.2} to \
             {:.2} h, bound by {}",
            self.requests,
            self.throttled,
            self.throttled_share() * 100.0,
            hours(self.files),
            self.files_used * 100.0,
            hours(self.mail),
            self.mail_used * 100.0,
            hours(self.end()),
            hours(self.earliest),
            hours(self.latest),
            self.binds
        )
    }
}

#[allow(clippy::cast_precision_loss, reason = "shares for people")]
fn float(number: u64) -> f64 {
    number as f64
}

fn hours(span: TimeDelta) -> f64 {
    float(span.num_seconds().unsigned_abs()) / 3_600.0
}

/// One call of the engine: what it asks the governor for, and the requests that the service sees, by units and body.
#[derive(Clone, Copy)]
struct Call {
    cost: Cost,
    requests: &'static [(u64, bool)],
}

fn calls(workload: Workload, size: u64, looks_first: bool) -> Vec<Call> {
    let look = Call {
        cost: cost::small(),
        requests: &[(1, false)],
    };
    let mut calls = if workload == Workload::Files {
        // The session, its fragment (of which nothing is documented), the item, its bytes.
        vec![
            Call {
                cost: cost::write_file(size),
                requests: &[(2, false), (0, true)],
            },
            Call {
                cost: cost::read_file(size),
                requests: &[(1, false), (1, false)],
            },
        ]
    } else {
        let requests = |requests| Cost {
            requests,
            ..Cost::default()
        };
        vec![
            Call {
                cost: Cost {
                    upload_bytes: size + 4_096,
                    ..requests(1)
                },
                requests: &[(0, true)],
            },
            Call {
                cost: requests(2),
                requests: &[(0, false), (0, false)],
            },
            Call {
                cost: requests(3),
                requests: &[(0, false), (0, false), (0, false)],
            },
        ]
    };
    if looks_first {
        calls.insert(0, look);
    }
    calls
}

/// An item under way.
struct Running {
    call: usize,
    request: usize,
    sent: DateTime<Utc>,
    looks_first: bool,
    attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The queue is looked at again.
    Look,
    /// The governor is asked again.
    Ask(Place),
    /// An answer came: served, or refused with a pause.
    Answered(Place, Option<Refused>),
}

/// A refusal, with the seconds of its pause where it named one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Refused(Option<i64>);

struct World {
    tenant: Tenant,
    now: DateTime<Utc>,
    start: DateTime<Utc>,
    queue: Queue,
    governor: Governor,
    service: Meter,
    running: HashMap<Place, Running>,
    /// Attempts of items that wait for another.
    tried: HashMap<Place, u32>,
    events: BinaryHeap<Reverse<(DateTime<Utc>, u64, Event)>>,
    sequence: u64,
    look_at: Option<DateTime<Utc>>,
    noise: u64,
    ended: Vec<DateTime<Utc>>,
    files_ended: DateTime<Utc>,
}

/// Runs to the end. `quotas` is what the governor believes.
pub(crate) fn run(tenant: Tenant, quotas: Quotas) -> Ran {
    let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let mut queue = Queue::new(Limits {
        overall: tenant.seats * 4 + 64,
        heavy: 1,
    });
    for place in 0..tenant.files + tenant.seats * tenant.mails_each {
        queue.put(entry(&tenant, Place(place)));
    }
    let mut world = World {
        tenant,
        now: start,
        start,
        queue,
        governor: Governor::new(quotas),
        service: Meter::new(tenant.service),
        running: HashMap::new(),
        tried: HashMap::new(),
        events: BinaryHeap::new(),
        sequence: 0,
        look_at: None,
        noise: 7,
        ended: vec![start; tenant.seats],
        files_ended: start,
    };
    world.run();
    world.report()
}

fn workload_of(tenant: &Tenant, place: Place) -> (Workload, usize) {
    match place.0.checked_sub(tenant.files) {
        None => (Workload::Files, place.0 % tenant.seats),
        Some(mail) => (Workload::Mail, mail % tenant.seats),
    }
}

fn size_of(tenant: &Tenant, workload: Workload) -> u64 {
    match workload {
        Workload::Files => tenant.file_bytes,
        _ => tenant.mail_bytes,
    }
}

fn entry(tenant: &Tenant, place: Place) -> Entry {
    let (workload, seat) = workload_of(tenant, place);
    let (turn, at_once, group) = match workload {
        // A dozen files under way keep SharePoint's units used up; more would only wait for each other.
        Workload::Files => (Turn(seat % 12), 1, Group(0)),
        _ => (Turn(12 + seat), 4, Group(1 + seat)),
    };
    Entry {
        place,
        turn,
        at_once,
        group,
        wave: 1,
        heavy: false,
        not_before: None,
    }
}

fn lane_of(tenant: &Tenant, place: Place) -> Lane {
    match workload_of(tenant, place) {
        (Workload::Files, _) => Lane::SharePoint,
        (_, seat) => Lane::Mailbox(seat.to_string()),
    }
}

impl World {
    fn run(&mut self) {
        loop {
            loop {
                let tenant = self.tenant;
                let of = |_, place| {
                    let (workload, _) = workload_of(&tenant, place);
                    let cost = cost::item(workload, size_of(&tenant, workload));
                    (lane_of(&tenant, place), cost)
                };
                match schedule::next(&mut self.queue, &mut self.governor, self.now, of) {
                    Action::Start(place) => self.begin(place),
                    Action::Done => return,
                    Action::WaitForEnd => break,
                    Action::WaitUntil(at) => {
                        if self.look_at.is_none_or(|look| at < look) {
                            self.look_at = Some(at);
                            self.push(at, Event::Look);
                        }
                        break;
                    }
                }
            }
            let Some(Reverse((at, _, event))) = self.events.pop() else {
                panic!("nothing will ever happen again");
            };
            self.now = self.now.max(at);
            match event {
                Event::Look => self.look_at = None,
                Event::Ask(place) => self.ask(place),
                Event::Answered(place, refused) => self.answered(place, refused),
            }
        }
    }

    fn push(&mut self, at: DateTime<Utc>, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at, self.sequence, event)));
    }

    fn begin(&mut self, place: Place) {
        let attempt = self.tried.remove(&place).unwrap_or(0) + 1;
        let running = Running {
            call: 0,
            request: 0,
            sent: self.now,
            looks_first: attempt > 1,
            attempt,
        };
        self.running.insert(place, running);
        self.ask(place);
    }

    fn calls(&self, place: Place) -> Vec<Call> {
        let (workload, _) = workload_of(&self.tenant, place);
        let size = size_of(&self.tenant, workload);
        calls(workload, size, self.running[&place].looks_first)
    }

    fn ask(&mut self, place: Place) {
        let call = self.calls(place)[self.running[&place].call];
        let lane = lane_of(&self.tenant, place);
        match self.governor.ask(self.now, &lane, call.cost) {
            Answer::WaitUntil(at) => self.push(at, Event::Ask(place)),
            Answer::Go => {
                self.running.get_mut(&place).expect("it runs").sent = self.now;
                self.send(place);
            }
        }
    }

    fn service_lane(&self, place: Place) -> ServiceLane {
        let running = &self.running[&place];
        let (units, has_body) = self.calls(place)[running.call].requests[running.request];
        match workload_of(&self.tenant, place) {
            (Workload::Files, _) if units == 0 => ServiceLane::None,
            (Workload::Files, _) => ServiceLane::SharePoint {
                app: APP.to_owned(),
                units,
                shares: false,
            },
            (_, seat) => ServiceLane::Mailbox {
                key: seat.to_string(),
                upload_bytes: if has_body {
                    self.tenant.mail_bytes + 4_096
                } else {
                    0
                },
            },
        }
    }

    fn send(&mut self, place: Place) {
        let lane = self.service_lane(place);
        let took = 100 + self.noise(200);
        match self.service.enter(&lane, self.now) {
            Ok(()) => self.push_after(took, Event::Answered(place, None)),
            Err(throttled) => {
                self.service.leave(&lane);
                self.push_after(20, Event::Answered(place, Some(Refused(throttled.seconds))));
            }
        }
    }

    fn push_after(&mut self, millis: u64, event: Event) {
        let span = TimeDelta::milliseconds(i64::try_from(millis).expect("small"));
        self.push(self.now + span, event);
    }

    fn noise(&mut self, below: u64) -> u64 {
        self.noise = self
            .noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.noise >> 33) % below
    }

    fn answered(&mut self, place: Place, refused: Option<Refused>) {
        let lane = lane_of(&self.tenant, place);
        let sent = self.running[&place].sent;
        if let Some(Refused(pause)) = refused {
            let heard = Heard::Throttled(pause.map(TimeDelta::seconds));
            self.governor.heard(self.now, &lane, sent, heard);
            self.retry(place, pause);
            return;
        }
        let service_lane = self.service_lane(place);
        self.service.leave(&service_lane);
        let calls = self.calls(place);
        let running = self.running.get_mut(&place).expect("it runs");
        running.request += 1;
        if running.request < calls[running.call].requests.len() {
            self.send(place);
            return;
        }
        self.governor.heard(self.now, &lane, sent, Heard::Served);
        (running.call, running.request) = (running.call + 1, 0);
        if running.call < calls.len() {
            self.ask(place);
            return;
        }
        self.running.remove(&place);
        self.queue.finish(place);
        match workload_of(&self.tenant, place) {
            (Workload::Files, _) => self.files_ended = self.now,
            (_, seat) => self.ended[seat] = self.now,
        }
    }

    fn retry(&mut self, place: Place, pause: Option<i64>) {
        let running = self.running.remove(&place).expect("it ran");
        let failure = TargetError {
            operation: "POST",
            status: 429,
            code: "TooManyRequests".to_owned(),
            message: String::new(),
            request_id: None,
            retry: pause.map_or(Retry::Soon, |seconds| Retry::After(seconds.unsigned_abs())),
            outcome_unknown: false,
        };
        let history = History {
            attempt: running.attempt,
            same_step: running.attempt,
            refused_since: None,
        };
        let seed = place.0.to_be_bytes();
        match retry::decide(&failure, history, self.now, &seed) {
            Decision::Later(at) => self.queue.again(place, at),
            other => panic!("an item is given up for being throttled: {other:?}"),
        }
        self.tried.insert(place, running.attempt);
    }

    fn report(&self) -> Ran {
        let tenant = &self.tenant;
        let mut load = Load::default();
        for place in (0..tenant.files + tenant.seats * tenant.mails_each).map(Place) {
            let (workload, seat) = workload_of(tenant, place);
            load.add(1, &seat.to_string(), workload, size_of(tenant, workload));
        }
        let estimate = load
            .estimate(&Quotas::default(), tenant.seats * 4 + 64)
            .remove(0);
        let files = self.files_ended - self.start;
        let ended = self.ended.iter().max().copied().unwrap_or(self.start);
        Ran {
            requests: self.service.served,
            throttled: self.service.throttled,
            files,
            mail: ended - self.start,
            files_used: self.files_used(files),
            mail_used: self.mail_used(),
            earliest: estimate.earliest,
            latest: estimate.latest,
            binds: estimate.binds,
        }
    }

    /// The least time in which the day's and the minute's units, as far as others left them, let through what was
    /// served, beside the time that it took.
    fn files_used(&self, took: TimeDelta) -> f64 {
        let minutes = float(took.num_seconds().unsigned_abs()) / 60.0;
        let used = self.service.used("units a minute", APP);
        let others = float(used.competing) / minutes.max(1.0);
        let (minute, day) = (1_250.0 - others, 1_200_000.0 - others * 1_440.0);
        let served = float(used.served);
        let days = (served / day).ceil() - 1.0;
        let rest = (served - days * day) / minute;
        (days * 1_440.0 + rest) / minutes
    }

    /// The same of each mailbox's bytes; a quarter of one window may go at once and is not counted.
    fn mail_used(&self) -> f64 {
        let (mut least, mut took) = (0.0, 0.0);
        for (seat, ended) in self.ended.iter().enumerate() {
            let windows = float((*ended - self.start).num_seconds().unsigned_abs()) / 300.0;
            let used = self.service.used("mailbox bytes", &seat.to_string());
            let quota = 150_000_000.0 - float(used.competing) / (windows + 1.0);
            least += (float(used.served) - quota / 4.0) / quota;
            took += windows;
        }
        least / took
    }
}
