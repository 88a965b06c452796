//! Witnesses and time-stamping authorities, from the request over HTTP to what a stranger's verifier says: `openssl ts` is the
//! authority, and a small witness of this test's own. Other people's log tools are in `log_tools.rs`.

pub(crate) mod parties;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use m365_simulator::Faults;
use parties::{Authority, Mood, Witness};
use unbroken::anchors::{self, AnchorError, Configuration, Round};
use unbroken::clock::SystemClock;
use unbroken::reports::bundle::{Disclosed, export};
use unbroken::reports::trust;
use unbroken_ledger::{
    FilePlace, Ledger, Opening, Policy, PrivateKey, Root, SystemClock as LedgerClock, VaultKey,
};
use unbroken_verify::{Options, Verdict, VerdictKind, verify};

use crate::case::{Case, mail};
use crate::left_out::left_out;
use crate::tampering::forge::put;

/// A small ledger, and the folder that says who is asked.
pub(crate) struct Anchored {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

impl Anchored {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("anchors")).expect("made");
        Self { folder, runtime }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn make(&self) -> Ledger {
        let root = key(1);
        let opening = Opening {
            name: "example.org/anchors".to_owned(),
            simulated: true,
            roots: vec![Root {
                signer: &root,
                person: "root-1".to_owned(),
            }],
            threshold: 1,
            policy: Policy::default(),
            log: Arc::new(key(4)),
            service: Arc::new(key(5)),
        };
        let place = Box::new(FilePlace::new(self.path("place/checkpoint")));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(LedgerClock));
        Ledger::create(&self.path("ledger"), place, vault, &opening, clock).expect("made")
    }

    pub(crate) fn open(&self) -> Ledger {
        let place = Box::new(FilePlace::new(self.path("place/checkpoint")));
        let (log, service) = (Arc::new(key(4)), Arc::new(key(5)));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(LedgerClock));
        Ledger::open(&self.path("ledger"), place, vault, log, service, clock).expect("opened")
    }

    /// Names the parties that are asked.
    pub(crate) fn configure(&self, witnesses: &str, authorities: &[&Authority]) -> Configuration {
        put(&self.path("anchors/witnesses"), witnesses.as_bytes());
        let mut lines = String::new();
        for (number, authority) in authorities.iter().enumerate() {
            put(
                &self.path(&format!("anchors/roots-{number}.pem")),
                &authority.roots_pem(),
            );
            let url = authority.url();
            writeln!(lines, "authority a{number} {url} roots-{number}.pem").expect("a string");
        }
        put(&self.path("anchors/authorities"), lines.as_bytes());
        Configuration::load(&self.path("anchors")).expect("a configuration")
    }

    pub(crate) fn round(&self, ledger: &Ledger, configuration: &Configuration) -> Round {
        let round = anchors::round(ledger, configuration, &SystemClock);
        self.runtime.block_on(round).expect("the ledger takes it")
    }

    /// What a stranger sees: a bundle as of the newest anchored note, the trust file, the authorities' roots.
    pub(crate) fn verdict(&self, ledger: &Ledger, configuration: &Configuration) -> Verdict {
        let bundle = self.path(&format!("bundle-{}", ledger.size()));
        let (note, tokens) = ledger.newest_anchored();
        export(ledger, &note, &tokens, &[], &Disclosed::Nobody, &bundle).expect("exported");
        let trust = self.path("trust");
        put(
            &trust,
            trust::policy(ledger, &configuration.policy).as_bytes(),
        );
        let mut roots = Vec::new();
        for number in 0..configuration.authorities.len() {
            let pem = std::fs::read(self.path(&format!("anchors/roots-{number}.pem")));
            roots.extend(pem.expect("readable"));
        }
        let authorities = (!roots.is_empty()).then(|| {
            put(&self.path("roots.pem"), &roots);
            self.path("roots.pem")
        });
        let options = Options {
            trust: Some(trust),
            authorities,
            ..Options::default()
        };
        verify(&bundle, &options).expect("readable")
    }
}

pub(crate) fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    if !found {
        left_out("openssl is not here; nobody could time-stamp");
    }
    found
}

fn failure(round: &Round) -> &AnchorError {
    let failed = round
        .asked
        .iter()
        .find_map(|asked| asked.outcome.as_ref().err());
    failed.expect("somebody failed")
}

