//! Whether other people have approved: m of n, never the one who asks, in time. The ledger holds the same rule on its own.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::refusal::Refusal;

/// How many other people it takes where one is not enough: certificates, waivers, whatever was held and is released.
pub const TWO_PEOPLE: usize = 2;

/// A proposal as the record shows it, given in with a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Its name.
    pub proposal: String,
    /// What was asked for.
    pub digest: String,
    /// The person who asked.
    pub requester: String,
    /// The persons who approved.
    pub approved: BTreeSet<String>,
    /// The persons who rejected.
    pub rejected: BTreeSet<String>,
    /// Until when.
    pub expires: DateTime<Utc>,
    /// Something rests on it already.
    pub is_used: bool,
}

/// Proposals that too few people approve once the entries of keys that somebody else had are left out, as the ledger says. What
/// rests on them stands in the record, and nothing more is done by it until it is approved again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Struck {
    proposals: BTreeSet<String>,
    since: Option<DateTime<Utc>>,
}

impl Struck {
    /// As of the last change of keys.
    pub fn new(proposals: BTreeSet<String>, since: DateTime<Utc>) -> Self {
        Self {
            proposals,
            since: Some(since),
        }
    }

    /// Whether what rests on a proposal is to be acted on.
    pub fn check(&self, proposal: &str) -> Result<(), Refusal> {
        if self.has(proposal) {
            return Err(Refusal::ApprovalStruck(proposal.to_owned()));
        }
        Ok(())
    }

    /// Whether it is one of them.
    pub fn has(&self, proposal: &str) -> bool {
        self.proposals.contains(proposal)
    }

    /// Whether something that was found at an instant was found before it was known.
    pub fn is_later_than(&self, at: Option<DateTime<Utc>>) -> bool {
        self.since
            .is_some_and(|since| at.is_none_or(|at| at < since))
    }
}

impl Approval {
    /// Whether `m` other people than the requester approved this very digest, and nobody rejected it.
    pub fn check(&self, digest: &str, m: usize, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.digest != digest {
            return Err(Refusal::ApprovedSomethingElse(self.proposal.clone()));
        }
        if !self.rejected.is_empty() {
            return Err(Refusal::ProposalRejected(self.proposal.clone()));
        }
        if self.is_used {
            return Err(Refusal::ProposalUsed(self.proposal.clone()));
        }
        if now >= self.expires {
            return Err(Refusal::ProposalExpired(self.proposal.clone()));
        }
        let others = self
            .approved
            .iter()
            .filter(|person| **person != self.requester);
        let found = others.count();
        if found < m {
            return Err(Refusal::TooFewApprovals { found, needed: m });
        }
        Ok(())
    }

    /// Whether two other people than the requester approved this very digest.
    pub fn check_two(&self, digest: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.check(digest, TWO_PEOPLE, now)
    }
}
