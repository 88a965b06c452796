//! The personal facts that a bundle shows, found by the digest that stands in the entry; what is done with them is
//! decided elsewhere.

use std::collections::HashMap;

use unbroken_ledger::vault::KeptDisclosure;
use unbroken_ledger::{Disclosure, Entry, Ledger};

use super::{BundleError, Disclosed};

/// The facts to show, by digest.
#[derive(Default)]
pub(super) struct Facts(HashMap<String, KeptDisclosure>);

/// A fact of one entry.
pub(super) struct Shown<'a> {
    pub(super) subject: &'a str,
    pub(super) disclosure: &'a Disclosure,
}

impl Facts {
    /// Opens those of the vault that are to be shown.
    pub(super) fn load(ledger: &Ledger, disclosed: &Disclosed) -> Result<Self, BundleError> {
        let mut facts = HashMap::new();
        let subjects = match disclosed {
            Disclosed::Everybody => ledger.vault().subjects()?,
            Disclosed::Nobody => Vec::new(),
            Disclosed::Subjects(subjects) => subjects.iter().cloned().collect(),
        };
        for subject in subjects {
            for fact in ledger.vault().facts(&subject)? {
                facts.insert(fact.disclosure.digest(), fact);
            }
        }
        Ok(Self(facts))
    }

    /// Those of an entry, in the order of its digests.
    pub(super) fn of(&self, entry: &Entry) -> Vec<Shown<'_>> {
        let found = entry
            .event
            .sd
            .iter()
            .filter_map(|digest| self.0.get(digest));
        found
            .map(|fact| Shown {
                subject: &fact.subject,
                disclosure: &fact.disclosure,
            })
            .collect()
    }
}
