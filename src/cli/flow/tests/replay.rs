//! At every index the case is replayed as it was seen when the ledger had that size.

use std::collections::BTreeMap;

use unbroken_ledger::Timestamp;

use super::*;
use crate::cli::flow::digesting::{self, Digested};
use crate::cli::state::to_json;
use crate::domain::case::{Case, CaseCommand};
use crate::domain::event::*;
use crate::domain::plan::Decision;
use crate::domain::pseudonym::Pseudonym;
use crate::projections::as_of::{AsOf, size_at};
use crate::projections::reading::Reading;
use crate::projections::scripted::{failed, held, name, restored as was_restored, row};
use crate::projections::state::CaseState;

/// What was seen live, by the size that the ledger had.
#[derive(Default)]
struct Seen(BTreeMap<u64, CaseState>);

impl Seen {
    #[track_caller]
    fn look(&mut self, journal: &Journal) {
        let size = journal.ledger().size();
        let state = CaseState::load(journal).expect("read");
        assert_eq!(state.size, size);
        assert!(self.0.insert(size, state).is_none(), "nothing was added");
    }
}

fn source() -> CaseCommand {
    let data = SourceRegistered {
        custodians: 2,
        evidence: SourceEvidence {
            access: false,
            dates: false,
            digests: true,
            immutability: false,
        },
        fidelity: "original-bytes".to_owned(),
        format: "1".to_owned(),
        kind: "eml".to_owned(),
        points: 1,
        source: 0,
    };
    CaseCommand::RegisterSource(data, SourceFacts::default())
}

fn target() -> CaseCommand {
    let facts = TargetFacts {
        tenant_id: Some("22222222-bbbb-4bbb-8bbb-222222222222".to_owned()),
        display_name: Some("Clean".to_owned()),
        domains: Some(vec!["clean.example".to_owned()]),
    };
    CaseCommand::ConnectTarget(TargetConnected { simulated: true }, facts)
}

fn map(custodian: &str, mapped: bool) -> CaseCommand {
    let data = CustodianMapped {
        custodian: name(custodian),
        mapped,
    };
    let facts = CustodianFacts {
        source_name: Some(format!("{custodian}@old.example")),
        ..CustodianFacts::default()
    };
    CaseCommand::MapCustodian(data, facts)
}

fn attempt(item: &str, attempt: u32, plan: &str) -> Event {
    let data = ItemAttempted {
        attempt,
        item: name(item),
        plan: plan.to_owned(),
        release: None,
        wave: 1,
    };
    Event::ItemAttempted(Box::new(data), Box::default())
}

fn interrupted(item: &str) -> Event {
    let data = AttemptInterrupted {
        attempt: 1,
        found: "nothing".to_owned(),
        item: name(item),
    };
    Event::AttemptInterrupted(Box::new(data), Box::default())
}

/// A plan of five items in force; a look after each entry.
async fn planned(journal: &Journal, worker: unbroken_ledger::KeyId, seen: &mut Seen) -> String {
    let ann = vec![
        row("a1", "mail", Decision::Restore),
        row("a2", "mail", Decision::Restore),
        row("a3", "files", Decision::Restore),
    ];
    let bob = vec![row("b1", "mail", Decision::Hold)];
    let parts = [("ann", ann), ("bob", bob)].map(|(custodian, rows)| {
        let part = journal.keep_part(&name(custodian), &rows);
        part.expect("kept")
    });
    journal
        .hand_over(&[name("ann"), name("bob")], worker)
        .expect("handed");
    seen.look(journal);
    let sealed = journal.keep_plan(parts.to_vec()).expect("kept");
    let plan = sealed.plan.to_string();
    let made = PlanMade {
        as_of: 0,
        gate: None,
        inside: None,
        counts: PlanCounts {
            hold: 1,
            restore: 3,
            ..PlanCounts::default()
        },
        parts: 2,
        plan: plan.clone(),
        points: None,
        unproven: None,
        choices: None,
        source: None,
        window: None,
        workloads: None,
    };
    let command = CaseCommand::MakePlan(made);
    journal.command(command).await.expect("made");
    seen.look(journal);
    plan
}

async fn work(journal: &Journal, plan: &str, seen: &mut Seen) {
    let ann = [
        (true, attempt("a1", 1, plan)),
        (false, interrupted("a1")),
        (true, attempt("a1", 2, plan)),
        (true, attempt("a2", 1, plan)),
        (false, was_restored("a2", "mail", "as_declared", None)),
    ];
    for (is_intent, event) in ann {
        let custodian = name("ann");
        let done = if is_intent {
            journal.intend(&custodian, event).await
        } else {
            journal.record(&custodian, event).await
        };
        done.expect("recorded");
        seen.look(journal);
    }
    let mut a1 = was_restored("a1", "mail", "identical", Some(70));
    if let Event::ItemRestored(data, _) = &mut a1 {
        data.attempt = 2;
    }
    let outcomes = [
        ("bob", held("b1", "mail")),
        ("ann", a1),
        ("ann", failed("a3", "files")),
    ];
    for (custodian, event) in outcomes {
        let custodian = name(custodian);
        journal.record(&custodian, event).await.expect("recorded");
        seen.look(journal);
    }
}

