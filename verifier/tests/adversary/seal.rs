//! A sealed ledger that goes on, counts that are not those of the ledger, heads that are not those of its streams.

use std::collections::BTreeMap;

use super::{Attack, Forged, Shape, at, holds};
use crate::forge::chain::{Chain, Event, event};
use crate::forge::place::head_lines;
use crate::forge::sound::{
    enrolled, handed, origin, policy, policy_changed, proposed, restored, revoked, sound, staffed,
    voice,
};
use crate::forge::{hex, leaf, root, sha256};

/// `Sealed` with the counts of these events, which the edit may change.
fn sealed(events: &[Event], edit: impl Fn(&mut usize, &mut BTreeMap<&str, u64>)) -> Event {
    let mut types = BTreeMap::new();
    for event in events {
        *types.entry(event.kind).or_insert(0) += 1;
    }
    let mut entries = events.len();
    edit(&mut entries, &mut types);
    let types: Vec<String> = types
        .iter()
        .map(|(name, count)| format!("\"{name}\":{count}"))
        .collect();
    let data = format!(
        "{{\"entries\":{entries},\"types\":{{{}}}}}",
        types.join(",")
    );
    event("ledger", "Sealed", &data, &[5])
}

fn counted(edit: impl Fn(&mut usize, &mut BTreeMap<&str, u64>)) -> Forged {
    let mut events = sound();
    events.push(sealed(&events, edit));
    Forged::events(&events)
}

/// The sound ledger, sealed in entry 10, and what follows.
fn over(more: impl IntoIterator<Item = Event>) -> Forged {
    let mut events = sound();
    events.push(sealed(&events, |_, _| {}));
    events.extend(more);
    Forged::events(&events)
}

fn token() -> Event {
    let hash = "ab".repeat(32);
    let data = format!("{{\"imprint\":\"{hash}\",\"size\":11,\"token\":\"{hash}\"}}");
    event("ledger", "TimestampReceived", &data, &[5])
}

fn cosigned() -> Event {
    let data = format!("{{\"note\":\"{}\",\"size\":11}}", "ab".repeat(32));
    event("ledger", "WitnessReceived", &data, &[5])
}

/// `StreamHeads` in entry 10 that claims the heads of the first `size` entries and has seen `seen`.
fn heads(size: usize, seen: u64, edit: impl Fn(&mut usize, &mut [u8; 32])) -> Forged {
    let mut events = sound();
    let lines = head_lines(&Chain::of(&origin(), &events), size);
    let leaves: Vec<_> = lines
        .iter()
        .map(|(_, line)| leaf(line.as_bytes()))
        .collect();
    let (mut count, mut root) = (leaves.len(), root(&leaves));
    edit(&mut count, &mut root);
    let data = format!("{{\"count\":{count},\"root\":\"{}\"}}", hex(&root));
    events.push(event("ledger", "StreamHeads", &data, &[5]).seen(seen));
    Forged::events(&events)
}

/// Right heads as of the first ten entries, so many entries before them.
fn heads_behind(entries: usize) -> Forged {
    let mut events = sound();
    let lines = head_lines(&Chain::of(&origin(), &events), 10);
    let leaves: Vec<_> = lines
        .iter()
        .map(|(_, line)| leaf(line.as_bytes()))
        .collect();
    events.resize(entries + 10, restored(8));
    let data = format!(
        "{{\"count\":{},\"root\":\"{}\"}}",
        leaves.len(),
        hex(&root(&leaves))
    );
    events.push(event("ledger", "StreamHeads", &data, &[5]).seen(10));
    Forged::events(&events).only(Shape::Directory)
}

