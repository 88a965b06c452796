//! Everything that two people have, a fifth of all requests failing, and the program killed again and again in the middle of
//! it: every item is there exactly once. `tests/bench/kills.sh` runs the long one.

mod planted;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, StoredItem};
use unbroken_verify::VerdictKind;

use super::{Seeded, expect_explained};
use crate::case::Case;
use crate::drive::hex;
use crate::peak::{self, Peak};
use crate::tampering::forge::put;
use planted::{PEOPLE, Size, attached, file_versions, has_history, is_series, write_archive};

/// How it is restored, with how many workers.
fn restore(workers: u32) -> String {
    format!("restore CASE --source SOURCE TARGET --without-quotas --workers {workers}")
}

/// Lets it run until the tenant has failed so many more requests, and kills it; whether it was still at work.
fn kill_after(case: &Case, (faults, words): (u64, &str), peak: &mut Peak) -> bool {
    let goal = case.inspect().faults() + faults;
    let mut child = case.start(words);
    while case.inspect().faults() < goal && child.try_wait().expect("asked").is_none() {
        peak.look(child.id());
        std::thread::sleep(Duration::from_millis(10));
    }
    let worked = child.try_wait().expect("asked").is_none();
    child.kill().expect("killed");
    child.wait().expect("gone");
    worked
}

/// Of all requests a fifth fails at least; those for tokens and of the page of a tenant's own never do.
fn a_fifth() -> Faults {
    Faults {
        // A pause holds a whole mailbox: what is shown here is that nothing is lost, not how long it takes.
        retry_after_s: 0,
        ..Faults::rate(0.215)
    }
}

/// What happened, in a line.
fn survives(
    case: &Case,
    faults: Faults,
    size: Size,
    (faults_between, workers): (u64, u32),
) -> String {
    let words = restore(workers);
    write_archive(case, size);
    case.connect("");
    let map = PEOPLE.map(|person| format!("{person}@old.example,{person}@clean.example\n"));
    let map = format!("source,target\n{}", map.concat());
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP TARGET");
    case.plan();
    let before = case.inspect().requests().len();
    case.inspect().set_faults(faults);
    let mut seeded = Seeded(2_026);
    let (mut kills, mut peak) = (0, Peak::default());
    while kills < size.kills {
        let faults = faults_between / 3 + seeded.below(faults_between);
        assert!(
            kill_after(case, (faults, &words), &mut peak),
            "it was done after {kills} kills"
        );
        kills += 1;
    }
    let ended = peak::run(case, &words, &mut peak);
    let said = String::from_utf8_lossy(&ended.stderr);
    let listed = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{listed}{said}");
    let found = case.inspect();
    let (failed, all) = (found.faults(), found.requests().len() - before);
    let percent = failed * 1_000 / (all as u64).max(1);
    let said = format!(
        "{} items, {kills} kills, {failed} of {all} requests failed ({}.{} %), {}",
        size.items(),
        percent / 10,
        percent % 10,
        peak.shown()
    );
    assert!(percent >= 200, "{said}");
    for (place, person) in PEOPLE.iter().enumerate() {
        expect_mails(case, person, size);
        expect_personal(case, person, size);
        expect_files(case, person, place, size);
    }
    assert_eq!(found.invitations(), 0, "nobody is invited");
    expect_explained(case);
    expect_outcomes(case, size);
    let verdict = case.verdict();
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    said
}

/// Each item has one outcome, and all of them are restored.
fn expect_outcomes(case: &Case, size: Size) {
    let mut restored: BTreeMap<String, usize> = BTreeMap::new();
    for event in case.events("bundle-of-outcomes") {
        let item = event["data"]["item"].as_str().unwrap_or_default();
        match event["type"].as_str().expect("a type") {
            "ItemRestored/1" => *restored.entry(item.to_owned()).or_default() += 1,
            "ItemFailed/1" | "ItemHeld/1" | "ItemSkipped/1" => panic!("{event}"),
            _ => {}
        }
    }
    assert_eq!(restored.len(), size.items());
    assert!(restored.values().all(|times| *times == 1));
}

fn expect_mails(case: &Case, person: &str, size: Size) {
    let stored = case.inspect().messages(&format!("{person}@clean.example"));
    let keys: BTreeSet<_> = stored.iter().map(|one| one.key.clone()).collect();
    assert_eq!((stored.len(), keys.len()), (size.mails, size.mails));
    let mut subjects = BTreeSet::new();
    for message in &stored {
        let subject = message.json["subject"].as_str().expect("a subject");
        let number: usize = subject["mail ".len()..].parse().expect("a number");
        assert!(subjects.insert(number), "{subject} twice");
        let sizes: Vec<usize> = message.attachments.iter().map(|one| one.1).collect();
        let expected: Vec<usize> = Some(attached(number))
            .filter(|n| *n > 0)
            .into_iter()
            .collect();
        assert_eq!(sizes, expected, "attachments of {subject}");
    }
}

