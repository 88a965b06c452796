//! A generated team, requests that fail, and the program killed again and again: every message is there once, in its order, with
//! author and time as in the source but for the declared offsets. `tests/bench/teams.sh` runs the long one.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::{Value, json};
use unbroken::sources::archive::index::{Entry, TeamsKind};
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, BEN, Said, TEAM, at, channel, fresh, message_entry, plain_entry, planned, said, team,
    write_archive,
};
use crate::case::Case;
use crate::crashes::{Seeded, expect_explained};
use crate::peak::{self, Peak};
use crate::shares::{declares, restored};

const CHANNELS: [&str; 8] = [
    "General", "Berth", "Crane", "Dock", "Engine", "Ferry", "Gate", "Harbour",
];
const RESTORE: &str = "restore CASE --source SOURCE TARGET --without-quotas --workers 16";

#[derive(Clone, Copy)]
struct Size {
    messages: usize,
    kills: usize,
}

/// Each third message answers one before it, each seventh shares its millisecond with the one before it.
fn talk(size: Size) -> Vec<Said> {
    let mut seeded = Seeded(7);
    let mut all: Vec<Said> = Vec::new();
    let mut last = BTreeMap::new();
    let mut clock = at("2024-01-01T00:00:00Z");
    for number in 0..size.messages {
        let place = usize::try_from(seeded.below(CHANNELS.len() as u64)).expect("small");
        let name = CHANNELS[place];
        if !number.is_multiple_of(7) {
            clock += TimeDelta::milliseconds(i64::try_from(1 + seeded.below(3)).expect("small"));
        }
        let text = clock.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut one = said(
            name,
            &format!("m{number:06}"),
            &text,
            &format!("<p>message {number}</p>"),
        );
        one.author = if number % 2 == 0 { ADA } else { BEN };
        if number % 3 == 0 {
            one.reply_to = last.get(name).cloned();
        }
        if one.reply_to.is_none() {
            last.insert(name, one.id.clone());
        }
        all.push(one);
    }
    all
}

fn write(case: &Case, all: &[Said]) {
    write_archive(case, TEAM, |writer| {
        let channels: Vec<Value> = CHANNELS
            .iter()
            .map(|name| channel(name, "standard", &json!([])))
            .collect();
        let mut entries: Vec<Entry> = all.iter().map(|one| message_entry(writer, one)).collect();
        entries.push(plain_entry(
            writer,
            TeamsKind::Team,
            "team",
            &team(&json!(channels)),
        ));
        entries
    });
}

/// Kills it after so many more messages, in the middle of a request.
fn kill_after(case: &Case, messages: u64, peak: &mut Peak) -> bool {
    let shot = OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/messages".to_owned(),
        skip: u32::try_from(messages).expect("small"),
    };
    case.inspect().arm(shot);
    let mut child = case.start(RESTORE);
    while case.inspect().held() == 0 && child.try_wait().expect("asked").is_none() {
        peak.look(child.id());
        std::thread::sleep(Duration::from_millis(5));
    }
    // At its most just before it dies.
    peak.look(child.id());
    let worked = child.try_wait().expect("asked").is_none();
    child.kill().expect("killed");
    child.wait().expect("gone");
    case.inspect().disarm();
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    worked
}

fn survives(size: Size) -> String {
    let case = fresh();
    let all = talk(size);
    write(&case, &all);
    planned(&case, &format!("{TEAM},team:Quay 7\n"));
    let mut faults = Faults::rate(0.05);
    faults.retry_after_s = 0;
    case.inspect().set_faults(faults);
    let (mut seeded, mut peak) = (Seeded(2_026), Peak::default());
    let between = (size.messages / (size.kills + 2)) as u64;
    for kill in 0..size.kills {
        let messages = between / 2 + seeded.below(between / 2 + 1);
        assert!(
            kill_after(&case, messages, &mut peak),
            "it was done after {kill} kills"
        );
    }
    let ended = peak::run(&case, RESTORE, &mut peak);
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{stderr}");
    let moved = expect_all(&case, &all);
    assert!(moved > 0, "none of them shared a millisecond");
    expect_explained(&case);
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    format!(
        "{} messages in {} channels, {} kills, {} faults over {} requests: each once, in order; \
         {moved} moved, each by a declared offset, {}",
        all.len(),
        CHANNELS.len(),
        size.kills,
        case.inspect().faults(),
        case.inspect().requests().len(),
        peak.shown(),
    )
}

/// Of each message, by its channel and id, whether its event says that its time was moved.
fn declared(case: &Case) -> BTreeMap<String, bool> {
    let all = restored(case, "bundle-of-times").into_iter();
    let all = all.map(|(place, (data, _))| {
        let (_, id) = place.split_once('#').expect("an id in the index");
        (id.to_owned(), declares(&data, "chat-time-moved/1"))
    });
    all.collect()
}

/// Holds the tenant and the record against the source; how many stand at another millisecond than there.
fn expect_all(case: &Case, all: &[Said]) -> usize {
    let mut moved = 0;
    let declared = declared(case);
    // The team itself is an item too.
    assert_eq!(declared.len(), all.len() + 1);
    let threads = case.inspect().threads();
    for name in CHANNELS {
        let thread = threads.iter().filter(|one| one.name == name);
        let [thread] = &thread.collect::<Vec<_>>()[..] else {
            panic!("{name} is there once");
        };
        let mut wanted: Vec<&Said> = all.iter().filter(|one| one.channel == name).collect();
        // In one millisecond a message stands before those that answer one.
        wanted.sort_by_key(|one| (at(&one.at), one.reply_to.is_some(), &one.id));
        // What was ever taken in: nothing was written twice, and nothing was taken away again.
        assert_eq!(thread.imported, wanted.len() as u64, "{name}");
        let mut planned = BTreeMap::new();
        for (post, said) in thread.posts.iter().zip(&wanted) {
            assert_eq!(post.content, said.content, "{name}: the order");
            let author = if said.author == ADA { "ada" } else { "ben" };
            assert_eq!(post.author, format!("{author}@clean.example"));
            let later = at(&post.created) - at(&said.at);
            // Each seventh shares a millisecond, and pushes those behind it at most as far as there are of them.
            assert!(
                later >= TimeDelta::zero() && later <= TimeDelta::milliseconds(20),
                "{later}"
            );
            let id = format!("{name}/{}", said.id);
            assert_eq!(declared.get(&id), Some(&!later.is_zero()), "{id}: {later}");
            moved += usize::from(!later.is_zero());
            planned.insert(said.id.clone(), at(&post.created).timestamp_millis());
            let answered = said.reply_to.as_ref().map(|id| planned[id]);
            assert_eq!(post.reply_to, answered);
        }
        assert!(!thread.is_migrating);
        assert_eq!(thread.members.len(), 2);
    }
    moved
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures are what the test is for")]
fn kills_over_a_team_lose_nothing_and_double_nothing() {
    let size = Size {
        messages: 160,
        kills: 5,
    };
    println!("{}", survives(size));
}

#[test]
#[ignore = "takes long: tests/bench/teams.sh"]
#[allow(clippy::print_stdout, reason = "the figures are what the test is for")]
fn fifty_kills_over_twenty_thousand_messages() {
    let size = Size {
        messages: 20_000,
        kills: 50,
    };
    println!("{}", survives(size));
}
