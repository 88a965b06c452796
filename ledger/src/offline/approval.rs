//! What an approver is asked, as a file: the proposal's own entry and those that say what it is about, as they stand in
//! the ledger. What is shown is what one key said, the requester's; whose key that is, no file can show.

use super::OfflineError;
use crate::admission::check_signatures;
use crate::base64;
use crate::canonical::{Value, parse};
use crate::dsse::Envelope;
use crate::entry::{Entry, leaf};
use crate::event::{Event, Seen};
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey, Signer};
use crate::ledger::{erasure_digest, sign_event, uuid_v7};
use crate::refusal::{Refusal, ensure};
use crate::time::Timestamp;

/// A request has at most this many bytes.
pub const REQUEST_BYTES_MAX: usize = 512 << 10;
/// Entries beside the proposal's own.
const ABOUT_MAX: usize = 4;
const RULE: &str = "request/form";
const FOREIGN: &str = "request/foreign";
/// Proposals under this heading are of a digest that names somebody (section 8, `Erased`).
const ERASE: &str = "erase";

/// What the approver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Approve,
    /// No: nothing is done on this proposal any more.
    Reject,
}

impl Decision {
    /// The type of its event.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Approve => "Approved",
            Self::Reject => "Rejected",
        }
    }
}

/// A request whose every part holds together.
#[derive(Clone, Debug)]
pub struct ApprovalRequest {
    proposed: (Vec<u8>, Entry),
    about: Vec<(Vec<u8>, Entry)>,
    /// Of those who signed the entries.
    keys: Vec<PublicKey>,
    scope: String,
    digest: Hash,
    expires: Timestamp,
}

impl ApprovalRequest {
    /// Puts a request together: the bytes of the `Proposed` entry, of entries that say what it is about, and the public
    /// keys of those who signed them.
    pub fn new(
        proposed: Vec<u8>,
        about: Vec<Vec<u8>>,
        keys: Vec<PublicKey>,
    ) -> Result<Self, Refusal> {
        // A bare digest says nothing: who signs it has decided on what they never saw.
        ensure((1..=ABOUT_MAX).contains(&about.len()), RULE, || {
            format!(
                "{} entries beside the proposal, not 1 to {ABOUT_MAX}",
                about.len()
            )
        })?;
        let read = |bytes: Vec<u8>| {
            let entry = Entry::parse(&bytes)?;
            check_entry(&entry, &keys)?;
            Ok::<_, Refusal>((bytes, entry))
        };
        let proposed = read(proposed)?;
        let about = about.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let event = &proposed.1.event;
        let together = about
            .iter()
            .all(|(_, entry)| entry.event.origin == event.origin && entry.index < proposed.1.index);
        ensure(together, RULE, || {
            "an entry of another ledger, or behind the proposal".into()
        })?;
        let (scope, digest, expires) = proposal(event)?;
        for (_, about) in &about {
            check_said(&about.event, event, &scope, &digest)?;
        }
        Ok(Self {
            proposed,
            about,
            keys,
            scope,
            digest,
            expires,
        })
    }

