//! The forms of fields inside `data`, format v1 section 8, and what is refused when one is missing or in no form of them.

use crate::canonical::Value;
use crate::event::Event;
use crate::hash::Hash;
use crate::key::PublicKey;
use crate::refusal::{Refusal, ensure};
use crate::time::Timestamp;

pub(super) fn check_stream(event: &Event, stream: &str) -> Result<(), Refusal> {
    ensure(event.stream == stream, "type/stream", || {
        format!("{} stands in {stream}, not in {}", event.kind, event.stream)
    })
}

pub(super) fn data<const N: usize>(event: &Event, names: [&str; N]) -> Result<[Value; N], Refusal> {
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

pub(super) fn usable(raw: Hash) -> Result<PublicKey, Refusal> {
    PublicKey::from_bytes(&raw.0).ok_or_else(|| Refusal::new("key/weak", "not a usable key"))
}

pub(super) fn key(value: &Value) -> Result<PublicKey, Refusal> {
    usable(hash(value)?)
}

/// The forms of fields inside `data`: section 8 cites them all as `type/data`.
pub(super) fn hash(value: &Value) -> Result<Hash, Refusal> {
    crate::event::hash(value).map_err(in_data)
}

pub(super) fn size(value: &Value) -> Result<u64, Refusal> {
    crate::event::size(value).map_err(in_data)
}

pub(super) fn time(value: &Value) -> Result<Timestamp, Refusal> {
    crate::event::time(value).map_err(in_data)
}

pub(super) fn in_data(refusal: Refusal) -> Refusal {
    Refusal::new("type/data", refusal.found)
}

pub(super) fn is_person(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

pub(super) fn person(value: &Value, is_human: bool) -> Result<String, Refusal> {
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
