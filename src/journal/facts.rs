//! The facts of entries, read from the vault beside the record and never held: a case has more of them than memory. What they
//! mean is the events'.
//!
//! Facts are kept in nearly the order of the entries that name them. So each subject's file is read onwards from where the
//! last ones stood; what lies out of that order is remembered by its place.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use unbroken_ledger::vault::KeptDisclosure;
use unbroken_ledger::{Entry, Vault, VaultError};

use super::{CASE_SUBJECT, canonical};

/// Places that were passed over are looked at again before a whole file is.
const PASSED_MOST: usize = 64;

type Facts = serde_json::Map<String, serde_json::Value>;

/// How far each subject's facts were read.
#[derive(Default)]
pub(crate) struct FactBook {
    subjects: HashMap<String, Bookmark>,
}

#[derive(Default)]
struct Bookmark {
    next: u64,
    passed: VecDeque<u64>,
    index: Option<Index>,
}

/// Where each record of a subject lies, once something was not where it was looked for: by one digest of each, shortened.
#[derive(Default)]
struct Index {
    places: HashMap<u64, Vec<u64>>,
    end: u64,
}

impl FactBook {
    /// The facts of an event, as far as the vault still has them.
    pub(super) fn of(&mut self, entry: &Entry, vault: &Vault, subject: &str) -> Facts {
        let digests = &entry.event.sd;
        if digests.is_empty() {
            return Facts::new();
        }
        // A subject whose key was destroyed has no facts any more: that is what erasure means.
        let mut find = |subject: &str| {
            let bookmark = self.subjects.entry(subject.to_owned()).or_default();
            bookmark.find(vault, subject, digests).unwrap_or_default()
        };
        let mut found = find(subject);
        if found.is_none() && subject != CASE_SUBJECT {
            found = find(CASE_SUBJECT);
        }
        let facts = found.into_iter().flatten().map(|kept| kept.disclosure);
        // Nothing goes in that the event does not name, whatever lies in the file.
        let named = facts.filter(|fact| digests.binary_search(&fact.digest()).is_ok());
        named
            .map(|fact| (fact.name().to_owned(), canonical::to_json(fact.value())))
            .collect()
    }
}

impl Bookmark {
    /// The record that an event's digests name: an event names every fact of its record.
    fn find(
        &mut self,
        vault: &Vault,
        subject: &str,
        digests: &[String],
    ) -> Result<Option<Vec<KeptDisclosure>>, VaultError> {
        let is_it = |facts: &[KeptDisclosure]| {
            let first = facts.first();
            first.is_some_and(|fact| digests.binary_search(&fact.disclosure.digest()).is_ok())
        };
        for (number, place) in self.passed.iter().enumerate() {
            let facts = vault.record_at(subject, *place)?;
            if is_it(&facts) {
                self.passed.remove(number);
                return Ok(Some(facts));
            }
        }
        if let Some(index) = &mut self.index {
            return index.find(vault, subject, digests, &is_it);
        }
        let (mut found, mut passed) = (None, VecDeque::new());
        let next = vault.records_from(subject, self.next, &mut |at, facts| {
            if is_it(&facts) {
                found = Some(facts);
                return ControlFlow::Break(());
            }
            passed.push_back(at);
            if passed.len() > PASSED_MOST {
                passed.pop_front();
            }
            ControlFlow::Continue(())
        })?;
        if found.is_some() {
            self.next = next;
            self.passed.append(&mut passed);
            let too_many = self.passed.len().saturating_sub(PASSED_MOST);
            self.passed.drain(..too_many);
            return Ok(found);
        }
        // Further back than is remembered, or nowhere.
        let index = self.index.insert(Index::default());
        index.find(vault, subject, digests, &is_it)
    }
}

impl Index {
    fn find(
        &mut self,
        vault: &Vault,
        subject: &str,
        digests: &[String],
        is_it: &dyn Fn(&[KeptDisclosure]) -> bool,
    ) -> Result<Option<Vec<KeptDisclosure>>, VaultError> {
        self.end = vault.records_from(subject, self.end, &mut |at, facts| {
            if let Some(fact) = facts.first() {
                let places = self.places.entry(short(&fact.disclosure.digest()));
                places.or_default().push(at);
            }
            ControlFlow::Continue(())
        })?;
        let places = digests
            .iter()
            .filter_map(|one| self.places.get(&short(one)));
        for place in places.flatten() {
            let facts = vault.record_at(subject, *place)?;
            if is_it(&facts) {
                return Ok(Some(facts));
            }
        }
        Ok(None)
    }
}

/// The first 8 letters of a digest, which is 43 of base64url.
fn short(digest: &str) -> u64 {
    let mut bytes = [0; 8];
    for (slot, byte) in bytes.iter_mut().zip(digest.bytes()) {
        *slot = byte;
    }
    u64::from_be_bytes(bytes)
}
