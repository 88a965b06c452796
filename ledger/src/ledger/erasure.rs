//! Erasing a subject, in this order: noted, decided (`Erased`, on the disk and under a checkpoint), destroyed. Whether the
//! approvals are there is admission's; what is destroyed is `vault/erasure.rs`.

use super::{Ledger, LedgerError};
use crate::canonical::Value;
use crate::hash::Hash;
use crate::refusal::Refusal;
use crate::sequencer::{Receipt, SubmitError};
use crate::vault::Destroyed;

/// What the approvers of an erasure approve (section 8): SHA-256 over the ledger's name and the subject.
pub fn digest_of(origin: &str, subject: &str) -> Hash {
    Hash::of(format!("unbroken/erase/v1\n{origin}\n{subject}\n").as_bytes())
}

impl Ledger {
    /// What the approvers of an erasure approve (section 8).
    pub fn erasure_digest(&self, subject: &str) -> Hash {
        digest_of(&self.origin, subject)
    }

    /// Erases a subject whose erasure was approved. Before the decision stands nothing is destroyed; after it, what a
    /// crash prevents is done at the next opening.
    pub fn erase(
        &self,
        subject: &str,
        proposal: &Hash,
    ) -> Result<(Receipt, Destroyed), LedgerError> {
        self.vault.refuse_erased(subject)?;
        self.vault.begin_erasure(subject, &self.objects)?;
        let data = Value::object([
            (
                "digest",
                Value::text(self.erasure_digest(subject).to_string()),
            ),
            ("proposal", Value::text(proposal.to_string())),
            ("subject", Value::text(subject)),
        ]);
        let receipt = match self.book_entry("Erased", data) {
            Ok(receipt) => receipt,
            Err(error) => {
                if is_not_written(&error) {
                    self.vault.abandon_erasure(subject)?;
                }
                return Err(error);
            }
        };
        // A ledger that came back without the decision is refused from here on: the facts would be gone without it.
        self.checkpoint_now()?;
        let destroyed = self
            .vault
            .finish_erasure(subject, receipt.index, &self.objects)?;
        Ok((receipt, destroyed))
    }

    /// What opening destroys of erasures that are decided.
    pub(super) fn finish_erasures(&self) -> Result<Destroyed, LedgerError> {
        Ok(self.vault.finish_erasures(&self.objects)?)
    }
}

/// Whether it is certain that the decision does not stand; after a stop nobody knows.
fn is_not_written(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::Submit(SubmitError::Refused(Refusal { .. }) | SubmitError::Full)
    )
}
