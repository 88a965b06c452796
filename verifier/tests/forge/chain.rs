//! Events and entries, spelled as sections 2 to 5 say, each of whose parts can be made wrong; what makes a ledger sound is
//! in `sound.rs`.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64ct::{Base64, Encoding};

use super::{Hash, PAYLOAD_TYPE, ZEROS, hex, id, leaf, note, root, sha256, sign};

/// A change of a spelled text into any bytes.
pub(crate) type Edit = Rc<dyn Fn(String) -> Vec<u8>>;
/// How a key, by its number, signs a message.
pub(crate) type Sign = fn(u8, &[u8]) -> [u8; 64];

/// An event before it is spelled; `None` is what is right.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) stream: String,
    pub(crate) kind: &'static str,
    pub(crate) data: String,
    pub(crate) by: Vec<u8>,
    pub(crate) signed_by: Option<Vec<u8>>,
    pub(crate) origin: Option<String>,
    pub(crate) seq: Option<u64>,
    pub(crate) link: Option<String>,
    pub(crate) seen_size: Option<u64>,
    pub(crate) seen_leaf: Option<String>,
    pub(crate) sd: String,
    pub(crate) received: &'static str,
    pub(crate) sign: Sign,
    /// What other events call its leaf hash.
    pub(crate) label: Option<&'static str>,
    payload: Option<Edit>,
    entry: Option<Edit>,
}

pub(crate) fn event(stream: &str, kind: &'static str, data: &str, by: &[u8]) -> Event {
    Event {
        stream: stream.to_owned(),
        kind,
        data: data.to_owned(),
        by: by.to_vec(),
        signed_by: None,
        origin: None,
        seq: None,
        link: None,
        seen_size: None,
        seen_leaf: None,
        sd: String::new(),
        received: "2026-11-23T20:00:00.000000Z",
        sign,
        label: None,
        payload: None,
        entry: None,
    }
}

impl Event {
    /// Changes the event's bytes before they are signed.
    pub(crate) fn payload<T: Into<Vec<u8>>>(&mut self, edit: impl Fn(String) -> T + 'static) {
        self.payload = Some(Rc::new(move |text| edit(text).into()));
    }

    /// Changes the entry's bytes before they are hashed.
    pub(crate) fn entry<T: Into<Vec<u8>>>(&mut self, edit: impl Fn(String) -> T + 'static) {
        self.entry = Some(Rc::new(move |text| edit(text).into()));
    }

    #[must_use]
    pub(crate) fn seen(mut self, size: u64) -> Self {
        self.seen_size = Some(size);
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, received: &'static str) -> Self {
        self.received = received;
        self
    }
}

/// A signed event, as an emitter hands it over: a host without keys can do no more than place it.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) payload: Vec<u8>,
    pub(crate) signatures: Vec<(String, [u8; 64])>,
    stream: String,
}

/// Entries, one behind the other.
#[derive(Clone, Default)]
pub(crate) struct Chain {
    pub(crate) origin: String,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) envelopes: Vec<Envelope>,
    pub(crate) leaves: Vec<Hash>,
    pub(crate) streams: BTreeMap<String, (u64, String)>,
    labels: BTreeMap<&'static str, String>,
}

impl Chain {
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn of(origin: &str, events: &[Event]) -> Self {
        let mut chain = Self::new(origin);
        for event in events {
            chain.add(event);
        }
        chain
    }

