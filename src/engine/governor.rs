//! The documented quotas as a pure state: (state, now, cost) -> go or wait until. Nothing waits here, nothing is sent.

pub mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use window::Window;

/// Where a request counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// One mailbox, by its user's id: Exchange counts per app and mailbox.
    Mailbox(String),
    /// All drives and sites: SharePoint counts per app and tenant.
    SharePoint,
}

/// What a call will use up, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// HTTP requests.
    pub requests: u32,
    /// SharePoint resource units.
    pub resource_units: u32,
    /// Bytes in request bodies.
    pub upload_bytes: u64,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send it; it has been counted.
    Go,
    /// Ask again then; nothing has been counted.
    WaitUntil(DateTime<Utc>),
}

/// How many licences the tenant has; SharePoint's quotas follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenceTier {
    /// Up to 1,000.
    #[default]
    UpTo1k,
    /// 1,001 to 5,000.
    UpTo5k,
    /// 5,001 to 15,000.
    UpTo15k,
    /// 15,001 to 50,000.
    UpTo50k,
    /// More than 50,000.
    Over50k,
}

impl LicenceTier {
    /// The tier of a tenant with that many licences.
    pub fn of(licences: u64) -> Self {
        match licences {
            0..=1_000 => Self::UpTo1k,
            1_001..=5_000 => Self::UpTo5k,
            5_001..=15_000 => Self::UpTo15k,
            15_001..=50_000 => Self::UpTo50k,
            _ => Self::Over50k,
        }
    }
}

/// The quotas in force, as documented.
/// <https://learn.microsoft.com/graph/throttling-limits>,
/// <https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Outlook: requests per mailbox in ten minutes.
    pub mailbox_requests: u64,
    /// Outlook: uploaded bytes per mailbox in five minutes.
    pub mailbox_upload_bytes: u64,
    /// Outlook: requests to one mailbox at the same time.
    pub mailbox_concurrent: usize,
    /// SharePoint: resource units in a minute.
    pub sharepoint_units_minute: u64,
    /// SharePoint: resource units in a day.
    pub sharepoint_units_day: u64,
    /// SharePoint: bytes in an hour.
    pub sharepoint_upload_bytes: u64,
    /// SharePoint: files that are written at the same time; no limit is documented, large numbers get throttled.
    pub sharepoint_concurrent: usize,
}

impl Quotas {
    /// The documented quotas for a tenant of that size.
    pub fn documented(tier: LicenceTier) -> Self {
        let (per_minute, per_day) = match tier {
            LicenceTier::UpTo1k => (1_250, 1_200_000),
            LicenceTier::UpTo5k => (2_500, 2_400_000),
            LicenceTier::UpTo15k => (3_750, 3_600_000),
            LicenceTier::UpTo50k => (5_000, 4_800_000),
            LicenceTier::Over50k => (6_250, 6_000_000),
        };
        Self {
            mailbox_requests: 10_000,
            mailbox_upload_bytes: 150_000_000,
            mailbox_concurrent: 4,
            sharepoint_units_minute: per_minute,
            sharepoint_units_day: per_day,
            sharepoint_upload_bytes: 400_000_000_000,
            sharepoint_concurrent: 10,
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self::documented(LicenceTier::default())
    }
}

/// Everything that was sent lately, by lane.
#[derive(Clone, Debug)]
pub struct Governor {
    quotas: Quotas,
    lanes: BTreeMap<Lane, LaneState>,
}

#[derive(Clone, Debug)]
struct LaneState {
    windows: Vec<(Measure, Window)>,
    fenced_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    Requests,
    ResourceUnits,
    UploadBytes,
}

impl Cost {
    fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::Requests => u64::from(self.requests),
            Measure::ResourceUnits => u64::from(self.resource_units),
            Measure::UploadBytes => self.upload_bytes,
        }
    }
}

impl Governor {
    /// Nothing sent yet.
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            lanes: BTreeMap::new(),
        }
    }

    /// The quotas in force.
    pub fn quotas(&self) -> Quotas {
        self.quotas
    }

    /// Counts the call when it fits, or says when to ask again. A call that is larger than a whole quota goes
    /// when the lane has been quiet for that quota's time: it cannot be made smaller here.
    pub fn ask(&mut self, now: DateTime<Utc>, lane: &Lane, cost: Cost) -> Answer {
        let state = self.lane(lane);
        if let Some(until) = state.fenced_until {
            if now < until {
                return Answer::WaitUntil(until);
            }
            state.fenced_until = None;
        }
        let earliest = state
            .windows
            .iter_mut()
            .filter_map(|(measure, window)| window.earliest(now, cost.of(*measure)))
            .max();
        if let Some(at) = earliest {
            return Answer::WaitUntil(at);
        }
        for (measure, window) in &mut state.windows {
            window.count(now, cost.of(*measure));
        }
        Answer::Go
    }

    /// After a 429 or a 503 with `Retry-After`: nobody in that lane sends anything before then. A fence only grows.
    pub fn fence(&mut self, lane: &Lane, until: DateTime<Utc>) {
        let state = self.lane(lane);
        state.fenced_until = state.fenced_until.max(Some(until));
    }

    fn lane(&mut self, lane: &Lane) -> &mut LaneState {
        if !self.lanes.contains_key(lane) {
            let state = LaneState::new(self.quotas, lane);
            self.lanes.insert(lane.clone(), state);
        }
        self.lanes.get_mut(lane).expect("it was just put there")
    }
}

