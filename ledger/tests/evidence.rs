//! A ledger that came back shorter or different refuses to start, and the file that it writes shows that by itself to the
//! verifier.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::{
    FilePlace, Ledger, LedgerError, Opening, Policy, PrivateKey, Root, SystemClock, VaultKey,
};
use unbroken_verify::{Options, Verdict, verify};

struct Case {
    folder: tempfile::TempDir,
}

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make(&self) -> Ledger {
        let root = key(1);
        let opening = Opening {
            name: "example.org/evidence".to_owned(),
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
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
        Ledger::create(&self.path("ledger"), place, vault, &opening, clock).expect("made")
    }

    fn open(&self) -> Result<Ledger, LedgerError> {
        let place = Box::new(FilePlace::new(self.path("place/checkpoint")));
        let (log, service) = (Arc::new(key(4)), Arc::new(key(5)));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
        Ledger::open(&self.path("ledger"), place, vault, log, service, clock)
    }

    fn refused(&self) -> (String, PathBuf) {
        match self.open() {
            Err(LedgerError::RolledBack { found, evidence }) => {
                (found, evidence.expect("a file was written").into())
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for item in std::fs::read_dir(from).expect("a folder") {
        let path = item.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

fn rule(verdict: &Verdict) -> &str {
    &verdict.broken.first().expect("a finding").rule
}

fn judge(evidence: &Path) -> Verdict {
    verify(evidence, &Options::default()).expect("readable")
}

#[test]
fn a_shorter_ledger_is_refused_and_the_file_shows_what_was_signed() {
    let case = Case::new();
    drop(case.make());
    copy(&case.path("ledger"), &case.path("old"));
    let ledger = case.open().expect("opened");
    ledger.heartbeat().expect("taken");
    drop(ledger);
    std::fs::remove_dir_all(case.path("ledger")).expect("removed");
    copy(&case.path("old"), &case.path("ledger"));
    let (found, evidence) = case.refused();
    assert!(found.contains("checkpoint"), "{found}");
    let verdict = judge(&evidence);
    assert_eq!(
        rule(&verdict),
        "evidence/rolled-back",
        "{}",
        verdict.to_text()
    );
    assert_eq!(verdict.exit_code(), 20);
    assert!(
        verdict.to_text().contains("signed 2 entries; 1 were found"),
        "{}",
        verdict.to_text()
    );
}

#[test]
fn a_history_that_was_written_again_is_an_equivocation() {
    let case = Case::new();
    drop(case.make());
    let place = case.path("place/checkpoint");
    let kept = case.path("kept");
    // Two lives go on from the same beginning, both signed by the log key.
    copy(&case.path("ledger"), &case.path("fork"));
    copy(&case.path("place"), &case.path("fork-place"));
    let ledger = case.open().expect("opened");
    ledger.heartbeat().expect("taken");
    drop(ledger);
    std::fs::copy(&place, &kept).expect("copied");
    for lives in [1, 3] {
        std::fs::remove_dir_all(case.path("ledger")).expect("removed");
        copy(&case.path("fork"), &case.path("ledger"));
        std::fs::copy(case.path("fork-place/checkpoint"), &place).expect("copied");
        let ledger = case.open().expect("the fork opens with its own checkpoint");
        for _ in 0..lives {
            ledger.heartbeat().expect("taken");
        }
        drop(ledger);
        // The place that the forger did not reach still holds the first life's checkpoint.
        std::fs::copy(&kept, &place).expect("copied");
        let (_, evidence) = case.refused();
        let verdict = judge(&evidence);
        assert_eq!(
            rule(&verdict),
            "evidence/equivocation",
            "{lives}: {}",
            verdict.to_text()
        );
        let text = std::fs::read_to_string(&evidence).expect("readable");
        let tampered = case.path("tampered.json");
        let other = text.replacen("\"kept\":\"example.org", "\"kept\":\"example.com", 1);
        assert_ne!(other, text);
        std::fs::File::create(&tampered)
            .and_then(|mut file| std::io::Write::write_all(&mut file, other.as_bytes()))
            .expect("written");
        assert_eq!(rule(&judge(&tampered)), "checkpoint/signature");
        // Without the second life's checkpoint it is the entries alone that show it, more of them or as many.
        std::fs::remove_file(case.path("ledger/checkpoint")).expect("removed");
        let (_, evidence) = case.refused();
        let verdict = judge(&evidence);
        let text = verdict.to_text();
        assert_eq!(rule(&verdict), "evidence/rolled-back", "{lives}: {text}");
    }
}
