//! Section J: whose key is whose, since which entry, and what became of it.

use unbroken_ledger::{KeyId, PublicKey, Value};

use super::super::document::{Block, Section, Table};
use super::super::pdf::seal::{Certificate, binding};
use super::{Gathered, story};
use crate::domain::event::Event;
use crate::domain::seal_key::SealKeyBound;
use crate::projections::reading::{Reading, Written};
use crate::projections::signers::Signers;

/// When keys came and went.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    signers: Signers,
    known: Vec<(KeyId, u64)>,
    ended: Vec<(KeyId, String)>,
    bound: Vec<(u64, KeyId, SealKeyBound)>,
    bindings: Vec<Binding>,
}

/// What was found of a seal's key.
#[derive(Clone, Debug)]
struct Binding {
    index: u64,
    bound: SealKeyBound,
    /// Whom the certificate names.
    names: String,
    found: Found,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// The seal's key signed the statement that names the ledger's key.
    Holds,
    /// The certificate is not kept.
    NotChecked,
    /// It did not.
    Fails(String),
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
        let event = written.placed.as_ref().map(|placed| &placed.event);
        if let (Some(Event::SealKeyBound(bound, _)), Some(signer)) =
            (event, written.signed.by.first())
        {
            self.bound
                .push((written.index, *signer, bound.as_ref().clone()));
        }
    }

    /// Holds each binding of a seal's key against its certificate.
    pub(super) fn check<R: Reading>(&mut self, record: &R, origin: &str) -> Result<(), R::Error> {
        for (index, signer, bound) in std::mem::take(&mut self.bound) {
            let kept = record.object(&bound.certificate)?;
            let certificate = kept.map(|der| Certificate::from_der(&der));
            let (names, found) = match certificate {
                None => (String::new(), Found::NotChecked),
                Some(Err(error)) => (String::new(), Found::Fails(error.to_string())),
                Some(Ok(certificate)) => {
                    let checked = binding::check(&bound, &certificate, origin, &signer.to_string());
                    let found = checked.map_or_else(
                        |unbound| Found::Fails(unbound.to_string()),
                        |()| Found::Holds,
                    );
                    (certificate.subject().to_owned(), found)
                }
            };
            self.bindings.push(Binding {
                index,
                bound,
                names,
                found,
            });
        }
        Ok(())
    }

    /// Seal keys that did not sign what binds them.
    pub(super) fn unbound(&self) -> usize {
        let fails = |binding: &&Binding| matches!(binding.found, Found::Fails(_));
        self.bindings.iter().filter(fails).count()
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
        let whose = if who.person.is_empty() {
            story::signers(std::slice::from_ref(&who))
        } else {
            gathered.person(&who.person)
        };
        vec![
            whose,
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
             person is a pseudonym that the roots vouch for; a name beside it is what the operator \
             said of them.",
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
    let rows = gathered.keys.bindings.iter().map(|binding| {
        let found = match &binding.found {
            Found::Holds => "yes".to_owned(),
            Found::NotChecked => "not checked: the certificate is not kept".to_owned(),
            Found::Fails(why) => format!("NO: {why}"),
        };
        vec![
            binding.index.to_string(),
            binding.names.clone(),
            binding.bound.certificate.clone(),
            binding.bound.key.clone(),
            binding.bound.algorithm.clone(),
            found,
        ]
    });
    Table {
        id: "seal-keys",
        caption: "Keys that seal PDFs, bound to the operator's key by both".to_owned(),
        columns: vec![
            "Entry",
            "Certificate names",
            "Certificate (SHA-256)",
            "Public key (SHA-256)",
            "Algorithm",
            "Signed by both keys",
        ],
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use unbroken_ledger::{PrivateKey, Signer};

    use super::*;
    use crate::domain::event::NoFacts;
    use crate::projections::scripted::Script;
    use crate::reports::pdf::seal::FileKey;

    fn found(script: &Script) -> Vec<Found> {
        let mut keys = Keys::default();
        let read = script.entries(u64::MAX, &mut |written| keys.take(&written));
        read.expect("nothing can go wrong");
        keys.check(script, "example.org/o").expect("read");
        keys.bindings.into_iter().map(|b| b.found).collect()
    }

    fn bound(script: &mut Script, origin: &str) -> SealKeyBound {
        let key = FileKey::from_pkcs8(&FileKey::generate().expect("a key")).expect("a key");
        let from = chrono::DateTime::UNIX_EPOCH;
        let certificate = Certificate::for_rehearsal(&key, "acme", [1; 16], from).expect("made");
        let operator = script.operator.to_string();
        let bound = binding::bind(&key, &certificate, origin, &operator).expect("bound");
        script
            .objects
            .insert(bound.certificate.clone(), certificate.der().to_vec());
        bound
    }

    #[test]
    fn a_binding_that_one_key_alone_made_is_found() {
        let mut script = Script {
            operator: PrivateKey::from_seed(&[7; 32]).key_id(),
            ..Script::default()
        };
        let good = bound(&mut script, "example.org/o");
        let mut lost = bound(&mut script, "example.org/o");
        let foreign = bound(&mut script, "example.org/other");
        script.objects.remove(&lost.certificate);
        let mut swapped = good.clone();
        swapped.signature.clone_from(&lost.signature);
        lost.key = "0".repeat(64);
        for data in [good, lost, foreign, swapped] {
            script.case(Event::SealKeyBound(Box::new(data), Box::new(NoFacts {})));
        }
        let unsigned = Found::Fails(binding::Unbound::Signature.to_string());
        assert_eq!(
            found(&script),
            [Found::Holds, Found::NotChecked, unsigned.clone(), unsigned]
        );
    }
}
