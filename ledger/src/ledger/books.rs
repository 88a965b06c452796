//! The ledger's own facts: keys by the roots, streams handed over, heads, heartbeats, the seal. What they must be is
//! `admission/ledger_types.rs`.

use super::opening::by_key_id;
use super::{Draft, Ledger, LedgerError};
use crate::canonical::Value;
use crate::event::{Seen, integer};
use crate::heads::StreamHeads;
use crate::key::{KeyId, Signer};
use crate::policy::{Policy, Role};
use crate::sequencer::Receipt;

/// Why a key is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// Somebody else may have it.
    Compromised,
    /// Nobody has it any more.
    Lost,
    /// Its time is over.
    Retired,
    /// Another took its place.
    Superseded,
}

impl RevocationReason {
    fn name(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::Lost => "lost",
            Self::Retired => "retired",
            Self::Superseded => "superseded",
        }
    }
}

impl Ledger {
    /// Records a fact of the ledger's own by the service key.
    pub(super) fn book_entry(&self, kind: &str, data: Value) -> Result<Receipt, LedgerError> {
        self.emit(&Draft::new("ledger", kind, data), &[&*self.service])
    }

    fn key_entry(
        &self,
        kind: &str,
        data: Value,
        roots: &[&dyn Signer],
        new: Option<&dyn Signer>,
    ) -> Result<Receipt, LedgerError> {
        let mut signers = by_key_id(roots.iter().copied());
        signers.extend(new);
        self.emit(&Draft::new("keys", kind, data), &signers)
    }

    /// Enrols a key: at least t roots sign, and the new key itself.
    pub fn enrol(
        &self,
        key: &dyn Signer,
        person: &str,
        roles: &[Role],
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let mut names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        names.sort_unstable();
        let data = Value::object([
            ("key", Value::text(key.public().to_string())),
            ("person", Value::text(person)),
            (
                "roles",
                Value::Array(names.into_iter().map(Value::text).collect()),
            ),
        ]);
        self.key_entry("KeyEnrolled", data, roots, Some(key))
    }

    /// Puts a new key in the place of an old one.
    pub fn rotate(
        &self,
        old: KeyId,
        new: &dyn Signer,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let is_log = self.with_state(|state| state.key(&old).map(|key| key.roles == [Role::Log]));
        let data = Value::object([
            ("new", Value::text(new.public().to_string())),
            ("old", Value::text(old.to_string())),
        ]);
        let signs = (is_log != Some(true)).then_some(new);
        self.key_entry("KeyRotated", data, roots, signs)
    }

    /// Revokes a key; its entries from `from_index` on are SUSPECT.
    pub fn revoke(
        &self,
        key: KeyId,
        from_index: u64,
        reason: RevocationReason,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let data = Value::object([
            ("from_index", integer(from_index)),
            ("key", Value::text(key.to_string())),
            ("reason", Value::text(reason.name())),
        ]);
        self.key_entry("KeyRevoked", data, roots, None)
    }

    /// Sets another policy.
    pub fn change_policy(
        &self,
        policy: &Policy,
        threshold: u64,
        roots: &[&dyn Signer],
    ) -> Result<Receipt, LedgerError> {
        let data = Value::object([
            ("policy", policy.to_value()),
            ("threshold", integer(threshold)),
        ]);
        self.key_entry("PolicyChanged", data, roots, None)
    }

    /// Hands streams to an emitter.
    pub fn hand(&self, streams: &[String], to: KeyId) -> Result<Receipt, LedgerError> {
        let mut streams = streams.to_vec();
        streams.sort();
        streams.dedup();
        let data = Value::object([
            (
                "streams",
                Value::Array(streams.iter().map(Value::text).collect()),
            ),
            ("to", Value::text(to.to_string())),
        ]);
        self.book_entry("StreamHanded", data)
    }

    /// Records how far every stream has come, and hands the heads out for proofs.
    pub fn record_heads(&self) -> Result<(Receipt, StreamHeads), LedgerError> {
        let (heads, seen) = self.with_state(|state| {
            let heads = state.heads_at(state.size()).expect("as of now");
            let seen = Seen {
                size: state.size(),
                leaf: state.last_leaf(),
            };
            (heads, seen)
        });
        let data = Value::object([
            ("count", integer(heads.count())),
            ("root", Value::text(heads.root().to_string())),
        ]);
        let draft = Draft {
            seen: Some(seen),
            ..Draft::new("ledger", "StreamHeads", data)
        };
        Ok((self.emit(&draft, &[&*self.service])?, heads))
    }

    /// Says that the ledger lives although nothing happens.
    pub fn heartbeat(&self) -> Result<Receipt, LedgerError> {
        let size = self.checkpoint().checkpoint.size;
        self.book_entry("Heartbeat", Value::object([("size", integer(size))]))
    }

    /// Ends the ledger: after it only timestamps, witnesses and erasures are taken.
    pub fn seal(&self) -> Result<Receipt, LedgerError> {
        let data = self.with_state(|state| {
            let counts = state.type_counts.iter();
            let counts = counts
                .map(|(kind, count)| (kind.clone(), integer(*count)))
                .collect();
            Value::object([
                ("entries", integer(state.size())),
                ("types", Value::Object(counts)),
            ])
        });
        self.book_entry("Sealed", data)
    }
}
