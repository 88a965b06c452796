//! What earlier plans know of a custodian's items, looked up portion by portion: neither the plans nor what they know are held.

use std::collections::HashMap;

use unbroken_ledger::scratch::{Key, Table};

use super::meaning;
use crate::domain::case::Case;
use crate::domain::item::{CustodianName, ItemKey, Workload};
use crate::domain::item_key::CaseSecret;
use crate::domain::plan::raw_copies;
use crate::domain::plan::{KnownItem, PlanPart, Snapshot, Unreadable};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::PlannedPost;
use crate::error::Result;
use crate::journal::{Journal, JournalError};
use crate::projections::work::known_item;

/// A pseudonym as random bytes, and what is known of the item.
const VALUE_BYTES: usize = 17;
const IS_RESTORED: u8 = 1;
const IS_HELD_UNMAPPED: u8 = 2;

/// The parts of all earlier plans, by custodian: their lists are read once, not once for each custodian.
pub(super) struct EarlierPlans(HashMap<Pseudonym, Vec<(usize, PlanPart)>>, Vec<String>);

impl EarlierPlans {
    /// Reads which parts there are.
    pub(super) fn load(journal: &Journal, case: &Case) -> Result<Self> {
        let plans: Vec<String> = case.plans.keys().cloned().collect();
        let mut parts: HashMap<Pseudonym, Vec<(usize, PlanPart)>> = HashMap::new();
        for (number, plan) in plans.iter().enumerate() {
            for part in journal.plan_parts(plan).map_err(meaning)? {
                let of_custodian = parts.entry(part.custodian.clone()).or_default();
                of_custodian.push((number, part));
            }
        }
        Ok(Self(parts, plans))
    }

    /// Reads what they know of one custodian's items.
    pub(super) fn of(&self, journal: &Journal, custodian: &Pseudonym) -> Result<Known> {
        let mut known = Known {
            named: Table::new(journal.ledger().dir()),
            odd: HashMap::new(),
        };
        for (plan, part) in self.0.get(custodian).into_iter().flatten() {
            let rows = journal.part_rows(&self.1[*plan], part).map_err(meaning)?;
            let items = rows.iter().map(|row| &row.item);
            let progress = journal.progress(custodian, items).map_err(meaning)?;
            for (row, progress) in rows.iter().zip(progress) {
                if let Some((key, item)) = known_item(row, progress) {
                    known.put(key, item)?;
                }
            }
        }
        Ok(known)
    }
}

/// What is known of one custodian's items.
pub(super) struct Known {
    named: Table<VALUE_BYTES>,
    /// Items whose names are not those that this program makes.
    odd: HashMap<ItemKey, KnownItem>,
}

impl Known {
    /// The milliseconds that earlier plans gave to messages: whatever has one is kept apart, since it does not fit into the table.
    pub(super) fn posts(&self) -> impl Iterator<Item = &PlannedPost> {
        self.odd.values().filter_map(|item| item.post.as_ref())
    }

    /// Of the items of a portion, and of what could not be read in it.
    pub(super) fn among(
        &self,
        custodian: &CustodianName,
        snapshots: &[Snapshot],
        unreadable: &[Unreadable],
        secret: &CaseSecret,
    ) -> Result<HashMap<ItemKey, KnownItem>> {
        let mut found = HashMap::new();
        if self.named.is_empty() && self.odd.is_empty() {
            return Ok(found);
        }
        let items = snapshots.iter().flat_map(|snapshot| &snapshot.items);
        // Of whatever may become a row: a message may have a copy beside it.
        let items = items.flat_map(|item| {
            let is_mail = item.workload == Workload::Mail;
            let copy = is_mail.then(|| raw_copies::key_of(secret, item));
            [Some(secret.key_of(item)), copy].into_iter().flatten()
        });
        let unreadable = unreadable
            .iter()
            .map(|bad| secret.key_of_unreadable(custodian, &bad.locator, bad.digest));
        for key in items.chain(unreadable) {
            if let Some(known) = self.find(&key)? {
                found.insert(key, known);
            }
        }
        Ok(found)
    }

    fn find(&self, key: &ItemKey) -> Result<Option<KnownItem>> {
        if let Some(known) = self.odd.get(key) {
            return Ok(Some(known.clone()));
        }
        Ok(self.named.find(&short(key)).map_err(broken)?.map(read))
    }

    /// Plans come in the order of their hashes: the name that a mapped custodian's item got holds, whichever it is.
    fn put(&mut self, key: ItemKey, item: KnownItem) -> Result<()> {
        if item.is_held_unmapped && self.find(&key)?.is_some() {
            return Ok(());
        }
        self.odd.remove(&key);
        match written(&item) {
            Some(value) => self.named.put(short(&key), value).map_err(broken)?,
            None => {
                self.odd.insert(key, item);
            }
        }
        Ok(())
    }
}

fn broken(error: std::io::Error) -> crate::error::Error {
    meaning(JournalError::Scratch(error))
}

/// Half of an HMAC still tells all items apart.
fn short(key: &ItemKey) -> Key {
    *key.0.first_chunk().expect("a key is longer")
}

/// `None` where the name is not 32 hex digits.
fn written(item: &KnownItem) -> Option<[u8; VALUE_BYTES]> {
    let name = u128::from_str_radix(item.item.as_str(), 16).ok()?;
    let mut value = [0; VALUE_BYTES];
    value[..16].copy_from_slice(&name.to_be_bytes());
    if item.is_restored {
        value[16] |= IS_RESTORED;
    }
    if item.is_held_unmapped {
        value[16] |= IS_HELD_UNMAPPED;
    }
    (read(value) == *item).then_some(value)
}

fn read(value: [u8; VALUE_BYTES]) -> KnownItem {
    let (name, flags) = value.split_first_chunk().expect("a name and flags");
    KnownItem {
        item: Pseudonym::from_random(*name),
        is_restored: flags[0] & IS_RESTORED != 0,
        is_held_unmapped: flags[0] & IS_HELD_UNMAPPED != 0,
        post: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, is_held_unmapped: bool) -> KnownItem {
        KnownItem {
            item: Pseudonym::parse(name).expect("a pseudonym"),
            is_restored: !is_held_unmapped,
            post: None,
            is_held_unmapped,
        }
    }

    #[test]
    fn a_name_of_any_form_comes_back_and_a_missing_mapping_says_least() {
        let folder = tempfile::tempdir().expect("a folder");
        let random = Pseudonym::from_random([0xab; 16]).to_string();
        // Hex digits too, but not as this program writes them.
        for name in [
            &random,
            "item-1",
            "abcdef",
            "0000000000000000000000000000001",
        ] {
            let mut known = Known {
                named: Table::new(folder.path()),
                odd: HashMap::new(),
            };
            let key = ItemKey([7; 32]);
            known.put(key, item("held", true)).expect("put");
            known.put(key, item(name, false)).expect("put");
            known.put(key, item("later", true)).expect("put");
            let found = known.find(&key).expect("read");
            assert_eq!(found, Some(item(name, false)), "{name}");
            assert_eq!(known.find(&ItemKey([8; 32])).expect("read"), None);
        }
    }
}
