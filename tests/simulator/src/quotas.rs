//! Documented limits on the simulator's clock: Outlook by app and mailbox, SharePoint by resource units.
//! <https://learn.microsoft.com/graph/throttling-limits>

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::answer::{Answer, refuse};

const OUTLOOK_REQUESTS: usize = 10_000;
const OUTLOOK_WINDOW_S: i64 = 600;
const OUTLOOK_BYTES: u64 = 150 << 20;
const OUTLOOK_BYTES_WINDOW_S: i64 = 300;
const OUTLOOK_CONCURRENT: u32 = 4;

/// What is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Any of it.
    pub enforced: bool,
    /// SharePoint resource units a minute for the app in the tenant; 1,250 up to 1,000 licences.
    pub sharepoint_units_per_minute: u64,
}

impl Quotas {
    /// Nothing is enforced.
    pub fn off() -> Self {
        Self {
            enforced: false,
            sharepoint_units_per_minute: 1250,
        }
    }

    /// The documents, for a tenant of up to 1,000 licences.
    pub fn documented() -> Self {
        Self {
            enforced: true,
            sharepoint_units_per_minute: 1250,
        }
    }
}

/// What a request counts against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Mailbox { key: String, upload_bytes: u64 },
    None,
    SharePoint { app: String, units: u64 },
}

#[derive(Debug, Default)]
struct Mailbox {
    requests: VecDeque<DateTime<Utc>>,
    uploads: VecDeque<(DateTime<Utc>, u64)>,
    running: u32,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Meter {
    quotas: Quotas,
    mailboxes: BTreeMap<String, Mailbox>,
    units: BTreeMap<String, VecDeque<(DateTime<Utc>, u64)>>,
    pub(crate) throttled: u64,
}

impl Meter {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            mailboxes: BTreeMap::new(),
            units: BTreeMap::new(),
            throttled: 0,
        }
    }

    /// Counts a request in, or refuses it. Throttled requests count as well.
    pub(crate) fn enter(&mut self, lane: &Lane, now: DateTime<Utc>) -> Result<(), Answer> {
        if !self.quotas.enforced {
            return Ok(());
        }
        let wait = match lane {
            Lane::None => None,
            Lane::Mailbox { key, upload_bytes } => {
                let mailbox = self.mailboxes.entry(key.clone()).or_default();
                mailbox.enter(*upload_bytes, now)
            }
            Lane::SharePoint { app, units } => {
                let log = self.units.entry(app.clone()).or_default();
                expire(log, now, 60);
                log.push_back((now, *units));
                let used: u64 = log.iter().map(|(_, units)| units).sum();
                let over = used > self.quotas.sharepoint_units_per_minute;
                over.then(|| left(log.front().map(|(at, _)| *at), now, 60))
            }
        };
        let Some(seconds) = wait else { return Ok(()) };
        self.throttled += 1;
        let (code, message) = match lane {
            Lane::Mailbox { .. } => (
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
            ),
            _ => (
                "activityLimitReached",
                "The app or user has been throttled.",
            ),
        };
        Err(refuse(429, code, message).with("Retry-After", seconds.to_string()))
    }

    /// The request is over.
    pub(crate) fn leave(&mut self, lane: &Lane) {
        if let Lane::Mailbox { key, .. } = lane
            && let Some(mailbox) = self.mailboxes.get_mut(key)
        {
            mailbox.running = mailbox.running.saturating_sub(1);
        }
    }
}

impl Mailbox {
    fn enter(&mut self, bytes: u64, now: DateTime<Utc>) -> Option<i64> {
        while self
            .requests
            .front()
            .is_some_and(|at| is_over(*at, now, OUTLOOK_WINDOW_S))
        {
            self.requests.pop_front();
        }
        expire(&mut self.uploads, now, OUTLOOK_BYTES_WINDOW_S);
        self.requests.push_back(now);
        self.uploads.push_back((now, bytes));
        self.running += 1;
        let uploaded: u64 = self.uploads.iter().map(|(_, bytes)| bytes).sum();
        if self.requests.len() > OUTLOOK_REQUESTS {
            return Some(left(self.requests.front().copied(), now, OUTLOOK_WINDOW_S));
        }
        if uploaded > OUTLOOK_BYTES {
            let first = self.uploads.front().map(|(at, _)| *at);
            return Some(left(first, now, OUTLOOK_BYTES_WINDOW_S));
        }
        (self.running > OUTLOOK_CONCURRENT).then_some(1)
    }
}

fn is_over(at: DateTime<Utc>, now: DateTime<Utc>, window_s: i64) -> bool {
    now - at >= TimeDelta::seconds(window_s)
}

fn expire(log: &mut VecDeque<(DateTime<Utc>, u64)>, now: DateTime<Utc>, window_s: i64) {
    while log
        .front()
        .is_some_and(|(at, _)| is_over(*at, now, window_s))
    {
        log.pop_front();
    }
}

fn left(first: Option<DateTime<Utc>>, now: DateTime<Utc>, window_s: i64) -> i64 {
    first.map_or(1, |at| {
        (at + TimeDelta::seconds(window_s) - now)
            .num_seconds()
            .max(1)
    })
}
