//! Events, format v1 section 4: their exact bytes and their form; whether one is admitted is `admission.rs`.

use crate::base64;
use crate::canonical::{Json, MAX_INTEGER, Value, parse_borrowed, write_string};
use crate::hash::{Hash, write_hex};
use crate::key::KeyId;
use crate::refusal::{Refusal, ensure};
use crate::spelled;
use crate::time::Timestamp;

/// An event has at most this many bytes.
pub const MAX_EVENT_BYTES: usize = 45_000;
pub(crate) const MAX_SIGNERS: usize = 16;
const FIELDS: [&str; 12] = [
    "v", "id", "origin", "stream", "seq", "link", "seen", "type", "at", "by", "data", "sd",
];
/// The closed list of section 8.
pub const LEDGER_TYPES: [&str; 16] = [
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

/// What an emitter had read when it decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Entries 0..size had been read.
    pub size: u64,
    /// Leaf hash of entry `size - 1`, or zero.
    pub leaf: Hash,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// UUID version 7.
    pub id: String,
    /// The ledger.
    pub origin: String,
    /// The stream it belongs to.
    pub stream: String,
    /// Its place in the stream.
    pub seq: u64,
    /// SHA-256 of the stream's previous payload, or zero.
    pub link: Hash,
    /// What the emitter had read.
    pub seen: Seen,
    /// The type, with `/n` unless it is the ledger's own.
    pub kind: String,
    /// The emitter's clock.
    pub at: Timestamp,
    /// Who signs, in this order.
    pub by: Vec<KeyId>,
    /// Public facts.
    pub data: Value,
    /// Digests of disclosures, ascending.
    pub sd: Vec<String>,
}

impl Event {
    /// The exact bytes that are signed.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        // Ids, hashes, types and times have no byte that is escaped; an origin or a digest from elsewhere may.
        out.extend_from_slice(b"{\"v\":1,\"id\":");
        write_string(&self.id, &mut out);
        out.extend_from_slice(b",\"origin\":");
        write_string(&self.origin, &mut out);
        out.extend_from_slice(b",\"stream\":");
        write_string(&self.stream, &mut out);
        out.extend_from_slice(b",\"seq\":");
        integer(self.seq).write(&mut out);
        out.extend_from_slice(b",\"link\":\"");
        write_hex(&self.link.0, &mut out);
        out.extend_from_slice(b"\",\"seen\":{\"size\":");
        integer(self.seen.size).write(&mut out);
        out.extend_from_slice(b",\"leaf\":\"");
        write_hex(&self.seen.leaf.0, &mut out);
        out.extend_from_slice(b"\"},\"type\":");
        write_string(&self.kind, &mut out);
        out.extend_from_slice(b",\"at\":\"");
        out.extend_from_slice(&self.at.spelled());
        out.extend_from_slice(b"\",\"by\":[");
        for (place, id) in self.by.iter().enumerate() {
            out.extend_from_slice(if place > 0 { b",\"" } else { b"\"" });
            write_hex(&id.0.0, &mut out);
            out.push(b'"');
        }
        out.extend_from_slice(b"],\"data\":");
        self.data.write(&mut out);
        out.extend_from_slice(b",\"sd\":[");
        for (place, digest) in self.sd.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            write_string(digest, &mut out);
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// Reads an event and checks its form.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        ensure(payload.len() <= MAX_EVENT_BYTES, "event/size", || {
            format!("{} bytes, at most {MAX_EVENT_BYTES}", payload.len())
        })?;
        spelled::event(payload).map_or_else(|| Self::parse_by_rule(payload), Ok)
    }

    /// The reader that knows which rule is broken, and takes what is escaped.
    pub(crate) fn parse_by_rule(payload: &[u8]) -> Result<Self, Refusal> {
        let value = parse_borrowed(payload)?;
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
        ] = value
            .fields(FIELDS)
            .ok_or_else(|| fields("an event has 12 fields in their order"))?;
        ensure(*v == Json::Integer(1), "event/version", || {
            "v is not 1".into()
        })?;
        let id = text(id, "event/id")?;
        ensure(is_uuid_v7(id), "event/id", || {
            "not a lowercase UUID version 7".into()
        })?;
        let stream = text(stream, "event/stream")?;
        ensure(is_stream_name(stream), "event/stream", || {
            "not [a-z0-9/-]{1,200}, or approval/ or case/ without a key of its own".into()
        })?;
        let [seen_size, seen_leaf] = seen
            .fields(["size", "leaf"])
            .ok_or_else(|| fields("seen is {size, leaf}"))?;
        let kind = text(kind, "event/type")?;
        ensure(is_event_type(kind), "event/type", || {
            "neither a ledger type nor Name/n".into()
        })?;
        ensure(data.as_object().is_some(), "canonical/fields", || {
            "data is no object".into()
        })?;
        ensure(data.keys_ascend(), "canonical/keys", || "in data".into())?;
        Ok(Self {
            id: id.to_owned(),
            origin: text(origin, "event/origin")?.to_owned(),
            stream: stream.to_owned(),
            seq: size(seq)?,
            link: hash(link)?,
            seen: Seen {
                size: size(seen_size)?,
                leaf: hash(seen_leaf)?,
            },
            kind: kind.to_owned(),
            at: time(at)?,
            by: signers(by)?,
            sd: digests(sd)?,
            data: data.to_owned_value(),
        })
    }

    /// Whether the type is the ledger's own.
    pub fn is_ledger_type(&self) -> bool {
        !self.kind.contains('/')
    }
}

