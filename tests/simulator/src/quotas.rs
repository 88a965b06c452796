//! The limits of each service on the simulator's clock, from the documents, and what the documents do not say: requests that
//! cost more, and others who draw on the same quota.
//! <https://learn.microsoft.com/graph/throttling-limits>

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::faults::Seeded;

const OUTLOOK_CONCURRENT: u32 = 4;
/// Logs of quotas this long remember seconds, not requests.
const COARSE_FROM_S: i64 = 3_600;
/// The load of others changes this often.
const EPOCH_S: i64 = 1_800;
const TICK_S: i64 = 10;

/// What is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Any of it.
    pub enforced: bool,
    /// Licences of the tenant: SharePoint's quotas follow from them.
    pub licences: u64,
    /// Each request costs up to this much more than documented, drawn anew for each.
    pub hidden_percent: u64,
    /// Others use up to this much of each quota, drawn anew each half hour.
    pub competing_percent: u64,
    /// So many of a hundred refusals name no pause.
    pub silent_percent: u64,
    /// Seeds what is drawn.
    pub seed: u64,
}

impl Quotas {
    /// Nothing is enforced.
    pub fn off() -> Self {
        Self {
            enforced: false,
            ..Self::documented()
        }
    }

    /// The documents, for a tenant of up to 1,000 licences.
    pub fn documented() -> Self {
        Self {
            enforced: true,
            licences: 1_000,
            hidden_percent: 0,
            competing_percent: 0,
            silent_percent: 0,
            seed: 1,
        }
    }

    /// SharePoint's units: of the app a minute and a day, of the tenant in five minutes.
    fn sharepoint(&self) -> (u64, u64, u64) {
        match self.licences {
            0..=1_000 => (1_250, 1_200_000, 18_750),
            1_001..=5_000 => (2_500, 2_400_000, 37_500),
            5_001..=15_000 => (3_750, 3_600_000, 56_250),
            15_001..=50_000 => (5_000, 4_800_000, 75_000),
            _ => (6_250, 6_000_000, 93_750),
        }
    }
}

/// What a request counts against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Conditional access: one a second for everybody.
    ConditionalAccess,
    /// Users, groups, licences.
    Directory {
        /// The app.
        app: String,
        /// It changes something.
        writes: bool,
        /// Resource units.
        units: u64,
    },
    /// A mailbox.
    Mailbox {
        /// App and user.
        key: String,
        /// Bytes in its body.
        upload_bytes: u64,
    },
    /// No limit is known.
    None,
    /// Drives and sites.
    SharePoint {
        /// The app.
        app: String,
        /// Resource units.
        units: u64,
        /// It lets somebody in.
        shares: bool,
    },
    /// Whatever is asked of a team, by app and team: four a second.
    Team(String),
    /// Messages that are imported into a channel or a chat: five a second, and four of a team.
    Thread {
        /// The channel or chat.
        thread: String,
        /// App and team, where it is a channel.
        team: Option<String>,
    },
}

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// `Retry-After`, where it is named.
    pub seconds: Option<i64>,
}

/// How much of a quota was used, in the service's own count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// By requests that were served.
    pub served: u64,
    /// By others.
    pub competing: u64,
}

/// One quota of one subject: what was counted, when.
#[derive(Debug)]
struct Log {
    length_s: i64,
    limit: u64,
    /// What others may use in a second at the most.
    competing_per_s: f64,
    entries: VecDeque<(DateTime<Utc>, u64)>,
    sum: u64,
    ticked: Option<DateTime<Utc>>,
    owed: f64,
    used: Used,
}

