//! The crash suite: a ledger on a disk that fails at each of its steps, and what comes back. The disk is in `crash/disk.rs`;
//! real system calls that fail are in `syscalls.rs`.

#[path = "crash/disk.rs"]
#[allow(
    dead_code,
    reason = "the conformance suite of stores uses the rest of it"
)]
mod disk;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use disk::{MemoryDisk, Unsynced};
use unbroken_ledger::disclosure::Disclosure;
use unbroken_ledger::disk::SharedDisk;
use unbroken_ledger::store::CheckpointPlace;
use unbroken_ledger::{
    Draft, FilePlace, Ledger, LedgerError, Opening, Policy, PrivateKey, Receipt, Role, Root,
    Signer, SubmitError, SystemClock, Value, VaultKey,
};
use unbroken_verify::{Options, VerdictKind, verify};

const DIR: &str = "/ledger";
const PLACE: &str = "/place/checkpoint";
const EVENTS: i64 = 6;

struct Keys {
    root: PrivateKey,
    log: Arc<PrivateKey>,
    service: Arc<PrivateKey>,
    worker: PrivateKey,
}

fn keys() -> Keys {
    let key = |n| PrivateKey::from_seed(&[n; 32]);
    Keys {
        root: key(1),
        log: Arc::new(key(4)),
        service: Arc::new(key(5)),
        worker: key(8),
    }
}

fn vault_key() -> VaultKey {
    VaultKey::from_bytes([9; 32])
}

fn place(disk: &MemoryDisk) -> Box<dyn CheckpointPlace> {
    let shared: SharedDisk = Arc::new(disk.clone());
    Box::new(FilePlace::on(shared, PLACE))
}

fn create(disk: &MemoryDisk, keys: &Keys) -> Result<Ledger, LedgerError> {
    let mut policy = Policy::default();
    policy
        .types
        .insert("ItemRestored/1".to_owned(), vec![Role::Worker]);
    let opening = Opening {
        name: "example.org/crash".to_owned(),
        simulated: true,
        roots: vec![Root {
            signer: &keys.root,
            person: "root-1".to_owned(),
        }],
        threshold: 1,
        policy,
        log: keys.log.clone(),
        service: keys.service.clone(),
    };
    let shared: SharedDisk = Arc::new(disk.clone());
    let clock = Arc::new(SystemClock);
    Ledger::create_on(
        shared,
        Path::new(DIR),
        place(disk),
        vault_key(),
        &opening,
        clock,
    )
}

fn open(disk: &MemoryDisk, keys: &Keys) -> Result<Ledger, LedgerError> {
    let shared: SharedDisk = Arc::new(disk.clone());
    let (log, service) = (keys.log.clone(), keys.service.clone());
    let clock = Arc::new(SystemClock);
    Ledger::open_on(
        shared,
        Path::new(DIR),
        place(disk),
        vault_key(),
        log,
        service,
        clock,
    )
}

/// What the outside was told: it must be there for ever.
#[derive(Default)]
struct Told {
    receipts: Vec<Receipt>,
    facts: Vec<Disclosure>,
    checkpoint: u64,
}

/// The life of a small ledger: made, keys, facts, events, a checkpoint in between, events behind it.
fn live(disk: &MemoryDisk, keys: &Keys, told: &mut Told) -> Result<(), LedgerError> {
    let ledger = create(disk, keys)?;
    told.receipts
        .push(ledger.enrol(&keys.worker, "", &[Role::Worker], &[&keys.root])?);
    told.receipts
        .push(ledger.hand(&["custodian/c1".to_owned()], keys.worker.key_id())?);
    for number in 0..EVENTS {
        write_one(&ledger, keys, number, told)?;
        if number == EVENTS / 2 {
            told.checkpoint = ledger.checkpoint_now()?.checkpoint.size;
        }
    }
    Ok(())
}

fn write_one(
    ledger: &Ledger,
    keys: &Keys,
    number: i64,
    told: &mut Told,
) -> Result<(), LedgerError> {
    let fact = Disclosure::new("subject", Value::text(format!("fact {number}")))?;
    ledger.vault().keep("c1", std::slice::from_ref(&fact))?;
    let data = Value::object([("n", Value::Integer(number))]);
    let draft = Draft {
        digests: vec![fact.digest()],
        ..Draft::new("custodian/c1", "ItemRestored/1", data)
    };
    told.receipts.push(ledger.emit(&draft, &[&keys.worker])?);
    told.facts.push(fact);
    Ok(())
}

