//! The large ledger that several rows read: written once by tests/bench/large_ledger.rs, from docs/ledger-format.md.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use unbroken_ledger::{FilePlace, Ledger, PrivateKey, SystemClock, VaultKey};

pub(crate) const ENTRIES: usize = 1_000_000;
/// A tenth as many streams as entries: a stream is what readers keep in memory.
const ENTRIES_PER_STREAM: usize = 10;
const SEGMENT_HEAD: usize = 32;

/// A ledger directory, removed in the end.
pub(crate) struct Large {
    folder: TempDir,
    programs: PathBuf,
    pub(crate) entries: usize,
}

/// How many entries the large ledger is to have.
pub(crate) fn entries_asked() -> usize {
    let asked = std::env::var("UNBROKEN_BENCH_ENTRIES").ok();
    asked.map_or(ENTRIES, |text| text.parse().expect("a number of entries"))
}

/// The streams of a large ledger of so many entries.
pub(crate) fn streams(entries: usize) -> usize {
    (entries / ENTRIES_PER_STREAM).max(1)
}

impl Large {
    pub(crate) fn make(entries: usize) -> Self {
        let large = Self {
            folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder"),
            programs: build(),
            entries,
        };
        let made = Command::new(large.programs.join("examples/large_ledger"))
            .arg(large.dir())
            .args([entries.to_string(), streams(entries).to_string()])
            .status();
        assert!(made.expect("it starts").success(), "a ledger is made");
        println!("LARGE {entries} entries, {} streams", streams(entries));
        large
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(crate) fn verifier(&self) -> PathBuf {
        self.programs.join("unbroken-verify")
    }

    /// Opened by the ledger itself, which checks every signature.
    pub(crate) fn open(&self) -> Ledger {
        let key = |n: u8| Arc::new(PrivateKey::from_seed(&[n; 32]));
        let place = Box::new(FilePlace::new(self.dir().join("checkpoint")));
        let (vault, clock) = (VaultKey::from_bytes([9; 32]), Arc::new(SystemClock));
        let opened = Ledger::open(&self.dir(), place, vault, key(4), key(5), clock);
        opened.expect("the ledger opens")
    }

    /// Every `nth` entry's bytes, read from the files alone.
    pub(crate) fn every(&self, nth: usize) -> Vec<Vec<u8>> {
        let names = std::fs::read_dir(self.dir().join("segments")).expect("a folder");
        let mut paths: Vec<_> = names.map(|name| name.expect("a name").path()).collect();
        paths.sort();
        let mut taken = Vec::new();
        let mut index = 0;
        for path in paths {
            let mut file = BufReader::new(File::open(path).expect("a segment"));
            let mut skipped = [0; SEGMENT_HEAD];
            file.read_exact(&mut skipped).expect("a head");
            let mut head = [0; 8];
            while file.read_exact(&mut head).is_ok() {
                let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
                if length == 0 {
                    break;
                }
                if index % nth == 0 {
                    let mut entry = vec![0; length as usize];
                    file.read_exact(&mut entry).expect("a frame");
                    taken.push(entry);
                } else {
                    file.seek_relative(i64::from(length)).expect("a frame");
                }
                index += 1;
            }
        }
        assert_eq!(index, self.entries, "every entry was met");
        taken
    }
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
    assert!(built.expect("cargo starts").success(), "they build");
    target.join("release")
}
