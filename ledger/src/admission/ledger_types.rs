//! The ledger's own types, format v1 section 8: signers, placement and fields of each, and what each changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Value;
use crate::event::{Event, integer, is_implicit_stream};
use crate::hash::Hash;
use crate::key::known::{KeyEnd, KnownKey, RevocationReason};
use crate::key::{KeyId, PublicKey};
use crate::policy::{Policy, Role, is_scope, roles_of};
use crate::refusal::{Refusal, ensure};
use crate::state::{Anchor, AnchorKind, Proposal, State, StreamHead};
use crate::time::Timestamp;

/// Keys that an event brings in: they may sign although nobody knows them yet. One that may not be used is refused here
/// (`key/weak`); what is no key at all is for the type's own rules.
pub(super) fn introduced_keys(event: &Event) -> Result<Vec<PublicKey>, Refusal> {
    let mut named = Vec::new();
    match &*event.kind {
        "Opened" => {
            let roots = event
                .data
                .field("keys")
                .and_then(|keys| keys.field("roots"));
            let roots = roots.and_then(Value::as_array).unwrap_or_default();
            named.extend(roots.iter().map(|root| root.field("key")));
        }
        "KeyEnrolled" => named.push(event.data.field("key")),
        "KeyRotated" => named.push(event.data.field("new")),
        _ => {}
    }
    let raw = named.into_iter().flatten().filter_map(Value::as_str);
    raw.filter_map(Hash::parse).map(usable).collect()
}

/// The rules of the event's own type; types with `/n` have none here.
pub(super) fn check(state: &State, event: &Event, received: Timestamp) -> Result<(), Refusal> {
    match &*event.kind {
        "Opened" => check_opened(state, event),
        "KeyEnrolled" | "KeyRotated" | "KeyRevoked" | "PolicyChanged" => {
            check_stream(event, "keys")?;
            match &*event.kind {
                "KeyEnrolled" => check_enrolled(state, event),
                "KeyRotated" => check_rotated(state, event),
                "KeyRevoked" => check_revoked(state, event),
                _ => check_policy(state, event),
            }
        }
        "Proposed" => check_proposed(state, event, received),
        "Approved" | "Rejected" => check_decision(state, event),
        _ if event.is_ledger_type() => check_books(state, event),
        _ => Ok(()),
    }
}

fn check_stream(event: &Event, stream: &str) -> Result<(), Refusal> {
    ensure(event.stream == stream, "type/stream", || {
        format!("{} stands in {stream}, not in {}", event.kind, event.stream)
    })
}

fn data<const N: usize>(event: &Event, names: [&str; N]) -> Result<[Value; N], Refusal> {
    let fields = event.data.fields(names);
    fields
        .map(|values| values.map(Clone::clone))
        .ok_or_else(|| {
            Refusal::new(
                "canonical/fields",
                format!("{} has {}", event.kind, names.join(", ")),
            )
        })
}

fn usable(raw: Hash) -> Result<PublicKey, Refusal> {
    PublicKey::from_bytes(&raw.0).ok_or_else(|| Refusal::new("key/weak", "not a usable key"))
}

fn key(value: &Value) -> Result<PublicKey, Refusal> {
    usable(hash(value)?)
}

/// The forms of fields inside `data`: section 8 cites them all as `type/data`.
fn hash(value: &Value) -> Result<Hash, Refusal> {
    crate::event::hash(value).map_err(in_data)
}

fn size(value: &Value) -> Result<u64, Refusal> {
    crate::event::size(value).map_err(in_data)
}

fn time(value: &Value) -> Result<Timestamp, Refusal> {
    crate::event::time(value).map_err(in_data)
}

fn in_data(refusal: Refusal) -> Refusal {
    Refusal::new("type/data", refusal.found)
}

