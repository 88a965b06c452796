//! Taking a mapping back: the plans are looked through for whatever would be written for the custodian.

use std::collections::BTreeSet;

use super::meaning;
use crate::domain::case::CaseCommand;
use crate::domain::event::MappingWithdrawn;
use crate::domain::plan::{Decision, NOT_MAPPED, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// Records that a custodian is nobody in the clean tenant again.
pub(crate) async fn withdraw(journal: &Journal, custodian: &Pseudonym) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let mut looked = BTreeSet::new();
    for plan in case.plans.keys() {
        for part in journal.plan_parts(plan).map_err(meaning)? {
            if part.custodian != *custodian {
                continue;
            }
            let rows = journal.part_rows(plan, &part).map_err(meaning)?;
            if rows.iter().any(is_for_somebody) {
                return Err(planned(custodian, plan));
            }
        }
        looked.insert(plan.clone());
    }
    let data = MappingWithdrawn {
        custodian: custodian.clone(),
    };
    let command = CaseCommand::WithdrawMapping(data, looked);
    journal.command(command).await.map_err(meaning)?;
    Ok(())
}

/// Written by the plan, or held by it for another reason than that nobody was mapped: a release would write it.
fn is_for_somebody(row: &PlanRow) -> bool {
    match row.decision {
        Decision::Restore => true,
        Decision::Hold => row.reason != NOT_MAPPED,
        Decision::Skip | Decision::Unreadable => false,
    }
}

fn planned(custodian: &Pseudonym, plan: &str) -> Error {
    let refusal = Refusal::MappingUsed {
        custodian: custodian.to_string(),
        by: format!("plan {plan} names items that go to this user"),
    };
    Error::new(ErrorKind::GateRefused, refusal).hint(
        "what is planned or restored for somebody is never turned to another user; nothing was \
         recorded",
    )
}
