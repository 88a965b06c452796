//! Opens the ledger of a case's folder, and says what its errors mean to whoever started the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::store::StoreError;
use unbroken_ledger::{Destroyed, FilePlace, Ledger, LedgerError, SystemClock, VaultError};

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
    let place = existing(case)?;
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

/// Opens the ledger although an old copy of the vault was put back, and destroys what it brought of the erased.
pub(crate) fn destroying_what_was_put_back(folder: &CaseFolder) -> Result<Destroyed> {
    let place = existing(&folder.case)?;
    let keys = KeyRing::at(folder.keys());
    let checkpoint = Box::new(FilePlace::new(checkpoint_file(&folder.case)));
    let opened = Ledger::open_destroying(
        &place,
        checkpoint,
        keys.vault()?,
        Arc::new(keys.key(keyring::LOG)?),
        Arc::new(keys.key(keyring::SERVICE)?),
        Arc::new(SystemClock),
    );
    Ok(opened.map_err(meaning)?.1)
}

fn existing(case: &Path) -> Result<PathBuf> {
    let place = ledger_folder(case);
    if place.join("format").exists() {
        return Ok(place);
    }
    let path = place.display().to_string();
    Err(meaning(LedgerError::NoLedger { path }))
}

/// What a failure of the ledger means.
pub(crate) fn meaning(error: LedgerError) -> Error {
    match &error {
        LedgerError::NoLedger { .. } => {
            Error::new(ErrorKind::NoLedger, error).hint("--case names the folder of a case")
        }
        LedgerError::Store(StoreError::Locked { .. }) => Error::new(ErrorKind::LedgerLocked, error)
            .hint("another process works on this case; wait for it, do not delete the lock"),
        LedgerError::Vault(VaultError::PutBack { .. }) => Error::new(ErrorKind::GateRefused, error)
            .hint(
                "`unbroken erase --finish` destroys what was put back; find out where the copy lay",
            ),
        LedgerError::Invalid { .. }
        | LedgerError::RolledBack { .. }
        | LedgerError::Store(StoreError::Corrupt { .. }) => {
            Error::new(ErrorKind::VerificationFailed, error)
                .hint("keep the folder as it is; work on a copy")
        }
        _ => Error::failed(error),
    }
}
