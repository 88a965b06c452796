//! A whole case in memory: the steps fit together, what is not restored is accounted for, and steps
//! that come too early or twice are refused or change nothing.

mod fakes;
mod inside;
mod replay;
mod scale;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::anchoring;
use super::opening::{Circumstances, Declaration, declare, open_case};
use super::*;
use crate::anchors::Configuration;
use crate::cli::keyring::{self, KeyRing};
use crate::cli::summary::Summary;
use crate::clock::{Clock, SystemClock};
use crate::domain::choices::Choices;
use crate::domain::identity::parse_map;
use crate::engine::Options;
use crate::engine::record::Work;
use crate::engine::room::HELD_BYTES_MAX;
use crate::journal::Journal;
use crate::projections::reconciliation::Reconciliation;
use fakes::{FakeSource, FakeTarget};

struct Quiet;

impl crate::engine::Progress for Quiet {
    fn item_ended(&self, _: &Work, _: bool) {}

    fn item_again(&self, _: &Work, _: chrono::DateTime<chrono::Utc>) {}
}

fn declaration() -> Declaration {
    Declaration {
        name: "example.org/flow".to_owned(),
        title: "flow".to_owned(),
        source_tenant: "old.example".to_owned(),
        declared_by: "a test".to_owned(),
        window: None,
        circumstances: Circumstances::default(),
        simulated: true,
        erase_approvals: 1,
    }
}

/// A case up to the mapping of ann; bob stays unmapped.
async fn mapped(folder: &Path, source: &FakeSource, target: &FakeTarget) -> (KeyRing, Journal) {
    let keys = KeyRing::make(&folder.join("keys"), None).expect("keys");
    let journal = declare(folder, &keys, &declaration()).expect("declared");
    sources::register(&journal, source, Path::new("backup")).expect("registered");
    mapping::connect(&journal, target, true)
        .await
        .expect("connected");
    let rows = parse_map("source,target\nann,ann@clean.example\n").expect("rows");
    mapping::map(
        &journal,
        target,
        (&rows, mapping::Names::Believed),
        Path::new("map.csv"),
    )
    .await
    .expect("mapped");
    (keys, journal)
}

async fn approved(journal: &Journal, keys: &KeyRing, source: &FakeSource) {
    let plan = planning::make(journal, source, None, &Choices::default())
        .await
        .expect("planned")
        .plan;
    let now = SystemClock.now();
    let proposal = planning::propose(journal, &plan, now, TimeDelta::hours(1)).expect("proposed");
    let approver = keys.key(keyring::APPROVER).expect("a key");
    planning::approve(journal, &proposal, &*approver).expect("approved");
    assert_eq!(
        planning::proposal_of(journal, &plan).expect("found"),
        proposal
    );
    planning::adopt(journal, &plan, &proposal)
        .await
        .expect("adopted");
}

async fn restored(journal: &Journal, source: &FakeSource, target: &FakeTarget) {
    let (_ask, stop) = watch::channel(false);
    let source = Arc::new(source.clone());
    restoring::restore(
        journal,
        source,
        target.clone(),
        Options::default(),
        stop,
        &Quiet,
    )
    .await
    .expect("restored");
}

#[tokio::test]
async fn a_case_from_its_declaration_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(3), FakeTarget::default());
    let (keys, journal) = mapped(folder.path(), &source, &target).await;
    approved(&journal, &keys, &source).await;
    restored(&journal, &source, &target).await;
    let summary = Summary::load(&journal).expect("counted");
    // Three of ann's, three of bob's that nobody is mapped for, one that cannot be read for each.
    assert_eq!(
        (summary.restored(), summary.held, summary.failed),
        (3, 3, 2),
        "{summary:?}"
    );
    assert!(summary.adds_up());
    assert_eq!(target.messages(), 3);
    assert_eq!(
        summary.expect_all().map_err(|error| error.kind()),
        Err(ErrorKind::Incomplete)
    );
    restoring::finish(&journal).await.expect("finished");
    drop(journal);
    let again = open_case(folder.path(), &keys).expect("opened again");
    assert!(again.case().expect("read").finished.is_some());
}

