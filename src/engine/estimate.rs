//! When each wave ends, as a range, and what binds it: from a plan's sums and the documented quotas. Pure; nothing measured.
//!
//! The early end supposes that every request costs what the documents say and that nobody else draws on the quotas. The late
//! end supposes that requests cost half as much again, that others use a fifth, and that finding that out costs a tenth.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::cost;
use super::governor::{Cost, Documented, Lane, Measure, Quotas, documented};
use crate::domain::item::Workload;

/// How long one request takes: not documented by anybody, assumed.
const REQUEST_MS: (u64, u64) = (100, 500);
/// What the late end makes of each cost, in hundredths.
const LATE_COST: u64 = 150;
/// What the late end leaves of each quota, in hundredths.
const LATE_QUOTA: u64 = 72;

/// The sums of a plan.
#[derive(Clone, Debug, Default)]
pub struct Load {
    waves: BTreeMap<u32, Wave>,
}

#[derive(Clone, Debug, Default)]
struct Wave {
    items: u64,
    bytes: u64,
    lanes: BTreeMap<Lane, Sum>,
}

/// Costs added up: more than a single call's numbers hold.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    requests: u64,
    resource_units: u64,
    upload_bytes: u64,
    download_bytes: u64,
    writes: u64,
}

/// One wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveEstimate {
    /// Its number.
    pub wave: u32,
    /// Items in it.
    pub items: u64,
    /// Their bytes in the source.
    pub bytes: u64,
    /// It ends no sooner than this after the start of the first wave.
    pub earliest: TimeDelta,
    /// It ends no later, if nothing else goes wrong.
    pub latest: TimeDelta,
    /// What binds it.
    pub binds: String,
}

impl Load {
    /// Counts an item of a custodian.
    pub fn add(&mut self, wave: u32, custodian: &str, workload: Workload, size_bytes: u64) {
        let wave = self.waves.entry(wave).or_default();
        wave.items += 1;
        wave.bytes += size_bytes;
        let lane = lane_of(workload, custodian);
        let sum = wave.lanes.entry(lane).or_default();
        sum.add(cost::item(workload, size_bytes));
    }

    /// Counts the older versions of a file that was counted.
    pub fn add_history(
        &mut self,
        wave: u32,
        custodian: &str,
        sizes: impl IntoIterator<Item = u64>,
    ) {
        let wave = self.waves.entry(wave).or_default();
        let sizes = sizes.into_iter().inspect(|size| wave.bytes += size);
        let cost = cost::history(sizes);
        let lane = lane_of(Workload::Files, custodian);
        wave.lanes.entry(lane).or_default().add(cost);
    }

    /// When each wave ends. A wave goes before those after it in every lane, and those after it fill the gaps.
    pub fn estimate(&self, quotas: &Quotas, workers: usize) -> Vec<WaveEstimate> {
        let mut so_far: BTreeMap<&Lane, Sum> = BTreeMap::new();
        let mut estimates = Vec::new();
        for (number, wave) in &self.waves {
            for (lane, sum) in &wave.lanes {
                so_far.entry(lane).or_default().take(*sum);
            }
            let early = slowest(&so_far, quotas, workers, 100, 100, REQUEST_MS.0);
            let late = slowest(
                &so_far,
                quotas,
                workers,
                LATE_COST,
                LATE_QUOTA,
                REQUEST_MS.1,
            );
            estimates.push(WaveEstimate {
                wave: *number,
                items: wave.items,
                bytes: wave.bytes,
                earliest: TimeDelta::seconds(early.0),
                latest: TimeDelta::seconds(late.0.max(early.0)),
                binds: early.1,
            });
        }
        estimates
    }
}

impl Sum {
    fn add(&mut self, cost: Cost) {
        self.requests += u64::from(cost.requests);
        self.resource_units += u64::from(cost.resource_units);
        self.upload_bytes += cost.upload_bytes;
        self.download_bytes += cost.download_bytes;
        self.writes += u64::from(cost.writes);
    }

