//! What entries 0..i-1 amount to: keys, policy, streams, proposals; changed only by `admission.rs`, entry by entry.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::event::implicit_emitter;
use crate::hash::Hash;
use crate::heads::StreamHeads;
use crate::key::KeyId;
use crate::key::PublicKey;
use crate::key::known::KnownKey;
use crate::policy::{Policy, Role};
use crate::time::Timestamp;
use crate::tree::CompactTree;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamHead {
    /// How many events it has.
    pub next: u64,
    /// SHA-256 of the last payload, or zero.
    pub link: Hash,
    /// `seen.size` of its last event.
    pub seen: u64,
    /// Index of its last entry, where it has one.
    pub last_index: Option<u64>,
    /// Who may emit, for streams that are handed.
    pub emitter: Option<KeyId>,
}

/// Who said something of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorKind {
    /// Witnesses, by cosigning the note.
    Witness,
    /// A time-stamping authority, in this token (an object).
    Timestamp(Hash),
}

/// A `WitnessReceived` or `TimestampReceived`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The size of the checkpoint that it is about.
    pub size: u64,
    /// The note, an object.
    pub note: Hash,
    /// Who.
    pub kind: AnchorKind,
}

/// A `Proposed` and what became of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The heading.
    pub scope: String,
    /// What exactly.
    pub digest: Hash,
    /// From when on it counts no longer.
    pub expires: Timestamp,
    /// Who asked.
    pub requester: String,
    /// Who approved.
    pub approvers: BTreeSet<String>,
    /// The entry that asks, and the key that signed it.
    pub asked: (u64, KeyId),
    /// The entries that approve: the person, the entry, the key.
    pub voices: Vec<(String, u64, KeyId)>,
    /// Somebody said no.
    pub is_rejected: bool,
    /// It was used.
    pub is_consumed: bool,
}

/// How many entries a `StreamHeads` may look back (section 10).
pub(crate) const HEADS_BACK_MAX: usize = 4096;

/// The fold of a ledger.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) tree: CompactTree,
    pub(crate) origin: String,
    pub(crate) last_leaf: Hash,
    pub(crate) last_received: Option<Timestamp>,
    pub(crate) keys: BTreeMap<KeyId, KnownKey>,
    pub(crate) log_key: Option<KeyId>,
    pub(crate) service_key: Option<KeyId>,
    pub(crate) threshold: u64,
    pub(crate) policy: Policy,
    pub(crate) streams: HashMap<Arc<str>, StreamHead>,
    pub(crate) proposals: HashMap<Hash, Proposal>,
    /// Each stream by its last index: what went on since a given size is a range of it.
    pub(crate) recent: BTreeMap<u64, Arc<str>>,
    /// Where the streams of the newest entries stood before them, oldest first: `StreamHeads` may look back so far.
    pub(crate) stood: VecDeque<(Arc<str>, u64, Hash)>,
    pub(crate) type_counts: BTreeMap<String, u64>,
    pub(crate) is_sealed: bool,
    pub(crate) anchors: Vec<Anchor>,
    /// One behind the last entry that is no anchor.
    pub(crate) facts_size: u64,
    /// When a stream last went from one emitter to another.
    pub(crate) last_handover: Option<Timestamp>,
    /// Each erased subject with the entry that says so.
    pub(crate) erased: BTreeMap<String, u64>,
}