/// Sixteen workers, and what their items take together is bounded in bytes, whatever the items are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_items_are_under_way_as_far_as_there_is_room_for_them() {
    for (held, at_once) in [(HELD_BYTES_MAX / 2 + 1, 1..=1), (1, 2..=16)] {
        let folder = tempfile::tempdir().expect("a folder");
        let source = FakeSource::of_large(6, held);
        let target = FakeTarget::default();
        let (keys, journal) = mapped(folder.path(), &source, &target).await;
        approved(&journal, &keys, &source).await;
        restored(&journal, &source, &target).await;
        assert_eq!(target.messages(), 6);
        let found = target.at_once();
        assert!(at_once.contains(&found), "{held} bytes: {found} at once");
    }
}

#[tokio::test]
async fn a_second_plan_over_the_same_source_writes_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(2), FakeTarget::default());
    let (keys, journal) = mapped(folder.path(), &source, &target).await;
    approved(&journal, &keys, &source).await;
    restored(&journal, &source, &target).await;
    let larger = FakeSource::new(4);
    sources::register(&journal, &larger, Path::new("backup")).expect("registered");
    approved(&journal, &keys, &larger).await;
    restored(&journal, &larger, &target).await;
    assert_eq!(target.messages(), 4);
    let summary = Summary::load(&journal).expect("counted");
    assert_eq!(summary.restored(), 4, "{summary:?}");
    assert!(summary.adds_up());
}

#[tokio::test]
async fn a_user_that_does_not_exist_stops_the_mapping_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(1), FakeTarget::default());
    let (_keys, journal) = mapped(folder.path(), &source, &target).await;
    let size = journal.ledger().size();
    let rows = parse_map("source,target\nbob,bob@clean.example\ncid,nobody@clean.example\n");
    let rows = rows.expect("rows");
    let refused = mapping::map(
        &journal,
        &target,
        (&rows, mapping::Names::Believed),
        Path::new("map.csv"),
    )
    .await;
    let error = refused.expect_err("refused");
    assert!(error.to_string().contains("map.csv: line 3: "), "{error}");
    assert!(
        error.to_string().contains("nobody@clean.example"),
        "{error}"
    );
    assert_eq!(journal.ledger().size(), size);
}

async fn map(journal: &Journal, target: &FakeTarget, rows: &str) -> Result<usize> {
    let rows = parse_map(&format!("source,target\n{rows}\n")).expect("rows");
    mapping::map(
        journal,
        target,
        (&rows, mapping::Names::Believed),
        Path::new("map.csv"),
    )
    .await
}

#[tokio::test]
async fn a_plan_before_the_mapping_writes_nothing_and_the_mapping_is_not_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(2), FakeTarget::default());
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    sources::register(&journal, &source, Path::new("backup")).expect("registered");
    mapping::connect(&journal, &target, true)
        .await
        .expect("connected");
    let size = journal.ledger().size();
    let early = planning::make(&journal, &source, None, &Choices::default()).await;
    let error = early.expect_err("nobody is mapped");
    assert_eq!(error.kind(), ErrorKind::GateRefused);
    let hints = error.hints().join("\n");
    assert!(hints.contains("`unbroken case map`"), "{hints}");
    assert_eq!(journal.ledger().size(), size, "nothing was written");
    let both = "ann,ann@clean.example\nbob,bob@clean.example";
    assert_eq!(map(&journal, &target, both).await.expect("mapped"), 2);
    approved(&journal, &keys, &source).await;
    restored(&journal, &source, &target).await;
    assert_eq!(target.messages(), 4);
}

#[tokio::test]
async fn who_is_mapped_after_a_plan_is_restored_by_the_next() {
    for is_carried_out_before in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, target) = (FakeSource::new(3), FakeTarget::default());
        let (keys, journal) = mapped(folder.path(), &source, &target).await;
        approved(&journal, &keys, &source).await;
        if is_carried_out_before {
            restored(&journal, &source, &target).await;
        }
        let bob = "bob,bob@clean.example";
        assert_eq!(map(&journal, &target, bob).await.expect("mapped"), 1);
        assert_eq!(map(&journal, &target, bob).await.expect("known"), 0);
        if !is_carried_out_before {
            // The plan that was approved holds bob's items: a mapping that came after it changes nothing in it.
            restored(&journal, &source, &target).await;
        }
        assert_eq!(target.messages(), 3, "ann's");
        for expected in [6, 6] {
            approved(&journal, &keys, &source).await;
            restored(&journal, &source, &target).await;
            assert_eq!(target.messages(), expected, "bob's once, ann's not again");
        }
        let summary = Summary::load(&journal).expect("counted");
        assert_eq!((summary.restored(), summary.held), (6, 0), "{summary:?}");
        assert_eq!(
            summary.superseded, 3,
            "bob's, held by the first plan and named anew"
        );
        assert!(summary.adds_up());
        let checked = Reconciliation::load(&journal).expect("read");
        assert_eq!(checked.disagreements, []);
    }
}