    fn take(&mut self, other: Self) {
        self.requests += other.requests;
        self.resource_units += other.resource_units;
        self.upload_bytes += other.upload_bytes;
        self.download_bytes += other.download_bytes;
        self.writes += other.writes;
    }

    fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::DownloadBytes => self.download_bytes,
            Measure::Requests => self.requests,
            Measure::ResourceUnits => self.resource_units,
            Measure::UploadBytes => self.upload_bytes,
            // A restore shares nothing.
            Measure::Sharing => 0,
            Measure::Writes => self.writes,
        }
    }
}

/// The seconds until the last quota has let all through, and the words for what binds it. What several lanes draw on is counted
/// over all of them: many teams share the messages of the one application.
fn slowest(
    lanes: &BTreeMap<&Lane, Sum>,
    quotas: &Quotas,
    workers: usize,
    cost_percent: u64,
    quota_percent: u64,
    request_ms: u64,
) -> (i64, String) {
    let mut requests = 0;
    let mut drawn: BTreeMap<Documented, (u64, Vec<Documented>)> = BTreeMap::new();
    for (lane, sum) in lanes {
        requests += sum.requests;
        let documented = documented(quotas, lane);
        for one in &documented {
            let (amount, _) = drawn
                .entry(one.clone())
                .or_insert_with(|| (0, documented.clone()));
            *amount += sum.of(one.measure) * cost_percent / 100;
        }
    }
    let mut slowest = (0, "nothing".to_owned());
    for (one, (amount, beside)) in &drawn {
        let seconds = through(*amount, one, beside, quota_percent);
        if seconds > slowest.0 {
            slowest = (seconds, one.words());
        }
    }
    let at_once = u64::try_from(workers.max(1)).unwrap_or(u64::MAX);
    let by_workers = i64::try_from(requests * request_ms / 1_000 / at_once).unwrap_or(i64::MAX);
    if by_workers > slowest.0 {
        let words = format!("{workers} workers, at an assumed 0.1 to 0.5 s a request");
        slowest = (by_workers, words);
    }
    slowest
}

/// How long an amount takes through one quota. A long quota is spent as fast as the short ones of its measure allow and
/// comes back when its time is over: whole lengths, and the rest at the pace of the short ones.
fn through(amount: u64, one: &Documented, all: &[Documented], quota_percent: u64) -> i64 {
    let quota = (one.quota * quota_percent / 100).max(1);
    let length = one.length.num_seconds();
    if amount == 0 {
        return 0;
    }
    if !one.is_long() {
        return spread(amount, quota, length);
    }
    let whole = (amount - 1) / quota;
    let rest = amount - whole * quota;
    let short = all
        .iter()
        .filter(|other| other.measure == one.measure && !other.is_long())
        .map(|other| {
            spread(
                rest,
                other.quota * quota_percent / 100,
                other.length.num_seconds(),
            )
        })
        .max();
    match (whole, short) {
        // Less than one length's quota: the short ones bind.
        (0, _) => 0,
        (whole, rest) => {
            i64::try_from(whole).unwrap_or(i64::MAX / 86_400) * length + rest.unwrap_or(0)
        }
    }
}

