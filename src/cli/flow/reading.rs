//! The record as projections read it, provided by the journal.

use crate::domain::case::Case;
use crate::domain::custodian::CustodianItems;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::journal::{Journal, JournalError, Recorded};
use crate::projections::reading::{Placed, Reading, Written};

impl Reading for Journal {
    type Error = JournalError;

    fn entries(&self, size: u64, each: &mut dyn FnMut(Written)) -> Result<(), JournalError> {
        self.replay_to(size, |entry, leaf, recorded| {
            each(Written {
                index: entry.index,
                leaf,
                received: entry.received,
                signed: entry.event,
                placed: recorded.map(placed),
            });
            Ok(())
        })
    }

    fn case_now(&self) -> Result<Case, JournalError> {
        self.case()
    }

    fn items_of(&self, custodian: &Pseudonym) -> Result<CustodianItems, JournalError> {
        self.items(custodian)
    }

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, JournalError> {
        let erased = |state: &unbroken_ledger::State| state.erased_at(subject.as_str()).is_some();
        Ok(self.ledger().with_state(erased))
    }

    fn parts_of(&self, plan: &str) -> Result<Vec<PlanPart>, JournalError> {
        self.plan_parts(plan)
    }

    fn rows_of(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, JournalError> {
        self.part_rows(plan, part)
    }
}

fn placed(recorded: Recorded) -> Placed {
    Placed {
        index: recorded.index,
        leaf: recorded.leaf,
        received: recorded.received,
        custodian: recorded.custodian,
        event: recorded.event,
    }
}
