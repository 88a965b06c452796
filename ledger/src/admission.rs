//! The rules of format v1 section 7: whether an event may stand at the next index, and what it changes. Pure.
//!
//! The sequencer asks on the way in and recovery asks again; the rules of the ledger's own types are in
//! `admission/ledger_types.rs`. Signatures are checked apart (`check_signatures`), because that is the slow part and
//! needs no lock.

mod ledger_types;

use std::sync::Arc;

use self::ledger_types::keys::introduced_keys;

use crate::canonical::Value;
use crate::dsse::{Envelope, pae};
use crate::event::Event;
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey};
use crate::policy::{Policy, Role};
use crate::refusal::{Refusal, ensure};
use crate::state::{HEADS_BACK_MAX, State, StreamHead};
use crate::time::Timestamp;

/// Answers the leaf hash of an earlier entry, for `seen/leaf`.
pub trait LeafReader {
    /// The leaf hash of entry `index`, which is below the state's size.
    fn leaf(&self, index: u64) -> Result<Hash, Refusal>;
}

/// Checks every signature of an envelope against keys found by `find` (`signature/strict`).
pub fn check_signatures(envelope: &Envelope, keys: &[PublicKey]) -> Result<(), Refusal> {
    let message = pae(&envelope.payload);
    for ((id, signature), key) in envelope.signatures.iter().zip(keys) {
        let holds = key.id() == *id && key.verifies(&message, signature);
        ensure(holds, "signature/strict", || {
            format!("the signature of {id} does not hold")
        })?;
    }
    Ok(())
}

impl State {
    /// The public keys of an event's signers; for a new key that signs its own enrolment, the one that `data` names.
    pub fn signer_keys(&self, event: &Event) -> Result<Vec<PublicKey>, Refusal> {
        self.check_first(event)?;
        let introduced = introduced_keys(event)?;
        event
            .by
            .iter()
            .map(|id| {
                let known = self.keys.get(id).map(|key| key.public);
                known
                    .or_else(|| introduced.iter().find(|key| key.id() == *id).copied())
                    .ok_or_else(|| Refusal::new("key/unknown", format!("key {id}")))
            })
            .collect()
    }

    /// Whether the event may be entry `self.size()`; signatures are not looked at here.
    pub fn admit(
        &self,
        event: &Event,
        received: Timestamp,
        leaves: &dyn LeafReader,
    ) -> Result<(), Refusal> {
        ensure(event.origin == self.origin, "event/origin", || {
            "another ledger's event".into()
        })?;
        self.check_first(event)?;
        if self.size() == 0 {
            self.check_place(event, leaves)?;
            return ledger_types::check(self, event, received);
        }
        self.check_signers(event)?;
        self.check_place(event, leaves)?;
        self.check_role(event)?;
        self.check_gates(event)?;
        self.check_approval(event, received)?;
        let after_seal = ["TimestampReceived", "WitnessReceived", "Erased"];
        ensure(
            !self.is_sealed || after_seal.contains(&&*event.kind),
            "sealed/over",
            || format!("{} after Sealed", event.kind),
        )?;
        ledger_types::check(self, event, received)
    }

    fn check_first(&self, event: &Event) -> Result<(), Refusal> {
        let opens = event.kind == "Opened";
        let placed = !opens || (event.stream == "keys" && event.seq == 0);
        let first = (self.size() == 0) == opens && placed;
        ensure(first, "opened/first", || {
            "entry 0, and only entry 0, is Opened".into()
        })
    }

    fn check_signers(&self, event: &Event) -> Result<(), Refusal> {
        let introduced = introduced_keys(event)?;
        for id in &event.by {
            if let Some(key) = self.keys.get(id) {
                ensure(key.is_active, "key/inactive", || format!("key {id}"))?;
            } else {
                let new = introduced.iter().any(|key| key.id() == *id);
                ensure(new, "key/unknown", || format!("key {id}"))?;
            }
        }
        Ok(())
    }

