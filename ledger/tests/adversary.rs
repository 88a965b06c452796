//! The verifier's attacks, asked of the ledger: what the one refuses by a rule, the other refuses by the same rule at the
//! same entry, whether the record lies on its disk or is handed to its sequencer.

#[path = "../../verifier/tests/adversary/attacks.rs"]
mod attacks;
#[path = "../../verifier/tests/forge/forge.rs"]
mod forge;

use std::path::Path;
use std::sync::Arc;

use attacks::{ALL, Attack, Place, Shape};
use forge::place::{Files, put};
use unbroken_ledger::{
    Clock, Entry, FilePlace, Ledger, LedgerError, PrivateKey, Timestamp, VaultKey,
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

/// What the ledger says of a forged directory that it is to open: rule and entry, or that it opened.
fn said(attack: &Attack) -> Result<Option<(String, u64)>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let forged = (attack.make)();
    put(
        &folder.path().join("ledger"),
        &forged.files(Shape::Directory),
    );
    let note = Files::from([("place".to_owned(), forged.note.into_bytes())]);
    put(folder.path(), &note);
    let found = match open(folder.path()) {
        Ok(_) => return Ok(None),
        Err(LedgerError::RolledBack { found, .. }) => found,
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

macro_rules! agreed {
    ($($name:ident),*) => { $(#[test] fn $name() { agree(stringify!($name)); })* };
}

agreed!(
    approvals,
    curve,
    entry_forms,
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
