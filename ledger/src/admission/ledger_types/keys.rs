//! The types that say whose keys count, format v1 sections 3 and 8: `Opened`, `KeyEnrolled`, `KeyRotated`, `KeyRevoked` and
//! `PolicyChanged`; who signs them, what they say and what they change.

use std::collections::BTreeSet;

use super::fields::{data, hash, key, person, size, usable};
use crate::canonical::Value;
use crate::event::Event;
use crate::hash::Hash;
use crate::key::known::{KnownKey, Revocation, RevocationReason, Rotation};
use crate::key::{KeyId, PublicKey};
use crate::policy::{Policy, Role, roles_of};
use crate::refusal::{Refusal, ensure};
use crate::state::State;

/// Keys that an event brings in: they may sign although nobody knows them yet. One that may not be used is refused here
/// (`key/weak`); what is no key at all is for the type's own rules.
pub(in super::super) fn introduced_keys(event: &Event) -> Result<Vec<PublicKey>, Refusal> {
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

pub(super) fn check_opened(state: &State, event: &Event) -> Result<(), Refusal> {
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
fn origin_pins(origin: &str, pin: &Hash) -> bool {
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

pub(super) fn check_enrolled(state: &State, event: &Event) -> Result<(), Refusal> {
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

pub(super) fn check_rotated(state: &State, event: &Event) -> Result<(), Refusal> {
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

pub(super) fn check_revoked(state: &State, event: &Event) -> Result<(), Refusal> {
    let [from, id, reason] = data(event, ["from_index", "key", "reason"])?;
    let id = KeyId(hash(&id)?);
    let from = size(&from)?;
    check_roots(state, event, None)?;
    ensure(!event.by.contains(&id), "type/signers", || {
        "a key revokes itself".into()
    })?;
    // One that was rotated away too: a compromise may be found only later.
    let known = state.keys.get(&id);
    let known = known.ok_or_else(|| Refusal::new("type/data", "no such key"))?;
    let again = known.revoked.map(|before| before.at);
    ensure(again.is_none(), "type/data", || {
        let at = again.unwrap_or_default();
        format!("the key was revoked by entry {at}, and is revoked once")
    })?;
    let fits = from <= state.size()
        && reason
            .as_str()
            .is_some_and(|reason| RevocationReason::parse(reason).is_some())
        && known.roles != [Role::Log];
    ensure(fits, "type/data", || {
        "from_index, reason, or a log key".into()
    })?;
    let is_active_root = known.is_active && known.roles == [Role::Root];
    let left = state.active_roots() - usize::from(is_active_root);
    ensure(left as u64 >= state.threshold, "type/data", || {
        "too few roots would stay".into()
    })
}

pub(super) fn check_policy(state: &State, event: &Event) -> Result<(), Refusal> {
    let [policy, threshold] = data(event, ["policy", "threshold"])?;
    Policy::parse(&policy)?;
    let t = size(&threshold)?;
    check_roots(state, event, None)?;
    let fits = t >= 1 && t <= state.active_roots() as u64;
    ensure(fits, "type/data", || "1 <= t <= active roots".into())
}

pub(super) fn apply_opened(state: &mut State, event: &Event) {
    let opening = opening(event).expect("admission checked the form");
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
            rotated: None,
            revoked: None,
        };
        state.keys.insert(public.id(), known);
    }
    state.log_key = Some(opening.log.id());
    state.service_key = Some(opening.service.id());
    state.policy = opening.policy;
    state.threshold = opening.threshold;
}

pub(super) fn apply_enrolled(state: &mut State, event: &Event) {
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
        rotated: None,
        revoked: None,
    };
    state.keys.insert(public.id(), known);
}

/// The roots among the signers of an event that brings a key in.
fn vouched_by(event: &Event, new: &PublicKey) -> Vec<KeyId> {
    let new = new.id();
    event.by.iter().copied().filter(|id| *id != new).collect()
}

pub(super) fn apply_rotated(state: &mut State, event: &Event) {
    let read = "admission checked the form";
    let [new, old] = data(event, ["new", "old"]).expect(read);
    let (new, old) = (key(&new).expect(read), KeyId(hash(&old).expect(read)));
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
    known.rotated = Some(Rotation { at, to: new.id() });
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

pub(super) fn apply_revoked(state: &mut State, event: &Event) {
    let read = "admission checked the form";
    let [from, id, reason] = data(event, ["from_index", "key", "reason"]).expect(read);
    let (at, from) = (state.size(), size(&from).expect(read));
    let reason = reason.as_str().and_then(RevocationReason::parse);
    let reason = reason.expect(read);
    let id = KeyId(hash(&id).expect(read));
    let revoked = state.keys.get_mut(&id).expect(read);
    revoked.is_active = false;
    revoked.revoked = Some(Revocation { at, from, reason });
}

pub(super) fn apply_policy(state: &mut State, event: &Event) {
    let read = "admission checked the form";
    let [policy, threshold] = data(event, ["policy", "threshold"]).expect(read);
    state.policy = Policy::parse(&policy).expect(read);
    state.threshold = size(&threshold).expect(read);
}
