//! The custody as CASE/UCO 1.4 JSON-LD: an `InvestigativeAction` for each event, a `ProvenanceRecord` for each item that
//! came to its end. A copy for other people's tools; what counts are the entries.
//!
//! One file holds at most [`ACTIONS_MAX`] actions and stands by itself: validators load a file whole, and their time
//! grows faster than its length.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};
use unbroken_ledger::canonical::write_string;
use unbroken_ledger::{Entry, Hash, KeyId, Value};

use super::facts::Shown;
use crate::reports::bag::{Bag, BagError};

/// Actions in one file.
const ACTIONS_MAX: usize = 512;

/// The names that all of these files use.
pub(super) const CONTEXT: &str = concat!(
    "{\"case-investigation\":\"https://ontology.caseontology.org/case/investigation/\",",
    "\"kb\":\"urn:uuid:\",",
    "\"uco-action\":\"https://ontology.unifiedcyberontology.org/uco/action/\",",
    "\"uco-core\":\"https://ontology.unifiedcyberontology.org/uco/core/\",",
    "\"uco-identity\":\"https://ontology.unifiedcyberontology.org/uco/identity/\",",
    "\"uco-observable\":\"https://ontology.unifiedcyberontology.org/uco/observable/\",",
    "\"uco-tool\":\"https://ontology.unifiedcyberontology.org/uco/tool/\",",
    "\"uco-types\":\"https://ontology.unifiedcyberontology.org/uco/types/\",",
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\"}"
);

/// The ledger's own bookkeeping: it says nothing of anybody's custody.
const BOOKKEEPING: [&str; 6] = [
    "Heartbeat",
    "StreamHanded",
    "StreamHeads",
    "TailRepaired",
    "TimestampReceived",
    "WitnessReceived",
];

/// One file in the making.
#[derive(Default)]
pub(super) struct Custody {
    first: u64,
    actions: usize,
    nodes: String,
    keys: BTreeSet<KeyId>,
    custodians: BTreeMap<String, Option<String>>,
    items: BTreeMap<String, Item>,
}

/// An item as the shown facts have it; bare where they are not shown.
#[derive(Default)]
struct Item {
    name: Option<String>,
    source_digest: Option<String>,
    size: Option<u64>,
    target: Option<Target>,
}

struct Target {
    name: Option<String>,
    digest: Option<String>,
}

impl Custody {
    /// Whether the next event belongs into the next file.
    pub(super) fn is_full(&self) -> bool {
        self.actions == ACTIONS_MAX
    }

    /// Adds an event.
    pub(super) fn push(&mut self, entry: &Entry, leaf: &Hash, shown: &[Shown]) {
        let event = &entry.event;
        if BOOKKEEPING.contains(&event.kind.as_str()) {
            return;
        }
        if self.actions == 0 {
            self.first = entry.index;
        }
        self.actions += 1;
        self.keys.extend(&event.by);
        let item = text_of(&event.data, "item");
        if let Some(item) = item {
            if !self.items.contains_key(item) {
                self.items.insert(item.to_owned(), Item::default());
            }
            if let Some(known) = self.items.get_mut(item) {
                known.learn(&event.data, shown);
            }
        }
        let custodian = event.stream.strip_prefix("custodian/");
        let custodian = custodian.or_else(|| text_of(&event.data, "custodian"));
        if let Some(custodian) = custodian {
            if !self.custodians.contains_key(custodian) {
                self.custodians.insert(custodian.to_owned(), None);
            }
            if let Some(name) = fact(shown, "source_name").and_then(Value::as_str) {
                let name = Some(name.to_owned());
                self.custodians.insert(custodian.to_owned(), name);
            }
        }
        let status = status_of(&event.kind);
        let record = status.as_ref().filter(|status| status.ends_custody);
        let record = record.and(item).map(|_| record_id(&event.id));
        self.add_action(entry, leaf, (item, custodian), record.as_deref(), status);
        if let Some((record, item)) = record.zip(item) {
            self.add_record(&record, item, entry.index);
        }
    }