#[test]
fn what_is_witnessed_and_stamped_is_logged_once_and_a_stranger_sees_it() {
    if !has_openssl() {
        return;
    }
    let case = Anchored::new();
    let ledger = case.make();
    let witness = Witness::start(2);
    let (rsa, elliptic) = (Authority::start("RSA"), Authority::start("P-256"));
    let configuration = case.configure(&witness.policy(), &[&rsa, &elliptic]);
    let round = case.round(&ledger, &configuration);
    assert!(round.is_complete(), "{round:?}");
    assert_eq!((round.size, round.asked.len()), (1, 3));
    assert_eq!(
        ledger.size(),
        4,
        "one WitnessReceived and two TimestampReceived"
    );
    let again = case.round(&ledger, &configuration);
    assert!(
        again.asked.is_empty(),
        "anchors alone set off nothing: {again:?}"
    );
    ledger.heartbeat().expect("taken");
    drop(ledger);
    let ledger = case.open();
    let round = case.round(&ledger, &configuration);
    assert!(round.is_complete(), "{round:?}");
    assert_eq!(round.size, 5);
    let verdict = case.verdict(&ledger, &configuration);
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    assert_eq!(
        (verdict.size, verdict.witnessed, verdict.timestamped),
        (5, 5, 5)
    );
    assert_eq!(
        witness.conflicts(),
        0,
        "it remembered what the witness had seen"
    );
    // openssl accepts each kept token over its kept note.
    let mut checked = 0;
    for anchor in ledger.anchors() {
        let unbroken_ledger::AnchorKind::Timestamp(token) = anchor.kind else {
            continue;
        };
        put(
            &case.path("note"),
            &ledger.objects().read(&anchor.note).expect("kept"),
        );
        put(
            &case.path("token"),
            &ledger.objects().read(&token).expect("kept"),
        );
        assert!(
            openssl_accepts(case.folder.path(), "roots-0.pem")
                || openssl_accepts(case.folder.path(), "roots-1.pem")
        );
        checked += 1;
    }
    assert_eq!(checked, 4);
}

fn openssl_accepts(folder: &Path, roots: &str) -> bool {
    let output = Command::new("openssl")
        .args([
            "ts",
            "-verify",
            "-token_in",
            "-in",
            "token",
            "-data",
            "note",
            "-CAfile",
        ])
        .arg(format!("anchors/{roots}"))
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    output.status.success()
}

#[test]
fn without_its_quorum_a_bundle_is_refused_and_the_range_is_named() {
    let case = Anchored::new();
    let ledger = case.make();
    let witness = Witness::start(3);
    let configuration = case.configure(&witness.policy(), &[]);
    let verdict = case.verdict(&ledger, &configuration);
    assert_eq!(verdict.exit_code(), 20, "{}", verdict.to_text());
    assert_eq!(verdict.broken[0].rule, "trust/quorum");
    let said = verdict.to_text();
    assert!(
        said.contains("entries 0..1 are NOT witnessed by the quorum"),
        "{said}"
    );
    case.round(&ledger, &configuration);
    let verdict = case.verdict(&ledger, &configuration);
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
}

#[test]
fn a_witness_that_is_away_or_lies_stops_nothing_and_is_asked_again() {
    let case = Anchored::new();
    let ledger = case.make();
    let witness = Witness::start(4);
    let configuration = case.configure(&witness.policy(), &[]);
    for (mood, expected) in [
        (Mood::Fails, "answered 500"),
        (Mood::SignsOther, "none of the lines"),
        (Mood::Refuses, "it does not know this log"),
    ] {
        witness.set(mood);
        let before = ledger.size();
        let round = case.round(&ledger, &configuration);
        let error = failure(&round).to_string();
        assert!(error.contains(expected), "{mood:?}: {error}");
        assert_eq!(ledger.size(), before, "{mood:?}: nothing false is logged");
        ledger.heartbeat().expect("the ledger goes on");
    }
    witness.set(Mood::Works);
    // It has seen more of this log than we remember: 409, then the proof from there.
    witness.remember(1, ledger.checkpoint().checkpoint.size, &ledger);
    let round = case.round(&ledger, &configuration);
    assert!(round.is_complete(), "{round:?}");
    assert_eq!(witness.conflicts(), 1);
}

#[test]
fn another_history_at_the_witness_is_evidence() {
    let case = Anchored::new();
    let ledger = case.make();
    let witness = Witness::start(5);
    let configuration = case.configure(&witness.policy(), &[]);
    ledger.heartbeat().expect("taken");
    case.round(&ledger, &configuration);
    drop(ledger);
    // The whole case is put back as it was made, place and all: only the witness remembers.
    std::fs::remove_dir_all(case.path("ledger")).expect("removed");
    std::fs::remove_dir_all(case.path("place")).expect("removed");
    let ledger = case.make();
    let round = case.round(&ledger, &configuration);
    let AnchorError::OtherHistory { found, evidence } = failure(&round) else {
        panic!("{round:?}");
    };
    assert!(found.contains("2 entries, here are 1"), "{found}");
    let evidence = evidence.as_ref().expect("the witness's copy was had");
    let verdict = verify(Path::new(evidence), &Options::default()).expect("readable");
    assert_eq!(
        verdict.broken[0].rule,
        "evidence/rolled-back",
        "{}",
        verdict.to_text()
    );
    // Grown to the same size by other entries, it is an equivocation.
    ledger.heartbeat().expect("taken");
    let round = case.round(&ledger, &configuration);
    let AnchorError::OtherHistory { evidence, .. } = failure(&round) else {
        panic!("{round:?}");
    };
    let evidence = evidence.as_ref().expect("the witness's copy was had");
    let verdict = verify(Path::new(evidence), &Options::default()).expect("readable");
    assert_eq!(
        verdict.broken[0].rule,
        "evidence/equivocation",
        "{}",
        verdict.to_text()
    );
}

