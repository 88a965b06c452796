//! Opens the ledger of a case's folder, and says what its errors mean to whoever started the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::store::StoreError;
use unbroken_ledger::{FilePlace, Ledger, LedgerError, SystemClock};

use super::access::CaseFolder;
use super::keyring::{self, KeyRing};
use crate::anchors::Configuration;
use crate::error::{Error, ErrorKind, Result};

/// Where the ledger lies.
pub(crate) fn ledger_folder(case: &Path) -> PathBuf {
    case.join("ledger")
}

/// Where the newest checkpoint lies; a real case links this to another disk.
pub(crate) fn checkpoint_file(case: &Path) -> PathBuf {
    case.join("checkpoint-place").join("checkpoint")
}

/// Who witnesses and time-stamps the case.
pub(crate) fn anchors(case: &Path) -> Result<Configuration> {
    Configuration::load(&case.join("anchors")).map_err(|error| {
        Error::failed(error).hint("`unbroken ledger anchor --help` shows both files")
    })
}

/// Opens the ledger with the keys of its host.
pub(crate) fn ledger(folder: &CaseFolder) -> Result<Ledger> {
    ledger_with(&folder.case, &KeyRing::at(folder.keys()))
}

/// Opens the ledger of a case with the keys of a ring.
pub(crate) fn ledger_with(case: &Path, keys: &KeyRing) -> Result<Ledger> {
    let place = ledger_folder(case);
    if !place.join("format").exists() {
        let path = place.display().to_string();
        return Err(meaning(LedgerError::NoLedger { path }));
    }
    let log = Arc::new(keys.key(keyring::LOG)?);
    let service = Arc::new(keys.key(keyring::SERVICE)?);
    let checkpoint = Box::new(FilePlace::new(checkpoint_file(case)));
    Ledger::open(
        &place,
        checkpoint,
        keys.vault()?,
        log,
        service,
        Arc::new(SystemClock),
    )
    .map_err(meaning)
}

/// What a failure of the ledger means.
pub(crate) fn meaning(error: LedgerError) -> Error {
    match &error {
        LedgerError::NoLedger { .. } => {
            Error::new(ErrorKind::NoLedger, error).hint("--case names the folder of a case")
        }
        LedgerError::Store(StoreError::Locked { .. }) => Error::new(ErrorKind::LedgerLocked, error)
            .hint("another process works on this case; wait for it, do not delete the lock"),
        LedgerError::Invalid { .. }
        | LedgerError::RolledBack { .. }
        | LedgerError::Store(StoreError::Corrupt { .. }) => {
            Error::new(ErrorKind::VerificationFailed, error)
                .hint("keep the folder as it is; work on a copy")
        }
        _ => Error::failed(error),
    }
}
