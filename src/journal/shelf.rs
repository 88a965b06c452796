//! How far the items of all custodians are, in bounded memory: those under way are held, those that have ended lie in a table on
//! the disk. Rules about them are the domain's.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use unbroken_ledger::scratch::{Key, Table};

use super::JournalError;
use crate::domain::custodian::{Ended, ItemProgress, item_of};
use crate::domain::event::Event;
use crate::domain::pseudonym::Pseudonym;

/// Attempts, and what else is known.
const VALUE_BYTES: usize = 5;
const MAY_BE_WRITTEN: u8 = 1;
const IS_UNSCANNED: u8 = 16;

/// The items.
pub struct Shelf {
    /// By custodian: what was begun and has no outcome. No more than the engine works on.
    under_way: HashMap<Pseudonym, HashMap<Pseudonym, ItemProgress>>,
    ended: Table<VALUE_BYTES>,
}

impl Shelf {
    /// Empty; below `folder` is room for what ends.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            under_way: HashMap::new(),
            ended: Table::new(folder),
        }
    }

    /// How far an item is.
    pub fn progress(
        &self,
        custodian: &Pseudonym,
        item: &Pseudonym,
    ) -> Result<ItemProgress, JournalError> {
        let of_custodian = self.under_way.get(custodian);
        if let Some(progress) = of_custodian.and_then(|items| items.get(item)) {
            return Ok(*progress);
        }
        let found = self.ended.find(&key(custodian, item));
        let found = found.map_err(JournalError::Scratch)?;
        Ok(found.map(read).unwrap_or_default())
    }

    /// How many of a custodian's attempts have no outcome.
    pub fn open_of(&self, custodian: &Pseudonym) -> usize {
        let items = self.under_way.get(custodian);
        items.map_or(0, |items| items.values().filter(|one| one.is_open).count())
    }

    /// Whether any attempt has no outcome.
    pub fn is_any_open(&self) -> bool {
        let mut items = self.under_way.values().flat_map(HashMap::values);
        items.any(|progress| progress.is_open)
    }

    /// Takes an event in.
    pub(super) fn evolve(
        &mut self,
        custodian: &Pseudonym,
        event: &Event,
    ) -> Result<(), JournalError> {
        item_of(event).map_or(Ok(()), |item| self.take(custodian, item, event))
    }

    /// Takes in what an event says of one item.
    pub(super) fn take(
        &mut self,
        custodian: &Pseudonym,
        item: &Pseudonym,
        event: &Event,
    ) -> Result<(), JournalError> {
        let after = self.progress(custodian, item)?.after(event);
        if after.ended.is_none() {
            let of_custodian = self.under_way.entry(custodian.clone()).or_default();
            of_custodian.insert(item.clone(), after);
            return Ok(());
        }
        let put = self.ended.put(key(custodian, item), written(after));
        put.map_err(JournalError::Scratch)?;
        if let Some(items) = self.under_way.get_mut(custodian) {
            items.remove(item);
            if items.is_empty() {
                self.under_way.remove(custodian);
            }
        }
        Ok(())
    }
}

/// An item is its custodian's: the same name in another's stream is another item.
fn key(custodian: &Pseudonym, item: &Pseudonym) -> Key {
    let mut digest = Sha256::new();
    digest.update(custodian.as_str());
    digest.update(b"\n");
    digest.update(item.as_str());
    let digest: [u8; 32] = digest.finalize().into();
    *digest.first_chunk().expect("a digest is longer")
}

fn written(progress: ItemProgress) -> [u8; VALUE_BYTES] {
    let [a, b, c, d] = progress.attempts.to_be_bytes();
    let ended = match progress.ended {
        None => 0,
        Some(Ended::Failed) => 2,
        Some(Ended::Held) => 4,
        Some(Ended::Restored) => 6,
        Some(Ended::Skipped) => 8,
    };
    let unscanned = if progress.is_unscanned {
        IS_UNSCANNED
    } else {
        0
    };
    let flags = ended | unscanned | u8::from(progress.may_be_written);
    [a, b, c, d, flags]
}

fn read([a, b, c, d, flags]: [u8; VALUE_BYTES]) -> ItemProgress {
    ItemProgress {
        attempts: u32::from_be_bytes([a, b, c, d]),
        is_open: false,
        may_be_written: flags & MAY_BE_WRITTEN != 0,
        passed: 0,
        is_unscanned: flags & IS_UNSCANNED != 0,
        ended: match flags & !(MAY_BE_WRITTEN | IS_UNSCANNED) {
            2 => Some(Ended::Failed),
            4 => Some(Ended::Held),
            6 => Some(Ended::Restored),
            8 => Some(Ended::Skipped),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::custodian::CustodianItems;
    use crate::domain::event::{AttemptFailed, ItemAttempted, ItemEnded, ItemFailed};

    fn name(text: &str) -> Pseudonym {
        Pseudonym::parse(text).expect("a pseudonym")
    }

    fn attempted(item: &str, attempt: u32) -> Event {
        let data = ItemAttempted {
            attempt,
            item: name(item),
            plan: "p".to_owned(),
            release: None,
            wave: 1,
        };
        Event::ItemAttempted(Box::new(data), Box::default())
    }

    fn failed_try(item: &str, attempt: u32) -> Event {
        let data = AttemptFailed {
            attempt,
            code: "Timeout".to_owned(),
            item: name(item),
            operation: "POST".to_owned(),
            outcome_unknown: true,
            retry: "soon".to_owned(),
            status: 0,
            wait_s: 1,
        };
        Event::AttemptFailed(Box::new(data), Box::default())
    }

    fn ended(item: &str) -> [Event; 3] {
        let data = || ItemEnded {
            item: name(item),
            reason: "r".to_owned(),
            sight: None,
            workload: "mail".to_owned(),
        };
        let failed = ItemFailed {
            attempts: 1,
            code: "c".to_owned(),
            item: name(item),
            reason: "r".to_owned(),
            workload: "mail".to_owned(),
        };
        [
            Event::ItemHeld(Box::new(data()), Box::default()),
            Event::ItemSkipped(Box::new(data()), Box::default()),
            Event::ItemFailed(Box::new(failed), Box::default()),
        ]
    }

    #[test]
    fn it_says_what_a_fold_in_memory_says_also_of_items_on_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ann, bob) = (name("ann"), name("bob"));
        let mut shelf = Shelf::new(folder.path());
        let mut whole = CustodianItems::default();
        for number in 0..70_000 {
            let item = format!("i{number}");
            let mut events = vec![attempted(&item, 1), failed_try(&item, 1)];
            events.extend((number % 3 == 0).then(|| attempted(&item, 2)));
            if number % 100 != 0 {
                let [held, skipped, failed] = ended(&item);
                events.push([held, skipped, failed][number % 3].clone());
            }
            for event in &events {
                shelf.evolve(&ann, event).expect("taken");
                whole.evolve(event);
            }
        }
        for (item, progress) in whole.iter() {
            assert_eq!(shelf.progress(&ann, item).expect("read"), *progress);
            let of_bob = shelf.progress(&bob, item).expect("read");
            assert_eq!(of_bob, ItemProgress::default(), "it is ann's");
        }
        let open = whole.iter().filter(|(_, one)| one.is_open).count();
        assert_eq!((shelf.open_of(&ann), shelf.open_of(&bob)), (open, 0));
        assert!(shelf.is_any_open() && open > 0);
    }
}
