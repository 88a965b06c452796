//! The fields of the ledger's own types (section 8) out of their form: everything else about the event is right, and whoever
//! signs may sign. Who may not is in `keys.rs`.

use super::{Attack, Forged, at, holds};
use crate::forge::chain::{Event, event};
use crate::forge::sound::{
    ONE_APPROVAL, enrolled, handed, opened, policy, policy_changed, proposed, revoked, rotated,
    sound, voice,
};
use crate::forge::{by_id, id, public};

/// The sound ledger and, as entry 10, this event with a piece of its data changed.
fn with(mut event: Event, piece: &str, by: &str) -> Forged {
    assert!(event.data.contains(piece), "{piece} is in {}", event.data);
    event.data = event.data.replacen(piece, by, 1);
    let mut events = sound();
    events.push(event);
    Forged::events(&events)
}

/// A fact of the service key's.
fn fact(kind: &'static str, data: &str) -> Forged {
    let mut events = sound();
    events.push(event("ledger", kind, data, &[5]));
    Forged::events(&events)
}

fn opening(piece: &str, by: &str) -> Forged {
    let mut opened = opened(&policy(ONE_APPROVAL));
    assert!(opened.data.contains(piece), "{piece} is in {}", opened.data);
    opened.data = opened.data.replacen(piece, by, 1);
    Forged::events(&[opened])
}

/// Another policy in the form `{"approvals":…,"gates":…,"types":…}`.
fn ruled(piece: &str, by: &str) -> Forged {
    with(policy_changed(ONE_APPROVAL), piece, by)
}

const HASH: &str = "abababababababababababababababababababababababababababababababab";

fn worker() -> Event {
    enrolled(9, "", "worker")
}

fn approver() -> Event {
    enrolled(9, "otto", "approver")
}

