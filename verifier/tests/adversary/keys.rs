//! Signatures taken off, exchanged or made by somebody else; keys used after their end or for what is not theirs. Points
//! and scalars that are odd are in `curve.rs`, approvals in `approvals.rs`.

use super::{Attack, Forged, at, holds};
use crate::forge::chain::{Chain, Event, event};
use crate::forge::sound::{
    ADOPTED, ATTEMPTED, ENROLLED, HANDED, ONE_APPROVAL, RESTORED, adopted, attempted, enrolled,
    handed, opened_by, origin, policy, policy_changed, proposed, restored, revoked, rotated, sound,
    voice,
};
use crate::forge::{by_id, id, public};

/// The sound ledger with one event changed.
fn changed(at: usize, change: impl Fn(&mut Event)) -> Forged {
    let mut events = sound();
    change(&mut events[at]);
    Forged::events(&events)
}

/// The sound ledger and what follows it.
fn then(more: impl IntoIterator<Item = Event>) -> Forged {
    let mut events = sound();
    events.extend(more);
    Forged::events(&events)
}

/// The envelope of one entry changed, and the entries made again around it.
fn enveloped(at: usize, change: impl Fn(&mut Vec<(String, [u8; 64])>)) -> Forged {
    let mut envelopes = Chain::of(&origin(), &sound()).envelopes;
    change(&mut envelopes[at].signatures);
    Forged::of(Chain::sequenced(&origin(), &envelopes))
}

/// The same type in the worker's stream, by the worker.
fn by_worker(kind: &'static str, data: &str) -> Forged {
    then([event("custodian/c1", kind, data, &[8])])
}

pub(crate) const SIGNATURES: [Attack; 12] = [
    at(
        "keys: a signature stripped",
        "event/signatures",
        RESTORED as u64,
        || enveloped(RESTORED, Vec::clear),
    ),
    at(
        "keys: one of three signatures stripped",
        "event/signatures",
        ENROLLED as u64,
        || enveloped(ENROLLED, |signatures| drop(signatures.pop())),
    ),
    at(
        "keys: a signature twice",
        "event/signatures",
        RESTORED as u64,
        || {
            enveloped(RESTORED, |signatures| {
                signatures.push(signatures[0].clone());
            })
        },
    ),
    at(
        "keys: signatures in another order",
        "event/signatures",
        ENROLLED as u64,
        || enveloped(ENROLLED, |signatures| signatures.swap(0, 1)),
    ),
    at(
        "keys: signatures exchanged under their keyids",
        "signature/strict",
        ENROLLED as u64,
        || {
            enveloped(ENROLLED, |signatures| {
                let first = signatures[0].1;
                signatures[0].1 = signatures[1].1;
                signatures[1].1 = first;
            })
        },
    ),
    at(
        "keys: the signature of another event",
        "signature/strict",
        RESTORED as u64,
        || {
            let other = Chain::of(&origin(), &sound()).envelopes[ATTEMPTED].signatures[0].1;
            enveloped(RESTORED, move |signatures| signatures[0].1 = other)
        },
    ),
    at(
        "keys: signed again by another key",
        "signature/strict",
        RESTORED as u64,
        || changed(RESTORED, |event| event.signed_by = Some(vec![7])),
    ),
    at(
        "keys: signed again by another key that the envelope names",
        "event/signatures",
        RESTORED as u64,
        || {
            let other = Chain::of(&origin(), &{
                let mut events = sound();
                events[RESTORED].by = vec![7];
                events
            });
            let signatures = other.envelopes[RESTORED].signatures.clone();
            enveloped(RESTORED, move |found| found.clone_from(&signatures))
        },
    ),
    at(
        "keys: signed again by another key that the event names",
        "stream/emitter",
        RESTORED as u64,
        || changed(RESTORED, |event| event.by = vec![7]),
    ),
    at(
        "keys: signed by nobody's key",
        "key/unknown",
        RESTORED as u64,
        || changed(RESTORED, |event| event.by = vec![9]),
    ),
    at(
        "keys: signed over the payload alone",
        "signature/strict",
        RESTORED as u64,
        || {
            changed(RESTORED, |event| {
                event.sign = |number, pae| {
                    let payload = pae
                        .windows(6)
                        .position(|w| w == b"{\"v\":1")
                        .expect("there");
                    crate::forge::sign(number, &pae[payload..])
                };
            })
        },
    ),
    at(
        "keys: a key twice to look like two roots",
        "event/by",
        ENROLLED as u64,
        || changed(ENROLLED, |event| event.by = vec![1, 1, 6]),
    ),
];

pub(crate) const ENDED: [Attack; 6] = [
    at(
        "keys: used after its revocation",
        "key/inactive",
        11,
        || then([revoked(8, 10, &[1, 2]), restored(8)]),
    ),
    at(
        "keys: an approval by a revoked key",
        "key/inactive",
        12,
        || {
            let more = [
                proposed("SECOND", 6),
                revoked(7, 11, &[1, 2]),
                voice("Approved", "SECOND", 7),
            ];
            then(more)
        },
    ),
    at(
        "keys: used after it was rotated away",
        "key/inactive",
        11,
        || then([rotated(8, 9, true), restored(8)]),
    ),
    at("keys: a revoked root enrols", "key/inactive", 11, || {
        then([revoked(1, 10, &[2, 3]), enrolled(9, "", "worker")])
    }),
    at(
        "keys: a revoked key is enrolled again",
        "key/inactive",
        11,
        || then([revoked(8, 10, &[1, 2]), enrolled(8, "", "worker")]),
    ),
    at(
        "keys: the service key after its revocation",
        "key/inactive",
        11,
        || then([revoked(5, 10, &[1, 2]), handed("custodian/c2", 8)]),
    ),
];

