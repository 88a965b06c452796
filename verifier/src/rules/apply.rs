//! What an entry that may stand changes in the state.

use super::approvals;
use super::ledger_types::{data, founding, hash, key, named};
use crate::broken::Checked;
use crate::bytes::Hash;
use crate::event::{Entry, Event};
use crate::json::Value;
use crate::policy::{Policy, texts};
use crate::signature::PublicKey;
use crate::state::{Anchor, AnchorKind, Change, Key, Proposal, Revocation, State, matches};

/// How far back `StreamHeads` may look (section 10).
const CHANGES_KEPT: usize = 4096;

/// Takes the entry in.
pub(crate) fn apply(state: &mut State, index: u64, entry: &Entry<'_>) -> Checked {
    let event = &entry.event;
    match &*event.kind {
        "Opened" => open(state, event)?,
        "KeyEnrolled" => {
            let [public, person, roles] = data(event, ["key", "person", "roles"])?;
            let person = person.text().unwrap_or_default().to_owned();
            enrol(state, key(&public)?, person, texts(&roles)?);
        }
        "KeyRotated" => rotate(state, index, event)?,
        "KeyRevoked" => revoke(state, index, event)?,
        "PolicyChanged" => {
            let [policy, threshold] = data(event, ["policy", "threshold"])?;
            state.policy = Policy::parse(&policy)?;
            state.policy_at = index;
            state.threshold = threshold.count().unwrap_or(state.threshold);
            state.watch_gates();
        }
        "StreamHanded" => {
            let [streams, to] = data(event, ["streams", "to"])?;
            let holder = state.holder(hash(&to)?);
            for stream in texts(&streams)? {
                state.streams.entry(stream.into()).or_default().holder = Some(holder);
            }
        }
        "Proposed" => propose(state, event, entry.leaf)?,
        "Approved" | "Rejected" => voice(state, index, event)?,
        "TimestampReceived" => {
            let [imprint, size, token] = data(event, ["imprint", "size", "token"])?;
            let kind = AnchorKind::Timestamp(hash(&token)?);
            anchor(state, index, &imprint, &size, kind)?;
        }
        "WitnessReceived" => {
            let [note, size] = data(event, ["note", "size"])?;
            anchor(state, index, &note, &size, AnchorKind::Witness)?;
        }
        "Erased" => {
            let [_, _, subject] = data(event, ["digest", "proposal", "subject"])?;
            let subject = subject.text().unwrap_or_default().to_owned();
            state.erased.entry(subject).or_insert(index);
        }
        "Sealed" => state.sealed_at = Some(index),
        _ => {}
    }
    if state.policy.approvals.contains_key(&*event.kind) {
        let (proposal, _) = approvals::named(state, event)?;
        if let Some(proposal) = state.proposals.get_mut(&proposal) {
            proposal.is_consumed = true;
        }
    }
    advance(state, index, entry);
    Ok(())
}

fn anchor(
    state: &mut State,
    index: u64,
    note: &Value<'_>,
    size: &Value<'_>,
    kind: AnchorKind,
) -> Checked {
    state.anchors.push(Anchor {
        index,
        size: size.count().unwrap_or_default(),
        note: hash(note)?,
        kind,
    });
    Ok(())
}

fn advance(state: &mut State, index: u64, entry: &Entry<'_>) {
    let event = &entry.event;
    let stream = match state.streams.get_mut(&*event.stream) {
        Some(stream) => stream,
        None => state
            .streams
            .entry(event.stream.as_ref().into())
            .or_default(),
    };
    // The oldest one's name gives its memory to the newest.
    let oldest = (state.changes.len() == CHANGES_KEPT).then(|| state.changes.pop_front());
    let mut name = oldest.flatten().map_or(String::new(), |old| old.stream);
    (*event.stream).clone_into(&mut name);
    state.changes.push_back(Change {
        index,
        stream: name,
        next: stream.next,
        link: stream.link,
    });
    stream.next = event.seq + 1;
    stream.link = entry.payload_hash;
    stream.seen_size = event.seen_size;
    stream.last_index = index;
    for (pattern, watched) in &mut state.watched {
        if matches(pattern, &event.stream) {
            watched.note(&event.stream, index);
        }
    }
    match state.types.get_mut(&*event.kind) {
        Some(count) => *count += 1,
        None => {
            state.types.insert(event.kind.clone().into_owned(), 1);
        }
    }
    entry.received.clone_into(&mut state.last_received);
    state.size = index + 1;
}