    /// What a host can do who has the log key and nobody else's: the same signed events in another order, or fewer.
    pub(crate) fn sequenced<'a>(
        origin: &str,
        envelopes: impl IntoIterator<Item = &'a Envelope>,
    ) -> Self {
        let mut chain = Self::new(origin);
        for envelope in envelopes {
            chain.push(envelope.clone(), "2026-11-23T20:00:00.000000Z", None);
        }
        chain
    }

    fn leaf_before(&self, size: usize) -> String {
        match size {
            0 => ZEROS.to_owned(),
            size => self
                .leaves
                .get(size - 1)
                .map_or_else(|| "f".repeat(64), |leaf| hex(leaf)),
        }
    }

    /// The text with the leaf hashes of labelled entries put in; zeros for one that is not there yet.
    fn labelled(&self, text: &str) -> String {
        let known = self.labels.iter();
        let text = known.fold(text.to_owned(), |text, (label, leaf)| {
            text.replace(label, leaf)
        });
        text.replace("PROPOSAL", ZEROS)
    }

    /// Spells and signs an event for the next place.
    pub(crate) fn spell(&self, event: &Event) -> Envelope {
        let index = self.entries.len();
        let stream = self.labelled(&event.stream);
        let known = self.streams.get(&stream).cloned();
        let (next, link) = known.unwrap_or((0, ZEROS.to_owned()));
        let seen = event.seen_size.unwrap_or(index as u64);
        let at = usize::try_from(seen).expect("small");
        let by: Vec<String> = event.by.iter().map(|number| id(*number)).collect();
        let payload = format!(
            "{{\"v\":1,\"id\":\"019aaaaa-0000-7000-8000-{index:012x}\",\"origin\":\"{}\",\
             \"stream\":\"{stream}\",\"seq\":{},\"link\":\"{}\",\
             \"seen\":{{\"size\":{seen},\"leaf\":\"{}\"}},\"type\":\"{}\",\
             \"at\":\"2026-11-23T20:00:00.000000Z\",\"by\":[\"{}\"],\"data\":{},\"sd\":[{}]}}",
            event.origin.as_ref().unwrap_or(&self.origin),
            event.seq.unwrap_or(next),
            event.link.clone().unwrap_or(link),
            event
                .seen_leaf
                .clone()
                .unwrap_or_else(|| self.leaf_before(at)),
            event.kind,
            by.join("\",\""),
            self.labelled(&event.data),
            event.sd,
        );
        let payload = match &event.payload {
            Some(edit) => edit(payload),
            None => payload.into_bytes(),
        };
        let pae = pae(&payload);
        let signers = event.signed_by.as_ref().unwrap_or(&event.by);
        let signatures = signers.iter().zip(&event.by);
        let signatures =
            signatures.map(|(signer, named)| (id(*named), (event.sign)(*signer, &pae)));
        Envelope {
            signatures: signatures.collect(),
            payload,
            stream,
        }
    }

    pub(crate) fn add(&mut self, event: &Event) {
        let envelope = self.spell(event);
        self.push(envelope, event.received, event.entry.as_ref());
        if let Some(label) = event.label {
            let leaf = self.leaves.last().expect("pushed just now");
            self.labels.insert(label, hex(leaf));
        }
    }

    /// Places a signed event.
    pub(crate) fn push(&mut self, envelope: Envelope, received: &str, edit: Option<&Edit>) {
        let index = self.entries.len();
        let entry = format!(
            "{{\"index\":{index},\"prev\":\"{}\",\"received\":\"{received}\",\"event\":\
             {{\"payloadType\":\"{PAYLOAD_TYPE}\",\"payload\":\"{}\",\"signatures\":[{}]}}}}",
            self.leaf_before(index),
            Base64::encode_string(&envelope.payload),
            spelled(&envelope.signatures),
        );
        let entry = match edit {
            Some(edit) => edit(entry),
            None => entry.into_bytes(),
        };
        let before = self.streams.get(&envelope.stream).map_or(0, |head| head.0);
        let head = (before + 1, hex(&sha256(&envelope.payload)));
        self.streams.insert(envelope.stream.clone(), head);
        self.leaves.push(leaf(&entry));
        self.entries.push(entry);
        self.envelopes.push(envelope);
    }

    /// The first entries, as they are.
    pub(crate) fn cut(&self, size: usize) -> Self {
        let mut cut = self.clone();
        cut.entries.truncate(size);
        cut.leaves.truncate(size);
        cut.envelopes.truncate(size);
        cut
    }

    /// The checkpoint of the first entries, signed by key 4.
    pub(crate) fn note_at(&self, size: usize) -> String {
        note(&self.origin, size, &root(&self.leaves[..size]), 4)
    }

    pub(crate) fn note(&self) -> String {
        self.note_at(self.entries.len())
    }
}

fn spelled(signatures: &[(String, [u8; 64])]) -> String {
    let spelled = signatures.iter().map(|(id, signature)| {
        let signature = Base64::encode_string(signature);
        format!("{{\"keyid\":\"{id}\",\"sig\":\"{signature}\"}}")
    });
    spelled.collect::<Vec<_>>().join(",")
}

/// What DSSE signs.
pub(crate) fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
