//! Entries, format v1 section 5: an event at its place; exact bytes in both directions, no state.

use crate::base64;
use crate::canonical::{Json, parse_borrowed};
use crate::dsse::{EVENT_PAYLOAD_TYPE, Envelope};
use crate::event::{Event, hash, integer, size, text, time};
use crate::hash::{Hash, write_hex};
use crate::key::{KeyId, Signature};
use crate::refusal::{Refusal, ensure};
use crate::spelled;
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
    encode_around(index, prev, received, &encode_envelope(envelope))
}

/// The entry's `event` field: it does not depend on the place, so that it can be written before there is one.
pub(crate) fn encode_envelope(envelope: &Envelope) -> Vec<u8> {
    let signatures = envelope.signatures.len() * 192;
    let mut out = Vec::with_capacity(128 + envelope.payload.len() / 3 * 4 + signatures);
    out.extend_from_slice(b"{\"payloadType\":\"");
    out.extend_from_slice(EVENT_PAYLOAD_TYPE.as_bytes());
    out.extend_from_slice(b"\",\"payload\":\"");
    base64::encode(&envelope.payload, &mut out);
    out.extend_from_slice(b"\",\"signatures\":[");
    for (place, (key, signature)) in envelope.signatures.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"keyid\":\"");
        write_hex(&key.0.0, &mut out);
        out.extend_from_slice(b"\",\"sig\":\"");
        base64::encode(&signature.0, &mut out);
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"]}");
    out
}

/// Puts an entry together around its `event` field.
pub(crate) fn encode_around(
    index: u64,
    prev: &Hash,
    received: Timestamp,
    envelope: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(160 + envelope.len());
    out.extend_from_slice(b"{\"index\":");
    integer(index).write(&mut out);
    out.extend_from_slice(b",\"prev\":\"");
    write_hex(&prev.0, &mut out);
    out.extend_from_slice(b"\",\"received\":\"");
    out.extend_from_slice(&received.spelled());
    out.extend_from_slice(b"\",\"event\":");
    out.extend_from_slice(envelope);
    out.push(b'}');
    out
}

impl Entry {
    /// Reads an entry and checks the form of it and of its event.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        ensure(bytes.len() <= MAX_ENTRY_BYTES, "entry/size", || {
            format!("{} bytes, at most {MAX_ENTRY_BYTES}", bytes.len())
        })?;
        spelled::entry(bytes).map_or_else(|| Self::parse_by_rule(bytes), Ok)
    }

    /// The reader that knows which rule is broken, and takes what is escaped.
    pub(crate) fn parse_by_rule(bytes: &[u8]) -> Result<Self, Refusal> {
        let fields = |found: &str| Refusal::new("canonical/fields", found);
        let value = parse_borrowed(bytes)?;
        let [index, prev, received, event] =
            value
                .fields(["index", "prev", "received", "event"])
                .ok_or_else(|| fields("an entry has 4 fields in their order"))?;
        let (event, envelope) = parse_envelope(event)?;
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

/// The DSSE envelope in an entry, or in a file of its own, and the event in it.
pub(crate) fn parse_envelope<S: AsRef<str>>(value: &Json<S>) -> Result<(Event, Envelope), Refusal> {
    let [kind, payload, signatures] = value
        .fields(["payloadType", "payload", "signatures"])
        .ok_or_else(|| {
            Refusal::new(
                "canonical/fields",
                "an envelope has 3 fields in their order",
            )
        })?;
    ensure(
        kind.as_str() == Some(EVENT_PAYLOAD_TYPE),
        "entry/payload-type",
        || "another payload type".into(),
    )?;
    let payload = bytes_of(payload)?;
    // Before the signatures: the event's form is cited first (section 7).
    let event = Event::parse(&payload)?;
    let signatures = signatures
        .as_array()
        .ok_or_else(|| Refusal::new("event/signatures", "not an array"))?;
    let signatures = signatures
        .iter()
        .map(signature)
        .collect::<Result<Vec<_>, _>>()?;
    let envelope = Envelope {
        payload,
        signatures,
    };
    Ok((event, envelope))
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

fn signature<S: AsRef<str>>(value: &Json<S>) -> Result<(KeyId, Signature), Refusal> {
    let [key, bytes] = value
        .fields(["keyid", "sig"])
        .ok_or_else(|| Refusal::new("canonical/fields", "a signature is {keyid, sig}"))?;
    let key = KeyId(hash(key)?);
    let bytes = <[u8; 64]>::try_from(bytes_of(bytes)?)
        .map_err(|_| Refusal::new("event/signatures", "a signature has 64 bytes"))?;
    Ok((key, Signature(bytes)))
}

fn bytes_of<S: AsRef<str>>(value: &Json<S>) -> Result<Vec<u8>, Refusal> {
    base64::decode(text(value, "canonical/base64")?.as_bytes())
        .ok_or_else(|| Refusal::new("canonical/base64", "not padded canonical base64"))
}