fn enrol(state: &mut State, key: PublicKey, person: String, roles: Vec<String>) {
    if roles == ["service"] {
        state.service = key.id();
    }
    let enrolled = Key {
        person,
        roles,
        is_active: true,
        is_revoked: false,
        public: key,
    };
    state.keys.insert(enrolled.public.id(), enrolled);
}

fn open(state: &mut State, event: &Event<'_>) -> Checked {
    let found = founding(event)?;
    (*event.origin).clone_into(&mut state.origin);
    state.threshold = found.threshold;
    state.policy = found.policy;
    state.watch_gates();
    for (root, person) in found.roots {
        enrol(state, root, person, vec!["root".to_owned()]);
    }
    enrol(
        state,
        found.service,
        String::new(),
        vec!["service".to_owned()],
    );
    state.log_keys.push((0, found.log.clone()));
    enrol(state, found.log, String::new(), vec!["log".to_owned()]);
    Ok(())
}

fn rotate(state: &mut State, index: u64, event: &Event<'_>) -> Checked {
    let [new, old] = data(event, ["new", "old"])?;
    let (new, (old, _)) = (key(&new)?, named(&old)?);
    let Some(known) = state.keys.get_mut(&old) else {
        return Ok(());
    };
    known.is_active = false;
    let (person, roles) = (known.person.clone(), known.roles.clone());
    if roles == ["log"] {
        state.log_keys.push((index + 1, new.clone()));
    }
    for holder in &mut state.holders {
        if *holder == old {
            *holder = new.id();
        }
    }
    enrol(state, new, person, roles);
    Ok(())
}

fn revoke(state: &mut State, index: u64, event: &Event<'_>) -> Checked {
    let [from, revoked, _] = data(event, ["from_index", "key", "reason"])?;
    let id = hash(&revoked)?;
    if let Some(known) = state.keys.get_mut(&id) {
        known.is_active = false;
        known.is_revoked = true;
    }
    let from = from.count().unwrap_or(index);
    state.revocations.push(Revocation {
        key: id,
        from,
        at: index,
    });
    Ok(())
}

fn propose(state: &mut State, event: &Event<'_>, leaf: Hash) -> Checked {
    let [digest, expires, scope] = data(event, ["digest", "expires", "scope"])?;
    let text = |value: &Value| value.text().unwrap_or_default().to_owned();
    let requester = state.keys.get(&event.by[0]).map(|key| key.person.clone());
    let proposal = Proposal {
        digest: text(&digest),
        expires: text(&expires),
        scope: text(&scope),
        requester: requester.unwrap_or_default(),
        approved: std::collections::BTreeMap::new(),
        is_rejected: false,
        is_consumed: false,
    };
    state.proposals.insert(leaf, proposal);
    Ok(())
}

fn voice(state: &mut State, index: u64, event: &Event<'_>) -> Checked {
    let (leaf, _) = approvals::named(state, event)?;
    let person = state
        .keys
        .get(&event.by[0])
        .map(|key| key.person.clone())
        .unwrap_or_default();
    if let Some(proposal) = state.proposals.get_mut(&leaf) {
        if event.kind == "Rejected" {
            proposal.is_rejected = true;
        } else {
            proposal.approved.entry(person).or_insert(index);
        }
    }
    Ok(())
}
