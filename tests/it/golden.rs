//! The golden set: ledgers, bundles, a proof and evidence, frozen for each format version (tests/vectors/golden/README.md),
//! with the verdict that each gets from the verifier and from the ledger for ever. Who makes a set is `golden/make.rs`.

mod make;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use unbroken_ledger::ledger::{Signatures, fold_entries};
use unbroken_ledger::store::Entries;
use unbroken_ledger::{Ledger, SignedCheckpoint};
use unbroken_verify::{Options, Verdict, verify};

use crate::anchors::has_openssl;
use crate::left_out::left_out;
use crate::tidy::top;

/// Each version's set, and the SHA-256 of its MANIFEST. A line is added for a new version; none is ever changed.
const FROZEN: [(&str, &str); 1] = [(
    "v1",
    "e329d2a75305f9d7fbb84a1ce9836ed360b99546bab4ce71cb9dceaa31b3f93c",
)];

/// What is asked of the verifier; `{}` is the set's folder.
const ASKED: [&str; 19] = [
    "sound",
    "sound --trust trust",
    "sound --trust trust --at-least older",
    "behind --trust trust",
    "damaged --trust trust",
    "full",
    "full --trust trust",
    "full --trust trust-quorum",
    "partial --trust trust",
    "anchored --trust trust",
    "anchored --trust trust-quorum --authorities authorities.pem",
    "suspect --trust trust",
    "sealed --trust trust",
    "sealed-bundle --trust trust-quorum --authorities authorities.pem",
    "full --trust trust --at-least sealed/checkpoint",
    "entry-9.tlog-proof --entry entry-9.json --trust trust",
    "entry-9.tlog-proof --entry sound/checkpoint --trust trust",
    "rolled-back.json",
    "equivocation.json --trust trust",
];

/// What of a verdict is frozen: everything but its words.
fn line(asked: &str, verdict: &Verdict) -> String {
    let mut line = format!(
        "{asked}: {} {}, size {}, entries {}, behind {}, disclosures {}, suspect {:?}, \
         witnessed {}, stamped {}",
        verdict.exit_code(),
        verdict.kind.name(),
        verdict.size,
        verdict.entries,
        verdict.behind,
        verdict.disclosures,
        verdict.suspect.1,
        verdict.witnessed,
        verdict.timestamped,
    );
    for broken in &verdict.broken {
        let _ = write!(line, ", {} at {:?}", broken.rule, broken.entry);
    }
    line + "\n"
}

fn ask(set: &Path, asked: &str) -> Verdict {
    let mut words = asked.split(' ');
    let path = set.join(words.next().expect("a path"));
    let mut options = Options::default();
    while let (Some(option), Some(value)) = (words.next(), words.next()) {
        let place = match option {
            "--trust" => &mut options.trust,
            "--at-least" => &mut options.at_least,
            "--authorities" => &mut options.authorities,
            "--entry" => &mut options.entry,
            _ => panic!("{option}"),
        };
        *place = Some(set.join(value));
    }
    verify(&path, &options).unwrap_or_else(|error| panic!("{asked}: {error}"))
}

/// What the ledger says of the same: of a folder whether it opens and goes on, of a full bundle's entries whether they fold.
fn ledger_says(set: &Path) -> String {
    let mut text = String::new();
    for name in ["sound", "behind", "damaged", "sealed"] {
        let said = match opened(&set.join(name)) {
            Ok(ledger) => {
                let goes_on = match ledger.heartbeat() {
                    Ok(receipt) => format!("goes on with entry {}", receipt.index),
                    Err(error) => format!("takes nothing: {}", first_word(&error.to_string())),
                };
                format!("opens with {} entries, {goes_on}", ledger.size())
            }
            Err(error) => {
                let why = error.to_string();
                format!("refuses: {}", why.split(';').next().unwrap_or_default())
            }
        };
        let _ = writeln!(text, "ledger, {name}: {said}");
    }
    for name in ["full", "anchored", "suspect", "sealed-bundle"] {
        let state = folded(&set.join(name));
        let _ = writeln!(text, "ledger, {name}: {state}");
    }
    text
}

fn first_word(text: &str) -> &str {
    text.split(' ')
        .next()
        .unwrap_or_default()
        .trim_end_matches(':')
}

