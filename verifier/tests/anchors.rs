//! Named attacks on what others said of a ledger: cosigned notes and time-stamp tokens, in bundles whose manifests are made again.
//! The tokens were made once by `openssl` (tests/vectors/tsa); tokens of the day are in `authority.rs`.

#![allow(dead_code, reason = "the adversary suite uses the rest of the forge")]

#[path = "forge/forge.rs"]
mod forge;

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use unbroken_verify::{Options, Verdict, verify};

use forge::chain::{Chain, Event, event};
use forge::place::{Files, bagged, full, put};
use forge::sound::{origin, sound};
use forge::{hex, note, note_text, public_bytes, root, sha256, sign, trust_file};

const NAME: &str = "witness.example";
/// The witness's key, by number; 21 is somebody else's.
const WITNESS: u8 = 20;
const STRANGER: u8 = 21;
/// The time that a cosignature states.
const TIME: u64 = 1_795_464_000;

fn tsa(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/vectors/tsa")
        .join(name)
}

fn token(name: &str) -> Vec<u8> {
    std::fs::read(tsa(&format!("{name}.token"))).expect("readable")
}

fn hint(number: u8) -> [u8; 4] {
    let hash = sha256(&[NAME.as_bytes(), b"\n\x04", &public_bytes(number)].concat());
    *hash.first_chunk().expect("32 bytes")
}

/// A cosignature line by that key, under the hint of the witness.
fn line(number: u8, signed: &str) -> String {
    let message = format!("cosignature/v1\ntime {TIME}\n{signed}");
    let signature = sign(number, message.as_bytes());
    let body = [&hint(WITNESS)[..], &TIME.to_be_bytes(), &signature].concat();
    format!("\u{2014} {NAME} {}\n", Base64::encode_string(&body))
}

fn cosigned(note: &str) -> String {
    let text = note.split_once("\n\n").expect("a note").0;
    format!("{note}{}", line(WITNESS, &format!("{text}\n")))
}

fn quorum() -> String {
    let vkey = [&[4][..], &public_bytes(WITNESS)].concat();
    let vkey = format!(
        "{NAME}+{}+{}",
        hex(&hint(WITNESS)),
        Base64::encode_string(&vkey)
    );
    let log = trust_file(&origin(), 4).replace("quorum none\n", "");
    format!("{log}witness w {vkey}\nquorum w\n")
}

/// What an attack changes: what the entries name, and what lies in the bundle.
struct Record {
    /// The cosigned note over the first ten entries.
    note: Vec<u8>,
    token: Vec<u8>,
    /// What the entries say of its size.
    size: u64,
    /// The signatures under the bundle's own checkpoint, made from it.
    checkpoint: fn(&str) -> String,
    edit: fn(&mut Files),
}

impl Record {
    fn sound() -> Self {
        let chain = Chain::of(&origin(), &sound());
        Self {
            note: cosigned(&chain.note()).into_bytes(),
            token: token("good"),
            size: 10,
            checkpoint: cosigned,
            edit: |_| {},
        }
    }

    fn events(&self) -> Vec<Event> {
        let (note, token) = (hex(&sha256(&self.note)), hex(&sha256(&self.token)));
        let size = self.size;
        let witnessed = format!("{{\"note\":\"{note}\",\"size\":{size}}}");
        let stamped = format!("{{\"imprint\":\"{note}\",\"size\":{size},\"token\":\"{token}\"}}");
        let mut events = sound();
        events.push(event("ledger", "WitnessReceived", &witnessed, &[5]));
        events.push(event("ledger", "TimestampReceived", &stamped, &[5]));
        events
    }

    fn verdict(&self) -> Verdict {
        let chain = Chain::of(&origin(), &self.events());
        let mut files = full(&chain, (self.checkpoint)(&chain.note()).as_bytes(), &[]);
        for object in [&self.note, &self.token] {
            let path = format!("data/objects/{}", hex(&sha256(object)));
            files.insert(path, object.clone());
        }
        (self.edit)(&mut files);
        let folder = tempfile::tempdir().expect("a folder");
        put(&folder.path().join("bundle"), &bagged(files));
        let trust = Files::from([("trust".to_owned(), quorum().into_bytes())]);
        put(folder.path(), &trust);
        let options = Options {
            trust: Some(folder.path().join("trust")),
            authorities: Some(tsa("roots.pem")),
            ..Options::default()
        };
        verify(&folder.path().join("bundle"), &options).expect("readable")
    }
}

/// The bytes of the one object that begins so.
fn object<'a>(files: &'a mut Files, start: &[u8]) -> &'a mut Vec<u8> {
    let mut found = files
        .iter_mut()
        .filter(|(path, bytes)| path.starts_with("data/objects/") && bytes.starts_with(start));
    found.next().expect("it is there").1
}

/// A note over ten entries whose root the ledger never had.
fn of_another_root() -> String {
    note(&origin(), 10, &[7; 32], 4)
}

type Attack = fn(&mut Record);

