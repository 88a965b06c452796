//! Asking for an erasure, approving and doing it. What may be erased is decided in the domain and by the ledger's policy.

use chrono::{DateTime, TimeDelta, Utc};
use unbroken_ledger::{ApprovalRequest, Clock as _, Destroyed, Hash, Receipt, SystemClock};

use super::{meaning, planning};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;

/// The heading under which erasures are approved.
pub(crate) const SCOPE: &str = "erase";

/// How many people must approve an erasure.
pub(crate) fn approvals_needed(journal: &Journal) -> Result<u64> {
    let rule = journal.ledger().with_state(|state| {
        let rule = state.policy().approvals.get("Erased");
        rule.map(|rule| rule.m)
    });
    rule.ok_or_else(|| {
        let text = "the policy of this ledger does not say whose approval an erasure needs";
        Error::new(ErrorKind::GateRefused, text)
            .hint("ledgers that this version opens say it; on an older one the roots change it")
    })
}

/// Whose keys are destroyed with a custodian: theirs, and those of the users of the clean tenant who they are.
pub(crate) fn subjects(journal: &Journal, custodian: &Pseudonym) -> Result<Vec<Pseudonym>> {
    let case = journal.case().map_err(meaning)?;
    let mut subjects = vec![custodian.clone()];
    subjects.extend(case.identities_of(custodian));
    Ok(subjects)
}

/// Asks for the approval of an erasure; the result is the proposals, that of the custodian first. Refused while it could not be
/// done anyway.
pub(crate) fn propose(
    journal: &Journal,
    custodian: &Pseudonym,
    now: DateTime<Utc>,
    expires_in: TimeDelta,
) -> Result<Vec<(Pseudonym, Hash)>> {
    approvals_needed(journal)?;
    journal.check_erasure(custodian).map_err(refused)?;
    let mut proposals = Vec::new();
    for subject in subjects(journal, custodian)? {
        let digest = journal.ledger().erasure_digest(subject.as_str());
        let expires = planning::expiry(now, expires_in)?;
        let receipt = journal.propose(&digest, SCOPE, expires).map_err(meaning)?;
        proposals.push((subject, receipt.leaf));
    }
    Ok(proposals)
}

/// What an approver elsewhere needs: the entry that says which pseudonym the proposal's digest stands for. No name is in it.
pub(crate) fn request(
    journal: &Journal,
    proposal: &Hash,
    subject: &Pseudonym,
) -> Result<ApprovalRequest> {
    planning::request_about(journal, proposal, |entry| {
        let named = match &*entry.event.kind {
            "CustodianMapped/1" => planning::text(entry, "custodian"),
            kind if kind.starts_with("Identity") => planning::text(entry, "identity"),
            _ => None,
        };
        named == Some(subject.as_str())
    })
}

/// The newest proposal to erase somebody.
pub(crate) fn proposal_of(journal: &Journal, custodian: &Pseudonym) -> Result<Hash> {
    let digest = journal.ledger().erasure_digest(custodian.as_str());
    planning::newest_proposal(journal, &digest.to_string())?.ok_or_else(|| {
        let text = format!("nobody proposed to erase custodian {custodian}");
        Error::new(ErrorKind::GateRefused, text)
            .hint("`unbroken erase --propose`, then somebody else: `unbroken erase --approve`")
    })
}

/// Erases whoever is approved to be erased.
pub(crate) fn erase(journal: &Journal, custodian: &Pseudonym) -> Result<(Receipt, Destroyed)> {
    let needed = approvals_needed(journal)?;
    // First what the case says: a hold is named even where nobody has approved yet.
    journal.check_erasure(custodian).map_err(refused)?;
    let proposal = proposal_of(journal, custodian)?;
    if is_ready(journal, &proposal, needed) {
        erase_identities(journal, custodian, needed)?;
    }
    journal.erase(custodian, &proposal).map_err(|error| {
        let error = refused(error);
        let said = error.to_string();
        if !said.starts_with("approval/") {
            return error;
        }
        let hint = if said.starts_with("approval/count") {
            let who = others(needed);
            format!("{who}: `unbroken erase --approve`, or `unbroken approve` and `case import`")
        } else {
            "propose it again: `unbroken erase --propose`".to_owned()
        };
        Error::new(ErrorKind::GateRefused, said)
            .while_doing(format!("custodian {custodian}: not erased"))
            .hint(hint)
    })
}

fn is_ready(journal: &Journal, proposal: &Hash, needed: u64) -> bool {
    let now = SystemClock.now();
    journal.ledger().with_state(|state| {
        let found = state.proposal(proposal);
        let is_in_time = found.is_some_and(|found| now < found.expires);
        is_in_time && state.is_approved(proposal, needed)
    })
}

/// Before the custodian, while it is known yet who that is in the clean tenant. All of them are approved, or nothing is destroyed.
fn erase_identities(journal: &Journal, custodian: &Pseudonym, needed: u64) -> Result<()> {
    let mut proposals = Vec::new();
    for identity in subjects(journal, custodian)?.into_iter().skip(1) {
        let proposal = proposal_of(journal, &identity).ok();
        let proposal = proposal.filter(|proposal| is_ready(journal, proposal, needed));
        let proposal = proposal.ok_or_else(|| {
            let text = format!(
                "custodian {custodian}: is identity {identity} in the clean tenant, whose erasure \
                 nobody approved"
            );
            Error::new(ErrorKind::GateRefused, text)
                .hint("`unbroken erase --propose` asks for both; nothing was destroyed")
        })?;
        proposals.push((identity, proposal));
    }
    for (identity, proposal) in proposals {
        let erased = journal.erase_identity(custodian, &identity, &proposal);
        erased.map_err(refused)?;
    }
    Ok(())
}

/// Who has to approve.
pub(crate) fn others(needed: u64) -> String {
    if needed == 1 {
        "1 person other than the one who asked has to approve".to_owned()
    } else {
        format!("{needed} persons other than the one who asked have to approve")
    }
}

fn refused(error: crate::journal::JournalError) -> Error {
    use crate::domain::refusal::Refusal;
    use crate::journal::JournalError;
    let hint = match &error {
        JournalError::Refused(Refusal::UnderHold { .. }) => {
            Some("`unbroken hold list` names them; release is for whoever may decide it")
        }
        JournalError::Refused(Refusal::AttemptsOpen { .. }) => {
            Some("after an erasure nobody could find any more what those attempts wrote")
        }
        _ => None,
    };
    let error = meaning(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
