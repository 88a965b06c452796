//! The record as an edition of a report may see it: up to a checkpoint, and without what is not disclosed to its reader. What is
//! left out here cannot reach any section, whoever writes it.

use super::Edition;
use crate::domain::case::Case;
use crate::domain::custodian::CustodianItems;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::projections::as_of::AsOf;
use crate::projections::reading::{Reading, Written};

/// A record, as far as an edition goes.
pub(super) struct View<'a, R> {
    record: AsOf<'a, R>,
    edition: &'a Edition,
}

impl<'a, R: Reading> View<'a, R> {
    /// The first `size` entries for readers of `edition`.
    pub(super) fn new(record: &'a R, edition: &'a Edition, size: u64) -> Self {
        let record = AsOf::new(record, size);
        Self { record, edition }
    }
}

/// What an edition shows of an entry.
fn shown(edition: &Edition, mut written: Written) -> Written {
    written.placed = written.placed.take().and_then(|mut placed| {
        let about = placed.custodian.as_ref().or(placed.event.concerns());
        match (edition, about) {
            // Another custodian's events: not even that they happened.
            (Edition::Custodian(only), Some(about)) if about != only => return None,
            (Edition::Full, _) | (Edition::Custodian(_), Some(_)) => return Some(placed),
            (Edition::Custodian(_), None) | (Edition::Redacted, _) => {}
        }
        placed.event = placed.event.without_facts();
        Some(placed)
    });
    written
}

/// A row without what a pseudonym stands for; what is counted stays.
fn redacted(row: PlanRow) -> PlanRow {
    let nothing = String::new;
    PlanRow {
        stable_id: nothing(),
        version: nothing(),
        locator: nothing(),
        custodian: nothing(),
        folder: crate::domain::plan::PlannedFolder {
            root: nothing(),
            below: Vec::new(),
        },
        name: nothing(),
        target_name: nothing(),
        size: 0,
        digest: nothing(),
        created: nothing(),
        modified: nothing(),
        ..row
    }
}

impl<R: Reading> Reading for View<'_, R> {
    type Error = R::Error;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), R::Error> {
        self.record
            .entries(size, &mut |written| each(shown(self.edition, written)))
    }

    fn case_now(&self) -> Result<Case, R::Error> {
        let mut case = Case::default();
        self.events(&mut |placed| case.evolve(&placed.event))?;
        Ok(case)
    }

    fn items_of(&self, custodian: &Pseudonym) -> Result<CustodianItems, R::Error> {
        self.record.items_of(custodian)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, R::Error> {
        self.record.is_erased(subject)
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, R::Error> {
        let mut parts = self.record.parts_of(plan)?;
        if let Some(only) = self.edition.custodian() {
            parts.retain(|part| part.custodian == *only);
        }
        Ok(parts)
    }

    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, R::Error> {
        let rows = self.record.rows_of(plan, part)?;
        Ok(match self.edition {
            Edition::Redacted => rows.into_iter().map(redacted).collect(),
            _ => rows,
        })
    }
}
