//! Section 7.5: a second pass, only when a revocation reaches back: which entries rest on what can no longer be believed.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::{Hash, parse_hex};
use crate::event::{Entry, Envelope};
use crate::json::Value;
use crate::policy::Policy;
use crate::signature::PublicKey;
use crate::state::Revocation;

/// Indexes that are shown; the rest is counted.
pub(crate) const SHOWN: usize = 20;

/// What is SUSPECT.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspects {
    revocations: Vec<Revocation>,
    /// Keys in doubt: who brought them in, or the key whose place they took, cannot be believed.
    doubted: BTreeSet<Hash>,
    policy_is_suspect: bool,
    policy: Policy,
    persons: BTreeMap<Hash, String>,
    proposals: BTreeMap<Hash, Voices>,
    pub(crate) count: u64,
    pub(crate) first: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Voices {
    is_suspect: bool,
    sound: BTreeSet<String>,
}

impl Suspects {
    pub(crate) fn new(revocations: Vec<Revocation>) -> Self {
        Self {
            revocations,
            ..Self::default()
        }
    }

    /// Whether some entry before a revocation is in doubt at all.
    pub(crate) fn reach_back(&self) -> bool {
        self.revocations
            .iter()
            .any(|revocation| revocation.from < revocation.at)
    }

    /// The next entry, whose rules were checked before.
    pub(crate) fn push(&mut self, index: u64, bytes: &[u8]) {
        let envelope = Envelope::parse(bytes);
        let Ok(Ok(entry)) = envelope.as_ref().map(Envelope::entry) else {
            return;
        };
        let is_suspect = self.is_suspect(index, &entry);
        if is_suspect {
            self.count += 1;
            if self.first.len() < SHOWN {
                self.first.push(index);
            }
        }
        self.remember(index, &entry, is_suspect);
    }

    fn is_suspect(&self, index: u64, entry: &Entry<'_>) -> bool {
        let signed = entry
            .event
            .by
            .iter()
            .any(|id| self.signs_in_doubt(index, id));
        signed || self.policy_is_suspect || self.rests_on_suspects(entry)
    }

    fn signs_in_doubt(&self, index: u64, id: &Hash) -> bool {
        let reached = self.revocations.iter().any(|revocation| {
            revocation.key == *id && (revocation.from..revocation.at).contains(&index)
        });
        reached || self.doubted.contains(id)
    }

    fn rests_on_suspects(&self, entry: &Entry<'_>) -> bool {
        let Some((m, _)) = self.policy.approvals.get(&*entry.event.kind) else {
            return false;
        };
        let named = entry.event.data.field("proposal").and_then(Value::text);
        let proposal = named.and_then(|text| parse_hex(text).ok());
        match proposal.and_then(|leaf| self.proposals.get(&leaf)) {
            Some(voices) => voices.is_suspect || (voices.sound.len() as u64) < *m,
            None => true,
        }
    }

    fn remember(&mut self, index: u64, entry: &Entry<'_>, is_suspect: bool) {
        let data = &entry.event.data;
        let key = |name: &str| -> Option<Hash> {
            let bytes = parse_hex(data.field(name)?.text()?).ok()?;
            PublicKey::new(bytes).ok().map(|key| key.id())
        };
        let text = |name: &str| data.field(name).and_then(Value::text).unwrap_or_default();
        match &*entry.event.kind {
            "Opened" | "PolicyChanged" => {
                // Every root signed `Opened`: one of them alone casts no doubt on its policy.
                self.policy_is_suspect = is_suspect && entry.event.kind == "PolicyChanged";
                if let Some(Ok(policy)) = data.field("policy").map(Policy::parse) {
                    self.policy = policy;
                }
            }
            "KeyEnrolled" => {
                if let Some(id) = key("key") {
                    self.persons.insert(id, text("person").to_owned());
                    self.bring_in(index, entry, id, None);
                }
            }
            "KeyRotated" => {
                let old = parse_hex::<32>(text("old")).ok();
                if let Some(id) = key("new") {
                    let person = old.and_then(|old| self.persons.get(&old).cloned());
                    self.persons.insert(id, person.unwrap_or_default());
                    self.bring_in(index, entry, id, old);
                }
            }
            "Proposed" => {
                self.proposals.insert(
                    entry.leaf,
                    Voices {
                        is_suspect,
                        ..Voices::default()
                    },
                );
            }
            "Approved" if !is_suspect => {
                let person = self
                    .persons
                    .get(&entry.event.by[0])
                    .cloned()
                    .unwrap_or_default();
                let proposal = parse_hex(text("proposal")).ok();
                if let Some(voices) = proposal.and_then(|leaf| self.proposals.get_mut(&leaf)) {
                    voices.sound.insert(person);
                }
            }
            _ => {}
        }
    }

    /// The new key's own signature does not count here: that it was stolen later says nothing against the roots who brought
    /// it in, and its successor stands on their word.
    fn bring_in(&mut self, index: u64, entry: &Entry<'_>, new: Hash, old: Option<Hash>) {
        let mut roots = entry.event.by.iter().filter(|id| **id != new);
        let vouched = roots.any(|id| self.signs_in_doubt(index, id));
        let inherited = old.is_some_and(|old| self.doubted.contains(&old));
        if vouched || inherited || self.policy_is_suspect {
            self.doubted.insert(new);
        }
    }
}
