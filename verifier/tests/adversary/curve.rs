//! Odd keys and signatures of `forge/curve.rs` at the place where a laxer reader would take them.

use super::{Attack, Forged, at, holds};
use crate::forge::chain::{Chain, Sign};
use crate::forge::curve::{
    self, MIXED, NOT_CANONICAL, SECOND_SPELLINGS, TORSION, identity_as_r, mixed, s_plus_l,
    second_spelling_as_r, torsion_in_r,
};
use crate::forge::sound::{
    ONE_APPROVAL, RESTORED, enrolled, handed, opened_by, policy, restored, rotated, sound,
};

fn signed(sign: Sign) -> Forged {
    let mut events = sound();
    events[RESTORED].sign = sign;
    Forged::events(&events)
}

/// The key is enrolled, and signs its enrolment as far as it can.
fn enrolling(number: u8) -> Forged {
    let mut events = sound();
    events.push(enrolled(number, "", "worker"));
    Forged::events(&events)
}

/// The mixed key is enrolled, gets a stream, and restores.
fn mixed_worker(sign: Sign) -> Forged {
    let mut events = sound();
    let mut last = restored(MIXED);
    "custodian/c2".clone_into(&mut last.stream);
    last.sign = sign;
    events.extend([
        enrolled(MIXED, "", "worker"),
        handed("custodian/c2", MIXED),
        last,
    ]);
    Forged::events(&events)
}

pub(crate) const ATTACKS: [Attack; 28] = [
    at(
        "curve: a point of order 8 in R",
        "signature/strict",
        9,
        || signed(torsion_in_r),
    ),
    at("curve: R is the identity", "signature/strict", 9, || {
        signed(identity_as_r)
    }),
    at(
        "curve: R is the identity in its second spelling",
        "signature/strict",
        9,
        || signed(second_spelling_as_r),
    ),
    at(
        "curve: S and the group order",
        "signature/strict",
        9,
        || signed(s_plus_l),
    ),
    at("curve: a signature of zeros", "signature/strict", 9, || {
        signed(|_, _| [0; 64])
    }),
    at("curve: the sign of R turned", "signature/strict", 9, || {
        signed(|number, message| {
            let mut signature = crate::forge::sign(number, message);
            signature[31] ^= 0x80;
            signature
        })
    }),
    at("curve: A of order 1", "key/weak", 10, || {
        enrolling(TORSION[0])
    }),
    at("curve: A of order 8, first", "key/weak", 10, || {
        enrolling(TORSION[1])
    }),
    at("curve: A of order 4", "key/weak", 10, || {
        enrolling(TORSION[2])
    }),
    at("curve: A of order 8, second", "key/weak", 10, || {
        enrolling(TORSION[3])
    }),
    at("curve: A of order 2", "key/weak", 10, || {
        enrolling(TORSION[4])
    }),
    at("curve: A of order 8, third", "key/weak", 10, || {
        enrolling(TORSION[5])
    }),
    at("curve: A of order 4, second", "key/weak", 10, || {
        enrolling(TORSION[6])
    }),
    at("curve: A of order 8, fourth", "key/weak", 10, || {
        enrolling(TORSION[7])
    }),
    at(
        "curve: A is the identity with a sign",
        "key/weak",
        10,
        || enrolling(SECOND_SPELLINGS[0]),
    ),
    at("curve: A is y = -1 with a sign", "key/weak", 10, || {
        enrolling(SECOND_SPELLINGS[1])
    }),
    at("curve: A is y = p", "key/weak", 10, || {
        enrolling(SECOND_SPELLINGS[2])
    }),
    at("curve: A is y = p with a sign", "key/weak", 10, || {
        enrolling(SECOND_SPELLINGS[3])
    }),
    at("curve: A is y = p + 1", "key/weak", 10, || {
        enrolling(SECOND_SPELLINGS[4])
    }),
    at("curve: A is y = p + 1 with a sign", "key/weak", 10, || {
        enrolling(SECOND_SPELLINGS[5])
    }),
    at(
        "curve: A of large order, not canonical",
        "key/weak",
        10,
        || enrolling(NOT_CANONICAL),
    ),
    at("curve: A is no point", "key/weak", 10, || {
        let mut events = sound();
        let mut odd = enrolled(9, "", "worker");
        odd.data = odd
            .data
            .replace(&crate::forge::public(9), &format!("02{}", "0".repeat(62)));
        events.push(odd);
        Forged::events(&events)
    }),
    at("curve: a weak root", "key/weak", 0, || {
        let opened = opened_by(&[1, 2, 200], 4, 5, &policy(ONE_APPROVAL));
        Forged::of(Chain::of(
            &crate::forge::origin_of("example.org/faults", &[1, 2, 200]),
            &[opened],
        ))
    }),
    at("curve: a weak log key", "key/weak", 0, || {
        Forged::events(&[opened_by(&[1, 2, 3], 201, 5, &policy(ONE_APPROVAL))])
    }),
    at(
        "curve: a log key rotated to a weak one",
        "key/weak",
        10,
        || {
            let mut events = sound();
            events.push(rotated(4, 202, false));
            Forged::events(&events)
        },
    ),
    at(
        "curve: a worker's key rotated to a weak one",
        "key/weak",
        10,
        || {
            let mut events = sound();
            events.push(rotated(8, 203, true));
            Forged::events(&events)
        },
    ),
    // Section 3 asks that A is not of small order, not that it is of prime order: the equation decides.
    holds(
        "curve: a torsion part of A that the challenge takes away",
        || mixed_worker(crate::forge::sign),
    ),
    at(
        "curve: a torsion part of A that the cofactor would take away",
        "signature/strict",
        12,
        || {
            let forged = mixed_worker(|_, message| mixed(message, false));
            let last = forged.chain.envelopes.last().expect("there");
            let pae = crate::forge::chain::pae(&last.payload);
            let a = crate::forge::public_bytes(MIXED);
            let is_lax = curve::holds_with_cofactor(&a, &pae, &last.signatures[0].1);
            assert!(is_lax, "a lax reader takes it");
            forged
        },
    ),
];
