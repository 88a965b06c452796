//! The key files of a case: made, read, never shown. Who may do what with a key is in the ledger.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::{KeyId, Signer, VaultKey};

use super::exchange;
use super::key_file::{self, Passphrases};
use crate::durable;
use crate::error::{Error, Result};

const KEY_BYTES_MAX: u64 = 64 << 10;
const VAULT_BYTES_MAX: u64 = 64;
/// How many root keys a new set has; two of them enrol another.
const ROOTS: usize = 3;

/// Names of the key files, apart from the roots.
pub(crate) const LOG: &str = "log.pem";
pub(crate) const SERVICE: &str = "service.pem";
pub(crate) const OPERATOR: &str = "operator.pem";
pub(crate) const APPROVER: &str = "approver.pem";
pub(crate) const WORKER: &str = "worker.pem";
const VAULT: &str = "vault.key";

/// The keys of the machine that keeps the ledger: they stay there, whoever comes with a key to sign with.
const OF_MACHINE: [&str; 3] = [LOG, SERVICE, VAULT];

/// A folder with key files.
#[derive(Clone, Debug)]
pub(crate) struct KeyRing {
    folder: PathBuf,
    /// Where the machine's own keys lie, when they are not in the folder.
    machine: Option<PathBuf>,
    passphrases: Passphrases,
}

impl KeyRing {
    pub(crate) fn at(folder: impl Into<PathBuf>, passphrases: Passphrases) -> Self {
        Self {
            folder: folder.into(),
            machine: None,
            passphrases,
        }
    }

    /// With another folder for the machine's own keys: an approver brings one key, and takes none away.
    pub(crate) fn with_machine(self, folder: PathBuf) -> Self {
        let machine = Some(folder);
        Self { machine, ..self }
    }

    /// The folder that a key of this name lies in, or has to.
    fn home(&self, name: &str) -> &Path {
        let machine = self.machine.as_deref().filter(|machine| {
            let is_there = OF_MACHINE.contains(&name) && machine.join(name).exists();
            is_there && !self.folder.join(name).exists()
        });
        machine.unwrap_or(&self.folder)
    }

    /// Makes a whole set of new keys in a folder that does not exist yet, all under one passphrase where there is one.
    pub(crate) fn make(folder: &Path, passphrase: Option<&str>) -> Result<Self> {
        let refused = |error: io::Error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be made", folder.display()))
                .hint("name a folder that does not exist yet")
        };
        if let Some(above) = folder.parent() {
            fs::create_dir_all(above).map_err(refused)?;
        }
        fs::create_dir(folder).map_err(refused)?;
        let roots = (1..=ROOTS).map(root_name);
        let names = [LOG, SERVICE, OPERATOR, APPROVER, WORKER].map(str::to_owned);
        for name in roots.chain(names) {
            key_file::generate(&folder.join(name), passphrase)?;
        }
        let vault = VaultKey::generate().map_err(Error::failed)?;
        key_file::write_secret(&folder.join(VAULT), vault.expose())?;
        Ok(Self::at(folder, Passphrases::default()))
    }

    /// Whether there is such a key file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.home(name).join(name).exists()
    }

    /// One key, to sign with.
    pub(crate) fn key(&self, name: &str) -> Result<Arc<dyn Signer>> {
        let path = self.home(name).join(name);
        self.passphrases
            .signer(&path)
            .map_err(|error| error.hint("--keys names the folder that holds the key files"))
    }

    /// A key file outside the folder, with the same passphrases.
    pub(crate) fn key_at(&self, path: &Path) -> Result<Arc<dyn Signer>> {
        self.passphrases.signer(path)
    }

    /// The root keys that lie here, `root-1.pem` and so on; there may be none.
    pub(crate) fn roots_at_hand(&self) -> Result<Vec<Arc<dyn Signer>>> {
        let names = (1..=15).map(root_name);
        let there = names.filter(|name| self.has(name));
        there.map(|name| self.key(&name)).collect()
    }

    /// As [`KeyRing::roots_at_hand`], at least one.
    pub(crate) fn roots(&self) -> Result<Vec<Arc<dyn Signer>>> {
        let roots = self.roots_at_hand()?;
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
        let path = self.home(VAULT).join(VAULT);
        let bytes = exchange::read_secret(&path, VAULT_BYTES_MAX)
            .map_err(|error| error.hint("--keys names the folder that holds the key files"))?;
        <[u8; 32]>::try_from(&bytes[..])
            .map(VaultKey::from_bytes)
            .map_err(|_| not_a_key(&path, "a vault key has 32 bytes"))
    }

    /// Lays a key file ready to take the place of `name`: before the record says so, or a crash in between would leave a
    /// ledger whose key nobody finds.
    pub(crate) fn lay_ready(&self, name: &str, from: &Path) -> Result<()> {
        let ready = self.home(name).join(ready_name(name));
        let bytes = exchange::read_secret(from, KEY_BYTES_MAX)?;
        if ready.exists() {
            // Of a try that was refused; the record does not name it.
            fs::remove_file(&ready).map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be removed", ready.display()))
            })?;
        }
        key_file::write_secret(&ready, &bytes)
    }

    /// Puts the key that was laid ready in its place; the old one stays beside it under its keyid.
    pub(crate) fn take_up(&self, name: &str, old: KeyId) -> Result<()> {
        let home = self.home(name).to_owned();
        let path = home.join(name);
        let stem = name.trim_end_matches(".pem");
        let aside = home.join(format!("{stem}-{:.8}.pem", old.to_string()));
        let put = |from: &Path, to: &Path| {
            durable::rename(from, to).map_err(|error| {
                Error::failed(error).while_doing(format!("{}: cannot be renamed", from.display()))
            })
        };
        if path.exists() {
            put(&path, &aside)?;
        }
        put(&home.join(ready_name(name)), &path)
    }

    /// Whether the key that was laid ready for a place is this one: then the record got further than the folder.
    pub(crate) fn has_ready(&self, name: &str, wanted: KeyId) -> bool {
        let ready = self.home(name).join(ready_name(name));
        ready.exists() && self.key_at(&ready).is_ok_and(|key| key.key_id() == wanted)
    }
}

