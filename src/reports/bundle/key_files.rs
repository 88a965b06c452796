//! Every key that the shown `keys` stream names, as a PEM file, and a table that says whose it is and how it stands.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use unbroken_ledger::{Event, PublicKey, Value};

use super::attestation::allowed_signers;
use crate::reports::bag::{Bag, BagError};

/// A key of the ledger.
pub(super) struct LedgerKey {
    pub(super) public: PublicKey,
    pub(super) roles: Vec<String>,
    pub(super) person: String,
    since: u64,
    ended: Option<String>,
}

impl LedgerKey {
    /// What people call it: its roles and the first 16 digits of its id.
    fn name(&self) -> String {
        let id = self.public.id().to_string();
        format!("{}-{}", self.roles.join("+"), &id[..16])
    }

    fn status(&self) -> &str {
        self.ended.as_deref().unwrap_or("active")
    }
}

/// Folds the events of `keys` (docs/ledger-format.md section 8); the ledger has admitted them.
pub(super) fn fold(events: &[(u64, Event)]) -> Vec<LedgerKey> {
    let mut keys: Vec<LedgerKey> = Vec::new();
    for (index, event) in events {
        let data = &event.data;
        match event.kind.as_str() {
            "Opened" => opened(&mut keys, *index, data),
            "KeyEnrolled" => {
                let roles = data
                    .field("roles")
                    .and_then(Value::as_array)
                    .unwrap_or_default();
                let roles = roles.iter().filter_map(Value::as_str).map(str::to_owned);
                let person = text(data, "person");
                add(
                    &mut keys,
                    *index,
                    data.field("key"),
                    roles.collect(),
                    person,
                );
            }
            "KeyRotated" => rotated(&mut keys, *index, data),
            "KeyRevoked" => {
                let from = data
                    .field("from_index")
                    .and_then(Value::as_size)
                    .unwrap_or(*index);
                let reason = text(data, "reason");
                let ended =
                    format!("revoked by entry {index} ({reason}, SUSPECT from entry {from})");
                end(&mut keys, text(data, "key"), ended);
            }
            _ => {}
        }
    }
    keys
}

fn opened(keys: &mut Vec<LedgerKey>, index: u64, data: &Value) {
    let Some(named) = data.field("keys") else {
        return;
    };
    for role in ["log", "service"] {
        add(keys, index, named.field(role), vec![role.to_owned()], "");
    }
    for root in named
        .field("roots")
        .and_then(Value::as_array)
        .unwrap_or_default()
    {
        let person = text(root, "person");
        add(
            keys,
            index,
            root.field("key"),
            vec!["root".to_owned()],
            person,
        );
    }
}

fn rotated(keys: &mut Vec<LedgerKey>, index: u64, data: &Value) {
    let old = text(data, "old");
    let Some(found) = keys.iter().find(|key| key.public.id().to_string() == old) else {
        return;
    };
    let (roles, person) = (found.roles.clone(), found.person.clone());
    end(keys, old, format!("rotated away by entry {index}"));
    add(keys, index, data.field("new"), roles, &person);
}

fn add(
    keys: &mut Vec<LedgerKey>,
    since: u64,
    key: Option<&Value>,
    roles: Vec<String>,
    person: &str,
) {
    if let Some(public) = key.and_then(Value::as_str).and_then(PublicKey::parse) {
        let (person, ended) = (person.to_owned(), None);
        keys.push(LedgerKey {
            public,
            roles,
            person,
            since,
            ended,
        });
    }
}

fn end(keys: &mut [LedgerKey], id: &str, status: String) {
    if let Some(key) = keys
        .iter_mut()
        .find(|key| key.public.id().to_string() == id)
    {
        key.ended = Some(status);
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value
        .field(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Writes `keys/`: a PEM file a key, the table, and who signed this bundle.
pub(super) fn write(bag: &Bag, keys: &[LedgerKey], signer: &PublicKey) -> Result<(), BagError> {
    for key in keys {
        put(bag, &format!("{}.pem", key.name()), &pem(&key.public))?;
    }
    put(bag, "signer.pem", &pem(signer))?;
    put(bag, "allowed_signers", &allowed_signers(signer))?;
    put(bag, "index.txt", &table(keys, signer))
}

fn put(bag: &Bag, name: &str, text: &str) -> Result<(), BagError> {
    bag.payload(&format!("keys/{name}"), |file| {
        file.write_all(text.as_bytes())
    })
}

/// SubjectPublicKeyInfo of an Ed25519 key, RFC 8410 section 4.
fn pem(key: &PublicKey) -> String {
    const HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let body = Base64::encode_string(&[&HEAD[..], key.as_bytes()].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn table(keys: &[LedgerKey], signer: &PublicKey) -> String {
    let mut text = format!(
        "Keys of the ledger, as the entries of the stream keys in this bundle say. signer.pem is\n\
         the key that signed head.dsse.json and manifest-sha256.txt.sig: {}.\n\
         A keyid is SHA-256 of the 32 bytes of the key. Persons are pseudonyms.\n\n\
         {:<64}  {:<10}  {:<20}  {:<10}  {:<24}  file\n",
        signer.id(),
        "keyid",
        "from entry",
        "roles",
        "person",
        "status"
    );
    for key in keys {
        let person = if key.person.is_empty() {
            "-"
        } else {
            &key.person
        };
        let _ = writeln!(
            text,
            "{}  {:<10}  {:<20}  {person:<10}  {:<24}  {}.pem",
            key.public.id(),
            key.since,
            key.roles.join("+"),
            key.status(),
            key.name()
        );
    }
    text
}