    fn add_action(
        &mut self,
        entry: &Entry,
        leaf: &Hash,
        (item, custodian): (Option<&str>, Option<&str>),
        record: Option<&str>,
        status: Option<Status>,
    ) {
        let (event, out) = (&entry.event, &mut self.nodes);
        out.push_str("{\"@id\":\"kb:");
        out.push_str(&action_id(&event.id));
        out.push_str("\",\"@type\":\"case-investigation:InvestigativeAction\"");
        if let Some(status) = status {
            let _ = write!(out, ",\"uco-action:actionStatus\":\"{}\"", status.word);
        }
        let _ = write!(
            out,
            ",\"uco-action:endTime\":{{\"@type\":\"xsd:dateTime\",\"@value\":\"{}\"}},\
             \"uco-action:instrument\":{{\"@id\":\"kb:{TOOL}\"}}",
            event.at
        );
        let mut names = |role: &str, id: &dyn fmt::Display| {
            let _ = write!(out, ",\"uco-action:{role}\":{{\"@id\":\"kb:{id}\"}}");
        };
        if let Some(item) = item {
            names("object", &Id(item));
        }
        if let Some(custodian) = custodian {
            names("participant", &Id(custodian));
        }
        if let Some(key) = event.by.first() {
            names("performer", &key_id(key));
        }
        if let Some(record) = record {
            names("result", &record);
        }
        let _ = write!(
            out,
            ",\"uco-core:description\":\"entry {}, leaf hash {leaf}, received {}\",\
             \"uco-core:name\":",
            entry.index, entry.received
        );
        text(out, &event.kind);
        out.push_str("},\n");
    }

    fn add_record(&mut self, record: &str, item: &str, index: u64) {
        let out = &mut self.nodes;
        let _ = write!(
            out,
            "{{\"@id\":\"kb:{record}\",\"@type\":\"case-investigation:ProvenanceRecord\",\
             \"case-investigation:exhibitNumber\":"
        );
        text(out, item);
        let _ = write!(
            out,
            ",\"uco-core:description\":\"entry {index}\",\
             \"uco-core:object\":[{{\"@id\":\"kb:{}\"}}",
            Id(item)
        );
        if self
            .items
            .get(item)
            .is_some_and(|item| item.target.is_some())
        {
            let _ = write!(out, ",{{\"@id\":\"kb:{}\"}}", Id(&in_target(item)));
        }
        out.push_str("]},\n");
    }

    /// Writes the file, where there is anything in it; how many actions it holds.
    pub(super) fn write(mut self, bag: &Bag) -> Result<u64, BagError> {
        if self.actions == 0 {
            return Ok(0);
        }
        let out = &mut self.nodes;
        for key in &self.keys {
            identity(out, &key_id(key), &format!("key {key}"));
            out.push_str(",\n");
        }
        for (pseudonym, name) in &self.custodians {
            let name = name.as_deref().map_or_else(
                || format!("custodian {pseudonym}"),
                |name| format!("custodian {pseudonym}: {name}"),
            );
            identity(out, &Id(pseudonym).to_string(), &name);
            out.push_str(",\n");
        }
        for (pseudonym, item) in &self.items {
            item.write(out, pseudonym);
        }
        tool(out);
        bag.payload(&format!("case/{:012}.jsonld", self.first), |file| {
            write!(file, "{{\"@context\":{CONTEXT},\n\"@graph\":[\n")?;
            file.write_all(self.nodes.as_bytes())?;
            file.write_all(b"]}\n")
        })?;
        Ok(self.actions as u64)
    }
}

impl Item {
    fn learn(&mut self, data: &Value, shown: &[Shown]) {
        if shown.is_empty() {
            return;
        }
        let owned = |name| fact(shown, name).and_then(Value::as_str).map(str::to_owned);
        self.name = owned("name").or(self.name.take());
        self.source_digest = owned("source_digest").or(self.source_digest.take());
        self.size = fact(shown, "size").and_then(Value::as_size).or(self.size);
        if fact(shown, "target_id").is_some() {
            // The digest that is read back of a mail is over its meaning: it is no hash of bytes.
            let is_bytes = text_of(data, "workload") == Some("files");
            self.target = Some(Target {
                name: owned("target_name").or_else(|| owned("name")),
                digest: owned("readback_digest").filter(|_| is_bytes),
            });
        }
    }

    fn write(&self, out: &mut String, pseudonym: &str) {
        let digest = self.source_digest.as_deref();
        observable(out, &Id(pseudonym), self.name.as_deref(), digest, self.size);
        out.push_str(",\n");
        if let Some(target) = &self.target {
            let (name, digest) = (target.name.as_deref(), target.digest.as_deref());
            observable(out, &Id(&in_target(pseudonym)), name, digest, None);
            out.push_str(",\n");
        }
    }
}

/// How an event ends what was done, in the words of UCO's vocabulary.
struct Status {
    word: &'static str,
    ends_custody: bool,
}

fn status_of(kind: &str) -> Option<Status> {
    let (word, ends_custody) = match kind {
        "ItemRestored/1" | "ItemSkipped/1" => ("Complete/Finish", true),
        "ItemHeld/1" => ("Pending", true),
        "ItemFailed/1" => ("Fail", true),
        "ItemAttempted/1" | "FolderAttempted/1" => ("Ongoing", false),
        "AttemptFailed/1" | "AttemptInterrupted/1" => ("Error", false),
        _ => return None,
    };
    Some(Status { word, ends_custody })
}