/// An integer value; sizes stay far below 2^53.
pub fn integer(number: u64) -> Value {
    let number = i64::try_from(number)
        .unwrap_or(MAX_INTEGER)
        .min(MAX_INTEGER);
    Value::Integer(number)
}

fn fields(found: &str) -> Refusal {
    Refusal::new("canonical/fields", found)
}

pub(crate) fn text<'a, S: AsRef<str>>(
    value: &'a Json<S>,
    rule: &'static str,
) -> Result<&'a str, Refusal> {
    value
        .as_str()
        .ok_or_else(|| Refusal::new(rule, "not a string"))
}

pub(crate) fn size<S: AsRef<str>>(value: &Json<S>) -> Result<u64, Refusal> {
    value
        .as_size()
        .ok_or_else(|| Refusal::new("canonical/number", "not an integer from 0"))
}

pub(crate) fn hash<S: AsRef<str>>(value: &Json<S>) -> Result<Hash, Refusal> {
    value
        .as_str()
        .and_then(Hash::parse)
        .ok_or_else(|| Refusal::new("canonical/hex", "not 64 lowercase hex digits"))
}

pub(crate) fn time<S: AsRef<str>>(value: &Json<S>) -> Result<Timestamp, Refusal> {
    value
        .as_str()
        .and_then(Timestamp::parse)
        .ok_or_else(|| Refusal::new("canonical/time", "not YYYY-MM-DDThh:mm:ss.ffffffZ"))
}

fn signers<S: AsRef<str>>(value: &Json<S>) -> Result<Vec<KeyId>, Refusal> {
    let refusal = || Refusal::new("event/by", "not 1 to 16 different keyids");
    let items = value.as_array().ok_or_else(refusal)?;
    let mut by = Vec::with_capacity(items.len());
    for item in items {
        let id = item.as_str().and_then(KeyId::parse).ok_or_else(refusal)?;
        ensure(!by.contains(&id), "event/by", || "a keyid twice".into())?;
        by.push(id);
    }
    ensure((1..=MAX_SIGNERS).contains(&by.len()), "event/by", || {
        format!("{}", by.len())
    })?;
    Ok(by)
}

fn digests<S: AsRef<str>>(value: &Json<S>) -> Result<Vec<String>, Refusal> {
    let refusal = || {
        Refusal::new(
            "event/sd",
            "not digests of 43 base64url characters, ascending",
        )
    };
    let mut sd: Vec<String> = Vec::new();
    for item in value.as_array().ok_or_else(refusal)? {
        let digest = item
            .as_str()
            .filter(|text| base64::is_url_of_32_bytes(text))
            .ok_or_else(refusal)?;
        ensure(
            sd.last().is_none_or(|last| &**last < digest),
            "event/sd",
            || "not strictly ascending".into(),
        )?;
        sd.push(digest.to_owned());
    }
    Ok(sd)
}

pub(crate) fn is_uuid_v7(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'7',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

pub(crate) fn is_stream_name(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-'));
    if !letters || name.is_empty() || name.len() > 200 {
        return false;
    }
    let reserved = name.starts_with("approval/") || name.starts_with("case/");
    !reserved || implicit_emitter(name).is_some()
}

/// The key that `case/<keyid>` or `approval/<proposal>/<keyid>` belongs to.
pub fn implicit_emitter(stream: &str) -> Option<KeyId> {
    if let Some(key) = stream.strip_prefix("case/") {
        return KeyId::parse(key);
    }
    let (proposal, key) = stream.strip_prefix("approval/")?.split_once('/')?;
    Hash::parse(proposal)?;
    KeyId::parse(key)
}

/// Whether a stream's emitter follows from its name (section 7.1).
pub fn is_implicit_stream(stream: &str) -> bool {
    matches!(stream, "keys" | "ledger") || implicit_emitter(stream).is_some()
}

/// `Name/n` of section 4.
pub(crate) fn is_versioned_type(kind: &str) -> bool {
    let Some((name, version)) = kind.split_once('/') else {
        return false;
    };
    let name_fits = (1..=64).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name_fits
        && (1..=4).contains(&version.len())
        && !version.starts_with('0')
        && version.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_event_type(kind: &str) -> bool {
    LEDGER_TYPES.binary_search(&kind).is_ok() || is_versioned_type(kind)
}
