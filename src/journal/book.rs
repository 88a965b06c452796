//! What the record says up to some size: the fold that commands are decided on, fed entry by entry.

use std::path::Path;

use chrono::{DateTime, Utc};
use unbroken_ledger::tree::leaf_hash;
use unbroken_ledger::{Entry, Hash, Ledger, Seen, Timestamp, Vault};

use super::facts::FactBook;
use super::shelf::Shelf;
use super::{CASE_SUBJECT, JournalError, canonical};
use crate::domain::approval::Struck;
use crate::domain::case::Case;
use crate::domain::custodian::taken_back;
use crate::domain::event::Event;
use crate::domain::pseudonym::Pseudonym;

/// An event of the case at its place, with the facts that could be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The entry.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// When the ledger received it.
    pub received: Timestamp,
    /// The custodian whose stream it stands in.
    pub custodian: Option<Pseudonym>,
    /// What happened.
    pub event: Event,
}

/// The fold.
pub struct Book {
    /// The case.
    pub case: Case,
    /// The items of all custodians.
    pub items: Shelf,
    size: u64,
    leaf: Hash,
    facts: FactBook,
    /// When a key was revoked last.
    revoked: Option<Timestamp>,
}

impl Book {
    /// Nothing read yet; below `folder` is room for what many items are known to be.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            case: Case::default(),
            items: Shelf::new(folder),
            size: 0,
            leaf: Hash::default(),
            facts: FactBook::default(),
            revoked: None,
        }
    }

    /// What an emitter has seen that decides on this.
    pub fn seen(&self) -> Seen {
        Seen {
            size: self.size,
            leaf: self.leaf,
        }
    }

    /// Takes in what was added since.
    pub(super) fn load(&mut self, ledger: &Ledger) -> Result<(), JournalError> {
        let before = self.size;
        for item in ledger.entries(self.size)? {
            let (bytes, entry) = item?;
            // Only facts about the case and its custodians bear on decisions; those about items would be read in vain.
            let wanted = entry.event.stream.starts_with("case/");
            let facts = wanted.then_some(&mut self.facts);
            if let Some(recorded) = decode(&entry, &bytes, ledger.vault(), facts)? {
                self.case.evolve(&recorded.event);
                // A release, or taking up what failed, stands in the case's stream and changes items of a custodian.
                if let Some(custodian) = recorded.event.concerns() {
                    for item in taken_back(&recorded.event) {
                        self.items.take(custodian, item, &recorded.event)?;
                    }
                }
                if let Some(custodian) = recorded.custodian {
                    self.items.evolve(&custodian, &recorded.event)?;
                }
            }
            if entry.event.kind == "KeyRevoked" {
                self.revoked = Some(entry.received);
            }
            if let Some(erased) = erased(&entry) {
                self.case.forget(&erased, entry.index);
                // What is left of the subject's file lies elsewhere now.
                self.facts = FactBook::default();
            }
            self.size = entry.index + 1;
            self.leaf = leaf_hash(&bytes);
        }
        if let Some(revoked) = self.revoked.filter(|_| self.size > before) {
            let struck = ledger.with_state(|state| state.struck().map(Hash::to_string).collect());
            let since = revoked
                .to_string()
                .parse()
                .unwrap_or(DateTime::<Utc>::MAX_UTC);
            self.case.gates.struck = Struck::new(struck, since);
        }
        Ok(())
    }
}

/// Whom an entry erased.
fn erased(entry: &Entry) -> Option<Pseudonym> {
    let subject = entry.event.data.field("subject")?.as_str()?;
    (entry.event.kind == "Erased").then(|| Pseudonym::parse(subject))?
}

/// Reads an entry of the case; `None` for the ledger's own types.
pub(crate) fn decode(
    entry: &Entry,
    bytes: &[u8],
    vault: &Vault,
    facts: Option<&mut FactBook>,
) -> Result<Option<Recorded>, JournalError> {
    let event = &entry.event;
    if event.is_ledger_type() {
        return Ok(None);
    }
    let custodian = event
        .stream
        .strip_prefix("custodian/")
        .and_then(Pseudonym::parse);
    let data = match canonical::to_json(&event.data) {
        serde_json::Value::Object(data) => data,
        _ => serde_json::Map::new(),
    };
    let named = data.get("custodian").or_else(|| data.get("identity"));
    let subject = match (&custodian, named.and_then(serde_json::Value::as_str)) {
        (Some(custodian), _) => custodian.to_string(),
        (None, Some(mapped)) => mapped.to_owned(),
        (None, None) => CASE_SUBJECT.to_owned(),
    };
    let facts = facts
        .map(|book| book.of(entry, vault, &subject))
        .unwrap_or_default();
    let event =
        Event::decode(&event.kind, data, facts).map_err(|source| JournalError::Unreadable {
            index: entry.index,
            source,
        })?;
    let leaf = leaf_hash(bytes);
    Ok(Some(Recorded {
        index: entry.index,
        leaf,
        received: entry.received,
        custodian,
        event,
    }))
}

impl super::Journal {
    /// Every event of the case in order, with the facts that the vault still has.
    pub fn replay(
        &self,
        mut each: impl FnMut(Recorded) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.replay_to(u64::MAX, |_, _, recorded| {
            recorded.map_or(Ok(()), &mut each)
        })
    }

    /// Entries `0..size` in order with their leaf hashes, those of the ledger's own types too.
    pub fn replay_to(
        &self,
        size: u64,
        mut each: impl FnMut(Entry, Hash, Option<Recorded>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let ledger = self.ledger();
        let mut facts = FactBook::default();
        for item in ledger.entries(0)? {
            let (bytes, entry) = item?;
            if entry.index >= size {
                break;
            }
            let recorded = decode(&entry, &bytes, ledger.vault(), Some(&mut facts))?;
            let leaf = recorded
                .as_ref()
                .map_or_else(|| leaf_hash(&bytes), |recorded| recorded.leaf);
            each(entry, leaf, recorded)?;
        }
        Ok(())
    }
}
