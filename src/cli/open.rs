//! Opens the ledger of a case's folder, and says what its errors mean to whoever started the program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::store::StoreError;
use unbroken_ledger::{
    Destroyed, FilePlace, Ledger, LedgerError, Role, SubmitError, SystemClock, VaultError,
};

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
    ledger_with(&folder.case, &folder.ring())
}

/// Opens the ledger of a case with the keys of a ring.
pub(crate) fn ledger_with(case: &Path, keys: &KeyRing) -> Result<Ledger> {
    existing(case)?;
    match open(case, keys) {
        Err(LedgerOr::Ledger(LedgerError::WrongKey { role, wanted })) => {
            let name = if role == Role::Log.name() {
                keyring::LOG
            } else {
                keyring::SERVICE
            };
            let found = meaning(LedgerError::WrongKey { role, wanted });
            if !keys.has_ready(name, wanted) {
                return Err(
                    found.hint(format!("{name} in the folder of --keys has to be that key"))
                );
            }
            // A rotation that reached the record, and then no further.
            let old = keys.key(name)?.key_id();
            keys.take_up(name, old)?;
            open(case, keys).map_err(LedgerOr::meaning)
        }
        other => other.map_err(LedgerOr::meaning),
    }
}

enum LedgerOr {
    Ledger(LedgerError),
    Other(Error),
}

impl LedgerOr {
    fn meaning(self) -> Error {
        match self {
            Self::Ledger(error) => meaning(error),
            Self::Other(error) => error,
        }
    }
}

fn open(case: &Path, keys: &KeyRing) -> std::result::Result<Ledger, LedgerOr> {
    let key = |name| keys.key(name).map_err(LedgerOr::Other);
    let (log, service) = (key(keyring::LOG)?, key(keyring::SERVICE)?);
    let vault = keys.vault().map_err(LedgerOr::Other)?;
    let place = Box::new(FilePlace::new(checkpoint_file(case)));
    let clock = Arc::new(SystemClock);
    Ledger::open(&ledger_folder(case), place, vault, log, service, clock).map_err(LedgerOr::Ledger)
}

/// Opens the ledger although an old copy of the vault was put back, and destroys what it brought of the erased.
pub(crate) fn destroying_what_was_put_back(folder: &CaseFolder) -> Result<Destroyed> {
    let place = existing(&folder.case)?;
    let keys = folder.ring();
    let checkpoint = Box::new(FilePlace::new(checkpoint_file(&folder.case)));
    let opened = Ledger::open_destroying(
        &place,
        checkpoint,
        keys.vault()?,
        keys.key(keyring::LOG)?,
        keys.key(keyring::SERVICE)?,
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
            .hint(
                "another process works on this case; wait for it, or end it: a restore goes on \
                 with the same command; do not delete the lock",
            ),
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
        LedgerError::Submit(SubmitError::Refused(refusal)) => {
            let rule = refusal.rule;
            match hint_of(rule) {
                Some(hint) => Error::new(ErrorKind::GateRefused, error).hint(hint),
                None if rule == "signature/strict" => {
                    Error::new(ErrorKind::VerificationFailed, error)
                        .hint("the file was changed, or another key signed it")
                }
                None => Error::failed(error),
            }
        }
        LedgerError::SuccessorNeeded { .. } => {
            Error::failed(error).hint("--new names the new key's own file")
        }
        _ => Error::failed(error),
    }
}

/// What to do about a refusal that somebody else has to lift.
fn hint_of(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "approval/count" => {
            "somebody else approves it: `unbroken plan approve`, `unbroken approve`"
        }
        "approval/consumed" | "approval/expired" | "approval/rejected" => {
            "propose it again: `unbroken plan propose`"
        }
        "approval/missing" => "the proposal stands in another ledger, or in none",
        "approval/requester" => "another person than the one who proposed it decides",
        "approval/twice" => "a person decides once; what was said stands",
        "approval/scope" | "approval/digest" | "approval/erased" => {
            "`unbroken keys policy` shows what needs whose approval"
        }
        "sealed/over" => {
            "the ledger was sealed: nothing is added to it any more; `unbroken bundle export` and \
             `unbroken verify` go on working"
        }
        "key/inactive" => "`unbroken keys list` shows which keys count; put an active one in place",
        _ => return None,
    })
}