impl LaneState {
    fn new(quotas: Quotas, lane: &Lane) -> Self {
        let windows = match lane {
            Lane::Mailbox(_) => vec![
                (
                    Measure::Requests,
                    Window::new(quotas.mailbox_requests, TimeDelta::minutes(10)),
                ),
                (
                    Measure::UploadBytes,
                    Window::new(quotas.mailbox_upload_bytes, TimeDelta::minutes(5)),
                ),
            ],
            Lane::SharePoint => vec![
                (
                    Measure::ResourceUnits,
                    Window::new(quotas.sharepoint_units_minute, TimeDelta::minutes(1)),
                ),
                (
                    Measure::ResourceUnits,
                    Window::new(quotas.sharepoint_units_day, TimeDelta::days(1)),
                ),
                (
                    Measure::UploadBytes,
                    Window::new(quotas.sharepoint_upload_bytes, TimeDelta::hours(1)),
                ),
            ],
        };
        Self {
            windows,
            fenced_until: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
    }

    fn mailbox(name: &str) -> Lane {
        Lane::Mailbox(name.to_owned())
    }

    const ONE: Cost = Cost {
        requests: 1,
        resource_units: 2,
        upload_bytes: 1_000,
    };

    /// Sends as fast as it may for `span` and says when each call went.
    fn greedy(lane: &Lane, cost: Cost, span: TimeDelta) -> Vec<DateTime<Utc>> {
        let mut governor = Governor::new(Quotas::default());
        let mut now = start();
        let mut sent = Vec::new();
        while now < start() + span {
            match governor.ask(now, lane, cost) {
                Answer::Go => sent.push(now),
                Answer::WaitUntil(at) => {
                    assert!(at > now, "waiting moves time on");
                    now = at;
                }
            }
        }
        sent
    }

    fn most_within(sent: &[DateTime<Utc>], span: TimeDelta) -> u64 {
        let mut first = 0;
        let mut most = 0;
        for (last, at) in sent.iter().enumerate() {
            while *at - sent[first] >= span {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        u64::try_from(most).expect("a small number")
    }

    #[test]
    fn a_mailbox_stays_just_under_ten_thousand_in_ten_minutes() {
        let sent = greedy(
            &mailbox("a"),
            Cost {
                upload_bytes: 0,
                ..ONE
            },
            TimeDelta::hours(1),
        );
        let most = most_within(&sent, TimeDelta::minutes(10));
        assert!((9_000..=10_000).contains(&most), "{most}");
        assert!(
            sent.len() > 52_000,
            "{} of 60,000 in an hour: too timid",
            sent.len()
        );
    }

    #[test]
    fn bytes_count_too() {
        let large = Cost {
            upload_bytes: 4_000_000,
            ..ONE
        };
        let sent = greedy(&mailbox("a"), large, TimeDelta::hours(1));
        let most = most_within(&sent, TimeDelta::minutes(5)) * large.upload_bytes;
        assert!((130_000_000..=150_000_000).contains(&most), "{most}");
    }

    #[test]
    fn sharepoint_counts_units_by_the_minute_and_by_the_day() {
        let sent = greedy(&Lane::SharePoint, ONE, TimeDelta::days(2));
        assert!(most_within(&sent, TimeDelta::minutes(1)) * 2 <= 1_250);
        let by_day = most_within(&sent, TimeDelta::days(1)) * 2;
        assert!((1_080_000..=1_200_000).contains(&by_day), "{by_day}");
    }

    #[test]
    fn mailboxes_do_not_share_a_quota() {
        let mut governor = Governor::new(Quotas::default());
        let all = Cost {
            requests: 9_000,
            ..Cost::default()
        };
        assert_eq!(governor.ask(start(), &mailbox("a"), all), Answer::Go);
        assert_ne!(governor.ask(start(), &mailbox("a"), all), Answer::Go);
        assert_eq!(governor.ask(start(), &mailbox("b"), all), Answer::Go);
    }

    #[test]
    fn a_fence_holds_its_lane_alone_and_only_grows() {
        let mut governor = Governor::new(Quotas::default());
        let until = start() + TimeDelta::seconds(30);
        governor.fence(&mailbox("a"), until);
        governor.fence(&mailbox("a"), start() + TimeDelta::seconds(5));
        assert_eq!(
            governor.ask(start(), &mailbox("a"), ONE),
            Answer::WaitUntil(until)
        );
        assert_eq!(governor.ask(start(), &mailbox("b"), ONE), Answer::Go);
        assert_eq!(governor.ask(until, &mailbox("a"), ONE), Answer::Go);
    }

    #[test]
    fn a_call_larger_than_the_quota_goes_when_the_lane_is_quiet() {
        let mut governor = Governor::new(Quotas::default());
        let huge = Cost {
            upload_bytes: 400_000_000,
            ..ONE
        };
        assert_eq!(governor.ask(start(), &mailbox("a"), ONE), Answer::Go);
        let Answer::WaitUntil(at) = governor.ask(start(), &mailbox("a"), huge) else {
            panic!("the lane is not quiet");
        };
        assert_eq!(governor.ask(at, &mailbox("a"), huge), Answer::Go);
        assert_ne!(governor.ask(at, &mailbox("a"), ONE), Answer::Go);
    }

    #[test]
    fn the_tiers_are_those_of_the_table() {
        let units =
            |licences| Quotas::documented(LicenceTier::of(licences)).sharepoint_units_minute;
        assert_eq!(
            [1_000, 5_000, 15_000, 50_000, 50_001].map(units),
            [1_250, 2_500, 3_750, 5_000, 6_250]
        );
    }
}
