//! The key files of a case: made, read, never shown. Who may do what with a key is in the ledger.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use unbroken_ledger::{PrivateKey, VaultKey};
use zeroize::Zeroizing;

use crate::config;
use crate::durable;
use crate::error::{Error, Result};

/// Largest file that can be a key.
const BYTES_MAX: u64 = 64 << 10;
/// How many root keys a new set has; two of them enrol another.
const ROOTS: usize = 3;

/// Names of the key files, apart from the roots.
pub(crate) const LOG: &str = "log.pem";
pub(crate) const SERVICE: &str = "service.pem";
pub(crate) const OPERATOR: &str = "operator.pem";
pub(crate) const APPROVER: &str = "approver.pem";
pub(crate) const WORKER: &str = "worker.pem";
const VAULT: &str = "vault.key";

/// A folder with key files.
#[derive(Clone, Debug)]
pub(crate) struct KeyRing {
    folder: PathBuf,
}

impl KeyRing {
    pub(crate) fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Makes a whole set of new keys in a folder that does not exist yet.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let refused = |error: io::Error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be made", folder.display()))
                .hint("name a folder that does not exist yet")
        };
        if let Some(above) = folder.parent() {
            fs::create_dir_all(above).map_err(refused)?;
        }
        fs::create_dir(folder).map_err(refused)?;
        let ring = Self::at(folder);
        let roots = (1..=ROOTS).map(root_name);
        let names = [LOG, SERVICE, OPERATOR, APPROVER, WORKER].map(str::to_owned);
        for name in roots.chain(names) {
            let key = PrivateKey::generate().map_err(Error::failed)?;
            let passphrase = config::key_passphrase();
            let passphrase = passphrase.as_ref().map(|text| text.as_str());
            ring.write(
                &name,
                key.to_pem(passphrase).map_err(Error::failed)?.as_bytes(),
            )?;
        }
        let vault = VaultKey::generate().map_err(Error::failed)?;
        ring.write(VAULT, vault.expose())?;
        durable::sync_folder(folder).map_err(refused)?;
        Ok(ring)
    }

    /// Whether there is such a key file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    /// One key.
    pub(crate) fn key(&self, name: &str) -> Result<PrivateKey> {
        let path = self.folder.join(name);
        let pem = self.read(name)?;
        let pem = std::str::from_utf8(&pem).map_err(|_| not_a_key(&path, "it is not text"))?;
        let passphrase = config::key_passphrase();
        PrivateKey::from_pem(pem, passphrase.as_ref().map(|text| text.as_str())).map_err(|error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be used", path.display()))
                .hint("the passphrase comes from UNBROKEN_KEY_PASSPHRASE")
        })
    }

    /// The root keys that lie here, `root-1.pem` and so on.
    pub(crate) fn roots(&self) -> Result<Vec<PrivateKey>> {
        let names = (1..=15).map(root_name);
        let there = names.filter(|name| self.folder.join(name).exists());
        let roots = there
            .map(|name| self.key(&name))
            .collect::<Result<Vec<_>>>()?;
        if roots.is_empty() {
            return Err(not_a_key(
                &self.folder.join(root_name(1)),
                "there is no root key",
            ));
        }
        Ok(roots)
    }

    /// The key that wraps the subjects' keys.
    pub(crate) fn vault(&self) -> Result<VaultKey> {
        let bytes = self.read(VAULT)?;
        <[u8; 32]>::try_from(&bytes[..])
            .map(VaultKey::from_bytes)
            .map_err(|_| not_a_key(&self.folder.join(VAULT), "a vault key has 32 bytes"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        durable::create_secret(&path)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
            })
    }

    fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>> {
        let path = self.folder.join(name);
        let read = || {
            if fs::metadata(&path)?.len() > BYTES_MAX {
                return Err(io::Error::other(format!(
                    "a key has at most {BYTES_MAX} bytes"
                )));
            }
            fs::read(&path).map(Zeroizing::new)
        };
        read().map_err(|error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be read", path.display()))
                .hint("--keys names the folder that holds it")
        })
    }
}

fn root_name(number: usize) -> String {
    format!("root-{number}.pem")
}

fn not_a_key(path: &Path, why: &str) -> Error {
    Error::failed(format!("{}: {why}", path.display()))
        .hint("`unbroken ledger keys DIR` makes a set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("keys");
        let ring = KeyRing::make(&place).expect("made");
        assert_eq!(ring.roots().expect("read").len(), ROOTS);
        ring.key(OPERATOR).expect("read");
        ring.vault().expect("read");
        assert!(
            KeyRing::make(&place).is_err(),
            "a second set would replace the first"
        );
    }

    #[test]
    fn a_missing_or_wrong_key_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let ring = KeyRing::at(folder.path());
        let missing = ring.key(WORKER).expect_err("refused");
        assert!(missing.to_string().contains(WORKER), "{missing}");
        ring.write(WORKER, b"hello").expect("written");
        let wrong = ring.key(WORKER).expect_err("refused");
        assert!(wrong.to_string().contains(WORKER), "{wrong}");
        assert!(!format!("{wrong:?}").contains("hello"));
    }
}