/// The items of a kind by the number in their title; each once.
fn by_number<'a>(
    items: &'a [StoredItem],
    kind: &str,
    title: &str,
    count: usize,
) -> BTreeMap<usize, &'a StoredItem> {
    let of_kind: Vec<&StoredItem> = items.iter().filter(|one| one.kind == kind).collect();
    assert_eq!(of_kind.len(), count, "{kind}");
    let number = |one: &StoredItem| {
        let words = one.json[title].as_str().expect("a title");
        let last = words.rsplit(' ').next().expect("a word");
        last.parse::<usize>().expect("a number")
    };
    let numbered: BTreeMap<_, _> = of_kind.into_iter().map(|one| (number(one), one)).collect();
    assert_eq!(numbered.len(), count, "a {kind} is there twice");
    numbered
}

fn expect_personal(case: &Case, person: &str, size: Size) {
    let items = case.inspect().items(&format!("{person}@clean.example"));
    for (number, event) in by_number(&items, "event", "subject", size.events) {
        let of_series = |text: &str| is_series(number).then(|| text.to_owned());
        let is = |found: Vec<String>, expected: &str| {
            assert_eq!(found, Vec::from_iter(of_series(expected)), "event {number}");
        };
        is(event.cancelled.clone(), "2027-01-18");
        is(event.exceptions.keys().cloned().collect(), "2027-01-11");
        is(event.parts.clone(), "a.txt");
    }
    for (number, contact) in by_number(&items, "contact", "displayName", size.contacts) {
        assert_eq!(contact.parts.len(), usize::from(number.is_multiple_of(2)));
    }
    for (number, task) in by_number(&items, "task", "title", size.tasks) {
        let expected = if number.is_multiple_of(2) {
            vec!["one", "two"]
        } else {
            Vec::new()
        };
        assert_eq!(task.parts, expected, "task {number}");
    }
}

fn expect_files(case: &Case, person: &str, place: usize, size: Size) {
    let stored = case.inspect().files(&format!("{person}@clean.example"));
    let found: BTreeMap<&str, _> = stored.iter().map(|file| (&*file.path, file)).collect();
    assert_eq!((stored.len(), found.len()), (size.files, size.files));
    for number in 0..size.files {
        let end = format!("folder {}/{number}.dat", number % 7);
        let file = found.iter().find(|(path, _)| path.ends_with(&end));
        let (_, file) = file.unwrap_or_else(|| panic!("{end} is not there"));
        let mut expected = file_versions(place, number);
        let current = expected.pop().expect("a version");
        assert_eq!(
            (file.size, file.sha256.clone()),
            (current.len(), hex(&current)),
            "{end}"
        );
        if current.is_empty() {
            // An empty file is dated behind its PUT: business drives count that as another version.
            expected.push(Vec::new());
        }
        let older: Vec<(usize, String)> = expected
            .iter()
            .map(|bytes| (bytes.len(), hex(bytes)))
            .collect();
        assert_eq!(file.older, older, "{end}");
        assert!(!has_history(number) || file.older.len() == 2, "{end}");
    }
}

#[test]
fn kills_and_faults_over_every_kind_lose_nothing_and_double_nothing() {
    let size = Size {
        mails: 20,
        events: 10,
        contacts: 6,
        tasks: 6,
        files: 20,
        kills: 4,
    };
    let case = Case::without_quotas(Faults::none());
    println!("{}", survives(&case, a_fifth(), size, (20, 32)));
}

/// The same over HTTP/2, with what only it can do wrong: a stream that is refused, one that ends after the work was done, and
/// connections that end under sixteen workers at once.
#[test]
fn kills_and_faults_over_http2_lose_nothing_and_double_nothing() {
    let size = Size {
        mails: 20,
        events: 10,
        contacts: 6,
        tasks: 6,
        files: 20,
        kills: 4,
    };
    let case = Case::over_http2(Faults::none());
    let mut faults = a_fifth();
    // A connection that ends fails all that is under way on it: fewer of those, or each request would meet one.
    faults.kinds.extend(FaultKind::DRAWN);
    faults.kinds.extend(FaultKind::OF_HTTP2);
    println!("{}", survives(&case, faults, size, (20, 16)));
    let asked = case.inspect().requests();
    assert!(asked.iter().all(|request| request.stream.is_some()));
    for kind in FaultKind::OF_HTTP2 {
        let times = asked.iter().filter(|one| one.fault == Some(kind)).count();
        assert!(times > 0, "{kind:?}: {times} times");
    }
}

#[test]
#[ignore = "takes long: tests/bench/kills.sh"]
fn a_hundred_kills_over_five_thousand_items() {
    let size = Size {
        mails: 900,
        events: 300,
        contacts: 200,
        tasks: 200,
        files: 900,
        kills: 100,
    };
    let case = Case::without_quotas(Faults::none());
    println!("{}", survives(&case, a_fifth(), size, (70, 32)));
}
