//! Entries, format v1 section 5: an event at its place; exact bytes in both directions, no state.

use base64ct::{Base64, Encoding};

use crate::canonical::{Value, parse};
use crate::dsse::{EVENT_PAYLOAD_TYPE, Envelope};
use crate::event::{Event, hash, integer, size, text, time};
use crate::hash::Hash;
use crate::key::{KeyId, Signature};
use crate::refusal::{Refusal, ensure};
use crate::time::Timestamp;
use crate::tree::leaf_hash;

/// An entry has at most this many bytes: a tlog-tiles entry bundle gives it two bytes of length.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// An event at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub index: u64,
    /// Leaf hash of the entry before, or zero.
    pub prev: Hash,
    /// The sequencer's clock.
    pub received: Timestamp,
    /// The signed event.
    pub envelope: Envelope,
    /// The same event, read.
    pub event: Event,
}

/// Puts the exact bytes of an entry together.
pub fn encode(index: u64, prev: &Hash, received: Timestamp, envelope: &Envelope) -> Vec<u8> {
    let signatures = envelope.signatures.iter().map(|(key, signature)| {
        Value::Object(vec![
            ("keyid".to_owned(), Value::text(key.to_string())),
            (
                "sig".to_owned(),
                Value::text(Base64::encode_string(&signature.0)),
            ),
        ])
    });
    let event = Value::Object(vec![
        ("payloadType".to_owned(), Value::text(EVENT_PAYLOAD_TYPE)),
        (
            "payload".to_owned(),
            Value::text(Base64::encode_string(&envelope.payload)),
        ),
        ("signatures".to_owned(), Value::Array(signatures.collect())),
    ]);
    Value::Object(vec![
        ("index".to_owned(), integer(index)),
        ("prev".to_owned(), Value::text(prev.to_string())),
        ("received".to_owned(), Value::text(received.to_string())),
        ("event".to_owned(), event),
    ])
    .to_bytes()
}

impl Entry {
    /// Reads an entry and checks the form of it and of its event.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        ensure(bytes.len() <= MAX_ENTRY_BYTES, "entry/size", || {
            format!("{} bytes, at most {MAX_ENTRY_BYTES}", bytes.len())
        })?;
        let fields = |found: &str| Refusal::new("canonical/fields", found);
        let value = parse(bytes)?;
        let [index, prev, received, event] =
            value
                .fields(["index", "prev", "received", "event"])
                .ok_or_else(|| fields("an entry has 4 fields in their order"))?;
        let [kind, payload, signatures] = event
            .fields(["payloadType", "payload", "signatures"])
            .ok_or_else(|| fields("an envelope has 3 fields in their order"))?;
        ensure(
            kind.as_str() == Some(EVENT_PAYLOAD_TYPE),
            "entry/payload-type",
            || "another payload type".into(),
        )?;
        let payload = base64(payload)?;
        let event = Event::parse(&payload)?;
        let signatures = signatures.as_array().ok_or_else(|| fields("signatures"))?;
        let signatures = signatures
            .iter()
            .map(signature)
            .collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope {
            payload,
            signatures,
        };
        check_signers(&event, &envelope)?;
        Ok(Self {
            index: size(index)?,
            prev: hash(prev)?,
            received: time(received)?,
            envelope,
            event,
        })
    }
}

/// One signature a keyid of `by`, in that order (`event/signatures`).
pub fn check_signers(event: &Event, envelope: &Envelope) -> Result<(), Refusal> {
    let signers = envelope.signatures.iter().map(|(key, _)| key);
    ensure(event.by.iter().eq(signers), "event/signatures", || {
        "the envelope's keyids are not those of by, in that order".into()
    })
}

/// The leaf hash of an entry's bytes.
pub fn leaf(bytes: &[u8]) -> Hash {
    leaf_hash(bytes)
}

fn signature(value: &Value) -> Result<(KeyId, Signature), Refusal> {
    let [key, bytes] = value
        .fields(["keyid", "sig"])
        .ok_or_else(|| Refusal::new("canonical/fields", "a signature is {keyid, sig}"))?;
    let key = KeyId(hash(key)?);
    let bytes = <[u8; 64]>::try_from(base64(bytes)?)
        .map_err(|_| Refusal::new("canonical/base64", "a signature has 64 bytes"))?;
    Ok((key, Signature(bytes)))
}

fn base64(value: &Value) -> Result<Vec<u8>, Refusal> {
    Base64::decode_vec(text(value, "canonical/base64")?)
        .map_err(|_| Refusal::new("canonical/base64", "not padded canonical base64"))
}
