//! Changes of keys and policy by the roots: signed here when they are at hand, elsewhere when they are not
//! (`offline.rs`); and the host's own two keys, which the running ledger has to take up.

use std::sync::{Arc, PoisonError};

use super::opening::by_key_id;
use super::{Draft, Ledger, LedgerError, sign_event, uuid_v7};
use crate::canonical::Value;
use crate::dsse::{Envelope, pae};
use crate::event::{Event, Seen, integer};
use crate::key::known::RevocationReason;
use crate::key::{KeyId, PublicKey, Signer, SignerError};
use crate::policy::{Policy, Role};
use crate::refusal::Refusal;
use crate::sequencer::{Receipt, SubmitError, lock};
use crate::state::State;

/// What the roots decide.
#[derive(Clone, Debug)]
pub enum KeyChange {
    /// Another key counts.
    Enrol {
        /// The key.
        key: PublicKey,
        /// Whose it is; empty for a machine's.
        person: String,
        /// What it may do.
        roles: Vec<Role>,
    },
    /// A key takes the place of another.
    Rotate {
        /// The new one.
        new: PublicKey,
        /// The old one.
        old: KeyId,
    },
    /// A key counts no longer, or what one signed that was rotated away is no longer believed.
    Revoke {
        /// Which.
        key: KeyId,
        /// From here on its entries are SUSPECT.
        from_index: u64,
        /// Why.
        reason: RevocationReason,
    },
    /// Another policy.
    Policy {
        /// All of it.
        policy: Policy,
        /// How many roots sign from then on.
        threshold: u64,
    },
}

impl KeyChange {
    fn draft(&self) -> Draft {
        let (kind, data) = match self {
            Self::Enrol { key, person, roles } => {
                let mut names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                names.sort_unstable();
                let roles = names.into_iter().map(Value::text).collect();
                let data = Value::object([
                    ("key", Value::text(key.to_string())),
                    ("person", Value::text(person)),
                    ("roles", Value::Array(roles)),
                ]);
                ("KeyEnrolled", data)
            }
            Self::Rotate { new, old } => {
                let data = Value::object([
                    ("new", Value::text(new.to_string())),
                    ("old", Value::text(old.to_string())),
                ]);
                ("KeyRotated", data)
            }
            Self::Revoke {
                key,
                from_index,
                reason,
            } => {
                let data = Value::object([
                    ("from_index", integer(*from_index)),
                    ("key", Value::text(key.to_string())),
                    ("reason", Value::text(reason.name())),
                ]);
                ("KeyRevoked", data)
            }
            Self::Policy { policy, threshold } => {
                let data = Value::object([
                    ("policy", policy.to_value()),
                    ("threshold", integer(*threshold)),
                ]);
                ("PolicyChanged", data)
            }
        };
        Draft::new("keys", kind, data)
    }

    /// The key that signs behind the roots.
    fn newcomer(&self, state: &State) -> Option<KeyId> {
        match self {
            Self::Enrol { key, .. } => Some(key.id()),
            Self::Rotate { new, old } => {
                let is_log = state.log_key().is_some_and(|log| log.id() == *old);
                (!is_log).then(|| new.id())
            }
            Self::Revoke { .. } | Self::Policy { .. } => None,
        }
    }
}

impl Ledger {
    pub(super) fn service(&self) -> Arc<dyn Signer> {
        let service = self.service.read();
        Arc::clone(&service.unwrap_or_else(PoisonError::into_inner))
    }

    /// The event of a change as these roots will sign it, at the next place of `keys`. It is held against every rule but
    /// the signatures, so that nobody signs in vain.
    pub fn unsigned(&self, change: &KeyChange, roots: &[KeyId]) -> Result<Event, LedgerError> {
        let draft = change.draft();
        let at = self.clock.now();
        let book = lock(&self.sequencer.book);
        let state = &book.state;
        let mut by = roots.to_vec();
        by.sort();
        by.dedup();
        by.extend(change.newcomer(state));
        let head = state.stream(&draft.stream);
        let event = Event {
            id: uuid_v7(at.micros())?,
            origin: self.origin.clone(),
            stream: draft.stream,
            seq: head.next,
            link: head.link,
            seen: Seen {
                size: state.size(),
                leaf: state.last_leaf(),
            },
            kind: draft.kind,
            at,
            by,
            data: draft.data,
            sd: Vec::new(),
        };
        let received = state.last_received().map_or(at, |last| last.max(at));
        // What cannot be read back as an event (17 signers, say) would be signed in vain too.
        Event::parse(&event.to_payload())
            .and_then(|event| state.admit(&event, received, &book.levels))
            .map_err(SubmitError::Refused)?;
        Ok(event)
    }

