//! What a fold needs of the record: its events in order, with their facts, and the plans that they name. Whoever holds
//! the ledger provides it; a projection calls nobody else.

use unbroken_ledger::{Hash, Timestamp};

use crate::domain::case::Case;
use crate::domain::event::Event;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;

/// An event of the case at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The entry.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// When the ledger received it.
    pub received: Timestamp,
    /// The custodian whose stream it stands in.
    pub custodian: Option<Pseudonym>,
    /// What happened, with the facts that could be had.
    pub event: Event,
}

/// Any entry at its place: what was signed, and what that says of the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The entry.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// When the ledger received it.
    pub received: Timestamp,
    /// The event as it was signed: who signed it, its public data.
    pub signed: unbroken_ledger::Event,
    /// What it says of the case; nothing where it is of the ledger's own types.
    pub placed: Option<Placed>,
}

/// What a time-stamp token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// What the authority's certificate calls it.
    pub authority: String,
    /// The policy that it states, an OID.
    pub policy: String,
    /// The token's number, hex.
    pub serial: String,
    /// When, RFC 3339, by the authority's clock.
    pub time: String,
}

/// The record, read from its start.
pub trait Reading {
    /// Why it cannot be read.
    type Error;

    /// Entries `0..size` in order, those of the ledger's own types too; all of them when there are fewer.
    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), Self::Error>;

    /// Every event of the case, in order.
    fn events(&self, each: &mut dyn FnMut(Placed)) -> Result<(), Self::Error> {
        self.entries(u64::MAX, &mut |written| {
            if let Some(placed) = written.placed {
                each(placed);
            }
        })
    }

    /// The case as of now.
    fn case_now(&self) -> Result<Case, Self::Error>;

    /// Whether a subject's facts are erased by now, whatever instant the record is read as of.
    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, Self::Error>;

    /// The bytes of an object that an entry names by its SHA-256, in hex; `None` where there is none.
    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// A text that was kept encrypted for a custodian; `None` where the reader is not shown it, or it was erased.
    fn personal(&self, subject: &Pseudonym, object: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// What a time-stamp token says; `None` where it does not hold over these bytes. Whose roots are trusted is not asked.
    fn stamp(&self, token: &[u8], stamped: &[u8]) -> Option<Stamp>;

    /// The parts of a plan.
    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, Self::Error>;

    /// The rows of a part.
    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, Self::Error>;
}