/// The whole case, a look after each entry.
async fn looked_at(folder: &Path) -> (Journal, Seen) {
    let keys = KeyRing::make(&folder.join("keys"), None).expect("keys");
    let journal = declare(folder, &keys, &declaration()).expect("declared");
    let mut seen = Seen::default();
    seen.look(&journal);
    for command in [source(), target(), map("ann", true), map("bob", false)] {
        journal.command(command).await.expect("allowed");
        seen.look(&journal);
    }
    let worker = keys.key(keyring::WORKER).expect("a key");
    let worker = worker.key_id();
    let plan = planned(&journal, worker, &mut seen).await;
    let now = SystemClock.now();
    let proposal = planning::propose(&journal, &plan, now, TimeDelta::hours(1)).expect("proposed");
    seen.look(&journal);
    let approver = keys.key(keyring::APPROVER).expect("a key");
    planning::approve(&journal, &proposal, &*approver).expect("approved");
    seen.look(&journal);
    planning::adopt(&journal, &plan, &proposal)
        .await
        .expect("adopted");
    seen.look(&journal);
    let wave = Wave {
        plan: plan.clone(),
        wave: 1,
    };
    let open = CaseCommand::OpenWave(wave.clone());
    journal.command(open).await.expect("opened");
    seen.look(&journal);
    work(&journal, &plan, &mut seen).await;
    assert!(matches!(
        digesting::record(&journal).expect("logged"),
        Digested::Recorded(_)
    ));
    seen.look(&journal);
    let close = CaseCommand::CloseWave(wave);
    journal.command(close).await.expect("closed");
    seen.look(&journal);
    journal.ledger().record_heads().expect("recorded");
    seen.look(&journal);
    (journal, seen)
}

#[tokio::test]
async fn every_index_is_replayed_as_it_was_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, seen) = looked_at(folder.path()).await;
    let first = *seen.0.keys().next().expect("a look");
    let sizes: Vec<u64> = seen.0.keys().copied().collect();
    let all: Vec<u64> = (first..=journal.ledger().size()).collect();
    assert_eq!(sizes, all, "a size was not looked at");
    assert!(all.len() > 20, "{all:?}");
    for (size, then) in &seen.0 {
        let again = CaseState::load(&AsOf::new(&journal, *size)).expect("read");
        assert_eq!(again, *then, "as of {size}");
        assert_eq!(to_json(&again).to_string(), to_json(then).to_string());
    }
    // Before the declaration there is a ledger with keys, and no case.
    for size in 0..first {
        let state = CaseState::load(&AsOf::new(&journal, size)).expect("read");
        assert_eq!((state.size, state.case), (size, Case::default()));
    }
    let total = seen.0[&journal.ledger().size()].results.total();
    assert!(total.adds_up(), "{total:?}");
    assert_eq!((total.restored(), total.held, total.failed), (2, 1, 1));
    let under_way: Vec<usize> = seen.0.values().map(|state| state.under_way.len()).collect();
    assert_eq!(under_way.iter().max(), Some(&2));
    assert_eq!(under_way.last(), Some(&0));
}

#[tokio::test]
async fn an_instant_is_the_size_that_the_ledger_had_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, seen) = looked_at(folder.path()).await;
    let mut received: Vec<Timestamp> = Vec::new();
    journal
        .entries(u64::MAX, &mut |written| received.push(written.received))
        .expect("read");
    for (index, at) in received.iter().enumerate() {
        let size = size_at(&journal, *at).expect("read");
        let not_after = received.iter().filter(|other| *other <= at).count();
        assert_eq!(size, not_after as u64, "by {at}");
        assert!(size > index as u64);
    }
    let before = Timestamp::from_micros(0).expect("a time");
    assert_eq!(size_at(&journal, before).expect("read"), 0);
    assert!(seen.0.len() > 1);
}

#[tokio::test]
async fn logged_digests_are_met_and_call_for_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, _seen) = looked_at(folder.path()).await;
    // The wave was closed since.
    let closed = digesting::record(&journal).expect("logged");
    assert!(matches!(closed, Digested::Recorded(_)), "{closed:?}");
    for _ in 0..2 {
        journal.ledger().record_heads().expect("recorded");
        let again = digesting::record(&journal).expect("nothing to log");
        assert_eq!(again, Digested::Unchanged);
    }
    let replayed = digesting::expect_met(&journal).expect("met");
    assert_eq!((replayed.entries, replayed.met), (2, 10), "{replayed:?}");
    // Whoever holds the service key may log what is not true: it is found by its entry.
    let data = ProjectionsDigested {
        projections: [("coverage/1".to_owned(), "ab".repeat(32))].into(),
        size: 3,
    };
    let event = Event::ProjectionsDigested(Box::new(data), Box::default());
    let index = journal.note(&event).expect("recorded").index;
    let error = digesting::expect_met(&journal).expect_err("found");
    assert_eq!(error.kind(), ErrorKind::VerificationFailed);
    let said = error.to_string();
    let expected = format!("entry {index}: projection coverage/1 of 3 entries is logged as abab");
    assert!(said.starts_with(&expected), "{said}");
}

#[tokio::test]
async fn a_ledger_whose_policy_does_not_know_digests_goes_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyRing::make(&folder.path().join("keys"), None).expect("keys");
    let journal = declare(folder.path(), &keys, &declaration()).expect("declared");
    let mut policy = journal.ledger().with_state(|state| state.policy().clone());
    policy.types.remove("ProjectionsDigested/1");
    let roots = keys.roots().expect("keys");
    let roots: Vec<&dyn unbroken_ledger::Signer> = roots.iter().map(|key| &**key).collect();
    journal
        .ledger()
        .change_policy(&policy, 2, &roots)
        .expect("changed");
    let size = journal.ledger().size();
    assert_eq!(
        digesting::record(&journal).expect("fine"),
        Digested::NotTaken
    );
    assert_eq!(journal.ledger().size(), size);
    let replayed = digesting::expect_met(&journal).expect("nothing to meet");
    let said = digesting::said(&journal, &replayed);
    assert!(said.contains("its policy does not know them"), "{said}");
    let nobody = Pseudonym::parse("nobody").expect("a pseudonym");
    assert!(!journal.is_erased(&nobody).expect("read"));
}