/// Opens what came back, holds it against what was told, lets it go on, and asks the verifier.
fn judge(disk: &MemoryDisk, keys: &Keys, told: &Told, case: &str) {
    let ledger = match open(disk, keys) {
        Ok(ledger) => ledger,
        Err(LedgerError::NoLedger { .. }) => {
            assert!(told.receipts.is_empty(), "{case}: acknowledged and gone");
            create(disk, keys).unwrap_or_else(|error| panic!("{case}: made again: {error}"))
        }
        Err(error) => panic!("{case}: {error}"),
    };
    assert!(
        ledger.size() >= told.checkpoint,
        "{case}: below a checkpoint"
    );
    for receipt in &told.receipts {
        let mut found = ledger.entries(receipt.index).expect("readable");
        let (bytes, _) = found
            .next()
            .unwrap_or_else(|| panic!("{case}: entry {} is gone", receipt.index))
            .expect("whole");
        let leaf = unbroken_ledger::tree::leaf_hash(&bytes);
        assert_eq!(leaf, receipt.leaf, "{case}: entry {}", receipt.index);
    }
    if !told.facts.is_empty() {
        let kept = ledger.vault().facts("c1").expect("readable");
        let kept: BTreeSet<String> = kept.iter().map(|k| k.disclosure.digest()).collect();
        let all = told.facts.iter().all(|fact| kept.contains(&fact.digest()));
        assert!(all, "{case}: a fact of an acknowledged event is gone");
    }
    ledger
        .heartbeat()
        .unwrap_or_else(|error| panic!("{case}: it does not go on: {error}"));
    drop(ledger);
    let folder = tempfile::tempdir().expect("a folder");
    disk.copy_to(Path::new(DIR), folder.path());
    let verdict = verify(folder.path(), &Options::default()).expect("readable");
    assert_eq!(
        verdict.kind,
        VerdictKind::NotAnchored,
        "{case}: {}",
        verdict.to_text()
    );
}

/// How many calls the whole life takes on a sound disk.
fn all_steps() -> Vec<String> {
    let disk = MemoryDisk::default();
    let mut told = Told::default();
    live(&disk, &keys(), &mut told).expect("a sound disk");
    judge(&disk, &keys(), &told, "a sound disk");
    disk.steps()
}

#[test]
fn each_step_lost_or_persisted_leaves_a_ledger_that_holds() {
    let steps = all_steps();
    let keys = keys();
    let mut table: Vec<(String, u32, u32)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        for effect_stays in [false, true] {
            let mut fates = vec![Unsynced::Lost, Unsynced::Persisted];
            fates.extend((0..3).map(|seed| Unsynced::Torn(seed * 1000 + number as u64)));
            let disk = MemoryDisk::default();
            disk.fail_at(number, effect_stays);
            let mut told = Told::default();
            // It fails where the disk failed; in the last steps nobody may hear of it (the checkpoint at the end).
            let _ended = live(&disk, &keys, &mut told);
            for fate in fates {
                let case = format!("step {number} ({step}), stays {effect_stays}, {fate:?}");
                judge(&disk.after_power_cut(fate), &keys, &told, &case);
            }
        }
        let kind = step
            .split(|c: char| c.is_ascii_digit())
            .next()
            .unwrap_or(step);
        match table.iter_mut().find(|(name, ..)| name == kind) {
            Some((_, lost, persisted)) => (*lost, *persisted) = (*lost + 1, *persisted + 1),
            None => table.push((kind.to_owned(), 1, 1)),
        }
    }
    println!("step                                    lost  persisted   (x 5 fates each)");
    for (step, lost, persisted) in &table {
        println!("{step:<38} {lost:>5}  {persisted:>9}");
    }
    assert!(steps.len() > 60, "only {} steps were tried", steps.len());
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_goes_on_when_there_is_space() {
    let disk = MemoryDisk::default();
    let keys = keys();
    let mut told = Told::default();
    live(&disk, &keys, &mut told).expect("a sound disk");
    let ledger = open(&disk, &keys).expect("opened");
    disk.set_capacity(Some(disk.used()));
    let refused = write_one(&ledger, &keys, 100, &mut told).expect_err("full");
    assert!(
        refused.is_full() || refused.to_string().contains("vault"),
        "{refused}"
    );
    let full = ledger.checkpoint_now();
    disk.set_capacity(None);
    drop(full);
    write_one(&ledger, &keys, 101, &mut told).expect("there is space");
    told.checkpoint = ledger.checkpoint_now().expect("signed").checkpoint.size;
    drop(ledger);
    judge(&disk, &keys, &told, "after a full disk");
}

#[test]
fn after_a_failed_sync_nothing_more_is_taken() {
    let disk = MemoryDisk::default();
    let keys = keys();
    let ledger = create(&disk, &keys).expect("made");
    let next = disk.steps().len();
    // The next step is the write of the batch, the one after it its fdatasync.
    disk.fail_at(next + 1, false);
    let lost = ledger.heartbeat().expect_err("the sync failed");
    assert!(
        disk.steps()[next + 1].starts_with("fdatasync"),
        "{:?}",
        disk.steps()
    );
    let stopped = matches!(lost, LedgerError::Submit(SubmitError::Stopped { .. }));
    assert!(stopped, "{lost}");
    assert!(ledger.stop_reason().is_some());
    let refused = ledger.heartbeat().expect_err("it takes nothing more");
    assert!(
        matches!(refused, LedgerError::Submit(SubmitError::Stopped { .. })),
        "{refused}"
    );
}

#[test]
fn the_second_writer_is_refused() {
    let disk = MemoryDisk::default();
    let keys = keys();
    let _first = create(&disk, &keys).expect("made");
    let second = open(&disk, &keys).expect_err("locked").to_string();
    assert!(second.contains("locked"), "{second}");
}
