//! What a report's digests and its seal rest on: the salt, and the bytes that stand behind the PDF. They are kept under the keys of
//! everybody whom the report shows, one inside the other, so that erasing any of them destroys it.
//!
//! Without the salt a digest in the record would answer a guess: whoever holds the record and a list of names could make the
//! short tables of a report again and compare, even after an erasure.

use unbroken_ledger::{Hash, random};

use crate::cli::{flow, open};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::reports::report::Edition;

const FORMAT: &str = "unbroken-report-kept/1";

/// A report's salt and seal.
#[derive(Default)]
pub(super) struct Kept {
    /// 32 random bytes; none where the report shows nobody.
    pub(super) salt: Vec<u8>,
    /// What stands behind the PDF that the program makes; nothing where it is not sealed.
    pub(super) seal: Vec<u8>,
}

/// Whom an edition shows.
pub(super) fn shown(journal: &Journal, edition: &Edition) -> Result<Vec<Pseudonym>> {
    let case = journal.case().map_err(flow::meaning)?;
    let is_erased = |name: &Pseudonym| {
        let ledger = journal.ledger();
        ledger.with_state(|state| state.erased_at(name.as_str()).is_some())
    };
    let all = case.custodians.into_keys().filter(|name| !is_erased(name));
    Ok(match edition {
        Edition::Full => all.collect(),
        Edition::Redacted => Vec::new(),
        Edition::Custodian(only) => all.filter(|name| name == only).collect(),
    })
}

impl Kept {
    /// A new salt, for a report that shows somebody.
    pub(super) fn new(edition: &Edition) -> Result<Self> {
        let mut kept = Self::default();
        if *edition != Edition::Redacted {
            let salt: [u8; 32] = random::array().map_err(Error::failed)?;
            kept.salt = salt.to_vec();
        }
        Ok(kept)
    }

    /// Keeps it; the result names the object. Durable before the event that names it.
    pub(super) fn put(&self, journal: &Journal, shown: &[Pseudonym]) -> Result<Hash> {
        let ledger = journal.ledger();
        let length = u8::try_from(self.salt.len()).expect("a salt has 32 bytes");
        let mut bytes = [&[length][..], &self.salt, &self.seal].concat();
        for name in shown {
            let sealed = ledger.vault().seal_object(name.as_str(), &bytes);
            bytes = sealed.map_err(|error| open::meaning(error.into()))?;
        }
        let names: Vec<&str> = shown.iter().map(Pseudonym::as_str).collect();
        let head = format!("{FORMAT} {}\n", names.join(" "));
        let object = [head.as_bytes(), &bytes].concat();
        ledger.objects().put(&object).map_err(Error::failed)
    }

    /// Reads it again; refused where somebody was erased since.
    pub(super) fn read(journal: &Journal, name: &Hash) -> Result<Self> {
        let ledger = journal.ledger();
        let damaged = || Error::failed(format!("object {name} is not what a report keeps"));
        let object = ledger.objects().read(name).map_err(Error::failed)?;
        let end = object.iter().position(|byte| *byte == b'\n');
        let (head, bytes) = object.split_at(end.ok_or_else(damaged)?);
        let head = std::str::from_utf8(head).map_err(|_| damaged())?;
        let names = head.strip_prefix(FORMAT).ok_or_else(damaged)?;
        let mut bytes = bytes[1..].to_vec();
        for name in names.split_whitespace().rev() {
            let opened = ledger.vault().open_object(name, &bytes);
            bytes = opened.map_err(|error| gone(name, error))?.to_vec();
        }
        let (length, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (salt, seal) = rest
            .split_at_checked(usize::from(*length))
            .ok_or_else(damaged)?;
        Ok(Self {
            salt: salt.to_vec(),
            seal: seal.to_vec(),
        })
    }
}

fn gone(name: &str, error: unbroken_ledger::vault::VaultError) -> Error {
    Error::new(ErrorKind::VerificationFailed, error)
        .while_doing(format!(
            "what the report rests on cannot be opened with the key of {name}"
        ))
        .hint("facts that it showed were erased since: issue a new report, which says so")
}
