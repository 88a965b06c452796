//! The quotas as a pure state: (state, now, event) -> answer. What may be sent and when, and what an answer teaches. Nothing
//! waits here, nothing is sent.

mod documented;
mod meter;
pub(super) mod routes;
#[cfg(test)]
mod tests;
mod waits;
mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use documented::Scope;
pub use documented::{Documented, LicenceTier, Measure, Quotas, of_lane as documented};
use meter::Meter;
use waits::Waits;
pub use waits::{ASKED_TO_PAUSE, Pace};

/// A `$batch` holds at most so many requests.
const BATCH_MOST: usize = 20;
/// Without `Retry-After` a lane pauses half a second, then doubles it up to a minute.
const PAUSE_FIRST: TimeDelta = TimeDelta::milliseconds(500);
const PAUSE_DOUBLINGS: u32 = 7;
/// SharePoint asks for some minutes when a minute's quota is used up, and for hours when a day's is.
const PAUSE_LENGTHS: i32 = 10;
/// A pause from here on speaks of a long quota.
const LONG_PAUSE: TimeDelta = TimeDelta::minutes(10);

/// Where a request counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Conditional access and identity protection: one a second for all apps of the tenant.
    ConditionalAccess,
    /// Users, groups, licences: by app and tenant.
    Directory,
    /// One mailbox, by its user's id: Exchange counts per app and mailbox.
    Mailbox(String),
    /// All drives and sites: SharePoint counts per app and tenant.
    SharePoint,
    /// What is done to a team, by its id.
    Team(String),
    /// Messages that are imported into a channel.
    TeamsImport {
        /// The team.
        team: String,
        /// The channel.
        channel: String,
    },
}

/// What a call will use up, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// HTTP requests.
    pub requests: u32,
    /// SharePoint's or the directory's resource units.
    pub resource_units: u32,
    /// Bytes in request bodies.
    pub upload_bytes: u64,
    /// Bytes in answers.
    pub download_bytes: u64,
    /// Requests that change something, where those are counted apart.
    pub writes: u32,
    /// Calls of a sharing interface.
    pub sharing: u32,
}

impl Cost {
    /// What it uses of one measure.
    pub fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::DownloadBytes => self.download_bytes,
            Measure::Requests => u64::from(self.requests),
            Measure::ResourceUnits => u64::from(self.resource_units),
            Measure::Sharing => u64::from(self.sharing),
            Measure::UploadBytes => self.upload_bytes,
            Measure::Writes => u64::from(self.writes),
        }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            resource_units: self.resource_units.saturating_add(other.resource_units),
            upload_bytes: self.upload_bytes.saturating_add(other.upload_bytes),
            download_bytes: self.download_bytes.saturating_add(other.download_bytes),
            writes: self.writes.saturating_add(other.writes),
            sharing: self.sharing.saturating_add(other.sharing),
        }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send it; it has been counted.
    Go,
    /// Ask again then; nothing has been counted.
    WaitUntil(DateTime<Utc>),
}

/// What the service said to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It took it, or refused it for a reason that has nothing to do with quotas.
    Served,
    /// 429, with the pause that it asked for, if it asked for one.
    Throttled(Option<TimeDelta>),
    /// 503: it is in trouble itself, which teaches nothing about quotas.
    Unavailable(Option<TimeDelta>),
}

/// What a service says of a quota before it objects. Best effort: not every answer has it, nothing rests on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hint {
    /// `RateLimit-Limit`, `-Remaining`, `-Reset`, of SharePoint.
    RateLimit {
        /// The quota.
        limit: u64,
        /// What is left of it.
        remaining: u64,
        /// When it begins anew.
        reset: TimeDelta,
    },
    /// `x-ms-throttle-limit-percentage`, of the directory: 0.8 close to the limit, above 1.0 beyond it.
    ThrottlePercentage(f64),
}

/// Everything that was sent lately, by lane.
#[derive(Clone, Debug)]
pub struct Governor {
    quotas: Quotas,
    lanes: BTreeMap<Lane, LaneState>,
    meters: Vec<(Measure, Meter)>,
    by_scope: BTreeMap<(Scope, Measure, TimeDelta), usize>,
    /// What each meter counts against, in the order of the meters.
    documents: Vec<Documented>,
    requests: u64,
    throttled: u64,
}