impl State {
    /// An empty ledger of this origin.
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ..Self::default()
        }
    }

    /// How many entries.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The RFC 6962 root over all of them.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Leaf hash of the last entry, or zero.
    pub fn last_leaf(&self) -> Hash {
        self.last_leaf
    }

    /// The ledger's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// When the last entry was received.
    pub fn last_received(&self) -> Option<Timestamp> {
        self.last_received
    }

    /// A key, active or not.
    pub fn key(&self, id: &KeyId) -> Option<&KnownKey> {
        self.keys.get(id)
    }

    /// Every key, by id.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &KnownKey)> {
        self.keys.iter()
    }

    /// The key that keeps the ledger's own books, where there is an active one.
    pub fn service_key(&self) -> Option<KeyId> {
        self.service_key.filter(|id| self.keys[id].is_active)
    }

    /// From which index on what a key signed is SUSPECT (section 7.5): it was revoked from there on, or its own enrolment
    /// rests on a key that was. Which entries rest on those is the verifier's to say.
    pub fn suspect_from(&self, id: &KeyId) -> Option<u64> {
        let key = self.keys.get(id)?;
        let own = key.revoked.filter(|revoked| revoked.from < revoked.at);
        let own = own.map(|revoked| revoked.from);
        own.into_iter().chain(self.doubted_from(key)).min()
    }

    /// From where on a key is in doubt because of how it came in: the entry itself where a key in doubt vouched for it, what
    /// follows where it only took the place of such a key. Who vouched, or was in its place, stood before it: the walk ends.
    fn doubted_from(&self, key: &KnownKey) -> Option<u64> {
        let earlier = |id: &KeyId| self.keys.get(id).filter(|other| other.since < key.since);
        let vouched = key.vouched_by.iter().filter_map(earlier).any(|root| {
            let reached = root.revoked.is_some_and(|end| end.reaches(key.since));
            reached || self.doubted_from(root).is_some()
        });
        if vouched {
            return Some(key.since);
        }
        let before = key.follows.as_ref().and_then(earlier);
        before
            .is_some_and(|old| self.doubted_from(old).is_some())
            .then_some(key.since + 1)
    }

    /// How many roots sign a change of keys or policy.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// The key that signs checkpoints.
    pub fn log_key(&self) -> Option<&PublicKey> {
        Some(&self.keys.get(&self.log_key?)?.public)
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where a stream stands; a stream without events stands at its beginning.
    pub fn stream(&self, name: &str) -> StreamHead {
        self.streams.get(name).copied().unwrap_or_default()
    }

    /// Every stream that has an event, with its head, in no order.
    pub fn streams(&self) -> impl Iterator<Item = (&str, &StreamHead)> {
        self.streams
            .iter()
            .filter(|(_, head)| head.next > 0)
            .map(|(name, head)| (&**name, head))
    }

    /// Every stream's head as of an earlier size; `None` when that is too long ago, or not yet.
    pub(crate) fn heads_at(&self, size: u64) -> Option<StreamHeads> {
        let oldest = self.size() - self.stood.len() as u64;
        let since = usize::try_from(size.checked_sub(oldest)?).ok()?;
        if since > self.stood.len() {
            return None;
        }
        let mut heads = StreamHeads::default();
        for (name, head) in self.streams() {
            heads.insert(name, head.next, head.link);
        }
        // Backwards: what the oldest entry since then found is what stays.
        for (name, next, link) in self.stood.range(since..).rev() {
            heads.insert(name, *next, *link);
        }
        heads.forget_empty();
        Some(heads)
    }

    /// Whether `Sealed` was written.
    pub fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// The entry that erased a subject, where one did.
    pub fn erased_at(&self, subject: &str) -> Option<u64> {
        self.erased.get(subject).copied()
    }

    /// What a proposal asks for and what became of it.
    pub fn proposal(&self, leaf: &Hash) -> Option<&Proposal> {
        self.proposals.get(leaf)
    }

    /// Whether a proposal has at least `m` approvals and no rejection, and nobody used it yet.
    pub fn is_approved(&self, proposal: &Hash, m: u64) -> bool {
        self.proposals.get(proposal).is_some_and(|found| {
            found.approvers.len() as u64 >= m && !found.is_rejected && !found.is_consumed
        })
    }

    /// Whether an entry of a key is SUSPECT because of the key (section 7.5).
    fn is_suspect(&self, at: u64, key: &KeyId) -> bool {
        self.suspect_from(key).is_some_and(|from| from <= at)
    }

    /// The persons whose approval of a proposal counts without SUSPECT entries (section 7.5); nobody's where the proposal itself
    /// is one.
    pub fn standing_approvers<'a>(&self, found: &'a Proposal) -> BTreeSet<&'a str> {
        let (at, key) = &found.asked;
        if self.is_suspect(*at, key) {
            return BTreeSet::new();
        }
        let voices = found.voices.iter();
        let standing = voices.filter(|(_, at, key)| !self.is_suspect(*at, key));
        standing.map(|(person, ..)| person.as_str()).collect()
    }

    /// How many persons of a heading's proposals must approve: the most that any type asks for.
    fn needed(&self, scope: &str) -> u64 {
        let rules = self.policy.approvals.values();
        let of_scope = rules.filter(|rule| rule.scope == scope);
        of_scope.map(|rule| rule.m).max().unwrap_or(0)
    }

    /// Proposals that too few persons approve once SUSPECT entries are left out: what rests on them is SUSPECT too.
    pub fn struck(&self) -> impl Iterator<Item = &Hash> {
        let is_any = self.keys.values().any(|key| key.revoked.is_some());
        let proposals = self.proposals.iter().filter(move |_| is_any);
        let struck = proposals.filter(|(_, found)| {
            let standing = self.standing_approvers(found).len();
            standing < found.approvers.len() && (standing as u64) < self.needed(&found.scope)
        });
        struck.map(|(name, _)| name)
    }

    /// Who may emit in a stream that stands at `head`; the roots share `keys`, so it has none here.
    pub(crate) fn emitter(&self, stream: &str, head: &StreamHead) -> Option<KeyId> {
        match stream {
            "ledger" => self.service_key,
            _ => implicit_emitter(stream).or(head.emitter),
        }
    }

    /// When a stream last went from one emitter to another: what the old one had under way may still come to its end.
    pub fn last_handover(&self) -> Option<Timestamp> {
        self.last_handover
    }

    /// Every stream that was handed to somebody, with whom it belongs to, in no order.
    pub fn handed(&self) -> impl Iterator<Item = (&str, KeyId)> {
        let all = self.streams.iter();
        all.filter_map(|(name, head)| Some((&**name, head.emitter?)))
    }

    pub(crate) fn active_roots(&self) -> usize {
        self.roots().count()
    }

    /// The active root keys, keyids ascending.
    pub fn roots(&self) -> impl Iterator<Item = &KeyId> {
        self.keys
            .iter()
            .filter(|(_, key)| key.is_active && key.roles == [Role::Root])
            .map(|(id, _)| id)
    }
}