    /// Hands in a signed change of keys or policy. One that replaces the log or the service key is taken only together
    /// with the new key itself: from the next moment on the ledger cannot do without it.
    pub fn change_keys(
        &self,
        envelope: Envelope,
        successor: Option<Arc<dyn Signer>>,
    ) -> Result<Receipt, LedgerError> {
        let event = Event::parse(&envelope.payload).map_err(SubmitError::Refused)?;
        let Some((role, key)) = self.with_state(|state| replaced(state, &event)) else {
            return Ok(self.submit(envelope)?);
        };
        let successor = successor.filter(|given| given.key_id() == key);
        let successor = successor.ok_or(LedgerError::SuccessorNeeded {
            role: role.name(),
            key,
        })?;
        expect_to_sign(&*successor, &pae(&envelope.payload))?;
        if role == Role::Log {
            let write = || Ok(self.submit(envelope)?);
            return self.checkpoints.rotate(&self.sequencer, successor, write);
        }
        // Held over the write: no fact of the ledger's own is signed by the old key once it is gone.
        let mut service = self.service.write().unwrap_or_else(PoisonError::into_inner);
        let receipt = self.submit(envelope)?;
        *service = successor;
        Ok(receipt)
    }

    /// Signs a change with roots that are at hand, and the new key where one signs.
    fn change(
        &self,
        change: &KeyChange,
        roots: &[&dyn Signer],
        newcomer: Option<&dyn Signer>,
        successor: Option<Arc<dyn Signer>>,
    ) -> Result<Receipt, LedgerError> {
        let ids: Vec<KeyId> = roots.iter().map(|root| root.key_id()).collect();
        let event = self.unsigned(change, &ids)?;
        let mut signers = by_key_id(roots.iter().copied());
        signers.extend(newcomer.filter(|new| event.by.contains(&new.key_id())));
        self.change_keys(sign_event(&event, &signers)?, successor)
    }

    /// Enrols a key: at least t roots sign, and the new key itself.
    pub fn enrol(
        &self,
        key: &dyn Signer,
        person: &str,
        roles: &[Role],
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let change = KeyChange::Enrol {
            key: key.public(),
            person: person.to_owned(),
            roles: roles.to_vec(),
        };
        self.change(&change, roots, Some(key), None)
    }

    /// Puts a new key in the place of an old one; the log and the service key are taken up at once.
    pub fn rotate(
        &self,
        old: KeyId,
        new: &Arc<dyn Signer>,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let change = KeyChange::Rotate {
            new: new.public(),
            old,
        };
        self.change(&change, roots, Some(&**new), Some(Arc::clone(new)))
    }

    /// Revokes a key; its entries from `from_index` on are SUSPECT.
    pub fn revoke(
        &self,
        key: KeyId,
        from_index: u64,
        reason: RevocationReason,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let change = KeyChange::Revoke {
            key,
            from_index,
            reason,
        };
        self.change(&change, roots, None, None)
    }

    /// Sets another policy.
    pub fn change_policy(
        &self,
        policy: &Policy,
        threshold: u64,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let change = KeyChange::Policy {
            policy: policy.clone(),
            threshold,
        };
        self.change(&change, roots, None, None)
    }
}

/// The host's key that an event puts in place, with its role.
fn replaced(state: &State, event: &Event) -> Option<(Role, KeyId)> {
    let text = |name: &str| event.data.field(name).and_then(Value::as_str);
    let new = |name: &str| Some(PublicKey::parse(text(name)?)?.id());
    match &*event.kind {
        "KeyRotated" => {
            let old = KeyId::parse(text("old")?)?;
            let is_log = state.log_key().is_some_and(|log| log.id() == old);
            let role = if is_log {
                Role::Log
            } else if state.service_key() == Some(old) {
                Role::Service
            } else {
                return None;
            };
            Some((role, new("new")?))
        }
        "KeyEnrolled" if state.service_key().is_none() => {
            let roles = event.data.field("roles").and_then(Value::as_array)?;
            let is_service = roles
                .iter()
                .any(|role| role.as_str() == Some(Role::Service.name()));
            Some((Role::Service, new("key")?)).filter(|_| is_service)
        }
        _ => None,
    }
}

/// A module that names a key and cannot use it would stop the ledger right behind the rotation. What it signs here is the
/// event that puts it in place.
fn expect_to_sign(key: &dyn Signer, message: &[u8]) -> Result<(), LedgerError> {
    let signature = key.sign(message)?;
    if key.public().verifies(message, &signature) {
        return Ok(());
    }
    Err(LedgerError::Signer(SignerError {
        key: key.key_id(),
        reason: "its signature does not hold".to_owned(),
    }))
}

impl From<Refusal> for LedgerError {
    fn from(refusal: Refusal) -> Self {
        Self::Submit(SubmitError::Refused(refusal))
    }
}
