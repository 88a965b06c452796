//! The workers over a tenant in memory: run twice, die at every step, fail in every way; each item ends exactly once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use tokio::sync::watch;
use unbroken::engine::record::{Outcome, PartialAction, Work, Wrote};
use unbroken::engine::{self, Engine, EngineError, NameTaken, Options, RunSummary};

use crate::fakes::record::{Line, MemoryRecord, explain};
use crate::fakes::tenant::{Fault, MemoryTenant, StoredFile};
use crate::fakes::{Sample, Switch, Told, VirtualTime, sample};

/// Runs what is left of the sample's work, to the end.
async fn run_with(
    sample: &Sample,
    record: MemoryRecord,
    tenant: MemoryTenant,
    options: Options,
    time: VirtualTime,
) -> Result<RunSummary, EngineError> {
    let (_sender, stop) = watch::channel(false);
    let told = Told::default();
    let work = record.left_of(&sample.work);
    let count = work.len() as u64;
    let summary = engine::run(Engine {
        record,
        source: Arc::clone(&sample.source) as _,
        target: tenant,
        time,
        work,
        options,
        stop,
        progress: &told,
    })
    .await?;
    assert_eq!(told.ended.load(Ordering::SeqCst), count);
    assert_eq!(told.again.load(Ordering::SeqCst), summary.retries);
    Ok(summary)
}

async fn run(sample: &Sample, record: &MemoryRecord, tenant: &MemoryTenant) -> RunSummary {
    run_with(
        sample,
        record.clone(),
        tenant.clone(),
        Options::default(),
        VirtualTime::new(),
    )
    .await
    .expect("the run ends")
}

/// Every item is there once and whole; nothing else is there.
fn expect_once(sample: &Sample, tenant: &MemoryTenant) {
    let stored = tenant
        .stored
        .lock()
        .expect("no test panics while it holds it");
    for work in &sample.work {
        let copies: Vec<usize> = if work.target_name.contains('#') {
            let of_key = stored.messages.iter().filter(|found| found.key == work.key);
            of_key
                .map(|found| found.message.attachments.len())
                .collect()
        } else {
            let mine = |file: &&StoredFile| {
                file.folder.starts_with(&work.user.id) && file.name == work.target_name
            };
            stored.files.iter().filter(mine).map(|_| 0).collect()
        };
        let attachments = if work.target_name.ends_with("#3") {
            3
        } else {
            0
        };
        assert_eq!(copies, [attachments], "{:?}", work.item);
    }
    let all = stored.messages.len() + stored.files.len();
    assert_eq!(all, sample.work.len());
}

fn outcomes(record: &MemoryRecord) -> Vec<Outcome> {
    let outcome = |line| match line {
        Line::Outcome(outcome) => Some(outcome),
        Line::FolderAttempted | Line::Intent { .. } => None,
    };
    record.lines().into_iter().filter_map(outcome).collect()
}

fn restored(work: &Work, record: &MemoryRecord) -> Wrote {
    outcomes(record)
        .into_iter()
        .find_map(|outcome| match outcome {
            Outcome::ItemRestored { item, restored, .. } if item == work.item => {
                Some(restored.wrote)
            }
            _ => None,
        })
        .expect("it is restored")
}

#[tokio::test]
async fn a_second_run_has_nothing_to_do() {
    let (sample, record, tenant) = (sample(3), MemoryRecord::new(), MemoryTenant::new());
    let first = run(&sample, &record, &tenant).await;
    assert_eq!((first.identical, first.failed, first.left), (18, 0, 0));
    expect_once(&sample, &tenant);
    let lines = record.lines().len();
    let second = run(&sample, &record, &tenant).await;
    assert_eq!(second, RunSummary::default());
    assert_eq!(record.lines().len(), lines);
    explain(&record.lines(), &sample.work);
}

#[tokio::test]
async fn each_folder_has_one_intent_and_one_outcome() {
    let (sample, record, tenant) = (sample(3), MemoryRecord::new(), MemoryTenant::new());
    run(&sample, &record, &tenant).await;
    let intents = record
        .lines()
        .iter()
        .filter(|line| matches!(line, Line::FolderAttempted))
        .count();
    let ready = outcomes(&record)
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::FolderReady { .. }))
        .count();
    assert_eq!((intents, ready), (6, 6));
}

