//! The ledger's own types, format v1 section 8: signers, placement and fields of each, and what each changes. Those that
//! say whose keys count are in `ledger_types/keys.rs`.

mod fields;
pub(super) mod keys;

use std::collections::{BTreeMap, BTreeSet};

use self::fields::{check_stream, data, hash, is_person, size, time};
use crate::canonical::Value;
use crate::event::{Event, integer, is_implicit_stream};
use crate::hash::Hash;
use crate::key::KeyId;
use crate::policy::{Role, is_scope};
use crate::refusal::{Refusal, ensure};
use crate::state::{Anchor, AnchorKind, Proposal, State, StreamHead};
use crate::time::Timestamp;
/// The rules of the event's own type; types with `/n` have none here.
pub(super) fn check(state: &State, event: &Event, received: Timestamp) -> Result<(), Refusal> {
    match &*event.kind {
        "Opened" => keys::check_opened(state, event),
        "KeyEnrolled" | "KeyRotated" | "KeyRevoked" | "PolicyChanged" => {
            check_stream(event, "keys")?;
            match &*event.kind {
                "KeyEnrolled" => keys::check_enrolled(state, event),
                "KeyRotated" => keys::check_rotated(state, event),
                "KeyRevoked" => keys::check_revoked(state, event),
                _ => keys::check_policy(state, event),
            }
        }
        "Proposed" => check_proposed(state, event, received),
        "Approved" | "Rejected" => check_decision(state, event),
        _ if event.is_ledger_type() => check_books(state, event),
        _ => Ok(()),
    }
}

fn single_signer(state: &State, event: &Event, role: Role) -> Result<(), Refusal> {
    let fits = event.by.len() == 1 && state.keys[&event.by[0]].roles.contains(&role);
    ensure(fits, "type/signers", || {
        format!("one key with role {}", role.name())
    })
}

fn check_proposed(state: &State, event: &Event, _received: Timestamp) -> Result<(), Refusal> {
    ensure(event.stream.starts_with("case/"), "type/stream", || {
        "not in case/<keyid>".into()
    })?;
    single_signer(state, event, Role::Operator)?;
    let [digest, expires, scope] = data(event, ["digest", "expires", "scope"])?;
    hash(&digest)?;
    time(&expires)?;
    ensure(scope.as_str().is_some_and(is_scope), "type/data", || {
        "scope is [a-z-]{1,40}".into()
    })
}

/// What else a voice must be is section 7.4, which comes before.
fn check_decision(state: &State, event: &Event) -> Result<(), Refusal> {
    single_signer(state, event, Role::Approver)?;
    let [proposal] = data(event, ["proposal"])?;
    hash(&proposal).map(drop)
}

fn check_books(state: &State, event: &Event) -> Result<(), Refusal> {
    check_stream(event, "ledger")?;
    let service = event.by.len() == 1 && state.service_key == Some(event.by[0]);
    ensure(service, "type/signers", || "the service key signs".into())?;
    match &*event.kind {
        "StreamHanded" => check_handed(state, event),
        "StreamHeads" => {
            let [count, root] = data(event, ["count", "root"])?;
            let said = (size(&count)?, hash(&root)?);
            let heads = state.heads_at(event.seen.size);
            let holds = heads.is_some_and(|heads| (heads.count(), heads.root()) == said);
            ensure(holds, "heads/root", || {
                "not the heads as of its seen.size, or too long ago".into()
            })
        }
        "TimestampReceived" => {
            let [imprint, at, token] = data(event, ["imprint", "size", "token"])?;
            size(&at)?;
            hash(&imprint)?;
            hash(&token).map(drop)
        }
        "WitnessReceived" => {
            let [note, at] = data(event, ["note", "size"])?;
            size(&at)?;
            hash(&note).map(drop)
        }
        "TailRepaired" => {
            let [discarded, from, length] = data(event, ["discarded", "from_index", "length"])?;
            hash(&discarded)?;
            size(&from)?;
            size(&length).map(drop)
        }
        "Heartbeat" => {
            let [at] = data(event, ["size"])?;
            size(&at).map(drop)
        }
        "Erased" => check_erased(state, event),
        _ => check_sealed(state, event),
    }
}

fn check_handed(state: &State, event: &Event) -> Result<(), Refusal> {
    let [streams, to] = data(event, ["streams", "to"])?;
    let names = handed(&streams)?;
    let ascending = names.windows(2).all(|pair| pair[0] < pair[1]);
    let free = names.iter().all(|name| !is_implicit_stream(name));
    ensure(ascending && free && !names.is_empty(), "type/data", || {
        "streams ascend and are not implicit".into()
    })?;
    let allowed = [Role::Worker, Role::Operator, Role::Certifier, Role::Service];
    let to = KeyId(hash(&to)?);
    let fits = state
        .keys
        .get(&to)
        .is_some_and(|key| key.is_active && key.roles.iter().any(|role| allowed.contains(role)));
    ensure(fits, "type/data", || format!("{to} may not emit"))
}

