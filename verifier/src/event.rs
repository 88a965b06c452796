//! Entries and events: their form (sections 4 and 5), nothing of what they mean together.

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, check_time, parse_base64, parse_hex, sha256};
use crate::json::{Value, parse};
use crate::signature::PublicKey;

pub(crate) const ENTRY_BYTES_MAX: usize = 65_535;
const EVENT_BYTES_MAX: usize = 45_000;
const SIGNERS_MAX: usize = 16;
const PAYLOAD_TYPE: &str = "application/vnd.unbroken.event.v1+json";
pub(crate) const LEDGER_TYPES: [&str; 16] = [
    "Approved",
    "Erased",
    "Heartbeat",
    "KeyEnrolled",
    "KeyRevoked",
    "KeyRotated",
    "Opened",
    "PolicyChanged",
    "Proposed",
    "Rejected",
    "Sealed",
    "StreamHanded",
    "StreamHeads",
    "TailRepaired",
    "TimestampReceived",
    "WitnessReceived",
];

/// An entry whose form holds.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) index: u64,
    pub(crate) prev: Hash,
    pub(crate) received: String,
    pub(crate) event: Event,
    pub(crate) payload: Vec<u8>,
    signatures: Vec<(Hash, Vec<u8>)>,
}

/// An event whose form holds.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) origin: String,
    pub(crate) stream: String,
    pub(crate) seq: u64,
    pub(crate) link: Hash,
    pub(crate) seen_size: u64,
    pub(crate) seen_leaf: Hash,
    pub(crate) kind: String,
    pub(crate) by: Vec<Hash>,
    pub(crate) data: Value,
    pub(crate) sd: Vec<String>,
}

fn text<'a>(value: &'a Value, rule: &'static str) -> Checked<&'a str> {
    value
        .text()
        .map_or_else(|| broken(rule, "not a string"), Ok)
}

fn count(value: &Value) -> Checked<u64> {
    value.count().map_or_else(
        || broken("canonical/number", "not a number that counts"),
        Ok,
    )
}

impl Entry {
    pub(crate) fn parse(bytes: &[u8]) -> Checked<Self> {
        ensure(
            bytes.len() <= ENTRY_BYTES_MAX,
            "entry/size",
            "more than 65,535 bytes",
        )?;
        let [index, prev, received, envelope] =
            parse(bytes)?.listed(["index", "prev", "received", "event"])?;
        let received = text(&received, "canonical/time")?.to_owned();
        check_time(&received)?;
        let [payload_type, payload, signatures] =
            envelope.listed(["payloadType", "payload", "signatures"])?;
        let is_ours = payload_type.text() == Some(PAYLOAD_TYPE);
        ensure(is_ours, "entry/payload-type", "another payload type")?;
        let payload = parse_base64(text(&payload, "canonical/base64")?)?;
        let event = Event::parse(&payload)?;
        Ok(Self {
            index: count(&index)?,
            prev: parse_hex(text(&prev, "canonical/hex")?)?,
            received,
            signatures: read_signatures(signatures, &event.by)?,
            event,
            payload,
        })
    }

    /// The signatures in the order of `by`, which are exactly those of the envelope.
    pub(crate) fn check_signatures(&self, keys: &[PublicKey]) -> Checked {
        let message = pae(&self.payload);
        for ((_, signature), key) in self.signatures.iter().zip(keys) {
            key.check(&message, signature)?;
        }
        Ok(())
    }

    pub(crate) fn payload_hash(&self) -> Hash {
        sha256(&self.payload)
    }
}

fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

fn read_signatures(value: Value, by: &[Hash]) -> Checked<Vec<(Hash, Vec<u8>)>> {
    let Value::List(items) = value else {
        return broken("event/signatures", "the signatures are not an array");
    };
    let mut signatures = Vec::new();
    for item in items {
        let [id, signature] = item.listed(["keyid", "sig"])?;
        let id = parse_hex(text(&id, "canonical/hex")?)?;
        let signature = parse_base64(text(&signature, "canonical/base64")?)?;
        ensure(
            signature.len() == 64,
            "event/signatures",
            "a signature has 64 bytes",
        )?;
        signatures.push((id, signature));
    }
    let are_by = signatures.iter().map(|(id, _)| id).eq(by);
    ensure(
        are_by,
        "event/signatures",
        "not exactly one signature for each keyid of `by`",
    )?;
    Ok(signatures)
}