/// Opened in a copy: opening cuts a torn tail and signs a checkpoint.
fn opened(folder: &Path) -> Result<Ledger, unbroken_ledger::LedgerError> {
    let scratch = tempfile::tempdir().expect("a folder").keep();
    let (ledger, place) = (scratch.join("ledger"), scratch.join("place"));
    make::copy(folder, &ledger);
    make::copy(&folder.join("checkpoint"), &place);
    make::open(&ledger, &place)
}

fn folded(bundle: &Path) -> String {
    let note = std::fs::read_to_string(bundle.join("data/checkpoint")).expect("a checkpoint");
    let note = SignedCheckpoint::parse(&note).expect("a checkpoint");
    let bytes = std::fs::read(bundle.join("data/entries/000000000000")).expect("entries");
    let (mut rest, mut entries) = (&bytes[..], Vec::new());
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (entry, behind) = behind.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry.to_vec());
        rest = behind;
    }
    let entries = Entries::unchecked(entries);
    match fold_entries(&note.checkpoint.origin, entries, Signatures::Checked) {
        Ok(state) => {
            let same = state.root() == note.checkpoint.root;
            let root = if same {
                "the checkpoint's root"
            } else {
                "ANOTHER root"
            };
            format!("folds {} entries to {root}", state.size())
        }
        Err(error) => format!("refuses: {error}"),
    }
}

fn verdicts(set: &Path) -> String {
    let asked = ASKED.iter().map(|asked| line(asked, &ask(set, asked)));
    asked.collect::<String>() + &ledger_says(set)
}

fn files(folder: &Path, below: &str, found: &mut Vec<String>) {
    for item in std::fs::read_dir(folder.join(below)).expect("a folder") {
        let item = item.expect("readable");
        let name = item.file_name().into_string().expect("UTF-8");
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if item.path().is_dir() {
            files(folder, &path, found);
        } else {
            found.push(path);
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// As `sha256sum` writes it.
fn manifest(set: &Path) -> String {
    let mut found = Vec::new();
    files(set, "", &mut found);
    found.retain(|name| name != "MANIFEST");
    found.sort();
    let line = |name: &String| {
        let bytes = std::fs::read(set.join(name)).expect("readable");
        format!("{}  {name}\n", digest(&bytes))
    };
    found.iter().map(line).collect()
}

fn golden() -> PathBuf {
    top().join("tests/vectors/golden")
}

#[test]
fn not_a_byte_of_a_frozen_set_is_changed() {
    let mut versions = Vec::new();
    for item in std::fs::read_dir(golden()).expect("a folder") {
        let item = item.expect("readable");
        if item.path().is_dir() {
            versions.push(item.file_name().into_string().expect("UTF-8"));
        }
    }
    versions.sort();
    let pinned: Vec<&str> = FROZEN.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, pinned, "each version is pinned here");
    for (version, expected) in FROZEN {
        let set = golden().join(version);
        let kept = std::fs::read_to_string(set.join("MANIFEST")).expect("a manifest");
        assert_eq!(
            manifest(&set),
            kept,
            "{version}: what is frozen was changed"
        );
        assert_eq!(
            digest(kept.as_bytes()),
            expected,
            "{version}: the manifest was changed"
        );
    }
}

#[test]
fn each_frozen_set_gets_the_verdicts_that_it_always_got() {
    for (version, _) in FROZEN {
        let set = golden().join(version);
        let kept = std::fs::read_to_string(set.join("verdicts")).expect("verdicts");
        assert_eq!(verdicts(&set), kept, "{version}");
    }
}

/// Also what makes a set for a new version: with `UNBROKEN_GOLDEN_OUT` naming a folder that is not there yet.
#[test]
fn a_set_made_today_gets_the_verdicts_of_the_newest_frozen_one() {
    if !has_openssl() {
        left_out("openssl is not here; no golden set was made");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let wanted = std::env::var_os("UNBROKEN_GOLDEN_OUT").map(PathBuf::from);
    let set = wanted.clone().unwrap_or_else(|| scratch.path().join("set"));
    std::fs::create_dir(&set).expect("a folder that is not there yet");
    make::make(&set, scratch.path());
    let made = verdicts(&set);
    if wanted.is_some() {
        crate::tampering::forge::put(&set.join("verdicts"), made.as_bytes());
        let listed = manifest(&set);
        crate::tampering::forge::put(&set.join("MANIFEST"), listed.as_bytes());
    }
    let (newest, _) = FROZEN.last().expect("a version");
    let kept = std::fs::read_to_string(golden().join(newest).join("verdicts"));
    assert_eq!(made, kept.expect("verdicts"));
}