#[derive(Clone, Debug)]
struct LaneState {
    meters: Vec<usize>,
    fenced_until: Option<DateTime<Utc>>,
    /// The last objection that taught something: what was sent before it and is refused too says the same again.
    learned_at: Option<DateTime<Utc>>,
    /// Objections in a row that named no pause.
    silent: u32,
    waits: Waits,
}

impl Governor {
    /// Nothing sent yet.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            lanes: BTreeMap::new(),
            meters: Vec::new(),
            by_scope: BTreeMap::new(),
            documents: Vec::new(),
            requests: 0,
            throttled: 0,
        }
    }

    /// The quotas in force.
    pub fn quotas(&self) -> Quotas {
        self.quotas
    }

    /// Counts the call when it fits, or says when to ask again. A call that is larger than a whole quota goes
    /// when the lane has been quiet for that quota's time: it cannot be made smaller here.
    pub fn ask(&mut self, now: DateTime<Utc>, lane: &Lane, cost: Cost) -> Answer {
        if let Some(at) = self.opens(now, lane, cost) {
            return Answer::WaitUntil(at);
        }
        for place in self.lanes[lane].meters.clone() {
            let (measure, meter) = &mut self.meters[place];
            meter.count(now, cost.of(*measure));
        }
        self.requests += u64::from(cost.requests);
        Answer::Go
    }

    /// `None` when the call would go now; otherwise when to ask. Nothing is counted.
    pub fn opens(&mut self, now: DateTime<Utc>, lane: &Lane, cost: Cost) -> Option<DateTime<Utc>> {
        let state = self.lane(lane);
        if let Some(until) = state.fenced_until {
            if now < until {
                state.waits.wait(now, until, None);
                return Some(until);
            }
            state.fenced_until = None;
        }
        let places = std::mem::take(&mut state.meters);
        let opens = places.iter().filter_map(|place| {
            let (measure, meter) = &mut self.meters[*place];
            let at = meter.opens(now, cost.of(*measure))?;
            Some((at, *place))
        });
        let opens = opens.max();
        let state = self.lane(lane);
        state.meters = places;
        let (at, place) = opens?;
        state.waits.wait(now, at, Some(place));
        Some(at)
    }

    /// How many of these, from the first, may go in one `$batch` now; they have been counted. Each request of a batch is
    /// throttled alone, and a mailbox takes four at a time.
    pub fn ask_batch(&mut self, now: DateTime<Utc>, calls: &[(Lane, Cost)]) -> usize {
        let mut of_lane: BTreeMap<&Lane, usize> = BTreeMap::new();
        for (place, (lane, cost)) in calls.iter().take(BATCH_MOST).enumerate() {
            let in_lane = of_lane.entry(lane).or_default();
            *in_lane += 1;
            let is_mailbox = matches!(lane, Lane::Mailbox(_));
            let too_many = is_mailbox && *in_lane > self.quotas.mailbox_concurrent;
            if too_many || self.ask(now, lane, *cost) != Answer::Go {
                return place;
            }
        }
        calls.len().min(BATCH_MOST)
    }

    /// What came of a call that was sent at `sent`. Nobody in the lane sends anything before the pause is over; a pause
    /// only grows.
    pub fn heard(&mut self, now: DateTime<Utc>, lane: &Lane, sent: DateTime<Utc>, heard: Heard) {
        let (pause, is_throttled) = match heard {
            Heard::Served => {
                self.lane(lane).silent = 0;
                return;
            }
            Heard::Throttled(pause) => {
                self.throttled += 1;
                (pause, true)
            }
            Heard::Unavailable(pause) => (pause, false),
        };
        let state = self.lane(lane);
        let is_news = state.learned_at.is_none_or(|learned| sent >= learned);
        if is_news {
            state.silent = state.silent.saturating_add(1);
            state.learned_at = Some(now);
        }
        let doublings = state.silent.saturating_sub(1).min(PAUSE_DOUBLINGS);
        let until = now + pause.unwrap_or(PAUSE_FIRST * (1 << doublings));
        state.fenced_until = state.fenced_until.max(Some(until));
        if is_throttled && is_news {
            self.learn(now, lane, pause.unwrap_or_default());
        }
    }

    /// Takes a hint.
    pub fn hint(&mut self, now: DateTime<Utc>, lane: &Lane, hint: Hint) {
        match hint {
            Hint::RateLimit {
                limit,
                remaining,
                reset,
            } => {
                if remaining >= limit.div_ceil(10) {
                    return;
                }
                // The last tenth is spread over the time that is left.
                let spread = i32::try_from(remaining.max(1)).unwrap_or(i32::MAX);
                let until = now + reset.clamp(TimeDelta::zero(), TimeDelta::days(1)) / spread;
                let state = self.lane(lane);
                state.fenced_until = state.fenced_until.max(Some(until));
            }
            Hint::ThrottlePercentage(part) if part >= 1.0 => {
                self.learn(now, lane, TimeDelta::zero());
            }
            Hint::ThrottlePercentage(part) if part >= 0.8 => {
                for place in self.lane(lane).meters.clone() {
                    self.meters[place].1.hold(now);
                }
            }
            Hint::ThrottlePercentage(_) => {}
        }
    }

    /// The thousandths of the documented quotas that a lane allows itself, the least of its quotas.
    pub fn share(&mut self, lane: &Lane) -> u64 {
        let places = self.lane(lane).meters.clone();
        let shares = places.iter().map(|place| self.meters[*place].1.share());
        shares.min().unwrap_or(1_000)
    }

    /// Begins a new account of what is asked for and waited for; what was counted against the quotas stays.
    pub fn begin_account(&mut self) {
        (self.requests, self.throttled) = (0, 0);
        for state in self.lanes.values_mut() {
            state.waits = Waits::default();
        }
    }

    /// What was asked for and waited for since the account began.
    pub fn pace(&self) -> Pace {
        let mut longest: BTreeMap<String, TimeDelta> = BTreeMap::new();
        for (cause, span) in self.lanes.values().flat_map(|state| state.waits.each()) {
            let words = cause.map_or_else(
                || ASKED_TO_PAUSE.to_owned(),
                |place| self.documents[place].words(),
            );
            let known = longest.entry(words).or_default();
            *known = (*known).max(span);
        }
        let mut waits: Vec<(String, TimeDelta)> = longest.into_iter().collect();
        waits.sort_by_key(|(_, span)| std::cmp::Reverse(*span));
        Pace {
            requests: self.requests,
            throttled: self.throttled,
            waits,
        }
    }

    /// A pause of many times a quota's length does not come from that quota. A long quota is blamed when the pause is long,
    /// or when a short one was cut in vain; otherwise the fullest of the short ones explains it best.
    fn learn(&mut self, now: DateTime<Utc>, lane: &Lane, pause: TimeDelta) {
        let places = self.lane(lane).meters.clone();
        let in_vain = places.iter().any(|place| {
            let meter = &mut self.meters[*place].1;
            !meter.is_long() && meter.is_in_vain()
        });
        let mut best: Option<((bool, u64), usize)> = None;
        for place in places {
            let meter = &mut self.meters[place].1;
            let is_long = meter.is_long();
            let may_be = meter.length() * PAUSE_LENGTHS >= pause
                && (!is_long || in_vain || pause >= LONG_PAUSE);
            let rank = (is_long, meter.fullness(now));
            if may_be && best.is_none_or(|(most, _)| rank > most) {
                best = Some((rank, place));
            }
        }
        if let Some((_, place)) = best {
            self.meters[place].1.learn(now);
        }
    }

    fn lane(&mut self, lane: &Lane) -> &mut LaneState {
        if !self.lanes.contains_key(lane) {
            let mut meters = Vec::new();
            for one in documented(&self.quotas, lane) {
                let key = (one.scope.clone(), one.measure, one.length);
                let place = *self.by_scope.entry(key).or_insert_with(|| {
                    let meter = Meter::new(one.quota, one.length);
                    self.meters.push((one.measure, meter));
                    self.documents.push(one);
                    self.meters.len() - 1
                });
                meters.push(place);
            }
            let state = LaneState {
                meters,
                fenced_until: None,
                learned_at: None,
                silent: 0,
                waits: Waits::default(),
            };
            self.lanes.insert(lane.clone(), state);
        }
        self.lanes.get_mut(lane).expect("it was just put there")
    }
}
