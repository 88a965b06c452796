//! Access plans as objects: one encrypted part a subject, and the text that names them; kept and read here.

use unbroken_ledger::{Hash, LedgerError};

use super::plans::object_error;
use super::{CASE_SUBJECT, Journal, JournalError};
use crate::domain::access::SealedAccess;
use crate::domain::pseudonym::Pseudonym;

impl Journal {
    /// Keeps lines about somebody's access, encrypted for the subject: a custodian, or nobody for the case itself.
    pub fn keep_access_of(
        &self,
        custodian: Option<&Pseudonym>,
        text: &[u8],
    ) -> Result<String, JournalError> {
        match custodian {
            Some(custodian) => self.keep_access(custodian, text),
            None => self.keep_text(text),
        }
    }

    /// What was kept for a subject; nothing, where the subject was erased.
    pub fn kept_access(
        &self,
        custodian: Option<&Pseudonym>,
        object: &str,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let subject = custodian.map_or(CASE_SUBJECT, Pseudonym::as_str);
        let ledger = self.ledger();
        if ledger.vault().erased_at(subject).is_some() {
            return Ok(None);
        }
        let sealed = self.read_object(object)?;
        let text = ledger.vault().open_object(subject, &sealed);
        Ok(Some(text.map_err(LedgerError::from)?.to_vec()))
    }

    /// Keeps an access plan; the result is its name.
    pub fn keep_access_plan(&self, plan: &SealedAccess) -> Result<Hash, JournalError> {
        let name = self.ledger().objects().put(plan.text().as_bytes());
        name.map_err(|error| object_error("access", &error))
    }

    /// An access plan by its name.
    pub fn access_plan(&self, name: &str) -> Result<SealedAccess, JournalError> {
        let bytes = self.read_object(name)?;
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(SealedAccess::parse)
            .ok_or_else(|| JournalError::Plan {
                plan: name.to_owned(),
                reason: "its object is no access plan".to_owned(),
            })
    }

    fn read_object(&self, name: &str) -> Result<Vec<u8>, JournalError> {
        let hash = Hash::parse(name).ok_or_else(|| JournalError::Plan {
            plan: name.to_owned(),
            reason: "an object's name is 64 hex digits".to_owned(),
        })?;
        let read = self.ledger().objects().read(&hash);
        read.map_err(|error| object_error(name, &error))
    }
}
