//! The personal facts that a bundle shows, found by the digest that stands in the entry; what is done with them is
//! decided elsewhere.
//!
//! A large case has more facts than memory: what is held is where each event's record lies in the vault, 16 bytes for an
//! event, and the record is opened again when its entry comes.

use unbroken_ledger::vault::KeptDisclosure;
use unbroken_ledger::{Entry, Ledger};

use super::{BundleError, Disclosed};

/// Bits of a place that say whose record it is; the others say where in that subject's file it begins.
const SUBJECT_BITS: u32 = 24;
const OFFSET_BITS: u32 = 64 - SUBJECT_BITS;

/// Where the facts to show lie.
#[derive(Default)]
pub(super) struct Facts<'a> {
    ledger: Option<&'a Ledger>,
    subjects: Vec<String>,
    /// For each record, the start of its least digest, and its place; ascending.
    places: Vec<(u64, u64)>,
}

/// A fact of one entry.
pub(super) type Shown = KeptDisclosure;

impl<'a> Facts<'a> {
    /// Finds those of the vault that are to be shown.
    pub(super) fn load(ledger: &'a Ledger, disclosed: &Disclosed) -> Result<Self, BundleError> {
        let vault = ledger.vault();
        let subjects = match disclosed {
            Disclosed::Everybody => vault.subjects()?,
            Disclosed::Nobody => Vec::new(),
            Disclosed::Subjects(subjects) => subjects.iter().cloned().collect(),
        };
        let mut places = Vec::new();
        for (number, subject) in (0_u64..).zip(&subjects) {
            vault.each_record(subject, &mut |at, facts| {
                // An event names every fact of its record, so that one digest finds them all.
                let digests = facts.iter().map(|fact| fact.disclosure.digest());
                if let Some(least) = digests.min() {
                    debug_assert!(number >> SUBJECT_BITS == 0 && at >> OFFSET_BITS == 0);
                    places.push((start(&least), number << OFFSET_BITS | at));
                }
            })?;
        }
        places.sort_unstable();
        Ok(Self {
            ledger: Some(ledger),
            subjects,
            places,
        })
    }

    /// Those of an entry, in the order of its digests.
    pub(super) fn of(&self, entry: &Entry) -> Result<Vec<Shown>, BundleError> {
        let mut found: Vec<(usize, Shown)> = Vec::new();
        let Some(ledger) = self.ledger.filter(|_| !self.places.is_empty()) else {
            return Ok(Vec::new());
        };
        let digests = &entry.event.sd;
        for digest in digests {
            for place in self.at(start(digest)) {
                let subject = &self.subjects[usize::try_from(place >> OFFSET_BITS).unwrap_or(0)];
                let at = place & (u64::MAX >> SUBJECT_BITS);
                for fact in ledger.vault().record_at(subject, at)? {
                    let digest = fact.disclosure.digest();
                    // Another event's digest can begin alike; and a record that was kept twice shows its facts once.
                    if let Ok(order) = digests.binary_search(&digest)
                        && !found.iter().any(|(known, _)| *known == order)
                    {
                        found.push((order, fact));
                    }
                }
            }
        }
        found.sort_by_key(|(order, _)| *order);
        Ok(found.into_iter().map(|(_, fact)| fact).collect())
    }

    fn at(&self, start: u64) -> impl Iterator<Item = u64> {
        let first = self.places.partition_point(|(known, _)| *known < start);
        let alike = self.places[first..]
            .iter()
            .take_while(move |(known, _)| *known == start);
        alike.map(|(_, place)| *place)
    }
}

/// The first 8 letters of a digest, which is 43 of base64url.
fn start(digest: &str) -> u64 {
    let mut bytes = [0; 8];
    for (slot, byte) in bytes.iter_mut().zip(digest.bytes()) {
        *slot = byte;
    }
    u64::from_be_bytes(bytes)
}