fn erasure_after_seal() -> Forged {
    let text = format!("unbroken/erase/v1\n{}\ncustodian-1\n", origin());
    let digest = hex(&sha256(text.as_bytes()));
    let mut events = staffed(&policy("\"Erased\":{\"m\":1,\"scope\":\"erase\"}"));
    let mut asked = proposed("ERASURE", 6);
    asked.data = asked.data.replace(&"ab".repeat(32), &digest);
    asked.data = asked.data.replace("plan", "erase");
    events.extend([asked, voice("Approved", "ERASURE", 7)]);
    events.push(sealed(&events, |_, _| {}));
    let data =
        format!("{{\"digest\":\"{digest}\",\"proposal\":\"ERASURE\",\"subject\":\"custodian-1\"}}");
    events.push(event("ledger", "Erased", &data, &[5]));
    Forged::events(&events)
}

pub(crate) const ATTACKS: [Attack; 25] = [
    holds(
        "seal: sealed, with a token and a cosignature behind it",
        || over([token(), cosigned()]),
    ),
    holds("seal: an erasure behind it", erasure_after_seal),
    at("seal: an outcome behind it", "sealed/over", 11, || {
        over([restored(8)])
    }),
    at("seal: a key behind it", "sealed/over", 11, || {
        over([enrolled(9, "", "worker")])
    }),
    at("seal: a revocation behind it", "sealed/over", 11, || {
        over([revoked(8, 8, &[1, 2])])
    }),
    at("seal: a policy behind it", "sealed/over", 11, || {
        over([policy_changed("")])
    }),
    at("seal: a stream handed behind it", "sealed/over", 11, || {
        over([handed("custodian/c2", 8)])
    }),
    at(
        "seal: a proposal behind a token behind it",
        "sealed/over",
        12,
        || over([token(), proposed("SECOND", 6)]),
    ),
    at("seal: a heartbeat behind it", "sealed/over", 11, || {
        over([event("ledger", "Heartbeat", "{\"size\":11}", &[5])])
    }),
    at("seal: sealed twice", "sealed/over", 11, || {
        let mut events = sound();
        events.push(sealed(&events, |_, _| {}));
        let again = sealed(&events, |_, _| {});
        over([again])
    }),
    at("seal: one entry fewer", "sealed/counts", 10, || {
        counted(|entries, _| *entries -= 1)
    }),
    at("seal: one entry more", "sealed/counts", 10, || {
        counted(|entries, _| *entries += 1)
    }),
    at("seal: a type counted too low", "sealed/counts", 10, || {
        counted(|_, types| *types.get_mut("KeyEnrolled").expect("there") -= 1)
    }),
    at("seal: a type left out", "sealed/counts", 10, || {
        counted(|_, types| assert!(types.remove("ItemAttempted/1").is_some()))
    }),
    at(
        "seal: a type that was never there",
        "sealed/counts",
        10,
        || counted(|_, types| assert!(types.insert("KeyRevoked", 0).is_none())),
    ),
    at("seal: it counts itself", "sealed/counts", 10, || {
        counted(|_, types| assert!(types.insert("Sealed", 1).is_none()))
    }),
    holds("seal: heads as of everything before", || {
        heads(10, 10, |_, _| {})
    }),
    holds("seal: heads as of what it had seen", || {
        heads(8, 8, |_, _| {})
    }),
    at("seal: heads with another root", "heads/root", 10, || {
        heads(10, 10, |_, root| root[0] ^= 1)
    }),
    at(
        "seal: heads with a stream too many",
        "heads/root",
        10,
        || heads(10, 10, |count, _| *count += 1),
    ),
    at(
        "seal: heads with a stream too few",
        "heads/root",
        10,
        || heads(10, 10, |count, _| *count -= 1),
    ),
    at(
        "seal: heads as of before what it had seen",
        "heads/root",
        10,
        || heads(8, 10, |_, _| {}),
    ),
    at(
        "seal: heads as of after what it had seen",
        "heads/root",
        10,
        || heads(10, 8, |_, _| {}),
    ),
    holds("seal: heads that look back 4,096 entries", || {
        heads_behind(4096)
    }),
    at(
        "seal: heads that look back 4,097 entries",
        "heads/root",
        4107,
        || heads_behind(4097),
    ),
];
