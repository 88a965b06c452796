//! Getting around the four eyes: too few approvals, one person twice, the requester, used up, expired, rejected; who may
//! sign at all is in `keys.rs`.

use super::{Attack, Forged, at, holds};
use crate::forge::chain::{Event, event};
use crate::forge::sound::{
    ONE_APPROVAL, TWO_APPROVALS, adopted, enrolled, origin, policy, proposed, staffed, voice,
};
use crate::forge::{hex, sha256};

/// Nine entries: Bert has one approver's key more than nobody, Anna has two, Olga has one beside her operator's.
pub(super) fn with(approvals: &str, more: impl IntoIterator<Item = Event>) -> Forged {
    let mut events = staffed(&policy(approvals));
    events.extend([
        enrolled(17, "anna", "approver"),
        enrolled(18, "bert", "approver"),
        enrolled(16, "olga", "approver"),
        proposed("PROPOSAL", 6),
    ]);
    events.extend(more);
    Forged::events(&events)
}

fn yes(by: u8) -> Event {
    voice("Approved", "PROPOSAL", by)
}

fn adopt() -> Event {
    adopted("PROPOSAL", 6)
}

fn expired(mut proposed: Event) -> Event {
    proposed.data = proposed.data.replace("2026-12-01", "2026-11-23");
    proposed
}

pub(super) fn erased(scope: &str) -> [Event; 3] {
    let text = format!("unbroken/erase/v1\n{}\ncustodian-1\n", origin());
    let digest = hex(&sha256(text.as_bytes()));
    let mut asked = proposed("ERASURE", 6);
    asked.data = asked.data.replace(&"ab".repeat(32), &digest);
    asked.data = asked.data.replace("plan", scope);
    let data =
        format!("{{\"digest\":\"{digest}\",\"proposal\":\"ERASURE\",\"subject\":\"custodian-1\"}}");
    [
        asked,
        voice("Approved", "ERASURE", 7),
        event("ledger", "Erased", &data, &[5]),
    ]
}

pub(crate) const ATTACKS: [Attack; 25] = [
    holds("approvals: one of one", || {
        with(ONE_APPROVAL, [yes(7), adopt()])
    }),
    holds("approvals: two persons of two", || {
        with(TWO_APPROVALS, [yes(7), yes(18), adopt()])
    }),
    at("approvals: none", "approval/count", 9, || {
        with(ONE_APPROVAL, [adopt()])
    }),
    at("approvals: one too few", "approval/count", 10, || {
        with(TWO_APPROVALS, [yes(7), adopt()])
    }),
    at(
        "approvals: one person with two keys",
        "approval/count",
        11,
        || with(TWO_APPROVALS, [yes(7), yes(17), adopt()]),
    ),
    at("approvals: one key twice", "approval/twice", 10, || {
        with(TWO_APPROVALS, [yes(7), yes(7), adopt()])
    }),
    at(
        "approvals: the requester with another key",
        "approval/requester",
        9,
        || with(ONE_APPROVAL, [yes(16), adopt()]),
    ),
    at(
        "approvals: the requester rejects with another key",
        "approval/requester",
        9,
        || with(ONE_APPROVAL, [voice("Rejected", "PROPOSAL", 16)]),
    ),
    at(
        "approvals: the requester with the same key",
        "approval/requester",
        9,
        || with(ONE_APPROVAL, [yes(6), adopt()]),
    ),
    at("approvals: by a worker", "type/signers", 9, || {
        with(ONE_APPROVAL, [yes(8), adopt()])
    }),
    at("approvals: used twice", "approval/consumed", 11, || {
        with(ONE_APPROVAL, [yes(7), adopt(), adopt()])
    }),
    at(
        "approvals: adopted when it had expired",
        "approval/expired",
        12,
        || {
            let late = "2026-12-01T00:00:00.000000Z";
            let more = [
                proposed("SECOND", 6),
                voice("Approved", "SECOND", 7),
                yes(7).at(late),
                adopt().at(late),
            ];
            with(ONE_APPROVAL, more)
        },
    ),
    holds("approvals: adopted in the last microsecond", || {
        with(
            ONE_APPROVAL,
            [yes(7), adopt().at("2026-11-30T23:59:59.999999Z")],
        )
    }),
    at(
        "approvals: expired before it was asked",
        "approval/expired",
        11,
        || {
            let asked = expired(proposed("SECOND", 6));
            with(
                ONE_APPROVAL,
                [asked, voice("Approved", "SECOND", 7), adopted("SECOND", 6)],
            )
        },
    ),
    at("approvals: rejected", "approval/rejected", 10, || {
        with(ONE_APPROVAL, [voice("Rejected", "PROPOSAL", 7), adopt()])
    }),
    at(
        "approvals: approved by enough and rejected by one",
        "approval/rejected",
        11,
        || {
            with(
                ONE_APPROVAL,
                [yes(7), voice("Rejected", "PROPOSAL", 18), adopt()],
            )
        },
    ),
    at(
        "approvals: rejected, then approved with another key",
        "approval/rejected",
        11,
        || {
            with(
                ONE_APPROVAL,
                [voice("Rejected", "PROPOSAL", 7), yes(17), adopt()],
            )
        },
    ),
    at("approvals: of another plan", "approval/digest", 10, || {
        let mut other = adopt();
        other.data = other.data.replace("abab", "acab");
        with(ONE_APPROVAL, [yes(7), other])
    }),
    at("approvals: of another scope", "approval/scope", 11, || {
        let mut asked = proposed("SECOND", 6);
        asked.data = asked.data.replace("plan", "erase");
        with(
            ONE_APPROVAL,
            [asked, voice("Approved", "SECOND", 7), adopted("SECOND", 6)],
        )
    }),
    at(
        "approvals: those of another proposal",
        "approval/count",
        11,
        || {
            with(
                ONE_APPROVAL,
                [proposed("SECOND", 6), yes(7), adopted("SECOND", 6)],
            )
        },
    ),
    at("approvals: of nothing", "approval/missing", 9, || {
        let mut nothing = yes(7);
        nothing.data = format!("{{\"proposal\":\"{}\"}}", "cd".repeat(32));
        with(ONE_APPROVAL, [nothing])
    }),
    at(
        "approvals: of one proposal in the stream of another",
        "event/stream",
        10,
        || {
            let mut crossed = yes(7);
            "{\"proposal\":\"SECOND\"}".clone_into(&mut crossed.data);
            with(ONE_APPROVAL, [proposed("SECOND", 6), crossed])
        },
    ),
    at(
        "approvals: an erasure that the policy does not speak of",
        "approval/erased",
        11,
        || with(ONE_APPROVAL, erased("erase")),
    ),
    holds("approvals: an erasure that was approved", || {
        with("\"Erased\":{\"m\":1,\"scope\":\"erase\"}", erased("erase"))
    }),
    at(
        "approvals: an erasure of somebody else",
        "type/data",
        11,
        || {
            let [asked, yes, mut erased] = erased("erase");
            erased.data = erased.data.replace("custodian-1", "custodian-2");
            with(
                "\"Erased\":{\"m\":1,\"scope\":\"erase\"}",
                [asked, yes, erased],
            )
        },
    ),
];
