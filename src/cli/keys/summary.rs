//! What a signer is shown before signing: read from the bytes that are signed, never from words beside them.

use std::fmt::Write as _;

use unbroken_ledger::{KeyId, OfflineEvent, Policy, PublicKey, Value};

use super::super::exchange::shown;
use crate::error::{Error, Result};

/// A keyid to read aloud: eight groups of eight digits, enough of which to compare.
pub(crate) fn fingerprint(id: KeyId) -> String {
    let text = id.to_string();
    let groups: Vec<&str> = (0..64).step_by(8).map(|at| &text[at..at + 8]).collect();
    groups.join(" ")
}

/// The event of a change of keys, line by line.
pub(super) fn of(file: &OfflineEvent) -> Result<String> {
    let event = file.event();
    let data = &event.data;
    let text = |name: &str| shown(data.field(name).and_then(Value::as_str).unwrap_or("?"));
    let key = |name: &str| {
        let public = data
            .field(name)
            .and_then(Value::as_str)
            .and_then(PublicKey::parse);
        public.map_or_else(|| "not a key".to_owned(), |key| key.id().to_string())
    };
    let mut lines = vec![
        ("ledger", shown(&event.origin)),
        (
            "event",
            format!("{}, number {} of keys", event.kind, event.seq),
        ),
    ];
    match &*event.kind {
        "KeyEnrolled" => {
            let roles = data.field("roles").and_then(Value::as_array);
            let roles = roles.unwrap_or_default().iter().filter_map(Value::as_str);
            let roles: Vec<String> = roles.map(shown).collect();
            lines.push(("enrols", format!("key {}", key("key"))));
            lines.push(("person", text("person")));
            lines.push(("roles", roles.join(" ")));
        }
        "KeyRotated" => {
            lines.push(("rotates", format!("key {}", text("old"))));
            lines.push(("to", format!("key {}", key("new"))));
        }
        "KeyRevoked" => {
            let from = data.field("from_index").and_then(Value::as_size);
            let from = from.map_or_else(|| "?".to_owned(), |from| from.to_string());
            lines.push(("revokes", format!("key {}", text("key"))));
            lines.push(("reason", text("reason")));
            lines.push(("SUSPECT", format!("what it signed from entry {from} on")));
        }
        "PolicyChanged" => {
            let threshold = data.field("threshold").and_then(Value::as_size);
            let threshold = threshold.map_or_else(|| "?".to_owned(), |t| t.to_string());
            lines.push(("threshold", format!("{threshold} roots")));
        }
        other => {
            let why =
                format!("{other} is not signed by roots; `unbroken approve` is for proposals");
            return Err(Error::failed(why));
        }
    }
    let mut said = lines.iter().fold(String::new(), |mut said, (name, value)| {
        let _ = writeln!(said, "{name:<12} {value}");
        said
    });
    if let Some(policy) = data
        .field("policy")
        .filter(|_| event.kind == "PolicyChanged")
    {
        let policy = Policy::parse(policy).map_err(Error::failed)?;
        said += &of_policy(&policy);
    }
    let missing = file.missing();
    for id in &event.by {
        let mark = if missing.contains(id) {
            "not yet"
        } else {
            "signed"
        };
        let _ = writeln!(said, "{:<12} {id}: {mark}", "signer");
    }
    Ok(said)
}

/// A policy, line by line.
pub(super) fn of_policy(policy: &Policy) -> String {
    let mut said = String::new();
    for (kind, rule) in &policy.approvals {
        let (m, scope) = (rule.m, &rule.scope);
        let _ = writeln!(
            said,
            "{:<12} {kind}: {m} persons, scope {scope}",
            "approval"
        );
    }
    for (kind, streams) in &policy.gates {
        let _ = writeln!(said, "{:<12} {kind}: {}", "gate", streams.join(" "));
    }
    for (kind, roles) in &policy.types {
        let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        let _ = writeln!(said, "{:<12} {kind}: {}", "signs", roles.join(" "));
    }
    said
}
