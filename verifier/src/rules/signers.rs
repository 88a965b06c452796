//! Who signed: known and active keys, the stream's emitter (7.1), roles (7.2, 8).

use super::short;
use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, parse_hex};
use crate::event::Event;
use crate::json::Value;
use crate::signature::PublicKey;
use crate::state::{State, Stream};

/// The keys of `by`, in order. Opened and new keys bring their own.
pub(super) fn known<'a>(
    state: &'a State,
    event: &Event<'_>,
    brought: &'a [PublicKey],
) -> Checked<Vec<&'a PublicKey>> {
    let mut keys = Vec::with_capacity(event.by.len());
    for id in &event.by {
        let Some(key) = state.keys.get(id) else {
            let Some(key) = brought.iter().find(|key| key.id() == *id) else {
                return broken(
                    "key/unknown",
                    format_args!("key {} was never enrolled", short(id)),
                );
            };
            keys.push(key);
            continue;
        };
        ensure(
            key.is_active,
            "key/inactive",
            format_args!("key {} is not active", short(id)),
        )?;
        keys.push(&key.public);
    }
    Ok(keys)
}

/// The keys that an event brings with it.
pub(super) fn brought(event: &Event<'_>) -> Checked<Vec<PublicKey>> {
    let texts: Vec<Option<&Value<'_>>> = match &*event.kind {
        "Opened" => {
            let keys = event.data.field("keys");
            let roots = keys
                .and_then(|keys| keys.field("roots"))
                .and_then(Value::list);
            roots
                .unwrap_or_default()
                .iter()
                .map(|root| root.field("key"))
                .collect()
        }
        "KeyEnrolled" => vec![event.data.field("key")],
        "KeyRotated" => vec![event.data.field("new")],
        _ => Vec::new(),
    };
    texts
        .into_iter()
        .flatten()
        .filter_map(Value::text)
        .filter_map(|text| parse_hex::<32>(text).ok())
        .map(PublicKey::new)
        .collect()
}

/// 7.1: a stream has one emitter at a time.
pub(super) fn check_emitter(
    state: &State,
    index: u64,
    event: &Event<'_>,
    known: Option<&Stream>,
) -> Checked {
    let by = &event.by[0];
    let may = match &*event.stream {
        "keys" => index == 0 || state.active_roots().contains(by),
        "ledger" => *by == state.service && state.active(by).is_some(),
        name => {
            if let Some(owner) = implicit(name)? {
                owner == *by
            } else {
                let holder = known.and_then(|stream| stream.holder);
                let holder = holder.and_then(|holder| state.holders.get(holder as usize));
                holder == Some(by)
            }
        }
    };
    ensure(
        may,
        "stream/emitter",
        format_args!("key {} may not emit in {}", short(by), event.stream),
    )
}

/// The owner of `case/<keyid>` and `approval/<proposal>/<keyid>`; no other stream begins so.
pub(crate) fn implicit(stream: &str) -> Checked<Option<Hash>> {
    let id = if let Some(rest) = stream.strip_prefix("case/") {
        rest
    } else if let Some(rest) = stream.strip_prefix("approval/") {
        match rest.split_once('/') {
            Some((proposal, id)) if parse_hex::<32>(proposal).is_ok() => id,
            _ => return broken("event/stream", "not approval/<proposal>/<keyid>"),
        }
    } else {
        return Ok(None);
    };
    match parse_hex(id) {
        Ok(id) => Ok(Some(id)),
        Err(_) => broken(
            "event/stream",
            "a stream of case/ or approval/ ends in a keyid",
        ),
    }
}

/// `role/type` for numbered types, `type/signers` for ours (section 8).
pub(super) fn check_roles(state: &State, event: &Event<'_>) -> Checked {
    if event.is_ledger_type() {
        return Ok(());
    }
    let Some(roles) = state.policy.types.get(&*event.kind) else {
        return broken(
            "role/type",
            format!("the policy does not list {}", event.kind),
        );
    };
    for id in &event.by {
        let may = state
            .active(id)
            .is_some_and(|key| roles.iter().any(|role| key.has(role)));
        ensure(
            may,
            "role/type",
            format_args!("key {} may not sign {}", short(id), event.kind),
        )?;
    }
    Ok(())
}

/// At least t active roots with keyids ascending, then exactly `then`.
pub(super) fn check_roots(state: &State, by: &[Hash], then: Option<Hash>) -> Checked {
    let roots = match then {
        Some(last) => match by.split_last() {
            Some((found, roots)) if *found == last => roots,
            _ => {
                return broken(
                    "type/signers",
                    "the new key does not sign its own enrolment",
                );
            }
        },
        None => by,
    };
    let ascend = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let active = state.active_roots();
    let all_roots = roots.iter().all(|id| active.contains(id));
    ensure(
        ascend && all_roots,
        "type/signers",
        "not active roots in ascending order",
    )?;
    let enough = roots.len() as u64 >= state.threshold;
    ensure(
        enough,
        "type/signers",
        format_args!("fewer than {} roots", state.threshold),
    )
}

/// Exactly one key, with that role.
pub(super) fn check_one(state: &State, by: &[Hash], role: &str) -> Checked {
    let holds = matches!(by, [id] if state.active(id).is_some_and(|key| key.has(role)));
    ensure(
        holds,
        "type/signers",
        format_args!("not one key with the role {role}"),
    )
}