fn text_of<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.field(name)?.as_str()
}

fn fact<'a>(shown: &'a [Shown], name: &str) -> Option<&'a Value> {
    let found = shown.iter().find(|fact| fact.disclosure.name() == name);
    found.map(|fact| fact.disclosure.value())
}

/// The tool's own id, the same in every file.
pub(super) const TOOL: &str = "6f1d2c8a-0b52-5e5a-9c41-7d0f3b6a1e90";

/// The tool that wrote the bundle.
pub(super) fn tool(out: &mut String) {
    let _ = writeln!(
        out,
        "{{\"@id\":\"kb:{TOOL}\",\"@type\":\"uco-tool:Tool\",\"uco-core:name\":\"unbroken\",\
         \"uco-tool:version\":\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
}

/// Somebody, by a name or a pseudonym.
pub(super) fn identity(out: &mut String, id: &str, name: &str) {
    let _ = write!(
        out,
        "{{\"@id\":\"kb:{id}\",\"@type\":\"uco-identity:Identity\",\"uco-core:name\":"
    );
    text(out, name);
    out.push('}');
}

/// Something that can be looked at, with what is known of its bytes.
pub(super) fn observable(
    out: &mut String,
    id: &impl fmt::Display,
    name: Option<&str>,
    sha256: Option<&str>,
    size: Option<u64>,
) {
    let _ = write!(
        out,
        "{{\"@id\":\"kb:{id}\",\"@type\":\"uco-observable:ObservableObject\""
    );
    if sha256.is_some() || size.is_some() {
        let facet = derived(&format!("facet\n{id}"));
        let _ = write!(
            out,
            ",\"uco-core:hasFacet\":{{\"@id\":\"kb:{facet}\",\
             \"@type\":\"uco-observable:ContentDataFacet\""
        );
        if let Some(digest) = sha256 {
            // hashMethod is a plain string: the vocabulary's own datatype makes case_validate warn.
            let hash = derived(&format!("hash\n{id}"));
            let _ = write!(
                out,
                ",\"uco-observable:hash\":{{\"@id\":\"kb:{hash}\",\"@type\":\"uco-types:Hash\",\
                 \"uco-types:hashMethod\":\"SHA256\",\"uco-types:hashValue\":\
                 {{\"@type\":\"xsd:hexBinary\",\"@value\":"
            );
            text(out, digest);
            out.push_str("}}");
        }
        if let Some(size) = size {
            let _ = write!(out, ",\"uco-observable:sizeInBytes\":{size}");
        }
        out.push('}');
    }
    if let Some(name) = name {
        out.push_str(",\"uco-core:name\":");
        text(out, name);
    }
    out.push('}');
}

/// A JSON string: names come from the backup.
pub(super) fn text(out: &mut String, text: &str) {
    let mut bytes = Vec::with_capacity(text.len() + 2);
    write_string(text, &mut bytes);
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// A pseudonym as the UUID that the ontology asks for: its own 32 digits, or some that follow from it. UCO 1.4 knows the
/// versions 0 to 5 of RFC 4122 alone: a digit of the random ones gives way to a 4, a 5 stands for what follows from a name.
struct Id<'a>(&'a str);

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.0.len() == 32 && self.0.bytes().all(hex) {
            let part = |range| &self.0[range];
            let (first, second, third) = (part(0..8), part(8..12), part(13..16));
            write!(
                f,
                "{first}-{second}-4{third}-{}-{}",
                part(16..20),
                part(20..32)
            )
        } else {
            f.write_str(&derived(self.0))
        }
    }
}

/// The item's other end, under a name of its own.
fn in_target(item: &str) -> String {
    format!("{item}\nin the target")
}

/// The event's own UUID of version 7, under a version that UCO 1.4 knows.
fn action_id(event: &str) -> String {
    let mut id = event.to_owned();
    id.replace_range(14..15, "4");
    id
}

/// The id of the record that an action leaves.
fn record_id(event: &str) -> String {
    let mut id = event.to_owned();
    id.replace_range(14..15, "5");
    id
}

pub(super) fn key_id(key: &KeyId) -> String {
    uuid_of(&key.0.0)
}

/// A UUID that follows from a text.
pub(super) fn derived(name: &str) -> String {
    uuid_of(&Sha256::digest(format!("unbroken/case/v1\n{name}")).into())
}

fn uuid_of(hash: &[u8; 32]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    uuid::Uuid::from_bytes(bytes).hyphenated().to_string()
}
