//! What others say of the ledger, taken into it: cosigned notes and time-stamp tokens, objects first, then the entry that
//! names them. Who is asked, and over which network, is decided outside.

use super::{Ledger, LedgerError};
use crate::canonical::Value;
use crate::event::integer;
use crate::hash::Hash;
use crate::note::SignedCheckpoint;
use crate::objects::ObjectError;
use crate::sequencer::{Receipt, lock};
use crate::state::{Anchor, AnchorKind};
use crate::tree::consistency_proof;

impl Ledger {
    /// The proof that the tree of `new` entries extends that of `old`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        let book = lock(&self.sequencer.book);
        let fits = old <= new && new <= book.levels.size();
        fits.then(|| {
            consistency_proof(&book.levels, old, new).unwrap_or_else(|never| match never {})
        })
    }

    /// Logs a note with cosignatures that were verified.
    pub fn record_witness(&self, note: &SignedCheckpoint) -> Result<Receipt, LedgerError> {
        let hash = self.keep(note.to_note().as_bytes())?;
        let data = Value::object([
            ("note", Value::text(hash.to_string())),
            ("size", integer(note.checkpoint.size)),
        ]);
        self.book_entry("WitnessReceived", data)
    }

    /// Logs a token over exactly this note that was verified.
    pub fn record_timestamp(
        &self,
        note: &SignedCheckpoint,
        token: &[u8],
    ) -> Result<Receipt, LedgerError> {
        let imprint = self.keep(note.to_note().as_bytes())?;
        let token = self.keep(token)?;
        let data = Value::object([
            ("imprint", Value::text(imprint.to_string())),
            ("size", integer(note.checkpoint.size)),
            ("token", Value::text(token.to_string())),
        ]);
        self.book_entry("TimestampReceived", data)
    }

    fn keep(&self, bytes: &[u8]) -> Result<Hash, LedgerError> {
        self.objects().put(bytes).map_err(|error| match error {
            ObjectError::Io { path, source } => LedgerError::Io { path, source },
            other => LedgerError::Io {
                path: other.to_string(),
                source: std::io::Error::other("an object could not be kept"),
            },
        })
    }

    /// Every `WitnessReceived` and `TimestampReceived`, oldest first.
    pub fn anchors(&self) -> Vec<Anchor> {
        self.with_state(|state| state.anchors.clone())
    }

    /// The size up to the last entry that is more than an anchor: what there is to anchor. Anchors alone never set off
    /// another round.
    pub fn facts_size(&self) -> u64 {
        self.with_state(|state| state.facts_size)
    }

    /// The note that an anchor speaks of, where it is still there and reads as one.
    pub fn anchored_note(&self, anchor: &Anchor) -> Option<SignedCheckpoint> {
        let bytes = self.objects().read(&anchor.note).ok()?;
        SignedCheckpoint::parse(&String::from_utf8(bytes).ok()?).ok()
    }

    /// The newest note that covers every fact, cosigned where witnesses were asked, with the tokens over exactly it; the
    /// newest checkpoint where nothing was anchored since.
    pub fn newest_anchored(&self) -> (SignedCheckpoint, Vec<Vec<u8>>) {
        let anchors = self.anchors();
        let facts = self.facts_size();
        let covering = || anchors.iter().rev().filter(|anchor| anchor.size >= facts);
        let cosigned = covering().find(|anchor| anchor.kind == AnchorKind::Witness);
        let chosen = cosigned.or_else(|| covering().next());
        let Some((hash, note)) =
            chosen.and_then(|anchor| Some((anchor.note, self.anchored_note(anchor)?)))
        else {
            return (self.checkpoint(), Vec::new());
        };
        let tokens = anchors.iter().filter_map(|anchor| match anchor.kind {
            AnchorKind::Timestamp(token) if anchor.note == hash => self.objects().read(&token).ok(),
            _ => None,
        });
        (note, tokens.collect())
    }
}
