//! Keys that are revoked, from now on or back to an earlier entry, active or rotated away: what is SUSPECT then, to the
//! entry, and what is refused. Keys that are used after their end are in `keys.rs`.

use super::{Attack, Forged, Shape, at, holds, suspect};
use crate::forge::chain::{Chain, Event, event};
use crate::forge::sound::{
    APPROVED, ENROLLED, PROPOSED, adopted, enrolled, handed, origin, policy_changed, proposed,
    restored, revoked, rotated, sound, voice,
};
use crate::forge::{by_id, note, root};

/// The sound ledger and what follows it, from entry 10 on.
fn then(more: impl IntoIterator<Item = Event>) -> Forged {
    let mut events = sound();
    events.extend(more);
    Forged::events(&events)
}

/// The same event by these roots, and the new key.
fn by_roots(mut event: Event, roots: &[u8]) -> Event {
    let new = event.by.pop();
    event.by = by_id(roots.to_vec());
    event.by.extend(new);
    event
}

/// In a stream of its own.
fn restored_in(stream: &str, by: u8) -> Event {
    event(stream, "ItemRestored/1", "{\"attempt\":1}", &[by])
}

/// The log key is rotated, then the old one is revoked; under a checkpoint of the new one.
fn former_log_key() -> Forged {
    let mut events = sound();
    events.extend([rotated(4, 14, false), revoked(4, 8, &[1, 2])]);
    let chain = Chain::of(&origin(), &events);
    let checkpoint = note(&origin(), 12, &root(&chain.leaves), 14);
    Forged::of(chain).note(checkpoint)
}

/// A root's key that is rotated with these signatures, then revoked back; meanwhile the new root enrols a worker.
fn rotated_root(roots: &[u8], from: usize) -> Forged {
    then([
        by_roots(rotated(1, 9, true), roots),
        by_roots(enrolled(10, "", "worker"), &[2, 9]),
        handed("custodian/c2", 10),
        restored_in("custodian/c2", 10),
        revoked(1, from, &[2, 3]),
    ])
}

