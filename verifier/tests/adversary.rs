//! Named attacks on a record, each of which must get its verdict, its rule and its place. The attacker has the host, and
//! where the attack says so a key; he re-makes everything that needs no key he has not: chain, tree, checkpoint, manifests.

#[path = "adversary/attacks.rs"]
mod attacks;
#[path = "forge/forge.rs"]
mod forge;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attacks::{ALL, Attack, Place, Shape};
use forge::place::{Files, put};
use unbroken_verify::{Options, Verdict, verify};

fn brought(folder: &Path, name: &str, text: Option<&String>) -> Option<PathBuf> {
    let text = text?;
    put(
        folder,
        &Files::from([(name.to_owned(), text.clone().into())]),
    );
    Some(folder.join(name))
}

fn judge(attack: &Attack, shape: Shape) -> Verdict {
    let folder = tempfile::tempdir().expect("a folder");
    let forged = (attack.make)();
    put(&folder.path().join("record"), &forged.files(shape));
    #[allow(clippy::needless_update, reason = "a reader may come to bring more")]
    let options = Options {
        trust: brought(folder.path(), "trust", forged.trust.as_ref()),
        at_least: brought(folder.path(), "earlier", forged.at_least.as_ref()),
        ..Options::default()
    };
    verify(&folder.path().join("record"), &options).expect("it can be read")
}

/// What differs from what must be said, if anything does.
fn wrong(attack: &Attack, shape: Shape) -> Option<String> {
    let verdict = judge(attack, shape);
    let expected = attack.expected;
    let first = verdict.broken.first();
    let placed = match expected.place {
        Place::Entry(entry) => first.is_some_and(|found| found.entry == Some(entry)),
        Place::File(name) => first.is_some_and(|found| {
            let file = found.file.as_deref();
            file.is_some_and(|file| file.ends_with(name))
        }),
        Place::Nowhere => first.is_none(),
    };
    let same = verdict.exit_code() == expected.code
        && first.is_none_or(|found| found.rule == expected.rule)
        && verdict.suspect.1 == expected.suspects
        && verdict.suspect.0 == expected.suspects.len() as u64
        && placed;
    (!same).then(|| {
        let name = attack.name;
        format!(
            "{name} ({shape:?}): expected {expected:?}\n{}",
            verdict.to_text()
        )
    })
}

#[track_caller]
fn hold(name: &str) {
    let (_, attacks) = ALL.iter().find(|(file, _)| *file == name).expect("a file");
    let mut found = Vec::new();
    for attack in *attacks {
        let shapes = (attack.make)().shapes;
        found.extend(shapes.iter().filter_map(|shape| wrong(attack, *shape)));
    }
    assert!(found.is_empty(), "{}: {}", found.len(), found.join("\n"));
}

macro_rules! held {
    ($($name:ident),*) => { $(#[test] fn $name() { hold(stringify!($name)); })* };
}

held!(
    approvals,
    bag,
    checkpoint,
    curve,
    disclosures,
    entry_forms,
    event_forms,
    field_forms,
    history,
    keys_for_what_is_not_theirs,
    keys_that_ended,
    ledger_types,
    signatures,
    order,
    partial,
    revocation,
    seal,
    sizes
);

#[test]
fn every_attack_has_a_name_of_its_own() {
    let names: Vec<&str> = ALL
        .iter()
        .flat_map(|(_, attacks)| attacks.iter().map(|attack| attack.name))
        .collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len());
}