    fn check_place(&self, event: &Event, leaves: &dyn LeafReader) -> Result<(), Refusal> {
        let head = self.stream(&event.stream);
        ensure(event.seq == head.next, "stream/seq", || {
            format!(
                "{} has {} events, seq is {}",
                event.stream, head.next, event.seq
            )
        })?;
        ensure(event.link == head.link, "stream/link", || {
            format!("not the last payload of {}", event.stream)
        })?;
        ensure(self.may_emit(event, &head), "stream/emitter", || {
            format!("{} is not {}'s", event.stream, event.by[0])
        })?;
        ensure(
            event.seen.size <= self.size() && event.seen.size >= head.seen,
            "seen/size",
            || {
                format!(
                    "{} of {}, before {}",
                    event.seen.size,
                    self.size(),
                    head.seen
                )
            },
        )?;
        let leaf = match event.seen.size {
            0 => Hash::ZERO,
            size if size == self.size() => self.last_leaf,
            size => leaves.leaf(size - 1)?,
        };
        ensure(event.seen.leaf == leaf, "seen/leaf", || {
            format!(
                "not the leaf hash of entry {}",
                event.seen.size.saturating_sub(1)
            )
        })
    }

    /// The roots share `keys`; `Opened`, which names them, says who they are.
    fn may_emit(&self, event: &Event, head: &StreamHead) -> bool {
        let first = &event.by[0];
        match &*event.stream {
            "keys" if self.size() == 0 => true,
            "keys" => self
                .keys
                .get(first)
                .is_some_and(|key| key.roles == [Role::Root]),
            stream => self.emitter(stream, head) == Some(*first),
        }
    }

    fn check_role(&self, event: &Event) -> Result<(), Refusal> {
        if event.is_ledger_type() {
            return Ok(());
        }
        let allowed = self
            .policy
            .types
            .get(&event.kind)
            .map_or(&[][..], Vec::as_slice);
        for id in &event.by {
            let roles = self.keys.get(id).map_or(&[][..], |key| &key.roles);
            ensure(
                roles.iter().any(|role| allowed.contains(role)),
                "role/type",
                || format!("key {id} may not sign {}", event.kind),
            )?;
        }
        Ok(())
    }

    fn check_gates(&self, event: &Event) -> Result<(), Refusal> {
        let Some(patterns) = self.policy.gates.get(&event.kind) else {
            return Ok(());
        };
        // A stream that went on since has its last index in the range; most events find a handful there.
        for name in self.recent.range(event.seen.size..).map(|(_, name)| name) {
            let gated = **name != *event.stream
                && patterns
                    .iter()
                    .any(|pattern| Policy::gate_matches(pattern, name));
            ensure(!gated, "gate/stale", || format!("{name} went on since"))?;
        }
        Ok(())
    }

    fn check_approval(&self, event: &Event, received: Timestamp) -> Result<(), Refusal> {
        if matches!(&*event.kind, "Approved" | "Rejected") {
            return self.check_voice(event);
        }
        let Some(rule) = self.policy.approvals.get(&event.kind) else {
            return ensure(event.kind != "Erased", "approval/erased", || {
                "the policy does not say who approves an erasure".into()
            });
        };
        let field = |name| {
            event
                .data
                .field(name)
                .and_then(Value::as_str)
                .and_then(Hash::parse)
        };
        let missing = || Refusal::new("approval/missing", "data.proposal names no proposal");
        let found = field("proposal").and_then(|hash| self.proposals.get(&hash));
        let found = found.ok_or_else(missing)?;
        ensure(found.scope == rule.scope, "approval/scope", || {
            found.scope.clone()
        })?;
        ensure(
            field("digest") == Some(found.digest),
            "approval/digest",
            || "data.digest is not what was proposed".into(),
        )?;
        ensure(received < found.expires, "approval/expired", || {
            found.expires.to_string()
        })?;
        ensure(!found.is_consumed, "approval/consumed", || {
            "used before".into()
        })?;
        ensure(!found.is_rejected, "approval/rejected", || {
            "somebody rejected it".into()
        })?;
        let count = found.approvers.len() as u64;
        ensure(count >= rule.m, "approval/count", || {
            format!("{count} of {}", rule.m)
        })
    }

