//! Who asked for what, who approved or rejected it, and whether it was used: the proposals of a case, from the ledger's own types.

use std::collections::{BTreeMap, BTreeSet};

use unbroken_ledger::{Hash, Value};

use super::reading::{Reading, Written};
use super::signers::Signers;

/// One proposal and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The entry.
    pub index: u64,
    /// What is to be approved.
    pub digest: String,
    /// Under which heading.
    pub scope: String,
    /// Until when.
    pub expires: String,
    /// The person who asked.
    pub requester: String,
    /// The persons who approved.
    pub approved: BTreeSet<String>,
    /// The persons who rejected.
    pub rejected: BTreeSet<String>,
    /// The entry that rests on it, where one does.
    pub used_by: Option<u64>,
}

/// All of them, by the leaf hash of the entry that proposes.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// By name.
    pub proposals: BTreeMap<Hash, Proposal>,
    signers: Signers,
}

impl Approvals {
    /// Folds the record.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut approvals = Self::default();
        record.entries(u64::MAX, &mut |written| approvals.take(&written))?;
        Ok(approvals)
    }

    /// Takes an entry in.
    pub fn take(&mut self, written: &Written) {
        self.signers.take(written);
        let data = &written.signed.data;
        let text = |name: &str| data.field(name).and_then(Value::as_str);
        let owned = |name: &str| text(name).unwrap_or_default().to_owned();
        let signer = written.signed.by.first().map(|key| self.signers.who(*key));
        let person = signer.map(|signer| signer.person).unwrap_or_default();
        let known = text("proposal").and_then(Hash::parse);
        let known = known.and_then(|name| self.proposals.get_mut(&name));
        match (&*written.signed.kind, known) {
            ("Proposed", _) => {
                let proposal = Proposal {
                    index: written.index,
                    digest: owned("digest"),
                    scope: owned("scope"),
                    expires: owned("expires"),
                    requester: person,
                    ..Proposal::default()
                };
                self.proposals.insert(written.leaf, proposal);
            }
            ("Approved", Some(proposal)) => {
                proposal.approved.insert(person);
            }
            ("Rejected", Some(proposal)) => {
                proposal.rejected.insert(person);
            }
            // Whatever else names a proposal rests on it.
            (_, Some(proposal)) => proposal.used_by = proposal.used_by.or(Some(written.index)),
            _ => {}
        }
    }
}