fn handed(streams: &Value) -> Result<Vec<String>, Refusal> {
    let refusal = || Refusal::new("type/data", "streams are stream names");
    let fits = |name: &str| {
        let letters = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-');
        (1..=200).contains(&name.len())
            && name.bytes().all(letters)
            && !name.starts_with("approval/")
            && !name.starts_with("case/")
    };
    let items = streams.as_array().ok_or_else(refusal)?;
    let names: Option<Vec<String>> = items
        .iter()
        .map(|item| item.as_str().filter(|name| fits(name)).map(str::to_owned))
        .collect();
    names.ok_or_else(refusal)
}

fn check_erased(state: &State, event: &Event) -> Result<(), Refusal> {
    let [digest, proposal, subject] = data(event, ["digest", "proposal", "subject"])?;
    hash(&proposal)?;
    let subject = subject.as_str().filter(|text| is_person(text));
    let subject = subject.ok_or_else(|| Refusal::new("type/data", "subject is a pseudonym"))?;
    let wanted = crate::ledger::erasure_digest(&state.origin, subject);
    ensure(hash(&digest)? == wanted, "type/data", || {
        "digest is not that of the subject".into()
    })
}

fn check_sealed(state: &State, event: &Event) -> Result<(), Refusal> {
    let [entries, types] = data(event, ["entries", "types"])?;
    let counted: BTreeMap<String, Value> = state
        .type_counts
        .iter()
        .map(|(kind, count)| (kind.clone(), integer(*count)))
        .collect();
    let counted = Value::Object(counted.into_iter().collect());
    let fits = size(&entries)? == state.size() && types == counted;
    ensure(fits, "sealed/counts", || {
        "the counts are not those of the entries before".into()
    })
}

/// What an admitted event of the ledger's own types changes; `leaf` is its entry's leaf hash.
pub(super) fn apply(state: &mut State, event: &Event, leaf: Hash) {
    let read = "admission checked the form";
    match &*event.kind {
        "Opened" => keys::apply_opened(state, event),
        "KeyEnrolled" => keys::apply_enrolled(state, event),
        "KeyRotated" => keys::apply_rotated(state, event),
        "KeyRevoked" => keys::apply_revoked(state, event),
        "PolicyChanged" => keys::apply_policy(state, event),
        "StreamHanded" => {
            let [streams, to] = data(event, ["streams", "to"]).expect(read);
            let to = KeyId(hash(&to).expect(read));
            for name in handed(&streams).expect(read) {
                let head = state.stream(&name);
                state.streams.insert(
                    name.into(),
                    StreamHead {
                        emitter: Some(to),
                        ..head
                    },
                );
            }
        }
        "Proposed" => apply_proposed(state, event, leaf),
        "Approved" | "Rejected" => {
            let [proposal] = data(event, ["proposal"]).expect(read);
            let who = state.keys[&event.by[0]].person.clone();
            let at = state.size();
            let found = state
                .proposals
                .get_mut(&hash(&proposal).expect(read))
                .expect(read);
            found.is_rejected |= event.kind == "Rejected";
            if event.kind == "Approved" {
                found.voices.push((who.clone(), at, event.by[0]));
                found.approvers.insert(who);
            }
        }
        "TimestampReceived" => {
            let [note, covers, token] = data(event, ["imprint", "size", "token"]).expect(read);
            let kind = AnchorKind::Timestamp(hash(&token).expect(read));
            let (note, size) = (hash(&note).expect(read), size(&covers).expect(read));
            state.anchors.push(Anchor { size, note, kind });
        }
        "WitnessReceived" => {
            let [note, covers] = data(event, ["note", "size"]).expect(read);
            let (note, size) = (hash(&note).expect(read), size(&covers).expect(read));
            let kind = AnchorKind::Witness;
            state.anchors.push(Anchor { size, note, kind });
        }
        "Erased" => {
            let [_, _, subject] = data(event, ["digest", "proposal", "subject"]).expect(read);
            let subject = subject.as_str().unwrap_or_default().to_owned();
            let index = state.size();
            state.erased.entry(subject).or_insert(index);
        }
        "Sealed" => state.is_sealed = true,
        _ => {}
    }
}

fn apply_proposed(state: &mut State, event: &Event, leaf: Hash) {
    let read = "admission checked the form";
    let [digest, expires, scope] = data(event, ["digest", "expires", "scope"]).expect(read);
    let proposal = Proposal {
        scope: scope.as_str().expect(read).to_owned(),
        digest: hash(&digest).expect(read),
        expires: time(&expires).expect(read),
        requester: state.keys[&event.by[0]].person.clone(),
        approvers: BTreeSet::new(),
        asked: (state.size(), event.by[0]),
        voices: Vec::new(),
        is_rejected: false,
        is_consumed: false,
    };
    state.proposals.insert(leaf, proposal);
}
