//! Exports the bundle of a ledger that `large_ledger` wrote, and says how that compares with reading and hashing the
//! same bytes: `bundle_export LEDGER OUT`; one line of JSON. tests/bench/bundle.sh runs it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use unbroken::reports::bundle::{Disclosed, export};
use unbroken::reports::trust;
use unbroken_ledger::{FilePlace, Ledger, PrivateKey, SystemClock, VaultKey};

/// Peak resident memory of this process so far, in KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Processor seconds of this process so far, in steps of a hundredth: on a shared machine the clock on the wall says
/// little of it.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u32> = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse().ok())
        .collect();
    f64::from(fields.iter().sum::<u32>()) / 100.0
}

/// Begins the peak anew, so that what opening needed does not hide what the export needs.
fn forget_peak() {
    if let Ok(mut file) = File::options().write(true).open("/proc/self/clear_refs") {
        // Where the system does not let us, the figure is the larger one.
        let _ = file.write_all(b"5");
    }
}

/// Reads and hashes every file below a folder, as one thread does that does nothing else.
fn read_and_hash(folder: &Path, hasher: &mut Sha256) -> u64 {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .expect("listed")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    for path in names {
        if path.is_dir() {
            bytes += read_and_hash(&path, hasher);
            continue;
        }
        let mut file = File::open(&path).expect("opened");
        loop {
            match file.read(&mut buffer).expect("read") {
                0 => break,
                read => {
                    hasher.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
    }
    bytes
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("LEDGER");
    let out = arguments.next().expect("OUT");
    let place = folder.with_extension("place");
    if !place.exists() {
        fs::copy(folder.join("checkpoint"), &place).expect("copied");
    }
    let (log, service) = (
        PrivateKey::from_seed(&[4; 32]),
        PrivateKey::from_seed(&[5; 32]),
    );
    let started = Instant::now();
    let ledger = Ledger::open(
        &folder,
        Box::new(FilePlace::new(place)),
        VaultKey::from_bytes([9; 32]),
        Arc::new(log),
        Arc::new(service),
        Arc::new(SystemClock),
    )
    .expect("opened");
    let opened = started.elapsed().as_secs_f64();
    let checkpoint = ledger.checkpoint();
    forget_peak();
    let (before, used, started) = (peak(), processor(), Instant::now());
    let exported = export(&ledger, &checkpoint, &[], &[], &Disclosed::Nobody, &out);
    let exported = exported.expect("exported");
    let (seconds, cpu, after) = (started.elapsed().as_secs_f64(), processor() - used, peak());
    let text = trust::policy(&ledger, &[]);
    let mut file = File::create(out.with_extension("trust")).expect("made");
    file.write_all(text.as_bytes()).expect("written");
    let (mut raw, mut raw_cpu) = (f64::INFINITY, f64::INFINITY);
    let mut bytes = 0;
    for _ in 0..2 {
        let (used, started) = (processor(), Instant::now());
        bytes = read_and_hash(&out, &mut Sha256::new());
        raw = raw.min(started.elapsed().as_secs_f64());
        raw_cpu = raw_cpu.min(processor() - used);
    }
    let line = format!(
        "{{\"entries\":{},\"bundle_bytes\":{bytes},\"open_s\":{opened:.2},\
         \"export_s\":{seconds:.2},\"export_cpu_s\":{cpu:.2},\"read_and_hash_cpu_s\":{raw_cpu:.2},\
         \"read_and_hash_s\":{raw:.2},\"ratio\":{:.3},\"peak_before_kib\":{before},\
         \"peak_after_kib\":{after}}}\n",
        exported.entries,
        raw / seconds
    );
    std::io::stdout().write_all(line.as_bytes()).expect("said");
}