/// What a quota is known by: its name, and whose it is.
type Key = (&'static str, String);

/// The counters.
#[derive(Debug)]
pub struct Meter {
    quotas: Quotas,
    logs: BTreeMap<Key, Log>,
    running: BTreeMap<String, u32>,
    seeded: Seeded,
    /// Requests that were refused.
    pub throttled: u64,
    /// Requests that were served.
    pub served: u64,
}

impl Meter {
    /// Nothing counted yet.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            logs: BTreeMap::new(),
            running: BTreeMap::new(),
            seeded: Seeded::new(quotas.seed ^ 0x9_007a),
            throttled: 0,
            served: 0,
        }
    }

    /// Counts a request in, or refuses it. Throttled requests count as well.
    pub fn enter(&mut self, lane: &Lane, now: DateTime<Utc>) -> Result<(), Throttled> {
        if !self.quotas.enforced {
            return Ok(());
        }
        let mut wait: Option<i64> = None;
        if let Lane::Mailbox { key, .. } = lane {
            let running = self.running.entry(key.clone()).or_default();
            *running += 1;
            if *running > OUTLOOK_CONCURRENT {
                wait = Some(1);
            }
        }
        let hidden = 100 + self.draw(self.quotas.hidden_percent);
        let mut counted = Vec::new();
        for (key, limit, length_s, amount) in self.limits(lane) {
            let exact = amount * hidden;
            // What is left of a whole unit counts as often as it is large.
            let amount = exact / 100 + u64::from(self.draw(99) < exact % 100);
            let per_s = self.competing_per_s(key.0, limit, length_s);
            let (percent, seed) = (self.quotas.competing_percent, self.quotas.seed);
            let log = self
                .logs
                .entry(key.clone())
                .or_insert_with(|| Log::new(length_s, limit, per_s));
            log.compete(now, percent, seed);
            log.add(now, amount);
            if let Some(seconds) = log.over(now) {
                wait = wait.max(Some(seconds));
            }
            counted.push((key, amount));
        }
        let Some(seconds) = wait else {
            self.served += 1;
            for (key, amount) in counted {
                if let Some(log) = self.logs.get_mut(&key) {
                    log.used.served += amount;
                }
            }
            return Ok(());
        };
        self.throttled += 1;
        let silent = self.draw(99) < self.quotas.silent_percent;
        Err(Throttled {
            seconds: (!silent).then_some(seconds),
        })
    }

    /// The request is over.
    pub fn leave(&mut self, lane: &Lane) {
        if let Lane::Mailbox { key, .. } = lane
            && let Some(running) = self.running.get_mut(key)
        {
            *running = running.saturating_sub(1);
        }
    }

    /// What was used of a quota: `mailbox requests`, `mailbox bytes`, `units a minute` and so on, by its subject.
    pub fn used(&self, quota: &'static str, subject: &str) -> Used {
        let key = (quota, subject.to_owned());
        self.logs
            .get(&key)
            .map_or_else(Used::default, |log| log.used)
    }

    /// From 0 up to and with `most`.
    fn draw(&mut self, most: u64) -> u64 {
        self.seeded.next() % (most + 1)
    }

    /// The quotas that a request counts against: name and subject, limit, seconds, amount.
    fn limits(&self, lane: &Lane) -> Vec<(Key, u64, i64, u64)> {
        match lane {
            Lane::None => Vec::new(),
            Lane::ConditionalAccess => {
                vec![(("conditional access", String::new()), 1, 1, 1)]
            }
            Lane::Directory { app, writes, units } => {
                let mut all = vec![(("directory units", app.clone()), 3_500, 10, *units)];
                if *writes {
                    all.push((("directory writes", app.clone()), 3_000, 150, 1));
                }
                all
            }
            Lane::Mailbox { key, upload_bytes } => vec![
                (("mailbox requests", key.clone()), 10_000, 600, 1),
                (
                    ("mailbox bytes", key.clone()),
                    150_000_000,
                    300,
                    *upload_bytes,
                ),
            ],
            Lane::Team(team) => vec![of_team(team)],
            Lane::Thread { thread, team } => {
                let mut all = vec![(("thread messages", thread.clone()), 5, 1, 1)];
                all.extend(team.iter().map(|team| of_team(team)));
                all
            }
            Lane::SharePoint { app, units, shares } => {
                let (minute, day, tenant) = self.quotas.sharepoint();
                let sharing = (("sharing calls", app.clone()), 300, 300, u64::from(*shares));
                vec![
                    sharing,
                    (("units a minute", app.clone()), minute, 60, *units),
                    (("units a day", app.clone()), day, 86_400, *units),
                    (("units of the tenant", String::new()), tenant, 300, *units),
                ]
            }
        }
    }

    /// Who uses a part of the minute's units uses as many of the day's.
    fn competing_per_s(&self, quota: &str, limit: u64, length_s: i64) -> f64 {
        if quota.starts_with("units") {
            return per_second(self.quotas.sharepoint().0, 60);
        }
        per_second(limit, length_s)
    }
}

/// "A maximum of four requests per second per app can be issued on a given team."
fn of_team(team: &str) -> (Key, u64, i64, u64) {
    (("team requests", team.to_owned()), 4, 1, 1)
}

#[allow(clippy::cast_precision_loss, reason = "a load needs no 53 bits")]
fn per_second(amount: u64, seconds: i64) -> f64 {
    amount as f64 / seconds as f64
}

impl Log {
    fn new(length_s: i64, limit: u64, competing_per_s: f64) -> Self {
        Self {
            length_s,
            limit,
            competing_per_s,
            entries: VecDeque::new(),
            sum: 0,
            ticked: None,
            owed: 0.0,
            used: Used::default(),
        }
    }

    fn add(&mut self, now: DateTime<Utc>, amount: u64) {
        while let Some((at, counted)) = self.entries.front()
            && now - at >= TimeDelta::seconds(self.length_s)
        {
            self.sum -= counted;
            self.entries.pop_front();
        }
        self.sum += amount;
        match self.entries.back_mut() {
            Some((at, counted))
                if self.length_s >= COARSE_FROM_S && now - *at < TimeDelta::seconds(1) =>
            {
                *counted += amount;
            }
            _ => self.entries.push_back((now, amount)),
        }
    }

    /// The seconds until enough has left, where there is too much.
    fn over(&self, now: DateTime<Utc>) -> Option<i64> {
        let mut sum = self.sum;
        let mut leaves = None;
        for (at, counted) in &self.entries {
            if sum <= self.limit {
                break;
            }
            sum -= counted;
            leaves = Some(*at);
        }
        let left = leaves? + TimeDelta::seconds(self.length_s) - now;
        Some((left.num_milliseconds() + 999).div_euclid(1_000).max(1))
    }

    /// What others did since the last request.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a load needs no 53 bits"
    )]
    fn compete(&mut self, now: DateTime<Utc>, percent: u64, seed: u64) {
        if percent == 0 {
            return;
        }
        let oldest = now - TimeDelta::seconds(self.length_s);
        let mut at = self.ticked.unwrap_or(oldest).max(oldest);
        while at + TimeDelta::seconds(TICK_S) <= now {
            at += TimeDelta::seconds(TICK_S);
            let epoch = at.timestamp().div_euclid(EPOCH_S).unsigned_abs();
            let drawn = Seeded::new(seed ^ epoch.wrapping_mul(0x51)).next() % 101;
            let part = drawn as f64 / 100.0 * percent as f64 / 100.0;
            self.owed += part * self.competing_per_s * TICK_S as f64;
            let amount = self.owed.floor();
            self.owed -= amount;
            self.used.competing += amount as u64;
            self.add(at, amount as u64);
        }
        self.ticked = Some(at);
    }
}
