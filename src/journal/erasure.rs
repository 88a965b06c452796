//! Erasing a custodian: the case's rules first, then the ledger's; nothing may be placed in between.

use std::sync::Arc;

use unbroken_ledger::{Destroyed, Hash, Receipt};

use super::{Journal, JournalError, custodian_stream, lock};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

impl Journal {
    /// Whether the case lets a custodian be erased: known, under no legal hold, no attempt without an outcome.
    pub fn check_erasure(&self, custodian: &Pseudonym) -> Result<(), JournalError> {
        let checked: Result<(), Refusal> = self.look(|book| {
            let open = book.items.open_of(custodian);
            book.case.check_erasure(custodian, open)
        })?;
        Ok(checked?)
    }

    /// Erases what names a custodian as a user of the clean tenant; by an approval of its own, since it has a key of its own.
    pub fn erase_identity(
        &self,
        custodian: &Pseudonym,
        identity: &Pseudonym,
        proposal: &Hash,
    ) -> Result<(Receipt, Destroyed), JournalError> {
        let theirs = self.case()?.identities_of(custodian);
        if !theirs.contains(identity) {
            return Err(Refusal::IdentityNotMade(identity.to_string()).into());
        }
        self.erase_subject(custodian, identity, proposal)
    }

    /// Erases a custodian whose erasure was approved; the key, the facts and the parts of plans are destroyed when this
    /// returns, and nothing of them stays in the fold.
    pub fn erase(
        &self,
        custodian: &Pseudonym,
        proposal: &Hash,
    ) -> Result<(Receipt, Destroyed), JournalError> {
        self.erase_subject(custodian, custodian, proposal)
    }

    fn erase_subject(
        &self,
        custodian: &Pseudonym,
        subject: &Pseudonym,
        proposal: &Hash,
    ) -> Result<(Receipt, Destroyed), JournalError> {
        // A hold is an event of the operator's stream, an attempt one of the custodian's: while their order is ours, none
        // can come in between.
        let operator = self.operator()?;
        let orders = [
            format!("case/{}", operator.key_id()),
            custodian_stream(custodian),
        ]
        .map(|stream| Arc::clone(lock(&self.0.streams).entry(stream).or_default()));
        let _none_meanwhile = orders.each_ref().map(|order| lock(order));
        self.check_erasure(custodian)?;
        self.check_voices("Erased", proposal)?;
        let erased = self.0.ledger.erase(subject.as_str(), proposal)?;
        self.look(|_| ())?;
        Ok(erased)
    }
}