    /// Section 7.4 for `Approved` and `Rejected` themselves.
    fn check_voice(&self, event: &Event) -> Result<(), Refusal> {
        let named = event.data.field("proposal").and_then(Value::as_str);
        let named = named.and_then(Hash::parse);
        let found = named.and_then(|leaf| Some((leaf, self.proposals.get(&leaf)?)));
        let (proposal, found) =
            found.ok_or_else(|| Refusal::new("approval/missing", "no such proposal"))?;
        ensure(
            event.stream == format!("approval/{proposal}/{}", event.by[0]),
            "event/stream",
            || "not approval/<proposal>/<keyid>".into(),
        )?;
        ensure(event.seq == 0, "approval/twice", || "decided before".into())?;
        let who = &self.keys[&event.by[0]].person;
        ensure(*who != found.requester, "approval/requester", || {
            "decides on its own request".into()
        })
    }

    /// Takes an admitted event in; `link` is its payload's hash, `leaf` its entry's. The tree is grown by the caller, who
    /// keeps its levels too.
    pub(crate) fn apply(&mut self, event: &Event, received: Timestamp, link: Hash, leaf: Hash) {
        if changes_hands(self, event) {
            self.last_handover = Some(received);
        }
        ledger_types::apply(self, event, leaf);
        if self.policy.approvals.contains_key(&event.kind) {
            let proposal = event.data.field("proposal").and_then(Value::as_str);
            let found = proposal
                .and_then(Hash::parse)
                .and_then(|p| self.proposals.get_mut(&p));
            found.expect("admission saw the proposal").is_consumed = true;
        }
        let index = self.size();
        let head = |emitter| StreamHead {
            next: event.seq + 1,
            link,
            seen: event.seen.size,
            last_index: Some(index),
            emitter,
        };
        let known = self.streams.get_mut(&*event.stream);
        let before = known.map(|known| std::mem::replace(known, head(known.emitter)));
        let last = before.and_then(|before| before.last_index);
        let name = last.and_then(|last| self.recent.remove(&last));
        let name = name.unwrap_or_else(|| Arc::from(&*event.stream));
        if before.is_none() {
            self.streams.insert(Arc::clone(&name), head(None));
        }
        self.recent.insert(index, Arc::clone(&name));
        let stood = before.map_or((0, Hash::ZERO), |head| (head.next, head.link));
        self.stood.push_back((name, stood.0, stood.1));
        if self.stood.len() > HEADS_BACK_MAX {
            self.stood.pop_front();
        }
        if let Some(count) = self.type_counts.get_mut(&event.kind) {
            *count += 1;
        } else {
            self.type_counts.insert(event.kind.clone(), 1);
        }
        if !matches!(&*event.kind, "TimestampReceived" | "WitnessReceived") {
            self.facts_size = index + 1;
        }
        self.last_leaf = leaf;
        self.last_received = Some(received);
    }
}

/// Whether a stream that somebody had goes to somebody else.
fn changes_hands(state: &State, event: &Event) -> bool {
    let key = |name: &str| {
        event
            .data
            .field(name)
            .and_then(Value::as_str)
            .and_then(KeyId::parse)
    };
    match &*event.kind {
        "StreamHanded" => {
            let to = key("to");
            let names = event.data.field("streams").and_then(Value::as_array);
            let names = names.unwrap_or_default().iter().filter_map(Value::as_str);
            let mut before = names.filter_map(|name| state.stream(name).emitter);
            before.any(|emitter| Some(emitter) != to)
        }
        "KeyRotated" => {
            let old = key("old");
            state.handed().any(|(_, emitter)| Some(emitter) == old)
        }
        _ => false,
    }
}
