//! A plan of any size: made in parts and handed out in portions. `tests/bench/scale.sh` runs the large one and prints its peak.

#![allow(clippy::result_large_err, reason = "the trait decides on its items")]

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;
use std::time::Instant;

use super::super::restoring::rows::OpenRows;
use super::fakes::{FakeSource, FakeTarget};
use super::*;
use crate::cli::estimate;
use crate::domain::case::CaseCommand;
use crate::domain::choices::Choices;
use crate::domain::event::Wave;
use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::message::Message;
use crate::engine::backlog::{Backlog, Portion};
use crate::engine::governor::Quotas;
use crate::engine::record::Custodian;
use crate::sources::{Items, Source, SourceDescription, SourceError};

/// Many custodians, each with what the fake source gives one, but for its item that cannot be read.
struct Crowd {
    one: FakeSource,
    description: SourceDescription,
}

impl Crowd {
    fn new(custodians: usize, items_each: usize) -> Self {
        let one = FakeSource::new(items_each);
        let mut description = one.description().clone();
        let name = |number| CustodianName(format!("person{number:05}"));
        description.custodians = (0..custodians).map(name).collect();
        Self { one, description }
    }
}

impl Source for Crowd {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn items(
        &self,
        point: &RestorePointId,
        custodian: &CustodianName,
    ) -> std::result::Result<Items<'_>, SourceError> {
        let items = self.one.items(point, custodian)?;
        Ok(Box::new(items.flatten().map(Ok)))
    }

    fn message(&self, item: &SourceItem) -> std::result::Result<Message, SourceError> {
        self.one.message(item)
    }

    fn file(&self, item: &SourceItem) -> std::result::Result<Box<dyn Read + Send>, SourceError> {
        self.one.file(item)
    }
}

