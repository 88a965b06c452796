//! Section 8: the table of the ledger's own types: signers, stream, data.

use super::signers::{check_one, check_roots, implicit};
use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, check_time, hex, parse_hex, sha256};
use crate::event::{Entry, Event, is_stream};
use crate::json::Value;
use crate::policy::{Policy, check_origin, check_roles, is_person, is_scope, texts};
use crate::signature::PublicKey;
use crate::state::State;

pub(super) fn check(state: &State, index: u64, entry: &Entry<'_>) -> Checked {
    let event = &entry.event;
    if !event.is_ledger_type() {
        return Ok(());
    }
    check_place(event)?;
    match &*event.kind {
        "Opened" => opened(event),
        "KeyEnrolled" => enrolled(state, event),
        "KeyRotated" => rotated(state, event),
        "KeyRevoked" => revoked(state, index, event),
        "PolicyChanged" => policy_changed(state, event),
        "Proposed" => proposed(state, event),
        "Approved" | "Rejected" => {
            check_one(state, &event.by, "approver")?;
            let [proposal] = data(event, ["proposal"])?;
            hash(&proposal).map(drop)
        }
        _ => {
            check_one(state, &event.by, "service")?;
            bookkeeping(state, index, event)
        }
    }
}

fn check_place(event: &Event<'_>) -> Checked {
    let placed = match &*event.kind {
        "Opened" | "KeyEnrolled" | "KeyRotated" | "KeyRevoked" | "PolicyChanged" => {
            event.stream == "keys"
        }
        "Proposed" => event.stream.starts_with("case/"),
        "Approved" | "Rejected" => event.stream.starts_with("approval/"),
        _ => event.stream == "ledger",
    };
    ensure(
        placed,
        "type/stream",
        format_args!("{} does not belong in {}", event.kind, event.stream),
    )
}

/// The data's fields, exactly these.
pub(super) fn data<'a, const N: usize>(
    event: &Event<'a>,
    names: [&str; N],
) -> Checked<[Value<'a>; N]> {
    event.data.clone().listed(names)
}

fn bad<T>(why: &str) -> Checked<T> {
    broken("type/data", why)
}

pub(super) fn hash(value: &Value) -> Checked<Hash> {
    match value.text().map(parse_hex::<32>) {
        Some(Ok(hash)) => Ok(hash),
        _ => bad("not 64 hex digits"),
    }
}

pub(super) fn key(value: &Value) -> Checked<PublicKey> {
    PublicKey::new(hash(value)?)
}

fn number(value: &Value) -> Checked<u64> {
    value
        .count()
        .map_or_else(|| bad("not a number that counts"), Ok)
}

/// Roots with their persons, the log key, the service key.
pub(crate) struct Founding {
    pub(crate) roots: Vec<(PublicKey, String)>,
    pub(crate) log: PublicKey,
    pub(crate) service: PublicKey,
    pub(crate) policy: Policy,
    pub(crate) threshold: u64,
}

pub(crate) fn founding(event: &Event<'_>) -> Checked<Founding> {
    let [keys, policy, threshold] = data(event, ["keys", "policy", "threshold"])?;
    let [log, roots, service] = keys.listed(["log", "roots", "service"])?;
    let mut founders = Vec::new();
    for root in roots.list().unwrap_or_default() {
        let [public, person] = root.clone().listed(["key", "person"])?;
        let person = person.text().unwrap_or_default().to_owned();
        check_roles(&["root".to_owned()], &person)?;
        founders.push((key(&public)?, person));
    }
    Ok(Founding {
        roots: founders,
        log: key(&log)?,
        service: key(&service)?,
        policy: Policy::parse(&policy)?,
        threshold: number(&threshold)?,
    })
}

fn opened(event: &Event<'_>) -> Checked {
    let found = founding(event)?;
    let bytes: Vec<[u8; 32]> = found.roots.iter().map(|(key, _)| *key.bytes()).collect();
    let fits = (1..=15).contains(&bytes.len()) && bytes.windows(2).all(|p| p[0] < p[1]);
    ensure(fits, "type/data", "1 to 15 roots, ascending by key")?;
    let others = [*found.log.bytes(), *found.service.bytes()];
    let differ = others[0] != others[1] && others.iter().all(|other| !bytes.contains(other));
    ensure(differ, "type/data", "the keys are not all different")?;
    let within = (1..=bytes.len() as u64).contains(&found.threshold);
    ensure(within, "type/data", "the threshold is not within the roots")?;
    let mut ids: Vec<Hash> = found.roots.iter().map(|(key, _)| key.id()).collect();
    ids.sort_unstable();
    ensure(
        ids == event.by,
        "type/signers",
        "not signed by every root, keyids ascending",
    )?;
    check_origin(&event.origin, &bytes)
}

fn enrolled(state: &State, event: &Event<'_>) -> Checked {
    let [public, person, roles] = data(event, ["key", "person", "roles"])?;
    let public = key(&public)?;
    let Ok(roles) = texts(&roles) else {
        return broken("key/roles", "not an ascending array");
    };
    let Some(person) = person.text() else {
        return broken("key/person", "not a string");
    };
    check_roles(&roles, person)?;
    check_roots(state, &event.by, Some(public.id()))?;
    ensure(
        !state.keys.contains_key(&public.id()),
        "key/again",
        "a key that was known before",
    )?;
    ensure(
        roles != ["log"],
        "type/data",
        "a log key is rotated, not enrolled",
    )?;
    let free = roles != ["service"] || state.active(&state.service).is_none();
    ensure(free, "type/data", "there is an active service key")
}