pub(crate) const ATTACKS: [Attack; 29] = [
    holds("revocation: from now on", || {
        then([revoked(8, 10, &[1, 2])])
    }),
    suspect("revocation: a worker's key, reaching back", &[8, 9], || {
        then([revoked(8, 8, &[1, 2])])
    }),
    suspect("revocation: a worker's key, by one entry", &[9], || {
        then([revoked(8, 9, &[1, 2])])
    }),
    suspect(
        "revocation: an approver's key: what rests on the approval",
        &[6, 7],
        || then([revoked(7, APPROVED, &[1, 2])]),
    ),
    suspect(
        "revocation: an operator's key: proposal and adoption",
        &[5, 7],
        || then([revoked(6, PROPOSED, &[1, 2])]),
    ),
    suspect(
        "revocation: a root's key: whom it enrolled, and what they signed",
        &[1, 2, 3, 5, 6, 7, 8, 9],
        || then([revoked(1, ENROLLED, &[2, 3])]),
    ),
    suspect(
        "revocation: a root's key from the first entry on: the opening's keys and policy stay",
        &[0, 1, 2, 3, 5, 6, 7, 8, 9],
        || then([revoked(1, 0, &[2, 3])]),
    ),
    suspect(
        "revocation: a root's key that rotated another",
        &[10, 11],
        || then([rotated(8, 9, true), restored(9), revoked(1, 10, &[2, 3])]),
    ),
    suspect(
        "revocation: a root's key that changed the policy",
        &[10, 11, 12],
        || then([policy_changed(""), restored(8), revoked(1, 10, &[2, 3])]),
    ),
    suspect(
        "revocation: a worker's key that was rotated away: its successor stays",
        &[8, 9],
        || then([rotated(8, 9, true), restored(9), revoked(8, 8, &[1, 2])]),
    ),
    suspect(
        "revocation: a rotated worker's key from its enrolment on: its successor stays",
        &[3, 8, 9],
        || then([rotated(8, 9, true), restored(9), revoked(8, 0, &[1, 2])]),
    ),
    holds("revocation: a rotated key, from now on", || {
        then([rotated(8, 9, true), restored(9), revoked(8, 12, &[1, 2])])
    }),
    suspect(
        "revocation: the middle one of three keys, from its own rotation on",
        &[10, 11],
        || {
            then([
                rotated(8, 9, true),
                restored(9),
                rotated(9, 10, true),
                restored(10),
                revoked(9, 0, &[1, 2]),
            ])
        },
    ),
    suspect(
        "revocation: an approver's key that was rotated away: what rests on the approval",
        &[6, 7],
        || {
            then([
                rotated(7, 9, true),
                proposed("SECOND", 6),
                voice("Approved", "SECOND", 9),
                adopted("SECOND", 6),
                revoked(7, APPROVED, &[1, 2]),
            ])
        },
    ),
    suspect(
        "revocation: an approval by a rotated key is taken up only behind its revocation",
        &[11, 14],
        || {
            then([
                proposed("SECOND", 6),
                voice("Approved", "SECOND", 7),
                rotated(7, 9, true),
                revoked(7, 11, &[1, 2]),
                adopted("SECOND", 6),
            ])
        },
    ),
    suspect(
        "revocation: a service key that was rotated away",
        &[4],
        || then([rotated(5, 9, true), revoked(5, 1, &[1, 2])]),
    ),
    suspect(
        "revocation: a root that was rotated away, without its own signature",
        &[1, 2, 3, 5, 6, 7, 8, 9],
        || rotated_root(&[2, 3], ENROLLED),
    ),
    holds(
        "revocation: a root that was rotated away, from behind what it signed",
        || rotated_root(&[2, 3], 10),
    ),
    suspect(
        "revocation: a root that signed its own rotation: its successor, and whom that enrolled",
        &[10, 11, 13],
        || rotated_root(&[1, 2], 10),
    ),
    suspect(
        "revocation: a successor of a key that a revoked root enrolled",
        &[1, 2, 3, 5, 6, 7, 8, 9, 11, 13],
        || {
            then([
                by_roots(rotated(8, 9, true), &[2, 3]),
                restored(9),
                by_roots(rotated(9, 10, true), &[2, 3]),
                restored(10),
                revoked(1, ENROLLED, &[2, 3]),
            ])
        },
    ),
    holds(
        "revocation: a rotated root takes none of the roots that are needed",
        || {
            then([
                revoked(3, 10, &[1, 2]),
                rotated(1, 9, true),
                revoked(1, 12, &[2, 9]),
            ])
        },
    ),
    at("revocation: by the key itself", "type/signers", 10, || {
        then([revoked(1, 10, &[1, 2])])
    }),
    at(
        "revocation: down to fewer roots than it takes",
        "type/signers",
        11,
        || then([revoked(3, 10, &[1, 2]), revoked(2, 11, &[1])]).only(Shape::Directory),
    ),
    at("revocation: the log key", "type/data", 10, || {
        then([revoked(4, 10, &[1, 2])])
    }),
    at(
        "revocation: a former log key",
        "type/data",
        11,
        former_log_key,
    ),
    at(
        "revocation: from an entry that is not there yet",
        "type/data",
        10,
        || then([revoked(8, 11, &[1, 2])]),
    ),
    at("revocation: twice", "type/data", 11, || {
        then([revoked(8, 10, &[1, 2]), revoked(8, 8, &[1, 2])])
    }),
    at(
        "revocation: twice, of a key that was rotated away",
        "type/data",
        12,
        || {
            then([
                rotated(8, 9, true),
                revoked(8, 9, &[1, 2]),
                revoked(8, 8, &[1, 2]),
            ])
        },
    ),
    at(
        "revocation: a rotated root signs that of its successor",
        "key/inactive",
        11,
        || then([rotated(1, 9, true), revoked(9, 10, &[1, 2])]),
    ),
];
