//! The record as projections read it, provided by the journal.

use unbroken_ledger::Hash;
use unbroken_ledger::objects::ObjectError;
use unbroken_verify::check_timestamp;

use crate::domain::case::Case;
use crate::domain::plan::{PlanPart, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::journal::{Journal, JournalError, Recorded};
use crate::projections::reading::{Placed, Reading, Stamp, Written};

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

    fn is_erased(&self, subject: &Pseudonym) -> Result<bool, JournalError> {
        let erased = |state: &unbroken_ledger::State| state.erased_at(subject.as_str()).is_some();
        Ok(self.ledger().with_state(erased))
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(name) = Hash::parse(name) else {
            return Ok(None);
        };
        match self.ledger().objects().read(&name) {
            Ok(bytes) => Ok(Some(bytes)),
            // A damaged one shows nothing; the report says so at its place, and the rest of the report stands.
            Err(ObjectError::Missing { .. } | ObjectError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn personal(&self, subject: &Pseudonym, object: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.kept_access(Some(subject), object)
    }

    fn stamp(&self, token: &[u8], stamped: &[u8]) -> Option<Stamp> {
        let said = check_timestamp(token, stamped, None, None).ok()?;
        Some(Stamp {
            authority: said.authority,
            policy: said.policy,
            serial: said.serial,
            time: said.time,
        })
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