/// Name, exit code, rule, entry, and what is done.
const ATTACKS: [(&str, u8, &str, Option<u64>, Attack); 22] = [
    // Two entries lie behind the token: said, and no more than that.
    ("as it is", 3, "", None, |_| {}),
    (
        "the checkpoint's cosignature is stripped",
        20,
        "trust/quorum",
        None,
        |r| {
            r.checkpoint = str::to_owned;
        },
    ),
    (
        "a stranger cosigns in the witness's name",
        20,
        "trust/quorum",
        None,
        |r| {
            r.checkpoint = |note| {
                let text = note.split_once("\n\n").expect("a note").0;
                format!("{note}{}", line(STRANGER, &format!("{text}\n")))
            };
        },
    ),
    (
        "the cosignature of another size",
        20,
        "trust/quorum",
        None,
        |r| {
            r.checkpoint = |note| {
                let chain = Chain::of(&origin(), &sound());
                let other = note_text(&origin(), 10, &root(&chain.leaves));
                format!("{note}{}", line(WITNESS, &other))
            };
        },
    ),
    (
        "a cosignature over the text alone",
        20,
        "trust/quorum",
        None,
        |r| {
            r.checkpoint = |note| {
                let text = note.split_once("\n\n").expect("a note").0;
                let signature = sign(WITNESS, format!("{text}\n").as_bytes());
                let body = [&hint(WITNESS)[..], &TIME.to_be_bytes(), &signature].concat();
                format!("{note}\u{2014} {NAME} {}\n", Base64::encode_string(&body))
            };
        },
    ),
    ("the kept note is changed", 20, "bundle/form", None, |r| {
        r.edit = |files| object(files, b"example.org").push(b'\n');
    }),
    ("the kept token is changed", 20, "bundle/form", None, |r| {
        r.edit = |files| object(files, &[0x30]).push(0);
    }),
    ("a note of another size", 20, "anchor/note", Some(10), |r| {
        r.size = 9;
    }),
    (
        "a note of another ledger",
        20,
        "anchor/note",
        Some(10),
        |r| {
            let note = note("example.org/other", 10, &[7; 32], 4);
            r.note = cosigned(&note).into_bytes();
        },
    ),
    (
        "a cosigned note of another root",
        20,
        "anchor/root",
        Some(10),
        |r| {
            r.note = cosigned(&of_another_root()).into_bytes();
        },
    ),
    (
        "a note that the log did not sign",
        20,
        "checkpoint/signature",
        Some(10),
        |r| {
            let chain = Chain::of(&origin(), &sound());
            let note = note(&origin(), 10, &root(&chain.leaves), STRANGER);
            r.note = cosigned(&note).into_bytes();
        },
    ),
    (
        "a note that is none",
        20,
        "checkpoint/form",
        Some(10),
        |r| {
            r.note = b"nothing".to_vec();
        },
    ),
    (
        "a token over the note without its cosignature",
        20,
        "timestamp/imprint",
        Some(11),
        |r| {
            let chain = Chain::of(&origin(), &sound());
            r.note = chain.note().into_bytes();
        },
    ),
    (
        "a token that is none",
        20,
        "timestamp/form",
        Some(11),
        |r| {
            r.token = b"nothing".to_vec();
        },
    ),
    (
        "a token with a time changed",
        20,
        "timestamp/signature",
        Some(11),
        |r| {
            let year = b"2026";
            let at = r.token.windows(4).position(|window| window == year);
            r.token[at.expect("a GeneralizedTime") + 3] = b'5';
        },
    ),
    (
        "a token of an authority that had expired",
        20,
        "timestamp/expired",
        Some(11),
        |r| {
            r.token = token("expired");
        },
    ),
    (
        "a token of an authority that was not yet",
        20,
        "timestamp/expired",
        Some(11),
        |r| {
            r.token = token("early");
        },
    ),
    ("a token of a foreign authority", 3, "", None, |r| {
        r.token = token("foreign");
    }),
    (
        "a token of a root of the same name",
        20,
        "timestamp/chain",
        Some(11),
        |r| {
            r.token = token("namesake");
        },
    ),
    (
        "a certificate for more than time",
        20,
        "timestamp/usage",
        Some(11),
        |r| {
            r.token = token("broad");
        },
    ),
    (
        "a usage that is not critical",
        20,
        "timestamp/usage",
        Some(11),
        |r| {
            r.token = token("lax");
        },
    ),
    (
        "a token that names no certificate",
        20,
        "timestamp/certificate",
        Some(11),
        |r| {
            r.token = token("without-certificate");
        },
    ),
];

#[test]
fn each_attack_on_an_anchor_gets_its_rule_at_its_entry() {
    let mut wrong = Vec::new();
    for (name, code, rule, entry, attack) in ATTACKS {
        let mut record = Record::sound();
        attack(&mut record);
        let verdict = record.verdict();
        let first = verdict.broken.first();
        let found = first.map_or(("", None), |found| (&*found.rule, found.entry));
        if (verdict.exit_code(), found) != (code, (rule, entry)) {
            wrong.push(format!("{name}: {}", verdict.to_text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_covers_nothing_is_counted_for_nothing() {
    let sound = Record::sound().verdict();
    assert_eq!((sound.witnessed, sound.timestamped), (12, 10));
    let said = "entries 10..12 have no time stamp of the authorities given".to_owned();
    assert_eq!(sound.exceptions, [said]);
    let mut record = Record::sound();
    record.token = token("foreign");
    let foreign = record.verdict();
    assert_eq!((foreign.witnessed, foreign.timestamped), (12, 0));
    assert_eq!(foreign.exceptions.len(), 2, "{}", foreign.to_text());
    let mut record = Record::sound();
    record.edit = |files| files.retain(|path, _| !path.starts_with("data/objects/"));
    let gone = record.verdict();
    assert_eq!((gone.exit_code(), gone.timestamped), (3, 0));
    let missing = "2 witness notes or tokens that are not here".to_owned();
    assert!(gone.not_checked.contains(&missing), "{}", gone.to_text());
}

#[test]
fn the_note_that_the_tokens_are_over_is_the_worked_example_cosigned() {
    let kept = std::fs::read(tsa("note-10")).expect("readable");
    assert_eq!(kept, Record::sound().note);
}