fn root_name(number: usize) -> String {
    format!("root-{number}.pem")
}

fn ready_name(name: &str) -> String {
    name.replace(".pem", ".next.pem")
}

fn not_a_key(path: &Path, why: &str) -> Error {
    Error::failed(format!("{}: {why}", path.display())).hint("`unbroken keys set DIR` makes a set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("keys");
        let ring = KeyRing::make(&place, None).expect("made");
        assert_eq!(ring.roots().expect("read").len(), ROOTS);
        ring.key(OPERATOR).expect("read");
        ring.vault().expect("read");
        assert!(
            KeyRing::make(&place, None).is_err(),
            "a second set would replace the first"
        );
    }

    /// Whoever approves brings one key on a stick; the machine's keys are not copied onto it.
    #[test]
    fn the_keys_of_the_machine_are_found_beside_the_one_that_is_brought() {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = folder.path().join("keys");
        let made = KeyRing::make(&machine, None).expect("made");
        let stick = folder.path().join("stick");
        fs::create_dir(&stick).expect("a stick");
        durable::rename(&machine.join(APPROVER), &stick.join(APPROVER)).expect("brought");
        let brought = KeyRing::at(&stick, Passphrases::default()).with_machine(machine.clone());
        brought.key(APPROVER).expect("on the stick");
        brought.vault().expect("on the machine");
        for name in [LOG, SERVICE] {
            let (one, other) = (brought.key(name), made.key(name));
            assert_eq!(one.expect(name).key_id(), other.expect(name).key_id());
        }
        // Nobody signs with a key that was not brought.
        assert!(!brought.has(OPERATOR) && brought.key(OPERATOR).is_err());
        assert!(made.has(OPERATOR));
        // A rotation puts the new key where the old one lies.
        let new = folder.path().join("new.pem");
        let wanted = key_file::generate(&new, None).expect("made").key_id();
        let old = made.key(LOG).expect("read").key_id();
        brought.lay_ready(LOG, &new).expect("laid");
        assert!(brought.has_ready(LOG, wanted));
        brought.take_up(LOG, old).expect("taken up");
        assert_eq!(made.key(LOG).expect("read").key_id(), wanted);
        assert!(!stick.join(LOG).exists());
    }

    #[test]
    fn a_missing_or_wrong_key_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let ring = KeyRing::at(folder.path(), Passphrases::default());
        let refused = |ring: &KeyRing| match ring.key(WORKER) {
            Ok(_) => panic!("a key was read"),
            Err(error) => error,
        };
        let missing = refused(&ring);
        assert!(missing.to_string().contains(WORKER), "{missing}");
        key_file::write_secret(&folder.path().join(WORKER), b"hello").expect("written");
        let wrong = refused(&ring);
        assert!(wrong.to_string().contains(WORKER), "{wrong}");
        assert!(!format!("{wrong:?}").contains("hello"));
    }

    #[test]
    fn a_key_that_was_laid_ready_takes_its_place_and_the_old_one_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let ring = KeyRing::make(&folder.path().join("keys"), None).expect("made");
        let (new, newer) = (folder.path().join("a.pem"), folder.path().join("b.pem"));
        key_file::generate(&new, None).expect("made");
        let wanted = key_file::generate(&newer, None).expect("made").key_id();
        let old = ring.key(LOG).expect("read").key_id();
        ring.lay_ready(LOG, &new).expect("laid");
        assert!(!ring.has_ready(LOG, wanted));
        ring.lay_ready(LOG, &newer).expect("laid again");
        assert!(ring.has_ready(LOG, wanted));
        ring.take_up(LOG, old).expect("taken up");
        assert_eq!(ring.key(LOG).expect("read").key_id(), wanted);
        let aside = format!("log-{:.8}.pem", old.to_string());
        assert_eq!(ring.key(&aside).expect("kept").key_id(), old);
    }
}
