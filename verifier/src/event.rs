//! Entries and events: their form (sections 4 and 5), nothing of what they mean together.

use std::borrow::Cow;
use std::io::Write as _;

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, append_base64, check_time, parse_base64, parse_hex, sha256};
use crate::json::{Value, parse_listed};
use crate::signature::PublicKey;
use crate::tree::leaf;

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

/// The outside of an entry, whose form holds; the event inside is still to be read. It owns the
/// signed bytes that an `Entry` borrows from.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    index: u64,
    prev: Hash,
    received: Cow<'a, str>,
    leaf: Hash,
    /// What is signed (PAE): a head, and from `payload_at` on the payload.
    message: Vec<u8>,
    payload_at: usize,
    signatures: Value<'a>,
}

/// An entry whose form holds.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) index: u64,
    pub(crate) prev: Hash,
    pub(crate) received: &'a str,
    /// Its leaf hash.
    pub(crate) leaf: Hash,
    pub(crate) event: Event<'a>,
    /// The SHA-256 of the event's bytes: the `link` of the next event in its stream.
    pub(crate) payload_hash: Hash,
    message: &'a [u8],
    signatures: Vec<Signature>,
    /// Whether each signature was already seen to hold under the key of its keyid. A keyid is the
    /// key's hash, so that the state can say later whether the key may sign, but not that it is
    /// another key.
    is_signed: bool,
}

/// An event whose form holds.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) origin: Cow<'a, str>,
    pub(crate) stream: Cow<'a, str>,
    pub(crate) seq: u64,
    pub(crate) link: Hash,
    pub(crate) seen_size: u64,
    pub(crate) seen_leaf: Hash,
    pub(crate) kind: Cow<'a, str>,
    pub(crate) by: Vec<Hash>,
    pub(crate) data: Value<'a>,
    pub(crate) sd: Vec<Cow<'a, str>>,
}

type Signature = [u8; 64];

fn text<'a>(value: &'a Value<'_>, rule: &'static str) -> Checked<&'a str> {
    value
        .text()
        .map_or_else(|| broken(rule, "not a string"), Ok)
}

fn into_text<'a>(value: Value<'a>, rule: &'static str) -> Checked<Cow<'a, str>> {
    value
        .into_text()
        .map_or_else(|| broken(rule, "not a string"), Ok)
}

fn count(value: &Value<'_>) -> Checked<u64> {
    value.count().map_or_else(
        || broken("canonical/number", "not a number that counts"),
        Ok,
    )
}

impl<'a> Envelope<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Checked<Self> {
        ensure(
            bytes.len() <= ENTRY_BYTES_MAX,
            "entry/size",
            "more than 65,535 bytes",
        )?;
        let [index, prev, received, envelope] =
            parse_listed(bytes, ["index", "prev", "received", "event"])?;
        let received = into_text(received, "canonical/time")?;
        check_time(&received)?;
        let [payload_type, payload, signatures] =
            envelope.listed(["payloadType", "payload", "signatures"])?;
        let is_ours = payload_type.text() == Some(PAYLOAD_TYPE);
        ensure(is_ours, "entry/payload-type", "another payload type")?;
        let (message, payload_at) = pae(text(&payload, "canonical/base64")?)?;
        Ok(Self {
            index: count(&index)?,
            prev: parse_hex(text(&prev, "canonical/hex")?)?,
            received,
            leaf: leaf(bytes),
            message,
            payload_at,
            signatures,
        })
    }

    /// The entry with its event.
    pub(crate) fn entry(&self) -> Checked<Entry<'_>> {
        let payload = &self.message[self.payload_at..];
        let event = Event::parse(payload)?;
        Ok(Entry {
            index: self.index,
            prev: self.prev,
            received: &self.received,
            leaf: self.leaf,
            signatures: read_signatures(&self.signatures, &event.by)?,
            event,
            payload_hash: sha256(payload),
            message: &self.message,
            is_signed: false,
        })
    }
}

impl Entry<'_> {
    /// Checks the signatures before it is known whether the keys may sign. What does not hold now,
    /// or is by a key that is not known yet, is left to `check_signatures`.
    pub(crate) fn check_ahead(&mut self, key: impl Fn(&Hash) -> Option<PublicKey>) {
        let mut signed = self.signatures.iter().zip(&self.event.by);
        self.is_signed = signed.all(|(signature, id)| {
            key(id).is_some_and(|key| key.check(self.message, signature).is_ok())
        });
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// The signatures in the order of `by`, which are exactly those of the envelope.
    pub(crate) fn check_signatures(&self, keys: &[&PublicKey]) -> Checked {
        if self.is_signed {
            return Ok(());
        }
        for (signature, key) in self.signatures.iter().zip(keys) {
            key.check(self.message, signature)?;
        }
        Ok(())
    }
}