fn is_person(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn person(value: &Value, is_human: bool) -> Result<String, Refusal> {
    let text = value.as_str().unwrap_or("?");
    let fits = if is_human {
        is_person(text)
    } else {
        text.is_empty()
    };
    ensure(fits, "key/person", || {
        "a person for a human's key, nothing for a machine's".into()
    })?;
    Ok(text.to_owned())
}

/// What `Opened` says.
struct Opening {
    log: PublicKey,
    service: PublicKey,
    roots: Vec<(PublicKey, String)>,
    policy: Policy,
    threshold: u64,
}

fn opening(event: &Event) -> Result<Opening, Refusal> {
    let [keys, policy, threshold] = data(event, ["keys", "policy", "threshold"])?;
    let [log, roots, service] = keys
        .fields(["log", "roots", "service"])
        .ok_or_else(|| Refusal::new("canonical/fields", "keys is {log, roots, service}"))?;
    let mut known = Vec::new();
    for root in roots.as_array().unwrap_or_default() {
        let [public, who] = root
            .fields(["key", "person"])
            .ok_or_else(|| Refusal::new("canonical/fields", "a root is {key, person}"))?;
        known.push((key(public)?, person(who, true)?));
    }
    Ok(Opening {
        log: key(log)?,
        service: key(service)?,
        roots: known,
        policy: Policy::parse(&policy)?,
        threshold: size(&threshold)?,
    })
}

fn check_opened(state: &State, event: &Event) -> Result<(), Refusal> {
    let opening = opening(event)?;
    let roots: Vec<&[u8; 32]> = opening
        .roots
        .iter()
        .map(|(key, _)| key.as_bytes())
        .collect();
    let ascending = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let count = roots.len() as u64;
    let all: BTreeSet<_> = roots
        .iter()
        .copied()
        .chain([opening.log.as_bytes(), opening.service.as_bytes()])
        .collect();
    let fits = ascending
        && all.len() == roots.len() + 2
        && count <= 15
        && (1..=count).contains(&opening.threshold);
    ensure(fits, "type/data", || {
        "roots ascend, at most 15, 1 <= t, all keys differ".into()
    })?;
    let pin = Hash::of(
        &roots
            .iter()
            .flat_map(|key| key.iter().copied())
            .collect::<Vec<u8>>(),
    );
    ensure(origin_pins(&state.origin, &pin), "origin/roots", || {
        format!("the roots hash to {pin}, the origin says otherwise")
    })?;
    let mut ids: Vec<KeyId> = opening.roots.iter().map(|(key, _)| key.id()).collect();
    ids.sort();
    ensure(event.by == ids, "type/signers", || {
        "every root signs, keyids ascending".into()
    })
}

/// Whether an origin is `<name>/<pin>` or `<name>/<pin>/simulated` (section 6).
pub(super) fn origin_pins(origin: &str, pin: &Hash) -> bool {
    let base = origin.strip_suffix("/simulated").unwrap_or(origin);
    let Some((name, end)) = base.rsplit_once('/') else {
        return false;
    };
    end == pin.to_string() && is_origin_name(name)
}

fn is_origin_name(name: &str) -> bool {
    let first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 120
        && name.split('/').enumerate().all(|(place, part)| {
            part.bytes().next().is_some_and(first)
                && part.bytes().all(|byte| {
                    first(byte) || matches!(byte, b'.' | b'-') || (place > 0 && byte == b'_')
                })
        })
}

/// `by` is at least t active roots, ascending, then the new key where one signs.
fn check_roots(state: &State, event: &Event, new: Option<KeyId>) -> Result<(), Refusal> {
    let signers = match new {
        Some(new) => {
            let (last, roots) = event.by.split_last().expect("by is not empty");
            ensure(*last == new, "type/signers", || {
                "the new key signs last".into()
            })?;
            roots
        }
        None => &event.by[..],
    };
    let roots = signers.iter().all(|id| {
        state
            .keys
            .get(id)
            .is_some_and(|key| key.is_active && key.roles == [Role::Root])
    });
    let ascending = signers.windows(2).all(|pair| pair[0] < pair[1]);
    ensure(
        roots && ascending && signers.len() as u64 >= state.threshold,
        "type/signers",
        || format!("at least {} roots sign, keyids ascending", state.threshold),
    )
}

fn check_enrolled(state: &State, event: &Event) -> Result<(), Refusal> {
    let [public, who, roles] = data(event, ["key", "person", "roles"])?;
    let public = key(&public)?;
    let roles = roles_of(&roles, "key/roles")?;
    let alone = !roles.iter().any(|role| role.stands_alone()) || roles.len() == 1;
    ensure(alone && !roles.is_empty(), "key/roles", || {
        "no role, or one that stands alone beside another".into()
    })?;
    person(&who, roles.iter().any(|role| role.is_human()))?;
    check_roots(state, event, Some(public.id()))?;
    ensure(!state.keys.contains_key(&public.id()), "key/again", || {
        "known before".into()
    })?;
    let service_taken = state
        .service_key
        .is_some_and(|id| state.keys[&id].is_active);
    let rotates = roles == [Role::Log] || (roles == [Role::Service] && service_taken);
    ensure(!rotates, "type/data", || "log and service rotate".into())
}

fn check_rotated(state: &State, event: &Event) -> Result<(), Refusal> {
    let [new, old] = data(event, ["new", "old"])?;
    let new = key(&new)?;
    let old = KeyId(hash(&old)?);
    let known = state.keys.get(&old).filter(|key| key.is_active);
    let known = known.ok_or_else(|| Refusal::new("type/data", "the old key is not active"))?;
    let signs = (known.roles != [Role::Log]).then(|| new.id());
    check_roots(state, event, signs)?;
    ensure(!state.keys.contains_key(&new.id()), "key/again", || {
        "known before".into()
    })
}

fn check_revoked(state: &State, event: &Event) -> Result<(), Refusal> {
    let [from, id, reason] = data(event, ["from_index", "key", "reason"])?;
    let id = KeyId(hash(&id)?);
    let from = size(&from)?;
    check_roots(state, event, None)?;
    ensure(!event.by.contains(&id), "type/signers", || {
        "a key revokes itself".into()
    })?;
    let known = state.keys.get(&id).filter(|key| key.is_active);
    let known = known.ok_or_else(|| Refusal::new("type/data", "the key is not active"))?;
    let fits = from <= state.size()
        && reason
            .as_str()
            .is_some_and(|reason| RevocationReason::parse(reason).is_some())
        && known.roles != [Role::Log];
    ensure(fits, "type/data", || {
        "from_index, reason, or the log key".into()
    })?;
    let left = state.active_roots() - usize::from(known.roles == [Role::Root]);
    ensure(left as u64 >= state.threshold, "type/data", || {
        "too few roots would stay".into()
    })
}

fn check_policy(state: &State, event: &Event) -> Result<(), Refusal> {
    let [policy, threshold] = data(event, ["policy", "threshold"])?;
    Policy::parse(&policy)?;
    let t = size(&threshold)?;
    check_roots(state, event, None)?;
    let fits = t >= 1 && t <= state.active_roots() as u64;
    ensure(fits, "type/data", || "1 <= t <= active roots".into())
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
        "Opened" => apply_opened(state, opening(event).expect(read)),
        "KeyEnrolled" => apply_enrolled(state, event),
        "KeyRotated" => {
            let [new, old] = data(event, ["new", "old"]).expect(read);
            let (new, old) = (key(&new).expect(read), KeyId(hash(&old).expect(read)));
            apply_rotated(state, event, new, old);
        }
        "KeyRevoked" => apply_revoked(state, event),
        "PolicyChanged" => {
            let [policy, threshold] = data(event, ["policy", "threshold"]).expect(read);
            state.policy = Policy::parse(&policy).expect(read);
            state.threshold = size(&threshold).expect(read);
        }
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
            let found = state
                .proposals
                .get_mut(&hash(&proposal).expect(read))
                .expect(read);
            found.is_rejected |= event.kind == "Rejected";
            if event.kind == "Approved" {
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

fn apply_revoked(state: &mut State, event: &Event) {
    let read = "admission checked the form";
    let [from, id, reason] = data(event, ["from_index", "key", "reason"]).expect(read);
    let (at, from) = (state.size(), size(&from).expect(read));
    let reason = reason.as_str().and_then(RevocationReason::parse);
    let reason = reason.expect(read);
    let id = KeyId(hash(&id).expect(read));
    let revoked = state.keys.get_mut(&id).expect(read);
    revoked.is_active = false;
    revoked.end = Some(KeyEnd::Revoked { at, from, reason });
}

fn apply_enrolled(state: &mut State, event: &Event) {
    let read = "admission checked the form";
    let [public, who, roles] = data(event, ["key", "person", "roles"]).expect(read);
    let (public, roles) = (key(&public).expect(read), roles_of(&roles, "").expect(read));
    let person = who.as_str().expect(read).to_owned();
    if roles == [Role::Service] {
        state.service_key = Some(public.id());
    }
    let known = KnownKey {
        public,
        person,
        roles,
        is_active: true,
        since: state.size(),
        vouched_by: vouched_by(event, &public),
        follows: None,
        end: None,
    };
    state.keys.insert(public.id(), known);
}

/// The roots among the signers of an event that brings a key in.
fn vouched_by(event: &Event, new: &PublicKey) -> Vec<KeyId> {
    let new = new.id();
    event.by.iter().copied().filter(|id| *id != new).collect()
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
        is_rejected: false,
        is_consumed: false,
    };
    state.proposals.insert(leaf, proposal);
}

fn apply_opened(state: &mut State, opening: Opening) {
    let roots = opening.roots.into_iter();
    let roots = roots.map(|(public, person)| (public, person, Role::Root));
    let machines = [(opening.log, Role::Log), (opening.service, Role::Service)];
    let machines = machines.map(|(public, role)| (public, String::new(), role));
    for (public, person, role) in roots.chain(machines) {
        let known = KnownKey {
            public,
            person,
            roles: vec![role],
            is_active: true,
            since: 0,
            vouched_by: Vec::new(),
            follows: None,
            end: None,
        };
        state.keys.insert(public.id(), known);
    }
    state.log_key = Some(opening.log.id());
    state.service_key = Some(opening.service.id());
    state.policy = opening.policy;
    state.threshold = opening.threshold;
}

fn apply_rotated(state: &mut State, event: &Event, new: PublicKey, old: KeyId) {
    let at = state.size();
    let known = state.keys.get_mut(&old).expect("admission saw the old key");
    known.is_active = false;
    let replacement = KnownKey {
        public: new,
        is_active: true,
        since: at,
        vouched_by: vouched_by(event, &new),
        follows: Some(old),
        ..known.clone()
    };
    known.end = Some(KeyEnd::Rotated { at, to: new.id() });
    state.keys.insert(new.id(), replacement);
    for slot in [&mut state.log_key, &mut state.service_key] {
        if *slot == Some(old) {
            *slot = Some(new.id());
        }
    }
    for head in state
        .streams
        .values_mut()
        .filter(|head| head.emitter == Some(old))
    {
        head.emitter = Some(new.id());
    }
}
