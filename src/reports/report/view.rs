//! The record as an edition of a report may see it: up to a checkpoint, and without what is not disclosed to its reader. What is
//! left out here cannot reach any section, whoever writes it.

use super::Edition;
use crate::domain::case::Case;
use crate::domain::custodian::CustodianItems;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::projections::reading::{Reading, Written};

/// A record, as far as an edition goes.
pub(super) struct View<'a, R> {
    record: &'a R,
    edition: &'a Edition,
    size: u64,
    case: Case,
}

impl<'a, R: Reading> View<'a, R> {
    /// The first `size` entries for readers of `edition`.
    pub(super) fn new(record: &'a R, edition: &'a Edition, size: u64) -> Result<Self, R::Error> {
        let case = Case::default();
        let mut view = Self {
            record,
            edition,
            size,
            case,
        };
        let mut case = Case::default();
        view.entries(size, &mut |written| {
            if let Some(placed) = written.placed {
                case.evolve(&placed.event);
            }
        })?;
        view.case = case;
        Ok(view)
    }

    /// The case as of the checkpoint.
    pub(super) fn case(&self) -> &Case {
        &self.case
    }

    /// What the edition shows of an entry.
    fn shown(&self, mut written: Written) -> Written {
        let shown = written.placed.take().and_then(|mut placed| {
            let about = placed.custodian.as_ref().or(placed.event.concerns());
            match (self.edition, about) {
                // Another custodian's events: not even that they happened.
                (Edition::Custodian(only), Some(about)) if about != only => return None,
                (Edition::Full, _) | (Edition::Custodian(_), Some(_)) => return Some(placed),
                (Edition::Custodian(_), None) | (Edition::Redacted, _) => {}
            }
            placed.event = placed.event.without_facts();
            Some(placed)
        });
        written.placed = shown;
        written
    }
}

impl<R: Reading> Reading for View<'_, R> {
    type Error = R::Error;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), R::Error> {
        let size = size.min(self.size);
        self.record
            .entries(size, &mut |written| each(self.shown(written)))
    }

    fn case_now(&self) -> Result<Case, R::Error> {
        Ok(self.case.clone())
    }

    fn items_of(&self, custodian: &Pseudonym) -> Result<CustodianItems, R::Error> {
        let mut items = CustodianItems::default();
        self.events(&mut |placed| {
            if placed.custodian.as_ref() == Some(custodian) {
                items.evolve(&placed.event);
            }
        })?;
        Ok(items)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, R::Error> {
        self.record.is_erased(subject)
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, R::Error> {
        let mut parts = self.record.parts_of(plan)?;
        if let Edition::Custodian(only) = self.edition {
            parts.retain(|part| part.custodian == *only);
        }
        Ok(parts)
    }

    /// Rows hold addresses and paths in every edition; the folds that count them keep numbers alone.
    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, R::Error> {
        self.record.rows_of(plan, part)
    }
}