/// The signed bytes of a payload in base64, and where in them the payload begins.
fn pae(payload: &str) -> Checked<(Vec<u8>, usize)> {
    let pad = payload.bytes().rev().take_while(|byte| *byte == b'=');
    let length = (payload.len() / 4 * 3).saturating_sub(pad.count());
    let mut message = Vec::with_capacity(payload.len());
    write!(
        message,
        "DSSEv1 {} {PAYLOAD_TYPE} {length} ",
        PAYLOAD_TYPE.len()
    )
    .expect("memory takes it");
    let payload_at = message.len();
    append_base64(payload, &mut message)?;
    Ok((message, payload_at))
}

fn read_signatures(value: &Value<'_>, by: &[Hash]) -> Checked<Vec<Signature>> {
    let Some(items) = value.list() else {
        return broken("event/signatures", "the signatures are not an array");
    };
    let mut signatures = Vec::with_capacity(items.len());
    let mut are_by = items.len() == by.len();
    for (place, item) in items.iter().enumerate() {
        let [id, signature] = item.listed_in(["keyid", "sig"])?;
        let id = parse_hex(text(id, "canonical/hex")?)?;
        are_by &= by.get(place) == Some(&id);
        let signature = parse_base64(text(signature, "canonical/base64")?)?;
        let Ok(signature) = signature.try_into() else {
            return broken("event/signatures", "a signature has 64 bytes");
        };
        signatures.push(signature);
    }
    ensure(
        are_by,
        "event/signatures",
        "not exactly one signature for each keyid of `by`",
    )?;
    Ok(signatures)
}

impl<'a> Event<'a> {
    pub(crate) fn parse(payload: &'a [u8]) -> Checked<Self> {
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
        ] = parse_listed(
            payload,
            [
                "v", "id", "origin", "stream", "seq", "link", "seen", "type", "at", "by", "data",
                "sd",
            ],
        )?;
        ensure(v == Value::Int(1), "event/version", "v is not 1")?;
        ensure(
            is_uuid_7(text(&id, "event/id")?),
            "event/id",
            "id is not a UUID of version 7",
        )?;
        let stream = into_text(stream, "event/stream")?;
        ensure(is_stream(&stream), "event/stream", "not a stream's name")?;
        crate::rules::implicit(&stream)?;
        let [seen_size, seen_leaf] = seen.listed(["size", "leaf"])?;
        let kind = into_text(kind, "event/type")?;
        ensure(is_type(&kind), "event/type", "not a type's name")?;
        check_time(text(&at, "canonical/time")?)?;
        ensure(
            data.fields().is_some(),
            "canonical/fields",
            "data is not an object",
        )?;
        data.ascends()?;
        Ok(Self {
            origin: into_text(origin, "event/origin")?,
            stream,
            seq: count(&seq)?,
            link: parse_hex(text(&link, "canonical/hex")?)?,
            seen_size: count(&seen_size)?,
            seen_leaf: parse_hex(text(&seen_leaf, "canonical/hex")?)?,
            kind,
            by: read_by(&by)?,
            data,
            sd: read_sd(sd)?,
        })
    }

    pub(crate) fn is_ledger_type(&self) -> bool {
        LEDGER_TYPES.contains(&&*self.kind)
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

fn read_sd(value: Value<'_>) -> Checked<Vec<Cow<'_, str>>> {
    let Value::List(items) = value else {
        return broken("event/sd", "sd is not an array");
    };
    let mut sd: Vec<Cow<'_, str>> = Vec::with_capacity(items.len());
    for item in items {
        let digest = into_text(item, "event/sd")?;
        ensure(digest.len() == 43, "event/sd", "a digest has 43 characters")?;
        let is_formed = crate::bytes::parse_base64url(&digest).is_ok();
        ensure(is_formed, "event/sd", "a digest is not canonical base64url")?;
        let ascends = sd.last().is_none_or(|last| *last < digest);
        ensure(ascends, "event/sd", "the digests do not ascend")?;
        sd.push(digest);
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
