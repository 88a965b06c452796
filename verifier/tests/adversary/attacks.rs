//! The form of a named attack: how it is made, and what must be said of it, by the verifier and, where it is the entries
//! that are wrong, by the ledger too. The attacks stand in the files of this folder.

#![allow(
    dead_code,
    reason = "each test crate uses the part of it that it needs"
)]

pub(crate) mod approvals;
pub(crate) mod bag;
pub(crate) mod checkpoint;
pub(crate) mod curve;
pub(crate) mod disclosures;
pub(crate) mod entry_forms;
pub(crate) mod event_forms;
pub(crate) mod field_forms;
mod forms;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod ledger_types;
pub(crate) mod order;
pub(crate) mod partial;
pub(crate) mod revocation;
pub(crate) mod seal;
pub(crate) mod sizes;

use crate::forge::chain::{Chain, Event};
use crate::forge::place::{self, Files};
use crate::forge::sound::origin;
use crate::forge::trust_file;

/// What the record lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Directory,
    Bundle,
}

/// Where the verdict must point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Entry(u64),
    /// The end of the file's name.
    File(&'static str),
    /// Nothing is broken.
    Nowhere,
}

/// What must be said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    /// The exit code, which is the kind of verdict.
    pub(crate) code: u8,
    /// The rule that is named first.
    pub(crate) rule: &'static str,
    pub(crate) place: Place,
    /// The indexes of the SUSPECT entries.
    pub(crate) suspects: &'static [u64],
}

/// A forged record and what its reader brings.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) chain: Chain,
    pub(crate) note: String,
    pub(crate) disclosures: Vec<String>,
    pub(crate) trust: Option<String>,
    pub(crate) at_least: Option<String>,
    pub(crate) shapes: &'static [Shape],
    /// The whole payload of a bundle, instead of a full one.
    pub(crate) payload: Option<Files>,
    /// What is changed in a bag whose manifests are made.
    pub(crate) edit: fn(&mut Files),
}

/// An attack by its name.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) expected: Verdict,
    pub(crate) make: fn() -> Forged,
}

const fn attack(
    name: &'static str,
    code: u8,
    rule: &'static str,
    place: Place,
    make: fn() -> Forged,
) -> Attack {
    let expected = Verdict {
        code,
        rule,
        place,
        suspects: &[],
    };
    Attack {
        name,
        expected,
        make,
    }
}

/// Invalid, at an entry.
const fn at(name: &'static str, rule: &'static str, entry: u64, make: fn() -> Forged) -> Attack {
    attack(name, 20, rule, Place::Entry(entry), make)
}

/// Invalid, in a file.
const fn within(
    name: &'static str,
    rule: &'static str,
    file: &'static str,
    make: fn() -> Forged,
) -> Attack {
    attack(name, 20, rule, Place::File(file), make)
}

/// No attack: what stands beside it must hold, or the attack proves nothing.
const fn holds(name: &'static str, make: fn() -> Forged) -> Attack {
    attack(name, 0, "", Place::Nowhere, make)
}

/// Valid with exceptions: these entries are SUSPECT, and no others.
const fn suspect(name: &'static str, entries: &'static [u64], make: fn() -> Forged) -> Attack {
    let mut attack = attack(name, 3, "", Place::Nowhere, make);
    attack.expected.suspects = entries;
    attack
}

impl Forged {
    /// A record of these entries, under a checkpoint of all of them, read with a trust file.
    pub(crate) fn of(chain: Chain) -> Self {
        Self {
            note: chain.note(),
            trust: Some(trust_file(&origin(), 4)),
            chain,
            disclosures: Vec::new(),
            at_least: None,
            shapes: &[Shape::Directory, Shape::Bundle],
            payload: None,
            edit: |_| {},
        }
    }

    pub(crate) fn events(events: &[Event]) -> Self {
        Self::of(Chain::of(&origin(), events))
    }

    fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    fn at_least(mut self, note: String) -> Self {
        self.at_least = Some(note);
        self
    }

    fn only(mut self, shape: Shape) -> Self {
        self.shapes = match shape {
            Shape::Directory => &[Shape::Directory],
            Shape::Bundle => &[Shape::Bundle],
        };
        self
    }

    /// The files in that shape, the bag re-made.
    pub(crate) fn files(&self, shape: Shape) -> Files {
        let note = self.note.as_bytes();
        let mut files = match (shape, &self.payload) {
            (Shape::Directory, _) => place::directory(&self.chain, note),
            (Shape::Bundle, Some(payload)) => place::bagged(payload.clone()),
            (Shape::Bundle, None) => {
                place::bagged(place::full(&self.chain, note, &self.disclosures))
            }
        };
        (self.edit)(&mut files);
        files
    }
}

/// Every attack, by the file that holds it.
pub(crate) const ALL: [(&str, &[Attack]); 18] = [
    ("approvals", &approvals::ATTACKS),
    ("bag", &bag::ATTACKS),
    ("checkpoint", &checkpoint::ATTACKS),
    ("curve", &curve::ATTACKS),
    ("disclosures", &disclosures::ATTACKS),
    ("entry_forms", &entry_forms::ATTACKS),
    ("event_forms", &event_forms::ATTACKS),
    ("field_forms", &field_forms::ATTACKS),
    ("history", &history::ATTACKS),
    ("keys_for_what_is_not_theirs", &keys::ROLES),
    ("keys_that_ended", &keys::ENDED),
    ("signatures", &keys::SIGNATURES),
    ("ledger_types", &ledger_types::ATTACKS),
    ("order", &order::ATTACKS),
    ("partial", &partial::ATTACKS),
    ("revocation", &revocation::ATTACKS),
    ("seal", &seal::ATTACKS),
    ("sizes", &sizes::ATTACKS),
];
