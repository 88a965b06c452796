//! Entries and events in one pass, without a tree: their one spelling (format v1 sections 4 and 5) is known byte by byte.
//!
//! Everything that a ledger reads passes here. What is not read here is not refused here: the readers of `event.rs` and
//! `entry.rs` look at it again and name the rule that it breaks. What is read here they would read as the same.

use crate::base64;
use crate::canonical::{MAX_INTEGER, Value, parse_front, plain_length};
use crate::dsse::Envelope;
use crate::entry::{Entry, check_signers};
use crate::event::{self, Event, MAX_SIGNERS, Seen};
use crate::hash::{Hash, decode_hex};
use crate::key::{KeyId, Signature};
use crate::time::Timestamp;

/// `data` is nested in the event, whose own depth is 1.
const DATA_DEPTH: usize = 2;

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// Exactly these bytes.
    fn literal(&mut self, bytes: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(bytes)?;
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn take_text(&mut self, count: usize) -> Option<&'a str> {
        std::str::from_utf8(self.take(count)?).ok()
    }

    /// What stands in a string up to its closing quote, where nothing in it is escaped.
    fn plain(&mut self) -> Option<&'a [u8]> {
        self.take(plain_length(self.0))
    }

    fn plain_text(&mut self) -> Option<&'a str> {
        self.take_text(plain_length(self.0))
    }

    fn hash(&mut self) -> Option<Hash> {
        let mut hash = [0; 32];
        decode_hex(self.take(64)?, &mut hash)?;
        Some(Hash(hash))
    }

    fn time(&mut self) -> Option<Timestamp> {
        Timestamp::parse(self.take_text(27)?)
    }

    /// An integer from 0 to 2^53-1.
    fn size(&mut self) -> Option<u64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit());
        let count = digits.count();
        let text = self.take_text(count)?;
        let is_one_spelling = !text.starts_with('0') || text == "0";
        let number = text.parse().ok().filter(|_| is_one_spelling)?;
        (number <= MAX_INTEGER.unsigned_abs()).then_some(number)
    }

    /// What stands between `[` and `]`, read piece by piece.
    fn list(&mut self, mut piece: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.literal(b"[")?;
        if self.literal(b"]").is_some() {
            return Some(());
        }
        loop {
            piece(self)?;
            if self.literal(b",").is_none() {
                return self.literal(b"]");
            }
        }
    }

    fn value(&mut self) -> Option<Value> {
        let text = std::str::from_utf8(self.0).ok()?;
        let (value, length) = parse_front(text, DATA_DEPTH)?;
        self.0 = &self.0[length..];
        Some(value.to_owned_value())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// An event whose form holds.
pub(crate) fn event(payload: &[u8]) -> Option<Event> {
    let mut rest = Rest(payload);
    rest.literal(br#"{"v":1,"id":""#)?;
    let id = rest.take_text(36).filter(|id| event::is_uuid_v7(id))?;
    rest.literal(br#"","origin":""#)?;
    let origin = rest.plain_text()?;
    rest.literal(br#"","stream":""#)?;
    let stream = rest
        .plain_text()
        .filter(|name| event::is_stream_name(name))?;
    rest.literal(br#"","seq":"#)?;
    let seq = rest.size()?;
    rest.literal(br#","link":""#)?;
    let link = rest.hash()?;
    rest.literal(br#"","seen":{"size":"#)?;
    let size = rest.size()?;
    rest.literal(br#","leaf":""#)?;
    let leaf = rest.hash()?;
    rest.literal(br#""},"type":""#)?;
    let kind = rest
        .plain_text()
        .filter(|kind| event::is_event_type(kind))?;
    rest.literal(br#"","at":""#)?;
    let at = rest.time()?;
    rest.literal(br#"","by":"#)?;
    let by = signers(&mut rest)?;
    rest.literal(br#","data":"#)?;
    let is_ordered = |data: &Value| data.as_object().is_some() && data.keys_ascend();
    let data = rest.value().filter(is_ordered)?;
    rest.literal(br#","sd":"#)?;
    let sd = digests(&mut rest)?;
    rest.literal(b"}")?;
    rest.end()?;
    Some(Event {
        id: id.to_owned(),
        origin: origin.to_owned(),
        stream: stream.to_owned(),
        seq,
        link,
        seen: Seen { size, leaf },
        kind: kind.to_owned(),
        at,
        by,
        data,
        sd,
    })
}

fn signers(rest: &mut Rest<'_>) -> Option<Vec<KeyId>> {
    let mut by = Vec::new();
    rest.list(|rest| {
        rest.literal(b"\"")?;
        let id = KeyId(rest.hash()?);
        by.push(Some(id).filter(|id| !by.contains(id))?);
        rest.literal(b"\"")
    })?;
    (1..=MAX_SIGNERS).contains(&by.len()).then_some(by)
}

fn digests(rest: &mut Rest<'_>) -> Option<Vec<String>> {
    let mut sd: Vec<String> = Vec::new();
    rest.list(|rest| {
        rest.literal(b"\"")?;
        let digest = rest
            .take_text(43)
            .filter(|text| base64::is_url_of_32_bytes(text));
        let ascends = |text: &&str| sd.last().is_none_or(|last| &**last < *text);
        let digest = digest.filter(ascends)?;
        sd.push(digest.to_owned());
        rest.literal(b"\"")
    })?;
    Some(sd)
}

/// An entry whose form holds, and that of its event.
pub(crate) fn entry(bytes: &[u8]) -> Option<Entry> {
    let mut rest = Rest(bytes);
    rest.literal(br#"{"index":"#)?;
    let index = rest.size()?;
    rest.literal(br#","prev":""#)?;
    let prev = rest.hash()?;
    rest.literal(br#"","received":""#)?;
    let received = rest.time()?;
    rest.literal(br#"","event":{"payloadType":""#)?;
    rest.literal(crate::dsse::EVENT_PAYLOAD_TYPE.as_bytes())?;
    rest.literal(br#"","payload":""#)?;
    let payload = base64::decode(rest.plain()?)?;
    rest.literal(br#"","signatures":"#)?;
    let signatures = signatures(&mut rest)?;
    rest.literal(b"}}")?;
    rest.end()?;
    let event = Event::parse(&payload).ok()?;
    let envelope = Envelope {
        payload,
        signatures,
    };
    check_signers(&event, &envelope).ok()?;
    Some(Entry {
        index,
        prev,
        received,
        envelope,
        event,
    })
}

fn signatures(rest: &mut Rest<'_>) -> Option<Vec<(KeyId, Signature)>> {
    let mut signatures = Vec::new();
    rest.list(|rest| {
        rest.literal(br#"{"keyid":""#)?;
        let id = KeyId(rest.hash()?);
        rest.literal(br#"","sig":""#)?;
        let signature = base64::decode(rest.plain()?)?.try_into().ok()?;
        signatures.push((id, Signature(signature)));
        rest.literal(br#""}"#)
    })?;
    Some(signatures)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entry::encode;
    use crate::event::integer;

    fn id(n: u8) -> KeyId {
        KeyId(Hash([n; 32]))
    }

    fn time() -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_001).expect("a time")
    }

    fn made(text: &str, number: u64, signers: u8) -> Event {
        Event {
            id: "019aaaaa-0000-7000-8000-000000000009".to_owned(),
            origin: format!("example.org/{text}"),
            stream: "custodian/c1".to_owned(),
            seq: number,
            link: Hash([7; 32]),
            seen: Seen {
                size: number / 2,
                leaf: Hash([9; 32]),
            },
            kind: "ItemRestored/1".to_owned(),
            at: time(),
            by: (0..signers).map(id).collect(),
            data: Value::object([("a", integer(number)), ("b", Value::text(text))]),
            sd: (0..signers)
                .map(|n| char::from(b'A' + n).to_string().repeat(42) + "A")
                .collect(),
        }
    }

    fn entry_of(event: &Event, index: u64) -> Vec<u8> {
        let envelope = Envelope {
            payload: event.to_payload(),
            signatures: event
                .by
                .iter()
                .map(|id| (*id, Signature([5; 64])))
                .collect(),
        };
        encode(index, &Hash([3; 32]), time(), &envelope)
    }

    /// What the pass reads, the reader that names the rules reads as the same.
    fn agree(payload: &[u8], bytes: &[u8]) {
        if let Some(read) = event(payload) {
            assert_eq!(Event::parse_by_rule(payload).as_ref(), Ok(&read));
        }
        if let Some(read) = entry(bytes) {
            assert_eq!(Entry::parse_by_rule(bytes).as_ref(), Ok(&read));
        }
    }

    #[test]
    fn what_has_no_escapes_is_read_in_the_pass() {
        let made = made("über", 12, 2);
        assert_eq!(event(&made.to_payload()), Some(made.clone()));
        let read = entry(&entry_of(&made, 4)).expect("read");
        assert_eq!((read.index, read.event), (4, made));
    }

    #[test]
    fn each_byte_that_is_another_is_judged_alike() {
        let made = made("x", 10, 2);
        let (payload, whole) = (made.to_payload(), entry_of(&made, 10));
        for place in 0..whole.len() {
            for byte in [b'0', b'"', b'\\', b',', b' ', b'=', b'A', b'f', 0, 0xc3] {
                let (mut payload, mut whole) = (payload.clone(), whole.clone());
                if let Some(slot) = payload.get_mut(place) {
                    *slot = byte;
                }
                whole[place] = byte;
                agree(&payload, &whole);
            }
        }
    }

    proptest! {
        #[test]
        fn judged_alike(
            text in ".{0,20}",
            number in 0_u64..20,
            signers in 0_u8..4,
            place in any::<prop::sample::Index>(),
            cut in 0_usize..4,
            put in "[0-9a-f\"\\\\\\[\\]{},:= ]{0,4}",
        ) {
            let made = made(&text, number, signers);
            let changed = |bytes: Vec<u8>| {
                let from = place.index(bytes.len());
                let to = (from + cut).min(bytes.len());
                [&bytes[..from], put.as_bytes(), &bytes[to..]].concat()
            };
            agree(&made.to_payload(), &entry_of(&made, number));
            agree(&changed(made.to_payload()), &changed(entry_of(&made, number)));
        }
    }
}