fn rotated(state: &State, event: &Event<'_>) -> Checked {
    let [new, old] = data(event, ["new", "old"])?;
    let (new, old) = (key(&new)?, hash(&old)?);
    let Some(known) = state.active(&old) else {
        return bad("the old key is not active");
    };
    let signs = (!known.has("log")).then(|| new.id());
    check_roots(state, &event.by, signs)?;
    ensure(
        !state.keys.contains_key(&new.id()),
        "key/again",
        "a key that was known before",
    )
}

fn revoked(state: &State, index: u64, event: &Event<'_>) -> Checked {
    let [from, revoked, reason] = data(event, ["from_index", "key", "reason"])?;
    let (from, revoked) = (number(&from)?, hash(&revoked)?);
    check_roots(state, &event.by, None)?;
    // Rotated away or not: that somebody else had it may show later.
    let Some(known) = state.keys.get(&revoked) else {
        return bad("no such key");
    };
    ensure(!known.is_revoked, "type/data", "a second revocation")?;
    ensure(
        !event.by.contains(&revoked),
        "type/signers",
        "the revoked key signs",
    )?;
    ensure(
        !known.has("log"),
        "type/data",
        "a log key is rotated, not revoked",
    )?;
    ensure(
        from <= index,
        "type/data",
        "from_index is later than the entry",
    )?;
    let reasons = ["compromised", "lost", "retired", "superseded"];
    let named = reason
        .text()
        .is_some_and(|reason| reasons.contains(&reason));
    ensure(named, "type/data", "not a reason of the list")?;
    let goes = known.is_active && known.has("root");
    let left = state.active_roots().len() as u64 - u64::from(goes);
    ensure(
        left >= state.threshold,
        "type/data",
        "fewer roots than the threshold would be left",
    )
}

fn policy_changed(state: &State, event: &Event<'_>) -> Checked {
    let [policy, threshold] = data(event, ["policy", "threshold"])?;
    Policy::parse(&policy)?;
    check_roots(state, &event.by, None)?;
    let within = (1..=state.active_roots().len() as u64).contains(&number(&threshold)?);
    ensure(
        within,
        "type/data",
        "the threshold is not within the active roots",
    )
}

fn proposed(state: &State, event: &Event<'_>) -> Checked {
    check_one(state, &event.by, "operator")?;
    let [digest, expires, scope] = data(event, ["digest", "expires", "scope"])?;
    hash(&digest)?;
    let is_time = expires.text().is_some_and(|text| check_time(text).is_ok());
    ensure(
        is_time && scope.text().is_some_and(is_scope),
        "type/data",
        "expires or scope",
    )
}

fn bookkeeping(state: &State, index: u64, event: &Event<'_>) -> Checked {
    match &*event.kind {
        "StreamHanded" => handed(state, event),
        "StreamHeads" => {
            let [count, root] = data(event, ["count", "root"])?;
            number(&count)?;
            hash(&root).map(drop)
        }
        "TimestampReceived" => {
            let [imprint, size, token] = data(event, ["imprint", "size", "token"])?;
            number(&size)?;
            hash(&imprint).and(hash(&token)).map(drop)
        }
        "WitnessReceived" => {
            let [note, size] = data(event, ["note", "size"])?;
            number(&size)?;
            hash(&note).map(drop)
        }
        "TailRepaired" => {
            let [discarded, from, length] = data(event, ["discarded", "from_index", "length"])?;
            number(&from).and(number(&length))?;
            hash(&discarded).map(drop)
        }
        "Heartbeat" => {
            let [size] = data(event, ["size"])?;
            number(&size).map(drop)
        }
        "Erased" => erased(event),
        "Sealed" => sealed(state, index, event),
        other => bad(&format!("{other} has no rules")),
    }
}

fn handed(state: &State, event: &Event<'_>) -> Checked {
    let [streams, to] = data(event, ["streams", "to"])?;
    let Ok(streams) = texts(&streams) else {
        return bad("streams do not ascend");
    };
    ensure(!streams.is_empty(), "type/data", "no stream is handed")?;
    for stream in &streams {
        let free = is_stream(stream)
            && stream != "keys"
            && stream != "ledger"
            && matches!(implicit(stream), Ok(None));
        ensure(free, "type/data", "a stream that cannot be handed")?;
    }
    let may = ["certifier", "operator", "service", "worker"];
    let to = hash(&to)?;
    let takes = state
        .active(&to)
        .is_some_and(|key| may.iter().any(|role| key.has(role)));
    ensure(
        takes,
        "type/data",
        "streams are handed to a key that may not have them",
    )
}

fn erased(event: &Event<'_>) -> Checked {
    let [digest, proposal, subject] = data(event, ["digest", "proposal", "subject"])?;
    hash(&proposal)?;
    let Some(subject) = subject.text().filter(|text| is_person(text)) else {
        return bad("the subject is no pseudonym");
    };
    let expected = sha256(format!("unbroken/erase/v1\n{}\n{subject}\n", event.origin).as_bytes());
    ensure(
        hash(&digest)? == expected,
        "type/data",
        "the digest is not that of the erasure",
    )
}

fn sealed(state: &State, index: u64, event: &Event<'_>) -> Checked {
    let [entries, types] = data(event, ["entries", "types"])?;
    let listed = types.fields().map(|fields| {
        fields
            .iter()
            .map(|(name, count)| (&**name, count.count().unwrap_or(u64::MAX)))
    });
    let counted = state
        .types
        .iter()
        .map(|(name, count)| (name.as_str(), *count));
    let holds = number(&entries)? == index && listed.is_some_and(|listed| listed.eq(counted));
    ensure(
        holds,
        "sealed/counts",
        format_args!("not the counts of the {index} entries before"),
    )
}

/// The keyid of a key in hex, as data names it.
pub(super) fn named(value: &Value) -> Checked<(Hash, String)> {
    let id = hash(value)?;
    Ok((id, hex(&id)))
}
