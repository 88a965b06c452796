//! Which entries a bundle shows, and the proofs that the chosen streams are complete; writes nothing.

use std::collections::BTreeSet;

use unbroken_ledger::entry::leaf;
use unbroken_ledger::{Entry, Hash, HeadProof, Ledger, StreamHeads};

use super::BundleError;

/// What a bundle shows of a ledger.
#[derive(Default)]
pub(super) struct Choice {
    /// The index of the `StreamHeads` that a partial bundle rests on; 0 for a full one.
    pub(super) heads: u64,
    /// The streams of a partial bundle, ascending; empty for a full one.
    pub(super) streams: Vec<String>,
    /// A proof for each stream of a partial bundle.
    pub(super) heads_lines: Vec<HeadProof>,
    shown: Option<BTreeSet<u64>>,
}

impl Choice {
    /// Chooses. A ledger is read three times when only a part of it is asked for.
    pub(super) fn make(
        ledger: &Ledger,
        size: u64,
        streams: &[String],
    ) -> Result<Self, BundleError> {
        if streams.is_empty() {
            return Ok(Self::default());
        }
        let reading = Reading { ledger, size };
        let (heads, seen) = reading.newest_heads()?.ok_or(BundleError::NoHeads)?;
        let asked: BTreeSet<&str> = streams
            .iter()
            .map(String::as_str)
            .filter(|stream| !matches!(*stream, "keys" | "ledger"))
            .collect();
        let all = reading.heads_as_of(seen)?;
        let mut heads_lines = Vec::new();
        for stream in asked.iter().copied().chain(["keys", "ledger"]) {
            let unknown = || BundleError::UnknownStream {
                stream: stream.to_owned(),
            };
            heads_lines.push(all.prove(stream).ok_or_else(unknown)?);
        }
        heads_lines.sort_by(|left, right| left.stream.cmp(&right.stream));
        Ok(Self {
            heads,
            streams: asked.iter().map(|stream| (*stream).to_owned()).collect(),
            heads_lines,
            shown: Some(reading.shown(&asked, heads, seen)?),
        })
    }

    /// Whether all of the ledger is shown.
    pub(super) fn is_full(&self) -> bool {
        self.shown.is_none()
    }

    /// `full` or `partial`.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_full() { "full" } else { "partial" }
    }

    /// Whether the entry is shown.
    pub(super) fn shows(&self, index: u64) -> bool {
        self.shown
            .as_ref()
            .is_none_or(|shown| shown.contains(&index))
    }
}

struct Reading<'a> {
    ledger: &'a Ledger,
    size: u64,
}

impl Reading<'_> {
    fn each(&self, size: u64, mut look: impl FnMut(&[u8], &Entry)) -> Result<(), BundleError> {
        let count = usize::try_from(size.min(self.size)).unwrap_or(usize::MAX);
        for read in self.ledger.entries(0)?.take(count) {
            let (bytes, entry) = read?;
            look(&bytes, &entry);
        }
        Ok(())
    }

    /// The newest `StreamHeads`: its index, and the size that it had seen.
    fn newest_heads(&self) -> Result<Option<(u64, u64)>, BundleError> {
        let mut newest = None;
        self.each(self.size, |_, entry| {
            if entry.event.kind == "StreamHeads" {
                newest = Some((entry.index, entry.event.seen.size));
            }
        })?;
        Ok(newest)
    }

    fn heads_as_of(&self, size: u64) -> Result<StreamHeads, BundleError> {
        let mut heads = StreamHeads::default();
        self.each(size, |_, entry| {
            heads.push(&entry.event, &entry.envelope.payload);
        })?;
        Ok(heads)
    }

    /// The asked streams as of what the heads had seen; `keys` and `ledger` up to the heads, which
    /// stand in `ledger`; and the proposals and decisions that all these rest on.
    fn shown(
        &self,
        asked: &BTreeSet<&str>,
        heads: u64,
        seen: u64,
    ) -> Result<BTreeSet<u64>, BundleError> {
        let mut shown = BTreeSet::new();
        let mut proposals = BTreeSet::new();
        self.each(heads + 1, |_, entry| {
            let stream = entry.event.stream.as_str();
            let always = matches!(stream, "keys" | "ledger");
            if always || (asked.contains(stream) && entry.index < seen) {
                shown.insert(entry.index);
                proposals.extend(proposal(entry));
            }
        })?;
        if proposals.is_empty() {
            return Ok(shown);
        }
        self.each(self.size, |bytes, entry| {
            let decides = matches!(entry.event.kind.as_str(), "Approved" | "Rejected");
            let decides = decides && proposal(entry).is_some_and(|of| proposals.contains(&of));
            if decides || proposals.contains(&leaf(bytes)) {
                shown.insert(entry.index);
            }
        })?;
        Ok(shown)
    }
}

/// The leaf hash of the proposal that an event names.
fn proposal(entry: &Entry) -> Option<Hash> {
    Hash::parse(entry.event.data.field("proposal")?.as_str()?)
}
