//! What the ledger knows of a key: what it may do, since when, how it ended; changed by `admission/ledger_types.rs` alone.

use super::{KeyId, PublicKey};
use crate::policy::Role;

/// A key that the ledger knows.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// The public key.
    pub public: PublicKey,
    /// The person whose it is; empty for machines.
    pub person: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Neither revoked nor rotated away.
    pub is_active: bool,
    /// The entry that brought it in.
    pub since: u64,
    /// The roots that signed that entry; nobody for the keys of `Opened`.
    pub vouched_by: Vec<KeyId>,
    /// The key whose place it took.
    pub follows: Option<KeyId>,
    /// Another took its place.
    pub rotated: Option<Rotation>,
    /// It counts no longer, or it turned out that it should not have counted: one that was rotated away can be revoked too.
    pub revoked: Option<Revocation>,
}

/// A key's successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The entry that says so.
    pub at: u64,
    /// The key in its place.
    pub to: KeyId,
}

/// The end of the belief in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The entry that says so.
    pub at: u64,
    /// From here on its entries are SUSPECT.
    pub from: u64,
    /// Why.
    pub reason: RevocationReason,
}

impl Revocation {
    /// Whether an entry that the key signed at this index is SUSPECT.
    pub fn reaches(&self, index: u64) -> bool {
        (self.from..self.at).contains(&index)
    }
}

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
    /// All of them, in the order of their names.
    pub const ALL: [Self; 4] = [
        Self::Compromised,
        Self::Lost,
        Self::Retired,
        Self::Superseded,
    ];

    /// The word in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::Lost => "lost",
            Self::Retired => "retired",
            Self::Superseded => "superseded",
        }
    }

    /// Reads the word.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
