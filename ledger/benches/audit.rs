//! How fast an audit is beside the signatures alone: the `unbroken-verify` binary over a large
//! ledger, and all threads at once doing nothing but `verify_strict` over a sample of the same
//! messages, in turns. Nothing of the verifier is linked here: it runs as whoever audits runs it.
//!
//! Prints `RATIO audit <ratio> (<ours> of <raw> verify/s)` and `PEAK audit <MiB> MiB`.
//! `UNBROKEN_BENCH_ENTRIES` makes the ledger smaller than a million entries.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "a bench has no config.rs")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

const ENTRIES: u64 = 1_000_000;
/// A tenth as many streams as entries: a stream is what the verifier keeps in memory.
const ENTRIES_PER_STREAM: u64 = 10;
/// Runs of the verifier, each between two measurements of the signatures alone.
const RUNS: u32 = 2;
/// Messages that the signatures alone are measured over, from all over the ledger.
const SAMPLE: u64 = 20_000;
const SEGMENT_HEAD: u64 = 32;
/// The exit code of a ledger that holds but is not anchored: there is no trust file here.
const HOLDS: i32 = 21;

struct Signed {
    key: VerifyingKey,
    message: Vec<u8>,
    signature: Signature,
}

fn main() {
    let entries = std::env::var("UNBROKEN_BENCH_ENTRIES")
        .ok()
        .map_or(ENTRIES, |text| text.parse().expect("a number of entries"));
    let programs = build();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let ledger = folder.path().join("ledger");
    let streams = (entries / ENTRIES_PER_STREAM).max(1);
    let made = Command::new(programs.join("examples/large_ledger"))
        .arg(&ledger)
        .args([entries.to_string(), streams.to_string()])
        .status();
    assert!(made.expect("it starts").success(), "a ledger is made");
    let sample = sample(&ledger, entries.div_ceil(SAMPLE));
    let lasting = Duration::from_millis((entries / 100).clamp(1000, 10_000));
    let mut raw = verify_alone(&sample, lasting);
    let (mut seconds, mut peak) = (0.0, 0);
    for _ in 0..RUNS {
        let (took, high) = audit(&programs.join("unbroken-verify"), &ledger);
        seconds += took.as_secs_f64();
        peak = peak.max(high);
        raw += verify_alone(&sample, lasting);
    }
    let raw = raw / f64::from(RUNS + 1);
    let audited = u32::try_from(entries).expect("fewer than 2^32") * RUNS;
    let ours = f64::from(audited) / seconds;
    println!(
        "RATIO audit {:.2} ({ours:.0} of {raw:.0} verify/s)",
        ours / raw
    );
    let mebibytes = f64::from(u32::try_from(peak).expect("below 4 TiB")) / 1024.0;
    println!("PEAK audit {mebibytes:.1} MiB");
}

/// The verifier and the maker of large ledgers; where they are.
fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a folder in the target folder");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package"])
        .args(["unbroken-verify", "--bins", "--examples", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.expect("cargo starts").success(),
        "the verifier builds"
    );
    target.join("release")
}

/// Runs the verifier: how long it took, and its peak resident memory in KiB.
fn audit(verifier: &Path, ledger: &Path) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(verifier)
        .arg(ledger)
        .stdout(Stdio::null())
        .spawn()
        .expect("the verifier starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        // What is gone has no status any more; the peak never falls, so the last one read is the
        // one.
        let read = std::fs::read_to_string(&status).unwrap_or_default();
        let high = read.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let high = high.and_then(|high| high.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(high.unwrap_or(0));
        if let Some(exit) = child.try_wait().expect("it can be waited for") {
            break exit;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let took = start.elapsed();
    assert_eq!(exit.code(), Some(HOLDS), "the ledger holds");
    (took, peak)
}

/// Every `nth` entry's signatures.
fn sample(ledger: &Path, nth: u64) -> Vec<Signed> {
    let keys: BTreeMap<String, VerifyingKey> = (1..=8)
        .map(|number| SigningKey::from_bytes(&[number; 32]).verifying_key())
        .map(|key| (hex(&Sha256::digest(key.as_bytes())), key))
        .collect();
    let segment = ledger.join("segments/00000000000000000000.seg");
    let mut file = BufReader::new(File::open(segment).expect("a segment"));
    file.seek(SeekFrom::Start(SEGMENT_HEAD)).expect("a head");
    let mut signed = Vec::new();
    let mut head = [0; 8];
    let mut place = 0;
    while file.read_exact(&mut head).is_ok() {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        if place % nth == 0 {
            let mut entry = vec![0; length as usize];
            file.read_exact(&mut entry).expect("a frame");
            signed.extend(signatures(&entry, &keys));
        } else {
            file.seek_relative(i64::from(length)).expect("a frame");
        }
        place += 1;
    }
    signed
}

fn signatures(entry: &[u8], keys: &BTreeMap<String, VerifyingKey>) -> Vec<Signed> {
    let entry: Value = serde_json::from_slice(entry).expect("an entry");
    let envelope = &entry["event"];
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let kind = text(&envelope["payloadType"]);
    let payload = Base64::decode_vec(&text(&envelope["payload"])).expect("base64");
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    let message = [head.as_bytes(), &payload].concat();
    let signatures = envelope["signatures"].as_array().expect("signatures");
    signatures
        .iter()
        .map(|signature| Signed {
            key: keys[&text(&signature["keyid"])],
            message: message.clone(),
            signature: Base64::decode_vec(&text(&signature["sig"]))
                .ok()
                .and_then(|bytes| Signature::from_slice(&bytes).ok())
                .expect("a signature"),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| format!("{byte:02x}");
    bytes.iter().map(digits).collect::<Vec<_>>().concat()
}

/// How many signatures a second all threads check together.
fn verify_alone(sample: &[Signed], lasting: Duration) -> f64 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    let checked: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let own = sample.iter().cycle().skip(thread * sample.len() / threads);
                    let mut checked = 0;
                    for signed in own {
                        signed
                            .key
                            .verify_strict(&signed.message, &signed.signature)
                            .expect("it holds");
                        checked += 1;
                        if start.elapsed() >= lasting {
                            break;
                        }
                    }
                    checked
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panicked"))
            .sum()
    });
    f64::from(checked) / start.elapsed().as_secs_f64()
}