    /// Reads a file and checks everything that can be checked without the ledger: form, signatures, hashes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        ensure(bytes.len() <= REQUEST_BYTES_MAX, RULE, || {
            format!("{} bytes, at most {REQUEST_BYTES_MAX}", bytes.len())
        })?;
        let value = parse(bytes.strip_suffix(b"\n").unwrap_or(bytes))?;
        let refusal = || Refusal::new(RULE, "a request is {about, keys, proposed, v}, v is 1");
        let [about, keys, proposed, v] = value
            .fields(["about", "keys", "proposed", "v"])
            .ok_or_else(refusal)?;
        ensure(*v == Value::Integer(1), RULE, || "v is not 1".into())?;
        let decoded = |text: &str| base64::decode(text.as_bytes());
        let raw = |value: &Value| value.as_str().and_then(decoded).ok_or_else(refusal);
        let about = about.as_array().ok_or_else(refusal)?.iter().map(raw);
        let keys = keys.as_array().ok_or_else(refusal)?.iter();
        let keys = keys.map(|key| key.as_str().and_then(PublicKey::parse).ok_or_else(refusal));
        Self::new(
            raw(proposed)?,
            about.collect::<Result<_, _>>()?,
            keys.collect::<Result<_, _>>()?,
        )
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let raw = |bytes: &[u8]| {
            let mut text = Vec::new();
            base64::encode(bytes, &mut text);
            Value::text(String::from_utf8_lossy(&text))
        };
        let about = self.about.iter().map(|(bytes, _)| raw(bytes)).collect();
        let keys = self.keys.iter().map(|key| Value::text(key.to_string()));
        let value = Value::object([
            ("about", Value::Array(about)),
            ("keys", Value::Array(keys.collect())),
            ("proposed", raw(&self.proposed.0)),
            ("v", Value::Integer(1)),
        ]);
        let mut bytes = value.to_bytes();
        bytes.push(b'\n');
        bytes
    }

    /// The ledger.
    pub fn origin(&self) -> &str {
        &self.proposed.1.event.origin
    }

    /// The proposal's name: the leaf hash of its entry.
    pub fn proposal(&self) -> Hash {
        leaf(&self.proposed.0)
    }

    /// The proposal's entry.
    pub fn entry(&self) -> &Entry {
        &self.proposed.1
    }

    /// The entries that say what it is about.
    pub fn about(&self) -> impl Iterator<Item = &Entry> {
        self.about.iter().map(|(_, entry)| entry)
    }

    /// Who asks.
    pub fn requester(&self) -> KeyId {
        self.proposed.1.event.by[0]
    }

    /// Under which heading.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// What exactly: the hash of it.
    pub fn digest(&self) -> &Hash {
        &self.digest
    }

    /// From when on an approval comes too late.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The signed decision. What the approver has *seen* is the ledger up to the proposal itself: its leaf hash, over bytes
    /// that lie here, names all that stands before it. Nothing later is claimed to have been read.
    pub fn decide(
        &self,
        decision: Decision,
        approver: &dyn Signer,
        at: Timestamp,
    ) -> Result<Envelope, OfflineError> {
        let (id, proposal) = (approver.key_id(), self.proposal());
        ensure(id != self.requester(), "approval/requester", || {
            "this key made the proposal; somebody else decides".into()
        })?;
        let event = Event {
            id: uuid_v7(at.micros())
                .map_err(|error| Refusal::new("event/id", error.to_string()))?,
            origin: self.origin().to_owned(),
            stream: format!("approval/{proposal}/{id}"),
            seq: 0,
            link: Hash::ZERO,
            seen: Seen {
                size: self.proposed.1.index + 1,
                leaf: proposal,
            },
            kind: decision.kind().to_owned(),
            at,
            by: vec![id],
            data: Value::object([("proposal", Value::text(proposal.to_string()))]),
            sd: Vec::new(),
        };
        Ok(sign_event(&event, &[approver])?)
    }
}

fn check_entry(entry: &Entry, keys: &[PublicKey]) -> Result<(), Refusal> {
    let signers = entry.event.by.iter().map(|id| {
        let key = keys.iter().find(|key| key.id() == *id).copied();
        key.ok_or_else(|| Refusal::new("key/unknown", format!("key {id}")))
    });
    check_signatures(&entry.envelope, &signers.collect::<Result<Vec<_>, _>>()?)
}

/// The keys come in the file, so that a signature alone shows nothing: whoever carries the file can sign other counts of the
/// same plan with a key of their own. Only the key that proposed can say what it proposed, and before it did; or the digest,
/// which that key signed, says it.
fn check_said(about: &Event, proposed: &Event, scope: &str, digest: &Hash) -> Result<(), Refusal> {
    if scope == ERASE {
        let subject = |name: &str| about.data.field(name).and_then(Value::as_str);
        let mut named = ["custodian", "identity"].into_iter().filter_map(subject);
        let is_named = named.any(|subject| erasure_digest(&proposed.origin, subject) == *digest);
        return ensure(is_named, FOREIGN, || {
            "it names somebody else than the digest that was proposed".into()
        });
    }
    let own = about.by == proposed.by && about.stream == proposed.stream;
    ensure(own && about.seq < proposed.seq, FOREIGN, || {
        let (by, requester) = (&about.by[0], &proposed.by[0]);
        format!(
            "key {by} said in {} what it shows, not the requester {requester} before it proposed",
            about.stream
        )
    })
}

fn proposal(event: &Event) -> Result<(String, Hash, Timestamp), Refusal> {
    let refusal = || Refusal::new(RULE, "the entry asked about is no Proposed of an operator");
    let own = event.stream == format!("case/{}", event.by[0]) && event.by.len() == 1;
    ensure(event.kind == "Proposed" && own, RULE, || refusal().found)?;
    let [digest, expires, scope] = event
        .data
        .fields(["digest", "expires", "scope"])
        .ok_or_else(refusal)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(refusal);
    let scope = text(scope)?;
    ensure(crate::policy::is_scope(&scope), RULE, || refusal().found)?;
    let digest = Hash::parse(&text(digest)?).ok_or_else(refusal)?;
    let expires = Timestamp::parse(&text(expires)?).ok_or_else(refusal)?;
    Ok((scope, digest, expires))
}
