//! audit: the `unbroken-verify` binary over the large ledger, within 64 MiB. Raw: all threads at once doing nothing but
//! `verify_strict` over a sample of the same messages. Nothing of the verifier is linked here: it runs as whoever audits
//! runs it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::large::Large;
use crate::raw::{Signed, verify};
use crate::{Round, Unit, number, report};

/// Runs of the verifier, each between two measurements of the signatures alone.
const ROUNDS: usize = 3;
/// Messages that the signatures alone are measured over, from all over the ledger.
const SAMPLE: usize = 20_000;
const MEMORY_KIB: u64 = 64 * 1024;
/// The exit code of a ledger that holds but is not anchored: there is no trust file here.
const HOLDS: i32 = 21;

pub(crate) fn run(large: &Large) {
    let sample = sample(large);
    let lasting = Duration::from_millis((large.entries as u64 / 200).clamp(500, 5000));
    let mut before = verify(&sample, lasting);
    let mut rounds = Vec::new();
    let mut peak = 0;
    for _ in 0..ROUNDS {
        let (took, high) = audit(large);
        let ours = number(large.entries) / took.as_secs_f64();
        let after = verify(&sample, lasting);
        let raw = f64::midpoint(before, after);
        rounds.push(Round { ours, raw });
        (before, peak) = (after, peak.max(high));
    }
    report("audit", Unit::Rate("verify/s"), &rounds);
    let mebibytes = f64::from(u32::try_from(peak).expect("below 4 TiB")) / 1024.0;
    println!("PEAK audit {mebibytes:.1} MiB");
    assert!(peak > 0, "the peak was read");
    assert!(peak <= MEMORY_KIB, "an audit takes {mebibytes:.1} MiB");
}

/// Runs the verifier: how long it took, and its peak resident memory in KiB.
fn audit(large: &Large) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(large.verifier())
        .arg(large.dir())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the verifier starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        // What is gone has no status any more; the peak never falls, so the last one read is the
        // one.
        peak = peak.max(high_water(Path::new(&status)));
        if let Some(exit) = child.try_wait().expect("it can be waited for") {
            break exit;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let took = start.elapsed();
    assert_eq!(exit.code(), Some(HOLDS), "the ledger holds");
    let said = std::io::read_to_string(child.stdout.take().expect("piped")).expect("text");
    let all = format!("entries      {} read", large.entries);
    assert!(said.lines().any(|line| line == all), "not {all}:\n{said}");
    (took, peak)
}

fn high_water(status: &Path) -> u64 {
    let read = std::fs::read_to_string(status).unwrap_or_default();
    let high = read.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let high = high.and_then(|high| high.trim().strip_suffix(" kB")?.parse().ok());
    high.unwrap_or(0)
}

fn sample(large: &Large) -> Vec<Signed> {
    let keys: BTreeMap<String, VerifyingKey> = (1..=8)
        .map(|number| SigningKey::from_bytes(&[number; 32]).verifying_key())
        .map(|key| (hex(&Sha256::digest(key.as_bytes())), key))
        .collect();
    let entries = large.every(large.entries.div_ceil(SAMPLE));
    let signed = entries.iter().flat_map(|entry| signatures(entry, &keys));
    signed.collect()
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
