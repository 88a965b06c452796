//! What the entries so far add up to: keys, streams, policy, proposals. Rules read it, `apply.rs` changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bytes::Hash;
use crate::policy::Policy;
use crate::signature::PublicKey;

/// A key that was enrolled once.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) public: PublicKey,
    pub(crate) person: String,
    pub(crate) roles: Vec<String>,
    pub(crate) is_active: bool,
    pub(crate) is_revoked: bool,
}

impl Key {
    pub(crate) fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }
}

/// A stream: small, since there may be 100,000 of them.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) next: u64,
    pub(crate) link: Hash,
    pub(crate) seen_size: u64,
    pub(crate) last_index: u64,
    /// Who emits in an assigned stream: an index into `State::holders`.
    pub(crate) holder: Option<u32>,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            next: 0,
            link: crate::bytes::ZEROS,
            seen_size: 0,
            last_index: 0,
            holder: None,
        }
    }
}

/// A request for approval.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) digest: String,
    pub(crate) expires: String,
    pub(crate) scope: String,
    pub(crate) requester: String,
    /// Person, and the entry in which they approved.
    pub(crate) approved: BTreeMap<String, u64>,
    pub(crate) is_rejected: bool,
    pub(crate) is_consumed: bool,
}

/// A key revoked back to an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) key: Hash,
    pub(crate) from: u64,
    pub(crate) at: u64,
}

/// One change of a stream's head, to be able to look back a little.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) index: u64,
    pub(crate) stream: String,
    pub(crate) next: u64,
    pub(crate) link: Hash,
}

/// The newest entry of a stream that a gate's pattern matches, and the newest of any other such stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    pub(crate) newest: Option<(String, u64)>,
    pub(crate) other: Option<(String, u64)>,
}

/// Who said something of the ledger.
#[derive(Clone, Debug)]
pub(crate) enum AnchorKind {
    Witness,
    /// The token, an object.
    Timestamp(Hash),
}

/// A `WitnessReceived` or `TimestampReceived`.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) index: u64,
    pub(crate) size: u64,
    /// The note, an object.
    pub(crate) note: Hash,
    pub(crate) kind: AnchorKind,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) last_received: String,
    pub(crate) keys: BTreeMap<Hash, Key>,
    pub(crate) threshold: u64,
    pub(crate) policy: Policy,
    pub(crate) policy_at: u64,
    /// Log keys with the size from which each is in force.
    pub(crate) log_keys: Vec<(u64, PublicKey)>,
    pub(crate) service: Hash,
    /// By name, in no order: every entry asks for one of perhaps 100,000.
    pub(crate) streams: HashMap<Box<str>, Stream>,
    pub(crate) holders: Vec<Hash>,
    pub(crate) proposals: BTreeMap<Hash, Proposal>,
    pub(crate) revocations: Vec<Revocation>,
    pub(crate) types: BTreeMap<String, u64>,
    /// Whom an entry erased, and which.
    pub(crate) erased: BTreeMap<String, u64>,
    pub(crate) watched: BTreeMap<String, Watched>,
    pub(crate) changes: std::collections::VecDeque<Change>,
    pub(crate) sealed_at: Option<u64>,
    pub(crate) anchors: Vec<Anchor>,
}

impl State {
    pub(crate) fn active(&self, id: &Hash) -> Option<&Key> {
        self.keys.get(id).filter(|key| key.is_active)
    }

    pub(crate) fn active_roots(&self) -> BTreeSet<Hash> {
        let roots = self
            .keys
            .iter()
            .filter(|(_, key)| key.is_active && key.has("root"));
        roots.map(|(id, _)| *id).collect()
    }

    /// The log key in force for a checkpoint of that size.
    pub(crate) fn log_key_at(&self, size: u64) -> Option<&PublicKey> {
        self.log_keys
            .iter()
            .rev()
            .find(|(from, _)| *from <= size)
            .map(|(_, key)| key)
    }

    pub(crate) fn holder(&mut self, id: Hash) -> u32 {
        let place = self
            .holders
            .iter()
            .position(|held| *held == id)
            .unwrap_or_else(|| {
                self.holders.push(id);
                self.holders.len() - 1
            });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Watches every stream that the policy's gates name, from what is known of the streams so far.
    pub(crate) fn watch_gates(&mut self) {
        let patterns: BTreeSet<String> = self.policy.gates.values().flatten().cloned().collect();
        self.watched.retain(|pattern, _| patterns.contains(pattern));
        for pattern in patterns {
            if self.watched.contains_key(&pattern) {
                continue;
            }
            let mut watched = Watched::default();
            for (name, stream) in self.streams.iter().filter(|(_, stream)| stream.next > 0) {
                if matches(&pattern, name) {
                    watched.note(name, stream.last_index);
                }
            }
            self.watched.insert(pattern, watched);
        }
    }
}

/// A stream's name, or a prefix that ends in a slash.
pub(crate) fn matches(pattern: &str, stream: &str) -> bool {
    if pattern.ends_with('/') {
        stream.starts_with(pattern)
    } else {
        stream == pattern
    }
}

impl Watched {
    pub(crate) fn note(&mut self, stream: &str, index: u64) {
        match &mut self.newest {
            Some((name, at)) if name == stream => *at = (*at).max(index),
            Some((_, at)) if *at < index => {
                self.other = self.newest.replace((stream.to_owned(), index));
            }
            Some(_) if self.other.as_ref().is_none_or(|(_, at)| *at < index) => {
                self.other = Some((stream.to_owned(), index));
            }
            Some(_) => {}
            None => self.newest = Some((stream.to_owned(), index)),
        }
    }

    /// The newest entry that is not of `own`.
    pub(crate) fn newest_but(&self, own: &str) -> Option<u64> {
        [&self.newest, &self.other]
            .into_iter()
            .flatten()
            .filter(|(name, _)| name != own)
            .map(|(_, index)| *index)
            .max()
    }
}