pub(crate) const ROLES: [Attack; 27] = [
    at("keys: a worker adopts a plan", "role/type", 10, || {
        by_worker("PlanAdopted/1", "{\"proposal\":\"PROPOSAL\"}")
    }),
    at(
        "keys: a worker proposes in its stream",
        "type/stream",
        10,
        || by_worker("Proposed", "{}"),
    ),
    at(
        "keys: a worker proposes in its case",
        "type/signers",
        10,
        || then([proposed("SECOND", 8)]),
    ),
    at(
        "keys: a worker hands itself a stream",
        "stream/emitter",
        10,
        || {
            let mut taken = handed("custodian/c2", 8);
            taken.by = vec![8];
            then([taken])
        },
    ),
    at(
        "keys: a worker hands itself a stream in its own",
        "type/stream",
        10,
        || {
            let mut taken = handed("custodian/c2", 8);
            (taken.stream, taken.by) = ("custodian/c1".to_owned(), vec![8]);
            then([taken])
        },
    ),
    at("keys: a type that nobody listed", "role/type", 10, || {
        by_worker("ItemHeld/1", "{}")
    }),
    at(
        "keys: an operator enrols a key",
        "stream/emitter",
        10,
        || {
            let mut mine = enrolled(9, "", "worker");
            mine.by = vec![6, 9];
            then([mine])
        },
    ),
    at(
        "keys: an operator enrols a key beside a root",
        "type/signers",
        10,
        || {
            let mut mine = enrolled(9, "", "worker");
            mine.by = vec![1, 6, 9];
            then([mine])
        },
    ),
    at(
        "keys: a root alone enrols a key",
        "type/signers",
        10,
        || {
            let mut mine = enrolled(9, "", "worker");
            mine.by = vec![1, 9];
            then([mine])
        },
    ),
    at(
        "keys: roots in another order enrol a key",
        "type/signers",
        10,
        || {
            let mut mine = enrolled(9, "", "worker");
            mine.by.swap(0, 1);
            then([mine])
        },
    ),
    at(
        "keys: a key that does not sign its enrolment",
        "type/signers",
        10,
        || {
            let mut mine = enrolled(9, "", "worker");
            mine.by.pop();
            then([mine])
        },
    ),
    at(
        "keys: a root alone changes the policy",
        "type/signers",
        10,
        || {
            let mut mine = policy_changed("");
            mine.by = vec![1];
            then([mine])
        },
    ),
    at(
        "keys: the log key signs an event",
        "stream/emitter",
        10,
        || {
            let mut mine = handed("custodian/c2", 8);
            mine.by = vec![4];
            then([mine])
        },
    ),
    at(
        "keys: the log key adopts a plan in its case",
        "role/type",
        10,
        || then([adopted("PROPOSAL", 4)]),
    ),
    at(
        "keys: a stream handed to the log key",
        "type/data",
        10,
        || then([handed("custodian/c2", 4)]),
    ),
    at(
        "keys: the service key revokes",
        "stream/emitter",
        10,
        || then([revoked(8, 10, &[5])]),
    ),
    at("keys: the service key restores", "role/type", 11, || {
        then([handed("custodian/c2", 5), {
            let mut mine = restored(5);
            "custodian/c2".clone_into(&mut mine.stream);
            mine
        }])
    }),
    at(
        "keys: a worker signs beside an operator",
        "role/type",
        ADOPTED as u64,
        || changed(ADOPTED, |event| event.by = vec![6, 8]),
    ),
    at("keys: a second service key", "type/data", 10, || {
        then([enrolled(9, "", "service")])
    }),
    at("keys: a second log key", "type/data", 10, || {
        then([enrolled(9, "", "log")])
    }),
    at(
        "keys: a root that is an operator too",
        "key/roles",
        10,
        || then([enrolled(9, "otto", "operator root")]),
    ),
    at(
        "keys: a key that was there before under another role",
        "key/again",
        10,
        || then([enrolled(8, "walter", "approver")]),
    ),
    at("keys: the service key is a root", "type/data", 0, || {
        Forged::events(&[opened_by(&[1, 2, 3], 4, 3, &policy(ONE_APPROVAL))])
    }),
    at(
        "keys: two persons for one key of the opening",
        "type/data",
        0,
        || {
            let mut opened = opened_by(&[1, 2, 3], 4, 5, &policy(ONE_APPROVAL));
            opened.data = opened.data.replace(&public(2), &public(1));
            opened.by = by_id(vec![1, 3]);
            Forged::events(&[opened])
        },
    ),
    at(
        "keys: handed to a key that was rotated away",
        "type/data",
        11,
        || then([rotated(8, 9, true), handed("custodian/c2", 8)]),
    ),
    at(
        "keys: handed to a keyid of nobody",
        "type/data",
        HANDED as u64,
        || {
            changed(HANDED, |event| {
                event.data = event.data.replace(&id(8), &id(9));
            })
        },
    ),
    holds(
        "keys: an attempt by the key that took the place of another",
        || then([rotated(8, 9, true), attempted(9)]),
    ),
];