fn spread(amount: u64, quota: u64, length_s: i64) -> i64 {
    let length = u128::from(length_s.unsigned_abs());
    let seconds = u128::from(amount) * length / u128::from(quota.max(1));
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn lane_of(workload: Workload, custodian: &str) -> Lane {
    match workload {
        Workload::Files | Workload::Lists | Workload::Pages => Lane::SharePoint,
        // As if all of a team were one channel: on the safe side.
        Workload::Teams => Lane::TeamsImport {
            team: custodian.to_owned(),
            channel: custodian.to_owned(),
        },
        Workload::Calendar | Workload::Contacts | Workload::Mail | Workload::Tasks => {
            Lane::Mailbox(custodian.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(delta: TimeDelta) -> i64 {
        delta.num_hours()
    }

    #[test]
    fn a_million_files_are_bound_by_the_day() {
        let mut load = Load::default();
        for number in 0..1_000_000_u32 {
            load.add(1, &number.to_string(), Workload::Files, 100_000);
        }
        let estimates = load.estimate(&Quotas::default(), 64);
        // 4 M units: three whole days of 1.2 M, and 400,000 at 1,250 a minute.
        assert_eq!(hours(estimates[0].earliest), 3 * 24 + 5);
        assert!(
            estimates[0].binds.contains("a day"),
            "{}",
            estimates[0].binds
        );
        assert!(hours(estimates[0].latest) > 6 * 24);
        assert_eq!(
            (estimates[0].items, estimates[0].bytes),
            (1_000_000, 100_000_000_000)
        );
    }

    #[test]
    fn a_mailbox_is_bound_by_its_bytes_and_others_do_not_wait_for_it() {
        let mut load = Load::default();
        for _ in 0..5_000 {
            load.add(1, "ann", Workload::Mail, 1_000_000);
        }
        for custodian in 0..20_000 {
            load.add(1, &custodian.to_string(), Workload::Mail, 1_000_000);
        }
        let estimates = load.estimate(&Quotas::default(), 64);
        assert_eq!(estimates[0].earliest.num_minutes(), 167);
        assert!(
            estimates[0].binds.contains("uploaded in 5 minutes"),
            "{}",
            estimates[0].binds
        );
        let one_worker = load.estimate(&Quotas::default(), 1);
        assert!(
            one_worker[0].binds.contains("1 workers"),
            "{}",
            one_worker[0].binds
        );
        assert!(one_worker[0].latest > estimates[0].latest);
    }

    #[test]
    fn older_versions_are_written_and_read_back_too() {
        let mut load = Load::default();
        load.add(1, "ann", Workload::Files, 100);
        load.add_history(1, "ann", []);
        let alone = load.waves[&1].lanes[&Lane::SharePoint];
        load.add_history(1, "ann", [10, 20]);
        let wave = &load.waves[&1];
        let sum = wave.lanes[&Lane::SharePoint];
        assert_eq!((wave.items, wave.bytes), (1, 130));
        assert_eq!(alone.upload_bytes, 100);
        assert_eq!((sum.upload_bytes, sum.download_bytes), (130, 130));
        // Each: the session, its fragment, the item, its bytes; then the item and a page of versions.
        assert_eq!(sum.requests - alone.requests, 2 * 4 + 2);
    }

    #[test]
    fn many_teams_share_the_messages_of_the_one_application() {
        let teams = |teams: u32| {
            let mut load = Load::default();
            for team in 0..teams {
                for _ in 0..1_000 {
                    load.add(1, &format!("team {team}"), Workload::Teams, 500);
                }
            }
            load.estimate(&Quotas::default(), 4_096).remove(0)
        };
        let (one, hundred) = (teams(1), teams(100));
        assert!(one.binds.contains("of a team"), "{}", one.binds);
        // 50 messages a second in the whole tenant.
        assert_eq!(hundred.earliest.num_seconds(), 100 * 1_000 / 50);
        assert!(
            hundred.binds.contains("50 writes a second for the app"),
            "{}",
            hundred.binds
        );
    }

    #[test]
    fn a_later_wave_ends_later_and_its_lanes_are_counted_alone() {
        let mut load = Load::default();
        for _ in 0..5_000 {
            load.add(1, "ann", Workload::Mail, 1_000_000);
            load.add(2, "ann", Workload::Mail, 1_000_000);
            load.add(2, "bob", Workload::Mail, 10_000);
        }
        let estimates = load.estimate(&Quotas::default(), 64);
        assert_eq!(estimates[1].earliest.num_minutes(), 2 * 167);
        assert_eq!(estimates[1].items, 10_000);
        assert!(Load::default().estimate(&Quotas::default(), 1).is_empty());
    }
}