impl Event {
    pub(crate) fn parse(payload: &[u8]) -> Checked<Self> {
        ensure(
            payload.len() <= EVENT_BYTES_MAX,
            "event/size",
            "more than 45,000 bytes",
        )?;
        let [
            v,
            id,
            origin,
            stream,
            seq,
            link,
            seen,
            kind,
            at,
            by,
            data,
            sd,
        ] = parse(payload)?.listed([
            "v", "id", "origin", "stream", "seq", "link", "seen", "type", "at", "by", "data", "sd",
        ])?;
        ensure(v == Value::Int(1), "event/version", "v is not 1")?;
        ensure(
            is_uuid_7(text(&id, "event/id")?),
            "event/id",
            "id is not a UUID of version 7",
        )?;
        let stream = text(&stream, "event/stream")?.to_owned();
        ensure(is_stream(&stream), "event/stream", "not a stream's name")?;
        crate::rules::implicit(&stream)?;
        let [seen_size, seen_leaf] = seen.listed(["size", "leaf"])?;
        let kind = text(&kind, "event/type")?.to_owned();
        ensure(is_type(&kind), "event/type", "not a type's name")?;
        check_time(text(&at, "canonical/time")?)?;
        ensure(
            data.fields().is_some(),
            "canonical/fields",
            "data is not an object",
        )?;
        data.ascends()?;
        Ok(Self {
            origin: text(&origin, "event/origin")?.to_owned(),
            stream,
            seq: count(&seq)?,
            link: parse_hex(text(&link, "canonical/hex")?)?,
            seen_size: count(&seen_size)?,
            seen_leaf: parse_hex(text(&seen_leaf, "canonical/hex")?)?,
            kind,
            by: read_by(&by)?,
            data,
            sd: read_sd(&sd)?,
        })
    }

    pub(crate) fn is_ledger_type(&self) -> bool {
        LEDGER_TYPES.contains(&self.kind.as_str())
    }
}

fn read_by(value: &Value) -> Checked<Vec<Hash>> {
    let items = value.list().unwrap_or_default();
    let fits = !items.is_empty() && items.len() <= SIGNERS_MAX;
    ensure(fits, "event/by", "by names 1 to 16 keyids")?;
    let mut by: Vec<Hash> = Vec::with_capacity(items.len());
    for item in items {
        let Some(Ok(id)) = item.text().map(parse_hex) else {
            return broken("event/by", "by names what is no keyid");
        };
        ensure(!by.contains(&id), "event/by", "by names a keyid twice")?;
        by.push(id);
    }
    Ok(by)
}

fn read_sd(value: &Value) -> Checked<Vec<String>> {
    let Some(items) = value.list() else {
        return broken("event/sd", "sd is not an array");
    };
    let mut sd: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let digest = text(item, "event/sd")?;
        ensure(digest.len() == 43, "event/sd", "a digest has 43 characters")?;
        let is_formed = crate::bytes::parse_base64url(digest).is_ok();
        ensure(is_formed, "event/sd", "a digest is not canonical base64url")?;
        let ascends = sd.last().is_none_or(|last| last.as_str() < digest);
        ensure(ascends, "event/sd", "the digests do not ascend")?;
        sd.push(digest.to_owned());
    }
    Ok(sd)
}

pub(crate) fn is_stream(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'/' || b == b'-';
    (1..=200).contains(&name.len()) && name.bytes().all(fits)
}

/// `[A-Z][A-Za-z0-9]{0,63}/[1-9][0-9]{0,3}`.
pub(crate) fn is_numbered_type(name: &str) -> bool {
    let Some((word, number)) = name.split_once('/') else {
        return false;
    };
    let digits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    (1..=64).contains(&word.len())
        && word.as_bytes()[0].is_ascii_uppercase()
        && word.bytes().all(|b| b.is_ascii_alphanumeric())
        && (1..=4).contains(&number.len())
        && digits
}

fn is_type(name: &str) -> bool {
    LEDGER_TYPES.contains(&name) || is_numbered_type(name)
}

fn is_uuid_7(text: &str) -> bool {
    let form = b"xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";
    text.len() == form.len()
        && text.bytes().zip(form).all(|(found, wanted)| match wanted {
            b'x' => matches!(found, b'0'..=b'9' | b'a'..=b'f'),
            b'v' => matches!(found, b'8' | b'9' | b'a' | b'b'),
            _ => found == *wanted,
        })
}