#[tokio::test]
async fn a_mapping_that_stands_is_kept_and_a_refused_row_stops_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(1), FakeTarget::default());
    let (_keys, journal) = mapped(folder.path(), &source, &target).await;
    let size = journal.ledger().size();
    let rows = "bob,bob@clean.example\nann,other@clean.example";
    let refused = map(&journal, &target, rows).await.expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::GateRefused);
    assert_eq!(journal.ledger().size(), size, "bob was not mapped either");
}

#[tokio::test]
async fn without_an_approval_nothing_is_adopted_or_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (FakeSource::new(1), FakeTarget::default());
    let (keys, journal) = mapped(folder.path(), &source, &target).await;
    let plan = planning::make(&journal, &source, None, &Choices::default())
        .await
        .expect("planned")
        .plan;
    let now = SystemClock.now();
    let proposal = planning::propose(&journal, &plan, now, TimeDelta::hours(1)).expect("proposed");
    let early = planning::adopt(&journal, &plan, &proposal)
        .await
        .expect_err("refused");
    assert_eq!(early.kind(), ErrorKind::GateRefused, "{:?}", early.lines());
    let own = keys.key(keyring::OPERATOR).expect("a key");
    assert!(
        planning::approve(&journal, &proposal, &*own).is_err(),
        "approved by its author"
    );
    let (_ask, stop) = watch::channel(false);
    let early = restoring::restore(
        &journal,
        Arc::new(source),
        target.clone(),
        Options::default(),
        stop,
        &Quiet,
    )
    .await;
    assert_eq!(
        early.map_err(|error| error.kind()),
        Err(ErrorKind::GateRefused)
    );
    assert_eq!(target.messages(), 0);
}

#[tokio::test]
async fn a_declaration_that_was_interrupted_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    declare(folder.path(), &keys, &declaration()).expect("declared");
    let twice = declare(folder.path(), &keys, &declaration()).expect_err("refused");
    assert_eq!(twice.kind(), ErrorKind::GateRefused);
    let journal = open_case(folder.path(), &keys).expect("opened");
    assert!(journal.ledger().origin().ends_with("/simulated"));
}

fn a_witness_that_is_away(folder: &Path) -> Configuration {
    let anchors = folder.join("anchors");
    std::fs::create_dir(&anchors).expect("made");
    crate::durable::write_whole(&anchors.join("witnesses"), AWAY.as_bytes()).expect("written");
    Configuration::load(&anchors).expect("a configuration")
}

/// Nobody listens on port 1.
const AWAY: &str = "\
witness w w.example+3e6d1c1c+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs http://127.0.0.1:1
quorum w
";

async fn kept(journal: &Journal, configuration: &Configuration, silent_rounds: u32) -> Vec<String> {
    let lines = std::cell::RefCell::new(Vec::new());
    let pace = anchoring::Pace {
        round: Duration::from_millis(5),
        silent_rounds,
    };
    let say = |line: &str| lines.borrow_mut().push(line.to_owned());
    let keep = anchoring::keep(journal.ledger(), configuration, pace, say);
    let ended = tokio::time::timeout(Duration::from_millis(400), keep).await;
    assert!(ended.is_err(), "it never ends by itself");
    lines.into_inner()
}

fn heartbeats(journal: &Journal) -> usize {
    let entries = journal.ledger().entries(0).expect("readable");
    entries
        .filter(|read| read.as_ref().expect("whole").1.event.kind == "Heartbeat")
        .count()
}

#[tokio::test]
async fn a_ledger_that_nobody_writes_says_that_it_lives() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    let nobody = Configuration::default();
    kept(&journal, &nobody, 1_000_000).await;
    assert_eq!(heartbeats(&journal), 0, "it was not silent for long");
    kept(&journal, &nobody, 10).await;
    let beats = heartbeats(&journal);
    assert!((1..=8).contains(&beats), "{beats} in 80 rounds, one in ten");
}

#[tokio::test]
async fn a_witness_that_is_away_is_said_once_however_often_it_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    let away = a_witness_that_is_away(folder.path());
    let lines = kept(&journal, &away, 1_000_000).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("witness w failed"), "{lines:?}");
}