/// Dies at every step of a whole run, once before and once after the step took effect, then runs again.
#[tokio::test]
async fn death_at_any_step_loses_nothing_and_doubles_nothing() {
    let (mut deaths, mut found, mut completed) = (0, 0, 0);
    for takes_effect in [false, true] {
        for step in 1.. {
            let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
            let switch = Switch::off_at(step);
            let first = run_with(
                &sample,
                record.powered(&switch, takes_effect),
                tenant.powered(&switch, takes_effect),
                Options {
                    overall: 2,
                    ..Options::default()
                },
                VirtualTime::new(),
            );
            tokio::select! {
                ended = first => {
                    ended.expect("the run ends");
                    assert!(switch.steps() < step);
                    break;
                }
                () = switch.died() => deaths += 1,
            }
            run(&sample, &record, &tenant).await;
            expect_once(&sample, &tenant);
            explain(&record.lines(), &sample.work);
            for work in &sample.work {
                match restored(work, &record) {
                    Wrote::Completed => completed += 1,
                    Wrote::Found => found += 1,
                    Wrote::New => {}
                }
            }
        }
    }
    println!("deaths {deaths}, found whole {found}, completed {completed}");
    assert!(deaths > 80 && found > 5 && completed > 2);
}

#[tokio::test]
async fn a_fifth_of_all_calls_fails_and_everything_ends_complete() {
    let (sample, record, tenant) = (sample(20), MemoryRecord::new(), MemoryTenant::new());
    let faulty = tenant.failing(|call, _| {
        let mut noise = call.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        noise ^= noise >> 31;
        match noise.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32 & 0xff {
            0..=12 => Some(Fault::Committed),
            13..=25 => Some(Fault::Lost),
            26..=38 => Some(Fault::Throttled(None)),
            39..=51 => Some(Fault::Throttled(Some(3))),
            _ => None,
        }
    });
    let summary = run(&sample, &record, &faulty).await;
    assert_eq!((summary.identical, summary.failed), (120, 0));
    expect_once(&sample, &tenant);
    explain(&record.lines(), &sample.work);
    let failures = outcomes(&record)
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::AttemptFailed { .. }))
        .count();
    println!("120 items, {failures} failed tries, each an event");
    assert_eq!(failures as u64, summary.retries);
    assert!(failures > 100);
}

#[tokio::test]
async fn a_create_that_failed_and_yet_happened_is_found_by_its_key() {
    let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
    let faulty = tenant.failing(|_, name| (name == "create_message").then_some(Fault::Committed));
    let summary = run(&sample, &record, &faulty).await;
    assert_eq!((summary.identical, summary.retries), (6, 4));
    expect_once(&sample, &tenant);
    for work in &sample.work[..4] {
        let expected = if work.target_name.ends_with("#3") {
            Wrote::Completed
        } else {
            Wrote::Found
        };
        assert_eq!(restored(work, &record), expected);
    }
}

#[tokio::test]
async fn a_new_user_is_waited_for_and_not_for_ever() {
    let sample = sample(1);
    let mut ends = Vec::new();
    for minutes in [15, 60] {
        let (record, tenant) = (MemoryRecord::new(), MemoryTenant::new());
        let time = VirtualTime::new();
        let clock = time.clone();
        let faulty = tenant.failing(move |_, name| {
            let is_new = clock.passed() < TimeDelta::minutes(minutes);
            (is_new && !name.contains("file") && name != "drive_folder").then_some(Fault::UserIsNew)
        });
        let summary = run_with(&sample, record.clone(), faulty, Options::default(), time)
            .await
            .expect("the run ends");
        explain(&record.lines(), &sample.work);
        ends.push((summary.identical, summary.failed));
    }
    assert_eq!(ends, [(6, 0), (2, 4)]);
}

#[tokio::test]
async fn what_reads_back_differently_is_never_restored() {
    let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
    // Created as asked, then changed inside the tenant before it is read back.
    let changing = tenant.changing("read_message", |stored| {
        if let Some(first) = stored.messages.first_mut() {
            "Minuten".clone_into(&mut first.message.subject);
        }
    });
    let summary = run(&sample, &record, &changing).await;
    assert_eq!((summary.identical, summary.failed), (5, 1));
    let failed = outcomes(&record)
        .into_iter()
        .find_map(|outcome| match outcome {
            Outcome::ItemFailed { failed, .. } => Some(failed),
            _ => None,
        });
    let failed = failed.expect("one item failed");
    assert_eq!(
        (failed.reason, failed.code.as_str()),
        ("readback-differs", "subject")
    );
    explain(&record.lines(), &sample.work);
}

#[tokio::test]
async fn a_source_that_changed_fails_its_item_alone() {
    let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
    let changed = ["0/inbox#1", "0/report.docx"].map(str::to_owned);
    sample
        .source
        .changed
        .lock()
        .expect("no test panics while it holds it")
        .extend(changed);
    let summary = run(&sample, &record, &tenant).await;
    assert_eq!((summary.identical, summary.failed), (4, 2));
    let stored = tenant
        .stored
        .lock()
        .expect("no test panics while it holds it");
    assert_eq!((stored.messages.len(), stored.files.len()), (3, 1));
    explain(&record.lines(), &sample.work);
}