pub(crate) const ATTACKS: [Attack; 60] = [
    holds("types: as they should be", || {
        let mut events = sound();
        let fact = |kind, data: &str| event("ledger", kind, data, &[5]);
        let token = format!("{{\"imprint\":\"{HASH}\",\"size\":1,\"token\":\"{HASH}\"}}");
        let repaired = format!("{{\"discarded\":\"{HASH}\",\"from_index\":9,\"length\":7}}");
        events.extend([
            worker(),
            approver_of(10),
            policy_changed(""),
            fact("Heartbeat", "{\"size\":10}"),
            fact("TimestampReceived", &token),
            fact(
                "WitnessReceived",
                &format!("{{\"note\":\"{HASH}\",\"size\":1}}"),
            ),
            fact("TailRepaired", &repaired),
        ]);
        Forged::events(&events)
    }),
    at(
        "types: handed to a keyid in capitals",
        "type/data",
        10,
        || with(handed("custodian/c2", 8), &id(8), &id(8).to_uppercase()),
    ),
    at("types: no streams handed", "type/data", 10, || {
        with(handed("custodian/c2", 8), "\"custodian/c2\"", "")
    }),
    at(
        "types: streams handed out of order",
        "type/data",
        10,
        || with(handed("custodian/c2", 8), "\"custodian/c2\"", "\"b\",\"a\""),
    ),
    at("types: a stream handed twice", "type/data", 10, || {
        with(handed("custodian/c2", 8), "\"custodian/c2\"", "\"a\",\"a\"")
    }),
    at("types: the stream keys handed", "type/data", 10, || {
        with(handed("custodian/c2", 8), "custodian/c2", "keys")
    }),
    at("types: the stream ledger handed", "type/data", 10, || {
        with(handed("custodian/c2", 8), "custodian/c2", "ledger")
    }),
    at("types: a case handed", "type/data", 10, || {
        with(
            handed("custodian/c2", 8),
            "custodian/c2",
            &format!("case/{}", id(6)),
        )
    }),
    at(
        "types: something like a case handed",
        "type/data",
        10,
        || with(handed("custodian/c2", 8), "custodian/c2", "case/olga"),
    ),
    at("types: an approval handed", "type/data", 10, || {
        with(
            handed("custodian/c2", 8),
            "custodian/c2",
            &format!("approval/{HASH}/{}", id(7)),
        )
    }),
    at("types: no stream's name handed", "type/data", 10, || {
        with(handed("custodian/c2", 8), "custodian/c2", "Custodian")
    }),
    at("types: a string for the streams", "type/data", 10, || {
        with(
            handed("custodian/c2", 8),
            "[\"custodian/c2\"]",
            "\"custodian/c2\"",
        )
    }),
    at("types: a number among the streams", "type/data", 10, || {
        with(handed("custodian/c2", 8), "\"custodian/c2\"", "1")
    }),
    at("types: handed to an approver", "type/data", 10, || {
        with(handed("custodian/c2", 8), &id(8), &id(7))
    }),
    at(
        "types: a proposal that expires on 30 February",
        "type/data",
        10,
        || with(proposed("SECOND", 6), "2026-12-01", "2027-02-30"),
    ),
    at(
        "types: a proposal that expires in milliseconds",
        "type/data",
        10,
        || with(proposed("SECOND", 6), ".000000Z", ".000Z"),
    ),
    at(
        "types: a proposal that never expires",
        "type/data",
        10,
        || {
            with(
                proposed("SECOND", 6),
                "\"2026-12-01T00:00:00.000000Z\"",
                "0",
            )
        },
    ),
    at("types: a scope in capitals", "type/data", 10, || {
        with(proposed("SECOND", 6), "\"plan\"", "\"Plan\"")
    }),
    at("types: a scope without a name", "type/data", 10, || {
        with(proposed("SECOND", 6), "\"plan\"", "\"\"")
    }),
    at("types: a digest that is cut", "type/data", 10, || {
        with(proposed("SECOND", 6), "abab", "ab")
    }),
    at("types: a digest in capitals", "type/data", 10, || {
        with(proposed("SECOND", 6), "abab", "ABAB")
    }),
    at(
        "types: an approval with a remark",
        "canonical/fields",
        11,
        || {
            let mut events = sound();
            let mut yes = voice("Approved", "SECOND", 7);
            yes.data = yes.data.replace('}', ",\"remark\":\"fine\"}");
            events.extend([proposed("SECOND", 6), yes]);
            Forged::events(&events)
        },
    ),
    at(
        "types: a proposal without its fields",
        "canonical/fields",
        10,
        || with(proposed("SECOND", 6), ",\"scope\":\"plan\"", ""),
    ),
    at(
        "types: revoked for no reason of the list",
        "type/data",
        10,
        || with(revoked(8, 10, &[1, 2]), "compromised", "annoying"),
    ),
    at(
        "types: revoked from before the beginning",
        "type/data",
        10,
        || with(revoked(8, 10, &[1, 2]), ":10,", ":-1,"),
    ),
    at("types: revoked from a string", "type/data", 10, || {
        with(revoked(8, 10, &[1, 2]), ":10,", ":\"10\",")
    }),
    at("types: a keyid of nobody revoked", "type/data", 10, || {
        with(revoked(8, 10, &[1, 2]), &id(8), &id(9))
    }),
    at("types: no keyid revoked", "type/data", 10, || {
        with(revoked(8, 10, &[1, 2]), &id(8), "worker")
    }),
    at("types: a key of nobody rotated", "type/data", 10, || {
        with(rotated(8, 9, true), &id(8), &id(10))
    }),
    at(
        "types: rotated to a key that is known",
        "key/again",
        10,
        || {
            let mut again = rotated(8, 7, true);
            again.by = by_id(vec![1, 2]);
            again.by.push(7);
            with(again, "new", "new")
        },
    ),
    at(
        "types: rotated to what is no key",
        "key/unknown",
        10,
        || with(rotated(8, 9, true), &public(9), &public(9).to_uppercase()),
    ),
    at("types: enrolled with no role", "key/roles", 10, || {
        with(worker(), "\"worker\"", "")
    }),
    at(
        "types: enrolled with a role of nobody",
        "key/roles",
        10,
        || with(worker(), "worker", "janitor"),
    ),
    at("types: enrolled with a role twice", "key/roles", 10, || {
        with(worker(), "\"worker\"", "\"worker\",\"worker\"")
    }),
    at(
        "types: enrolled with roles out of order",
        "key/roles",
        10,
        || with(approver(), "\"approver\"", "\"operator\",\"approver\""),
    ),
    at(
        "types: enrolled with a string for the roles",
        "key/roles",
        10,
        || with(worker(), "[\"worker\"]", "\"worker\""),
    ),
    at("types: a worker with a person", "key/person", 10, || {
        with(worker(), "\"person\":\"\"", "\"person\":\"walter\"")
    }),
    at(
        "types: an approver without a person",
        "key/person",
        10,
        || with(approver(), "otto", ""),
    ),
    at("types: a person by the real name", "key/person", 10, || {
        with(approver(), "otto", "Otto Example")
    }),
    at("types: a number for a person", "key/person", 10, || {
        with(approver(), "\"otto\"", "7")
    }),
    at("types: a policy without gates", "policy/form", 10, || {
        ruled(
            "\"gates\":{\"ItemAttempted/1\":[\"approval/\",\"case/\",\"keys\"]},",
            "",
        )
    }),
    at(
        "types: a policy of no approvals needed",
        "policy/form",
        10,
        || ruled("\"m\":1", "\"m\":0"),
    ),
    at("types: a policy of 17 approvals", "policy/form", 10, || {
        ruled("\"m\":1", "\"m\":17")
    }),
    at(
        "types: a policy with a scope in capitals",
        "policy/form",
        10,
        || ruled("\"scope\":\"plan\"", "\"scope\":\"PLAN\""),
    ),
    at(
        "types: a policy that lets roots restore",
        "policy/form",
        10,
        || {
            ruled(
                "\"ItemRestored/1\":[\"worker\"]",
                "\"ItemRestored/1\":[\"root\"]",
            )
        },
    ),
    at(
        "types: a policy with roles out of order",
        "policy/form",
        10,
        || {
            ruled(
                "\"ItemRestored/1\":[\"worker\"]",
                "\"ItemRestored/1\":[\"worker\",\"operator\"]",
            )
        },
    ),
    at(
        "types: a policy for one of the ledger's types",
        "policy/form",
        10,
        || {
            ruled(
                "\"PlanAdopted/1\":[\"operator\"]",
                "\"Sealed\":[\"operator\"]",
            )
        },
    ),
    at(
        "types: a policy that gates one of the ledger's types",
        "policy/form",
        10,
        || ruled("\"gates\":{\"ItemAttempted/1\"", "\"gates\":{\"Approved\""),
    ),
    at(
        "types: a policy that asks approval of an approval",
        "policy/form",
        10,
        || ruled("\"PlanAdopted/1\":{\"m\"", "\"Approved\":{\"m\""),
    ),
    at(
        "types: a policy for roots of whom there are none",
        "type/data",
        10,
        || ruled("\"threshold\":2", "\"threshold\":0"),
    ),
    at(
        "types: a policy for more roots than there are",
        "type/data",
        10,
        || ruled("\"threshold\":2", "\"threshold\":4"),
    ),
    at(
        "types: a heartbeat of less than nothing",
        "type/data",
        10,
        || fact("Heartbeat", "{\"size\":-1}"),
    ),
    at(
        "types: a heartbeat of nothing",
        "canonical/fields",
        10,
        || fact("Heartbeat", "{}"),
    ),
    at("types: a token without its digest", "type/data", 10, || {
        fact(
            "TimestampReceived",
            &format!("{{\"imprint\":\"{HASH}\",\"size\":1,\"token\":\"\"}}"),
        )
    }),
    at(
        "types: heads whose count is a string",
        "type/data",
        10,
        || {
            fact(
                "StreamHeads",
                &format!("{{\"count\":\"5\",\"root\":\"{HASH}\"}}"),
            )
        },
    ),
    at(
        "types: sealed with a list of types",
        "sealed/counts",
        10,
        || fact("Sealed", "{\"entries\":10,\"types\":[]}"),
    ),
    at("types: opened for no roots", "type/data", 0, || {
        opening("\"threshold\":2", "\"threshold\":0")
    }),
    at(
        "types: opened for more roots than there are",
        "type/data",
        0,
        || opening("\"threshold\":2", "\"threshold\":4"),
    ),
    at(
        "types: opened with one key for log and service",
        "type/data",
        0,
        || opening(&public(5), &public(4)),
    ),
    at(
        "types: opened with a root of no person",
        "key/person",
        0,
        || opening("root-2", ""),
    ),
];

fn approver_of(number: u8) -> Event {
    enrolled(number, "otto", "approver operator")
}
