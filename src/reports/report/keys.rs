//! Section J: whose key is whose, since which entry, and what became of it.

use unbroken_ledger::{KeyId, PublicKey, Value};

use super::super::document::{Block, Section, Table};
use super::{Gathered, story};
use crate::projections::reading::Written;
use crate::projections::signers::Signers;

/// When keys came and went.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    signers: Signers,
    known: Vec<(KeyId, u64)>,
    ended: Vec<(KeyId, String)>,
}

impl Keys {
    pub(super) fn take(&mut self, written: &Written) {
        self.signers.take(written);
        let data = &written.signed.data;
        let text = |name: &str| data.field(name).and_then(Value::as_str);
        match &*written.signed.kind {
            "Opened" => self.open(written),
            "KeyEnrolled" => self.know(text("key"), written.index),
            "KeyRotated" => {
                let old = text("old").and_then(KeyId::parse);
                let how = format!("replaced, entry {}", written.index);
                self.ended.extend(old.map(|old| (old, how)));
                self.know(text("new"), written.index);
            }
            "KeyRevoked" => {
                let reason = text("reason").unwrap_or_default();
                let from = data
                    .field("from_index")
                    .and_then(Value::as_size)
                    .unwrap_or_default();
                let index = written.index;
                let how = if from < index {
                    format!("revoked ({reason}), entry {index}; SUSPECT from entry {from}")
                } else {
                    format!("revoked ({reason}), entry {index}")
                };
                let key = text("key").and_then(KeyId::parse);
                self.ended.extend(key.map(|key| (key, how)));
            }
            _ => {}
        }
    }

    fn open(&mut self, written: &Written) {
        let Some(keys) = written.signed.data.field("keys") else {
            return;
        };
        for role in ["log", "service"] {
            self.know(keys.field(role).and_then(Value::as_str), written.index);
        }
        for root in keys
            .field("roots")
            .and_then(Value::as_array)
            .unwrap_or_default()
        {
            self.know(root.field("key").and_then(Value::as_str), written.index);
        }
    }

    fn know(&mut self, public: Option<&str>, index: u64) {
        let key = public.and_then(PublicKey::parse);
        self.known.extend(key.map(|key| (key.id(), index)));
    }
}

/// Section J.
pub(super) fn section(gathered: &Gathered) -> Section {
    let keys = &gathered.keys;
    let rows = keys.known.iter().map(|(key, since)| {
        let who = keys.signers.who(*key);
        // Replaced first and revoked later, when it showed that somebody else had had it.
        let ended = keys.ended.iter().filter(|(ended, _)| ended == key);
        let ended: Vec<&str> = ended.map(|(_, how)| &**how).collect();
        let status = match ended[..] {
            [] => "active".to_owned(),
            _ => ended.join("; "),
        };
        vec![
            story::signers(std::slice::from_ref(&who)),
            who.roles.join(", "),
            key.to_string(),
            since.to_string(),
            status,
        ]
    });
    Section::new('J', "Keys")
        .says(
            "Each key by its fingerprint (SHA-256 of the public key). The roots named in the first \
             entry say whose keys count; their own fingerprints are part of the ledger's name. A \
             person here is a pseudonym that the roots vouch for.",
        )
        .with(Block::Table(Table {
            id: "keys",
            caption: "Every key that the record knows".to_owned(),
            columns: vec!["Whose", "Roles", "Fingerprint", "Since entry", "Status"],
            rows: rows.collect(),
        }))
        .with(Block::Table(seal_keys(gathered)))
}

/// The keys of seals, each bound to a key of the ledger by a statement that both signed.
fn seal_keys(gathered: &Gathered) -> Table {
    let rows = gathered.case.seal_keys.iter().map(|bound| {
        vec![
            bound.certificate.clone(),
            bound.key.clone(),
            bound.algorithm.clone(),
        ]
    });
    Table {
        id: "seal-keys",
        caption: "Keys that seal PDFs, bound to the operator's key by both".to_owned(),
        columns: vec!["Certificate (SHA-256)", "Public key (SHA-256)", "Algorithm"],
        rows: rows.collect(),
    }
}
