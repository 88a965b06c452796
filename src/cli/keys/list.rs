//! `unbroken keys list`: every key that a ledger ever knew, and what became of it.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;
use unbroken_ledger::{KeyId, KnownKey, Ledger};

use super::super::access::CaseFolder;
use super::super::open;
use super::super::output::Output;
use crate::error::{Error, ErrorKind, Result};

/// Every key of a ledger: whose it is, what it may do, since when, and how it ended.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys list --case acme")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
}

pub(super) fn run(wanted: &List, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    let mut keys: Vec<(KeyId, KnownKey, Option<u64>)> = ledger.with_state(|state| {
        let all = state.keys();
        all.map(|(id, key)| (*id, key.clone(), state.suspect_from(id)))
            .collect()
    });
    keys.sort_by_key(|(id, key, _)| (key.since, key.roles.clone(), *id));
    let (threshold, roots) = ledger.with_state(|state| (state.threshold(), state.roots().count()));
    let mut text = format!("{threshold} of {roots} roots decide on keys and policy\n");
    let mut values = Vec::new();
    for (id, key, suspect) in &keys {
        let roles: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
        let status = status(key);
        let doubt = suspect.map(|from| format!("; SUSPECT from entry {from} on"));
        let _ = writeln!(
            text,
            "{id} {:<9} {:<12} since entry {:<4} {status}{}",
            roles.join(" "),
            if key.person.is_empty() {
                "-"
            } else {
                &key.person
            },
            key.since,
            doubt.unwrap_or_default(),
        );
        values.push(json!({
            "keyid": id.to_string(),
            "public": key.public.to_string(),
            "roles": roles,
            "person": key.person,
            "since": key.since,
            "active": key.is_active,
            "status": status,
            "suspect_from": suspect,
        }));
    }
    output.answer(
        &json!({ "threshold": threshold, "roots": roots, "keys": values }),
        &text,
    );
    Ok(())
}

fn status(key: &KnownKey) -> String {
    let rotated = key.rotated.map(|end| {
        let (at, to) = (end.at, end.to.to_string());
        format!("rotated by entry {at} to {to:.8}")
    });
    let revoked = key.revoked.map(|end| {
        let (at, reason) = (end.at, end.reason.name());
        format!("revoked by entry {at}: {reason}")
    });
    let ends: Vec<String> = rotated.into_iter().chain(revoked).collect();
    if ends.is_empty() {
        return "active".to_owned();
    }
    ends.join("; ")
}

/// The key that a person means: its keyid, or so much of its beginning that no other is meant.
pub(super) fn find(ledger: &Ledger, text: &str) -> Result<KeyId> {
    let usage = |why: String| {
        Error::new(ErrorKind::Usage, why).hint("`unbroken keys list` shows the keys of a ledger")
    };
    if text.len() < 8 {
        return Err(usage(format!(
            "{text}: at least the first 8 digits of a keyid are needed"
        )));
    }
    let found: Vec<KeyId> = ledger.with_state(|state| {
        let ids = state.keys().map(|(id, _)| *id);
        ids.filter(|id| id.to_string().starts_with(text)).collect()
    });
    match found[..] {
        [id] => Ok(id),
        [] => Err(usage(format!("{text}: this ledger knows no such key"))),
        _ => Err(usage(format!("{text}: several keys begin so"))),
    }
}
