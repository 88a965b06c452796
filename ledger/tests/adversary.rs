//! The verifier's attacks, asked of the ledger: what the one refuses by a rule, the other refuses by the same rule at the
//! same entry, whether the record lies on its disk or is handed to its sequencer.

#[path = "../../verifier/tests/adversary/attacks.rs"]
mod attacks;
#[path = "../../verifier/tests/forge/forge.rs"]
mod forge;

use std::path::Path;
use std::sync::Arc;

use attacks::{ALL, Attack, Forged, Place, Shape};
use forge::place::{Files, put};
use unbroken_ledger::store::StoreError;
use unbroken_ledger::{
    Clock, Entry, Envelope, FilePlace, Hash, KeyId, Ledger, LedgerError, PrivateKey, Receipt,
    Signature, SubmitError, Timestamp, VaultKey,
};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-23T20:00:00.000000Z").expect("a time")
    }
}

fn key(number: u8) -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_seed(&[number; 32]))
}

fn open(dir: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(
        &dir.join("ledger"),
        Box::new(FilePlace::new(dir.join("place"))),
        VaultKey::from_bytes([9; 32]),
        key(4),
        key(5),
        Arc::new(Fixed),
    )
}

/// A ledger directory of this record, with its checkpoint in its place.
fn lay(forged: &Forged) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(
        &folder.path().join("ledger"),
        &forged.files(Shape::Directory),
    );
    let note = Files::from([("place".to_owned(), forged.note.clone().into_bytes())]);
    put(folder.path(), &note);
    folder
}

/// What the ledger says of a forged directory that it is to open: rule and entry, or that it opened.
fn said(attack: &Attack) -> Result<Option<(String, u64)>, String> {
    let forged = (attack.make)();
    let folder = lay(&forged);
    let found = match open(folder.path()) {
        Ok(_) => return Ok(None),
        // What was signed is what is there: the entry itself breaks the rule.
        Err(LedgerError::Invalid { index, refusal }) => {
            return Ok(Some((refusal.rule.to_owned(), index)));
        }
        Err(LedgerError::RolledBack { found, .. }) => found,
        Err(LedgerError::Store(StoreError::Corrupt { index, .. })) => format!("at entry {index}:"),
        Err(other) => return Err(other.to_string()),
    };
    if let Some(broken) = found.strip_prefix("entry ") {
        let (entry, rule) = broken.split_once(" breaks ").expect("a rule");
        let rule = rule.split_once(": ").map_or(rule, |(rule, _)| rule);
        return Ok(Some((rule.to_owned(), entry.parse().expect("an index"))));
    }
    // The store itself looks at how an entry begins: what it takes for damage breaks a rule of the form, or the chain.
    let entry = found
        .strip_prefix("at entry ")
        .and_then(|f| f.split_once(':'));
    let entry: u64 = entry.expect(&found).0.parse().expect("an index");
    let bytes = forged
        .chain
        .entries
        .get(usize::try_from(entry).expect("small"));
    let refused = bytes.and_then(|bytes| Entry::parse(bytes).err());
    let rule = refused.map_or(attack.expected.rule, |refusal| refusal.rule);
    Ok(Some((rule.to_owned(), entry)))
}

#[track_caller]
fn agree(name: &str) {
    let (_, attacks) = ALL.iter().find(|(file, _)| *file == name).expect("a file");
    let mut found = Vec::new();
    for attack in *attacks {
        let shapes = (attack.make)().shapes;
        let expected = match attack.expected.place {
            _ if !shapes.contains(&Shape::Directory) => continue,
            Place::Entry(entry) => Some((attack.expected.rule.to_owned(), entry)),
            Place::Nowhere => None,
            Place::File(_) => continue,
        };
        let said = said(attack);
        if said.as_ref() != Ok(&expected) {
            found.push(format!("{}: expected {expected:?}, {said:?}", attack.name));
        }
    }
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

/// The event of one entry of a forged record, handed to a ledger that holds the entries before it.
fn submitted(forged: &Forged, at: usize) -> Result<Receipt, SubmitError> {
    let before = Forged::of(forged.chain.cut(at));
    let folder = lay(&before);
    let ledger = open(folder.path()).expect("what stands before it is sound");
    let event = &forged.chain.envelopes[at];
    let signatures = event
        .signatures
        .iter()
        .map(|(id, bytes)| (KeyId::parse(id).expect("a keyid"), Signature(*bytes)));
    ledger.submit(Envelope {
        payload: event.payload.clone(),
        signatures: signatures.collect(),
    })
}

/// What is wrong with the answer to the event that an attack is about, or, where nothing is broken, to its last one.
fn answered_otherwise(attack: &Attack) -> Option<String> {
    let name = attack.name;
    let forged = (attack.make)();
    let last = forged.chain.envelopes.len() - 1;
    let (at, expected) = match attack.expected.place {
        // The ledger opens itself, and with nothing before it nothing can be handed in.
        Place::Entry(0) | Place::File(_) => return None,
        Place::Entry(entry) => (
            usize::try_from(entry).expect("small"),
            Some(attack.expected.rule),
        ),
        Place::Nowhere => (last, None),
    };
    let answer = submitted(&forged, at);
    match (&answer, expected) {
        (Err(SubmitError::Refused(refusal)), Some(rule)) if refusal.rule == rule => None,
        // The identical event again gets the receipt that it has.
        (Ok(receipt), Some("stream/seq")) if receipt.index < at as u64 => {
            let twice =
                forged.chain.envelopes[at].payload == forged.chain.envelopes[at - 1].payload;
            (!twice).then(|| format!("{name}: {receipt:?}"))
        }
        (Ok(receipt), None) => {
            let there = String::from_utf8_lossy(&forged.chain.entries[at]);
            let now = format!("\"received\":\"{}\"", Fixed.now());
            // At the same time, the entry that the ledger makes is the forged one to the byte.
            let same = receipt.leaf == Hash(forged.chain.leaves[at]) || !there.contains(&now);
            (!same).then(|| format!("{name}: another entry"))
        }
        _ => Some(format!("{name}: expected {expected:?}, {answer:?}")),
    }
}

/// Rules that are about entries, bundles and checkpoints: what breaks them, no emitter can hand in.
fn is_of_an_event(file: &str, rule: &str) -> bool {
    let others = ["entry/", "bundle/", "checkpoint/"];
    !others.iter().any(|start| rule.starts_with(start))
        && (file, rule) != ("sizes", "canonical/whitespace")
}

#[track_caller]
fn refuse(name: &str) {
    let (_, attacks) = ALL.iter().find(|(file, _)| *file == name).expect("a file");
    let events = attacks
        .iter()
        .filter(|attack| is_of_an_event(name, attack.expected.rule));
    let found: Vec<String> = events.filter_map(answered_otherwise).collect();
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

macro_rules! agreed {
    ($($name:ident),*) => { $(
        mod $name {
            #[test]
            fn on_the_disk() {
                super::agree(stringify!($name));
            }
            #[test]
            fn handed_in() {
                super::refuse(stringify!($name));
            }
        }
    )* };
}

#[test]
fn entry_forms_on_the_disk() {
    agree("entry_forms");
}

agreed!(
    approvals,
    curve,
    event_forms,
    field_forms,
    history,
    keys_for_what_is_not_theirs,
    keys_that_ended,
    ledger_types,
    order,
    seal,
    signatures,
    sizes
);
