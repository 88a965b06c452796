//! Stream heads, format v1 section 10: one root over how far every stream has come, and proofs in it.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::hash::Hash;
use crate::tree::{inclusion_proof, leaf_hash, root_of};

/// Every stream with its next seq and the hash of its last payload, ascending by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamHeads(BTreeMap<String, (u64, Hash)>);

/// One stream's line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadProof {
    /// The stream.
    pub stream: String,
    /// How many events it has.
    pub next: u64,
    /// SHA-256 of the last payload.
    pub last: Hash,
    /// The line's place among the lines.
    pub leaf: u64,
    /// RFC 6962 inclusion proof.
    pub proof: Vec<Hash>,
}

impl StreamHeads {
    /// Takes one stream's head in.
    pub fn insert(&mut self, stream: &str, next: u64, last: Hash) {
        self.0.insert(stream.to_owned(), (next, last));
    }

    /// A stream without events has no line.
    pub(crate) fn forget_empty(&mut self) {
        self.0.retain(|_, (next, _)| *next > 0);
    }

    /// Takes the next event of the ledger in.
    pub fn push(&mut self, event: &Event, payload: &[u8]) {
        self.insert(&event.stream, event.seq + 1, Hash::of(payload));
    }

    /// How many streams.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// The root over the lines.
    pub fn root(&self) -> Hash {
        root_of(&self.leaves())
    }

    /// The proof of one stream.
    pub fn prove(&self, stream: &str) -> Option<HeadProof> {
        let (next, last) = *self.0.get(stream)?;
        let place = self
            .0
            .keys()
            .take_while(|name| name.as_str() < stream)
            .count() as u64;
        let leaves = self.leaves();
        let proof =
            inclusion_proof(&leaves[..], place, self.count()).unwrap_or_else(|e| match e {});
        Some(HeadProof {
            stream: stream.to_owned(),
            next,
            last,
            leaf: place,
            proof,
        })
    }

    fn leaves(&self) -> Vec<Hash> {
        let line = |(stream, (next, last)): (&String, &(u64, Hash))| {
            leaf_hash(format!("{stream}\n{next}\n{last}\n").as_bytes())
        };
        self.0.iter().map(line).collect()
    }
}
