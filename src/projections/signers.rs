//! Whose a key is: the person and the roles that the roots gave it, as of any entry; a fold of the stream `keys`.

use std::collections::BTreeMap;

use unbroken_ledger::{KeyId, PublicKey, Value};

use super::reading::Written;

/// Who signed: a key, the person that the roots say it belongs to, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The key.
    pub key: KeyId,
    /// The person's pseudonym; empty for the keys of machines.
    pub person: String,
    /// Its roles, ascending.
    pub roles: Vec<String>,
}

/// Every key that the ledger knows so far.
#[derive(Clone, Debug, Default)]
pub struct Signers {
    keys: BTreeMap<KeyId, SignedBy>,
}

impl Signers {
    /// Takes an entry in; all but those about keys change nothing.
    pub fn take(&mut self, written: &Written) {
        let data = &written.signed.data;
        match &*written.signed.kind {
            "Opened" => self.open(data),
            "KeyEnrolled" => {
                let roles = data.field("roles").and_then(Value::as_array);
                let roles = roles.unwrap_or_default().iter();
                let roles = roles.filter_map(Value::as_str).map(str::to_owned);
                self.know(
                    text(data, "key"),
                    text(data, "person").unwrap_or_default(),
                    roles.collect(),
                );
            }
            "KeyRotated" => {
                let old = text(data, "old").and_then(KeyId::parse);
                let old = old.and_then(|old| self.keys.get(&old).cloned());
                if let Some(old) = old {
                    self.know(text(data, "new"), &old.person, old.roles);
                }
            }
            _ => {}
        }
    }

    /// Who signed an entry, in the order of its signatures; a key that it brings in itself is known once it was taken in.
    pub fn of(&self, written: &Written) -> Vec<SignedBy> {
        let by = written.signed.by.iter();
        by.map(|key| self.who(*key)).collect()
    }

    /// Whose a key is.
    pub fn who(&self, key: KeyId) -> SignedBy {
        self.keys.get(&key).cloned().unwrap_or(SignedBy {
            key,
            person: String::new(),
            roles: Vec::new(),
        })
    }

    /// Whether somebody of that name has a key.
    pub fn has_person(&self, person: &str) -> bool {
        !person.is_empty() && self.keys.values().any(|known| known.person == person)
    }

    fn open(&mut self, data: &Value) {
        let Some(keys) = data.field("keys") else {
            return;
        };
        for role in ["log", "service"] {
            self.know(text(keys, role), "", vec![role.to_owned()]);
        }
        let roots = keys.field("roots").and_then(Value::as_array);
        for root in roots.unwrap_or_default() {
            let person = text(root, "person").unwrap_or_default();
            self.know(text(root, "key"), person, vec!["root".to_owned()]);
        }
    }

    fn know(&mut self, public: Option<&str>, person: &str, roles: Vec<String>) {
        if let Some(key) = public.and_then(PublicKey::parse) {
            let key = key.id();
            let person = person.to_owned();
            self.keys.insert(key, SignedBy { key, person, roles });
        }
    }
}

fn text<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.field(name).and_then(Value::as_str)
}
