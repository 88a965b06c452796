//! Events that are signed away from the ledger: a file goes out, signatures come back; no ledger and no network is needed
//! to read, show or sign one. Whether the event is admitted is `admission.rs`, when it is back.

pub mod approval;

use crate::canonical::parse_borrowed;
use crate::dsse::{Envelope, pae};
use crate::entry::{encode_envelope, parse_envelope};
use crate::event::Event;
use crate::key::{KeyId, Signer, SignerError};
use crate::refusal::{Refusal, ensure};

/// Larger than any event's envelope with all its signatures.
pub const FILE_BYTES_MAX: usize = 256 << 10;

/// Why an event was not signed, or not put together.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The file breaks a rule of the format.
    #[error(transparent)]
    Form(#[from] Refusal),
    /// The key cannot sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The event does not ask for this key.
    #[error("the event is not for key {key} to sign; it asks for {}", list(asked))]
    NotAsked {
        /// The key.
        key: KeyId,
        /// Who is asked.
        asked: Vec<KeyId>,
    },
    /// Two files hold different events.
    #[error(
        "the files hold different events; only signatures under the same bytes can be collected"
    )]
    Different,
    /// Signatures are missing.
    #[error("not signed yet by {}", list(missing))]
    Incomplete {
        /// By whom.
        missing: Vec<KeyId>,
    },
}

fn list(keys: &[KeyId]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(", ")
}

/// An event on its way from signer to signer: the DSSE envelope of an entry, of which signatures may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineEvent {
    event: Event,
    payload: Vec<u8>,
    /// One for each of `by` that has signed, in that order.
    signatures: Vec<(KeyId, crate::key::Signature)>,
}

impl OfflineEvent {
    /// Nobody has signed it yet.
    pub fn unsigned(event: Event) -> Self {
        Self {
            payload: event.to_payload(),
            event,
            signatures: Vec::new(),
        }
    }

    /// Everybody has signed it.
    pub fn signed(envelope: Envelope) -> Result<Self, Refusal> {
        Ok(Self {
            event: Event::parse(&envelope.payload)?,
            payload: envelope.payload,
            signatures: envelope.signatures,
        })
    }

    /// Reads a file; one newline at its end may stand.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        ensure(bytes.len() <= FILE_BYTES_MAX, "event/size", || {
            format!("{} bytes, at most {FILE_BYTES_MAX}", bytes.len())
        })?;
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let (event, envelope) = parse_envelope(&parse_borrowed(bytes)?)?;
        let mut rest = event.by.iter();
        let in_order = envelope
            .signatures
            .iter()
            .all(|(id, _)| rest.any(|asked| asked == id));
        ensure(in_order, "event/signatures", || {
            "signatures of keys that by does not name, or in another order".into()
        })?;
        Ok(Self {
            event,
            payload: envelope.payload,
            signatures: envelope.signatures,
        })
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = encode_envelope(&Envelope {
            payload: self.payload.clone(),
            signatures: self.signatures.clone(),
        });
        bytes.push(b'\n');
        bytes
    }

    /// What is signed.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Who has not signed yet.
    pub fn missing(&self) -> Vec<KeyId> {
        let signed = |id: &KeyId| self.signatures.iter().any(|(key, _)| key == id);
        let by = self.event.by.iter().copied();
        by.filter(|id| !signed(id)).collect()
    }

    /// Adds a signature.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), OfflineError> {
        let key = signer.key_id();
        if !self.event.by.contains(&key) {
            let asked = self.event.by.clone();
            return Err(OfflineError::NotAsked { key, asked });
        }
        let signature = signer.sign(&pae(&self.payload))?;
        self.put(key, signature);
        Ok(())
    }

    /// Takes over the signatures that another file holds under the same bytes.
    pub fn merge(&mut self, other: &Self) -> Result<(), OfflineError> {
        if self.payload != other.payload {
            return Err(OfflineError::Different);
        }
        for (key, signature) in &other.signatures {
            self.put(*key, *signature);
        }
        Ok(())
    }

    /// The envelope, once everybody has signed.
    pub fn into_envelope(self) -> Result<Envelope, OfflineError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(OfflineError::Incomplete { missing });
        }
        Ok(Envelope {
            payload: self.payload,
            signatures: self.signatures,
        })
    }

    fn put(&mut self, key: KeyId, signature: crate::key::Signature) {
        self.signatures.retain(|(id, _)| *id != key);
        self.signatures.push((key, signature));
        let place = |id: &KeyId| self.event.by.iter().position(|by| by == id);
        self.signatures.sort_by_key(|(id, _)| place(id));
    }
}

#[cfg(test)]
mod tests;