/// Resident memory of this process in MiB: now, or the most that it ever was.
fn mib(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = found.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

fn say(step: &str, since: Instant) {
    println!(
        "{step}: {} s, now {} MiB, PEAK {} MiB",
        since.elapsed().as_secs(),
        mib("VmRSS:"),
        mib("VmHWM:")
    );
}

/// Plans everything and takes it all back out as the engine does: as much ahead as its options say, custodians in turn.
async fn plan_and_hand_out(custodians: usize, items_each: usize) {
    let (folder, start) = (tempfile::tempdir().expect("a folder"), Instant::now());
    let (source, target) = (Crowd::new(custodians, items_each), FakeTarget::default());
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    sources::register(&journal, &source, Path::new("backup")).expect("registered");
    mapping::connect(&journal, &target, true)
        .await
        .expect("connected");
    let map = (0..custodians).fold(String::from("source,target\n"), |text, number| {
        text + &format!("person{number:05},person{number:05}@clean.example\n")
    });
    let rows = parse_map(&map).expect("rows");
    mapping::map(
        &journal,
        &target,
        (&rows, mapping::Names::Believed),
        Path::new("map.csv"),
    )
    .await
    .expect("mapped");
    say("declared and mapped", start);
    let planned = planning::make(&journal, &source, None, &Choices::default()).await;
    let plan = planned.expect("planned").plan;
    say("planned", start);
    let load = estimate::load_of(&journal, &plan, None).expect("read");
    let waves = load.estimate(&Quotas::default(), Options::default().overall);
    assert_eq!(waves[0].items, (custodians * items_each) as u64);
    say("estimated", start);
    adopted(&journal, &keys, &plan).await;
    drop(journal);
    let journal = open_case(folder.path(), &keys).expect("opened again");
    say("opened again", start);
    let backlog = OpenRows::load(&journal, &source)
        .expect("read")
        .into_backlog()
        .await;
    let mut backlog = backlog.expect("counted");
    say("counted", start);
    let total = (custodians * items_each) as u64;
    assert_eq!(backlog.total(), total);
    let handed_out = hand_out(&mut backlog);
    say("handed out", start);
    assert_eq!(handed_out, total, "each item once");
}

async fn adopted(journal: &Journal, keys: &KeyRing, plan: &str) {
    let now = SystemClock.now();
    let proposal = planning::propose(journal, plan, now, TimeDelta::hours(1)).expect("proposed");
    let approver = keys.key(keyring::APPROVER).expect("a key");
    planning::approve(journal, &proposal, &*approver).expect("approved");
    planning::adopt(journal, plan, &proposal)
        .await
        .expect("adopted");
    let (plan, wave) = (plan.to_owned(), planning::WAVE);
    journal
        .command(CaseCommand::OpenWave(Wave { plan, wave }))
        .await
        .expect("opened");
}

/// How many items came out; each once, and never more held than the engine would.
fn hand_out(backlog: &mut impl Backlog) -> u64 {
    let options = Options::default();
    let mut held: VecDeque<Work> = VecDeque::new();
    let mut each: HashMap<Custodian, usize> = HashMap::new();
    let mut last: HashMap<Custodian, HashSet<String>> = HashMap::new();
    let mut ended = 0;
    loop {
        let has_enough =
            |custodian: &Custodian| each.get(custodian).copied().unwrap_or(0) >= options.ahead_each;
        let portion = if held.len() < options.ahead {
            backlog.next(&has_enough).expect("read")
        } else {
            Portion::Later
        };
        match portion {
            Portion::Work(works) => {
                for work in works {
                    *each.entry(work.custodian.clone()).or_default() += 1;
                    if last.len() < 10 || last.contains_key(&work.custodian) {
                        let seen = last.entry(work.custodian.clone()).or_default();
                        assert!(seen.insert(work.item.0.clone()), "an item twice");
                    }
                    held.push_back(work);
                }
                assert!(held.len() < options.ahead + 1_000, "{} held", held.len());
            }
            Portion::Later | Portion::End if held.is_empty() => return ended,
            Portion::Later | Portion::End => {
                let work = held.pop_front().expect("something is held");
                *each.get_mut(&work.custodian).expect("counted") -= 1;
                ended += 1;
            }
        }
    }
}

/// Ends every item of a plan, here as held: nobody is mapped. What has ended is known afterwards, and not held in memory.
async fn end_all(custodians: usize, items_each: usize) {
    let (folder, start) = (tempfile::tempdir().expect("a folder"), Instant::now());
    let (source, target) = (
        Crowd::new(custodians + 1, items_each),
        FakeTarget::default(),
    );
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    sources::register(&journal, &source, Path::new("backup")).expect("registered");
    mapping::connect(&journal, &target, true)
        .await
        .expect("connected");
    // One of them is, or no plan is made.
    let rows = parse_map("source,target\nperson00000,ann@clean.example\n").expect("rows");
    mapping::map(
        &journal,
        &target,
        (&rows, mapping::Names::Believed),
        Path::new("map.csv"),
    )
    .await
    .expect("mapped");
    let planned = planning::make(&journal, &source, None, &Choices::default()).await;
    let plan = planned.expect("planned").plan;
    adopted(&journal, &keys, &plan).await;
    say("planned", start);
    let backlog = OpenRows::load(&journal, &source)
        .expect("read")
        .into_backlog()
        .await;
    assert_eq!(backlog.expect("ended").total(), items_each as u64);
    say("all but one person's items ended", start);
    drop(journal);
    let journal = open_case(folder.path(), &keys).expect("opened again");
    say("opened again", start);
    let left = OpenRows::load(&journal, &source).expect("read").count();
    assert_eq!(left.expect("counted"), items_each as u64);
    say("counted what is left", start);
}

#[tokio::test]
async fn what_has_ended_is_known_when_the_case_is_opened_again() {
    end_all(3, 40).await;
}

#[tokio::test]
#[ignore = "takes long: tests/bench/scale.sh"]
async fn two_hundred_thousand_items_that_end() {
    end_all(200, 1_000).await;
    let peak = mib("VmHWM:");
    assert!(peak <= 512, "{peak} MiB");
}

#[tokio::test]
async fn a_plan_is_made_in_parts_and_handed_out_in_portions() {
    plan_and_hand_out(7, 300).await;
    plan_and_hand_out(1, 5_000).await;
}

#[tokio::test]
#[ignore = "takes long: tests/bench/scale.sh"]
async fn ten_million_items_of_ten_thousand_custodians() {
    plan_and_hand_out(10_000, 1_000).await;
    let peak = mib("VmHWM:");
    assert!(peak <= 512, "{peak} MiB");
}

#[tokio::test]
#[ignore = "takes long: tests/bench/scale.sh"]
async fn a_million_items_of_a_thousand_custodians() {
    plan_and_hand_out(1_000, 1_000).await;
    let peak = mib("VmHWM:");
    assert!(peak <= 512, "{peak} MiB");
}

#[tokio::test]
#[ignore = "takes long: tests/bench/scale.sh"]
async fn a_million_items_of_one_custodian() {
    plan_and_hand_out(1, 1_000_000).await;
    let peak = mib("VmHWM:");
    assert!(peak <= 512, "{peak} MiB");
}
