//! Writes a small ledger and says aloud what was acknowledged: what `syscalls.rs` runs under failing system calls and
//! `full_disk.rs` on a small disk. `ledger_writer DIR EVENTS [BYTES]`; each line on stdout is `<index> <leaf hash>`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use unbroken_ledger::{
    Draft, FilePlace, Ledger, LedgerError, Opening, Policy, PrivateKey, Role, Root, Signer,
    SystemClock, Value, VaultKey,
};

fn told(receipt: unbroken_ledger::Receipt) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} {}", receipt.index, receipt.leaf).expect("written");
    out.flush().expect("written");
}

fn write(dir: &std::path::Path, events: i64, bytes: usize) -> Result<(), LedgerError> {
    let key = |n| PrivateKey::from_seed(&[n; 32]);
    let (root, worker) = (key(1), key(8));
    let (log, service) = (Arc::new(key(4)), Arc::new(key(5)));
    let place = || Box::new(FilePlace::new(dir.join("place/checkpoint")));
    let folder = dir.join("ledger");
    let (vault, clock) = (|| VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
    let ledger = if folder.join("format").exists() {
        Ledger::open(&folder, place(), vault(), log, service, clock)?
    } else {
        let mut policy = Policy::default();
        let kind = "ItemRestored/1".to_owned();
        policy.types.insert(kind, vec![Role::Worker]);
        let opening = Opening {
            name: "example.org/syscalls".to_owned(),
            simulated: true,
            roots: vec![Root {
                signer: &root,
                person: "root-1".to_owned(),
            }],
            threshold: 1,
            policy,
            log,
            service,
        };
        Ledger::create(&folder, place(), vault(), &opening, clock)?
    };
    let is_known = ledger.with_state(|state| state.key(&worker.key_id()).is_some());
    if !is_known {
        told(ledger.enrol(&worker, "", &[Role::Worker], &[&root])?);
    }
    let stream = "custodian/c1".to_owned();
    let is_handed = ledger.with_state(|state| state.stream(&stream).emitter.is_some());
    if !is_handed {
        told(ledger.hand(std::slice::from_ref(&stream), worker.key_id())?);
    }
    for number in 0..events {
        let padding = Value::text("x".repeat(bytes));
        let data = Value::object([("n", Value::Integer(number)), ("padding", padding)]);
        told(ledger.emit(&Draft::new(&*stream, "ItemRestored/1", data), &[&worker])?);
    }
    ledger.checkpoint_now()?;
    Ok(())
}

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("DIR"));
    let events = arguments.next().and_then(|text| text.parse().ok());
    let bytes = arguments
        .next()
        .map_or(0, |text| text.parse().expect("BYTES"));
    match write(&dir, events.expect("EVENTS"), bytes) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_listens = writeln!(std::io::stderr(), "{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
