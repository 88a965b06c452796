//! A change of keys from its request to its entry: signed with what is at hand, or left as a file for roots elsewhere; and
//! the folder of key files brought along when a key of this machine is replaced.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use unbroken_ledger::{
    Event, KeyChange, KeyId, Ledger, OfflineEvent, Receipt, Role, Signer, Value,
};

use super::super::access::CaseFolder;
use super::super::keyring::{self, KeyRing};
use super::super::output::Output;
use super::super::{exchange, open};
use super::{list, summary};
use crate::error::{Error, ErrorKind, Result};

/// Who signs, and where.
#[derive(Args, Clone, Debug)]
pub(super) struct Ceremony {
    /// Sign nothing here: leave the request in this file, for each signer's own machine.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// A root that is to sign, by its keyid or the first 8 digits of it; again for each.
    #[arg(long = "root", value_name = "KEYID")]
    roots: Vec<String>,
}

impl Ceremony {
    /// Whether nothing is changed here, and a request is left.
    pub(super) fn is_request(&self) -> bool {
        self.request.is_some()
    }
}

/// Carries a change out, or leaves its request. `new` is the file of a key that the change brings in, where it is at hand.
pub(super) fn carry_out(
    folder: &CaseFolder,
    ceremony: &Ceremony,
    new: Option<&Path>,
    change: impl FnOnce(&Ledger, &KeyRing) -> Result<KeyChange>,
    output: &Output,
) -> Result<()> {
    let ring = folder.ring();
    let ledger = open::ledger_with(&folder.case, &ring)?;
    let change = change(&ledger, &ring)?;
    let at_hand = if ceremony.request.is_some() {
        Vec::new()
    } else {
        ring.roots_at_hand()?
    };
    let roots = signers(&ledger, ceremony, &change, &at_hand)?;
    let event = ledger.unsigned(&change, &roots).map_err(open::meaning)?;
    let mut file = OfflineEvent::unsigned(event);
    if let Some(path) = &ceremony.request {
        exchange::write_new(path, &file.to_bytes())?;
        output.note(summary::of(&file)?.trim_end());
        let missing: Vec<String> = file.missing().iter().map(ToString::to_string).collect();
        let path = path.display().to_string();
        output.answer(
            &json!({ "request": path, "missing": missing }),
            &format!("{path}: to be signed with `unbroken keys sign` by each of the signers"),
        );
        return Ok(());
    }
    let newcomer = new.map(|path| ring.key_at(path)).transpose()?;
    for key in at_hand.iter().chain(&newcomer) {
        if file.event().by.contains(&key.key_id()) {
            file.sign(&**key).map_err(Error::failed)?;
        }
    }
    let envelope = file.clone().into_envelope().map_err(|error| {
        Error::new(ErrorKind::GateRefused, error)
            .hint("--request FILE leaves a request for keys on other machines")
    })?;
    let receipt = take_in(&ledger, &ring, &file, envelope, new)?;
    say_entry(&receipt, file.event(), output);
    Ok(())
}

pub(super) fn say_entry(receipt: &Receipt, event: &Event, output: &Output) {
    let (index, kind) = (receipt.index, &event.kind);
    output.answer(
        &json!({ "index": index, "type": kind }),
        &format!("entry {index}: {kind}"),
    );
}

/// Which roots the event names: those that were named, else as many of those at hand as are needed, else the first of all.
fn signers(
    ledger: &Ledger,
    ceremony: &Ceremony,
    change: &KeyChange,
    at_hand: &[std::sync::Arc<dyn Signer>],
) -> Result<Vec<KeyId>> {
    if !ceremony.roots.is_empty() {
        let named = ceremony.roots.iter();
        return named.map(|text| list::find(ledger, text)).collect();
    }
    let revoked = match change {
        KeyChange::Revoke { key, .. } => Some(*key),
        _ => None,
    };
    let (needed, active) = ledger.with_state(|state| {
        let needed = usize::try_from(state.threshold()).unwrap_or(usize::MAX);
        let active = state.roots().copied().filter(|id| Some(*id) != revoked);
        (needed, active.collect::<Vec<KeyId>>())
    });
    let of_these: Vec<KeyId> = if ceremony.request.is_some() {
        active
    } else {
        let ids = at_hand.iter().map(|key| key.key_id());
        ids.filter(|id| active.contains(id)).collect()
    };
    if of_these.len() < needed {
        let (is, there) = (of_these.len(), needed);
        let why = format!("{there} roots have to sign, and {is} that may are at hand");
        return Err(Error::new(ErrorKind::GateRefused, why)
            .hint("--request FILE leaves a request for roots on other machines"));
    }
    Ok(of_these.into_iter().take(needed).collect())
}

/// Takes a fully signed change into the ledger. Where it replaces a key of this folder, the new key's file takes the old
/// one's place: laid ready before the entry, renamed behind it.
pub(in super::super) fn take_in(
    ledger: &Ledger,
    ring: &KeyRing,
    file: &OfflineEvent,
    envelope: unbroken_ledger::Envelope,
    new: Option<&Path>,
) -> Result<Receipt> {
    let place = replaced(ledger, ring, file.event());
    let mut successor = None;
    if let (Some((name, _)), Some(new)) = (&place, new) {
        ring.lay_ready(name, new)?;
        successor = Some(ring.key_at(new)?);
    }
    let receipt = ledger
        .change_keys(envelope, successor)
        .map_err(open::meaning)?;
    ledger.checkpoint_now().map_err(open::meaning)?;
    if let (Some((name, old)), Some(_)) = (place, new) {
        ring.take_up(name, old)?;
    }
    Ok(receipt)
}

/// The key file of this folder that an event replaces, with the keyid it has until then.
fn replaced(ledger: &Ledger, ring: &KeyRing, event: &Event) -> Option<(&'static str, KeyId)> {
    let roles: Vec<Role> = match &*event.kind {
        "KeyRotated" => {
            let old = event.data.field("old").and_then(Value::as_str);
            let old = KeyId::parse(old?)?;
            ledger.with_state(|state| state.key(&old).map(|key| key.roles.clone()))?
        }
        "KeyEnrolled" if ledger.with_state(|state| state.service_key().is_none()) => {
            let roles = event.data.field("roles").and_then(Value::as_array)?;
            let roles = roles.iter().filter_map(Value::as_str);
            roles
                .filter_map(Role::parse)
                .filter(|role| *role == Role::Service)
                .collect()
        }
        _ => return None,
    };
    let name = match roles.first()? {
        Role::Log => keyring::LOG,
        Role::Service => keyring::SERVICE,
        Role::Operator => keyring::OPERATOR,
        Role::Approver => keyring::APPROVER,
        Role::Worker => keyring::WORKER,
        _ => return None,
    };
    let here = ring
        .has(name)
        .then(|| ring.key(name).ok())
        .flatten()?
        .key_id();
    let old = event
        .data
        .field("old")
        .and_then(Value::as_str)
        .and_then(KeyId::parse);
    // A folder that holds another worker's key keeps it.
    old.is_none_or(|old| old == here).then_some((name, here))
}