#[test]
fn an_authority_that_fails_replays_or_is_another_is_not_believed_and_asked_again() {
    if !has_openssl() {
        return;
    }
    let case = Anchored::new();
    let ledger = case.make();
    let (authority, stranger) = (Authority::start("P-256"), Authority::start("P-256"));
    let configuration = case.configure("", &[&authority]);
    for (mood, expected) in [
        (Mood::Fails, "answered 500"),
        (Mood::Refuses, "did not grant"),
        (Mood::Replays, "timestamp/nonce"),
    ] {
        authority.set(mood);
        let before = ledger.size();
        let round = case.round(&ledger, &configuration);
        let error = failure(&round).to_string();
        assert!(error.contains(expected), "{mood:?}: {error}");
        assert_eq!(ledger.size(), before, "{mood:?}: nothing false is logged");
    }
    // Somebody else answers in its place.
    let mut other = case.configure("", &[&stranger]);
    other.authorities[0].roots = configuration.authorities[0].roots.clone();
    let error = failure(&case.round(&ledger, &other)).to_string();
    assert!(error.contains("timestamp/"), "{error}");
    let verdict = case.verdict(&ledger, &case.configure("", &[&authority]));
    assert_eq!(verdict.exit_code(), 3, "asked for time, and there is none");
    authority.set(Mood::Works);
    let round = case.round(&ledger, &configuration);
    assert!(round.is_complete(), "{round:?}");
    let verdict = case.verdict(&ledger, &configuration);
    assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
}

#[test]
fn a_stamp_is_renewed_before_its_certificate_ends() {
    if !has_openssl() {
        return;
    }
    let case = Anchored::new();
    let ledger = case.make();
    let short = Authority::start_for_days("RSA", 30);
    let configuration = case.configure("", &[&short]);
    assert!(case.round(&ledger, &configuration).is_complete());
    let again = case.round(&ledger, &configuration);
    assert_eq!(
        again.asked.len(),
        1,
        "30 days are less than the 90 before which it renews"
    );
    assert_eq!(again.size, 2, "over the entry that names the old token");
}

/// How many entries lie in a case's segments: seen from outside, while the program writes.
fn entries_on_disk(case: &Path) -> usize {
    let folder = case.join("ledger/segments");
    let files = std::fs::read_dir(folder).expect("segments");
    let bytes = files.map(|item| std::fs::read(item.expect("readable").path()).expect("readable"));
    let begins = |bytes: Vec<u8>| bytes.windows(9).filter(|w| w == b"{\"index\":").count();
    bytes.map(begins).sum()
}

#[test]
fn a_witness_that_never_answers_does_not_hold_a_restore_up() {
    const ITEMS: usize = 8;
    let case = Case::new(Faults::none());
    for number in 0..ITEMS {
        case.plant(&format!("{number}.eml"), &mail(number, 0));
    }
    case.prepare("mailbox");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let policy = Witness::start(6).policy_at(&url);
    std::fs::create_dir_all(case.path("case/anchors")).expect("made");
    put(&case.path("case/anchors/witnesses"), policy.as_bytes());
    let folder = case.path("case");
    let before = entries_on_disk(&folder);
    // The first question is held until the program hangs up; what was written by then did not wait for the answer.
    let held = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("asked");
        let _hung_up = std::io::copy(&mut stream, &mut std::io::sink());
        let written = entries_on_disk(&folder);
        drop(listener);
        written
    });
    let output = case.restore();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("anchoring: witness w failed"), "{said}");
    let written = held.join().expect("it was asked");
    assert!(
        written >= before + 2 * ITEMS,
        "{written} entries while the witness was silent, {before} before"
    );
    let verdict = case.verdict();
    assert_eq!(verdict.broken.len(), 1, "{}", verdict.to_text());
    assert_eq!(verdict.broken[0].rule, "trust/quorum");
    let range = format!("entries 0..{} are NOT witnessed", verdict.size);
    assert!(verdict.to_text().contains(&range), "{}", verdict.to_text());
}