#[tokio::test]
async fn another_file_with_the_name_is_never_overwritten() {
    for (rule, ends) in [
        (NameTaken::KeepBoth, (5, 1, 0)),
        (NameTaken::Fail, (5, 0, 1)),
    ] {
        let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
        let theirs = StoredFile {
            id: "theirs".to_owned(),
            folder: format!("user-0:{:?}", sample.work[4].target_folder),
            name: "report.docx".to_owned(),
            bytes: b"somebody else's!".to_vec(),
            modified: None,
        };
        tenant
            .stored
            .lock()
            .expect("no test panics while it holds it")
            .files
            .push(theirs.clone());
        let options = Options {
            name_taken: rule,
            ..Options::default()
        };
        let summary = run_with(
            &sample,
            record.clone(),
            tenant.clone(),
            options,
            VirtualTime::new(),
        )
        .await
        .expect("the run ends");
        let found = (summary.identical, summary.as_declared, summary.failed);
        assert_eq!(found, ends);
        let stored = tenant
            .stored
            .lock()
            .expect("no test panics while it holds it");
        assert_eq!(stored.files[0].bytes, theirs.bytes);
        let names: Vec<&str> = stored.files.iter().map(|file| file.name.as_str()).collect();
        let beside = names
            .iter()
            .any(|name| name.starts_with("report (restored "));
        assert_eq!(beside, rule == NameTaken::KeepBoth, "{names:?}");
    }
}

#[tokio::test]
async fn a_closed_gate_stops_the_workers_and_what_ran_has_an_end() {
    let (sample, record, tenant) = (sample(2), MemoryRecord::new(), MemoryTenant::new());
    let gated = record.refusing_after(12);
    let error = run_with(
        &sample,
        gated,
        tenant.clone(),
        Options::default(),
        VirtualTime::new(),
    )
    .await
    .expect_err("the gate is closed");
    assert!(matches!(error, EngineError::Refused(_)));
    let interrupted = record
        .left_of(&sample.work)
        .iter()
        .filter(|work| work.standing == unbroken::engine::record::Standing::Interrupted)
        .count();
    assert_eq!(interrupted, 0);
    run(&sample, &record, &tenant).await;
    expect_once(&sample, &tenant);
}

#[tokio::test]
async fn a_broken_record_stops_everything_and_the_next_run_reads_back() {
    for lines in 0..20 {
        let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
        let error = run_with(
            &sample,
            record.breaking_after(lines),
            tenant.clone(),
            Options::default(),
            VirtualTime::new(),
        )
        .await
        .expect_err("the disk is full");
        assert!(matches!(error, EngineError::Record(_)));
        run(&sample, &record, &tenant).await;
        expect_once(&sample, &tenant);
        explain(&record.lines(), &sample.work);
    }
}

#[tokio::test]
async fn somebody_who_asks_to_stop_is_heard() {
    let (sample, record, tenant) = (sample(10), MemoryRecord::new(), MemoryTenant::new());
    let (sender, stop) = watch::channel(false);
    let stopping = tenant.failing(move |call, _| {
        if call == 10 {
            sender.send_replace(true);
        }
        None
    });
    let summary = engine::run(Engine {
        record: record.clone(),
        source: Arc::clone(&sample.source) as _,
        target: stopping,
        time: VirtualTime::new(),
        work: sample.work.clone(),
        options: Options::default(),
        stop,
        progress: &Told::default(),
    })
    .await
    .expect("it ends");
    assert!(summary.was_stopped && summary.left > 20);
    let left = record.left_of(&sample.work);
    assert_eq!(left.len() as u64, summary.left);
    assert!(
        left.iter().all(|work| work.attempts == 0),
        "nothing hangs in the air"
    );
    run(&sample, &record, &tenant).await;
    expect_once(&sample, &tenant);
}

#[tokio::test]
async fn a_part_is_completed_or_deleted_by_event() {
    let (sample, record, tenant) = (sample(1), MemoryRecord::new(), MemoryTenant::new());
    // Dies after the large message was created; then somebody changes what lies there.
    let faulty = tenant
        .failing(|call, name| (name == "complete_message" && call < 40).then_some(Fault::Refused));
    let first = run(&sample, &record, &faulty).await;
    assert_eq!(first.failed, 1);
    let fresh = MemoryRecord::new();
    let mut again = sample.work[3].clone();
    again.attempts = 1;
    again.standing = unbroken::engine::record::Standing::Interrupted;
    for message in &mut tenant
        .stored
        .lock()
        .expect("no test panics while it holds it")
        .messages
    {
        if message.key == again.key {
            "other".clone_into(&mut message.message.subject);
        }
    }
    let only = Sample {
        source: Arc::clone(&sample.source),
        work: vec![again],
    };
    let second = run(&only, &fresh, &tenant).await;
    assert_eq!(second.identical, 1);
    let actions: Vec<PartialAction> = outcomes(&fresh)
        .into_iter()
        .filter_map(|outcome| match outcome {
            Outcome::PartialFound { action, .. } => Some(action),
            _ => None,
        })
        .collect();
    assert_eq!(actions, [PartialAction::Complete, PartialAction::Delete]);
    expect_once(&sample, &tenant);
}
