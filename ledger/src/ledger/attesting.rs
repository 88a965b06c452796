//! What the service key signs beside the ledger's own events: statements about the ledger that are handed out. Never an
//! event, never a checkpoint.

use super::{Ledger, LedgerError};
use crate::dsse::EVENT_PAYLOAD_TYPE;
use crate::key::{PublicKey, Signature, SignerError};
use crate::state::State;
use crate::store::Entries;

impl Ledger {
    /// The key that signs statements about the ledger; the same that keeps its books.
    pub fn service_key(&self) -> PublicKey {
        self.service().public()
    }

    /// Signs a statement about the ledger. Refuses what would be the signature of an event, so that nobody gets one
    /// past the sequencer, and a key that the ledger does not know as its service key.
    pub fn attest(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let service = self.service();
        let refuse = |reason: &str| SignerError {
            key: service.key_id(),
            reason: reason.to_owned(),
        };
        let event = format!("DSSEv1 {} {EVENT_PAYLOAD_TYPE} ", EVENT_PAYLOAD_TYPE.len());
        if message.starts_with(event.as_bytes()) {
            return Err(refuse("an event is signed on its way into the ledger only"));
        }
        if self.with_state(State::service_key) != Some(service.key_id()) {
            return Err(refuse(
                "the ledger names another service key, or none that is active",
            ));
        }
        service.sign(message)
    }

    /// The entries `from..size` as they are stored, each held against its frame, its index and the chain; not parsed.
    pub fn entry_bytes(&self, from: u64) -> Result<Entries, LedgerError> {
        Ok(self.sequencer.reader.read(from, self.size())?)
    }
}
