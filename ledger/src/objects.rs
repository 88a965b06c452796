//! Objects: big things by the SHA-256 of their bytes, durable before an entry names them; sealing is the vault's.

use std::path::{Path, PathBuf};

use crate::disk::{self, SharedDisk};
use crate::hash::Hash;

const MAX_OBJECT_BYTES: u64 = 4 << 30;

/// Why an object cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is none of that name.
    #[error("object {hash} is not there")]
    Missing {
        /// Its name.
        hash: Hash,
    },
    /// Its bytes are not those of its name.
    #[error("object {hash} is damaged: its bytes hash to {found}")]
    Damaged {
        /// Its name.
        hash: Hash,
        /// What its bytes hash to.
        found: Hash,
    },
    /// The operating system refused.
    #[error("{path} cannot be read or written")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// `objects/<2 hex>/<64 hex>` below a ledger's folder.
#[derive(Clone, Debug)]
pub struct Objects {
    disk: SharedDisk,
    dir: PathBuf,
}

impl Objects {
    /// The objects of a ledger.
    pub fn open(disk: SharedDisk, ledger: &Path) -> Self {
        Self {
            disk,
            dir: ledger.join("objects"),
        }
    }

    /// Keeps bytes; durable when this returns.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash, ObjectError> {
        let hash = Hash::of(bytes);
        let path = self.path(&hash);
        if self.disk.exists(&path) {
            // A process that was killed may have put the name there without waiting for the disk.
            let folder = path.parent().expect("an object has a folder");
            self.disk
                .sync_dir(folder)
                .map_err(|source| io(folder, source))?;
        } else {
            disk::replace(&*self.disk, &path, bytes).map_err(|source| io(&path, source))?;
        }
        Ok(hash)
    }

    /// Reads bytes and checks them against their name.
    pub fn read(&self, hash: &Hash) -> Result<Vec<u8>, ObjectError> {
        let path = self.path(hash);
        let bytes = disk::read_bounded(&*self.disk, &path, MAX_OBJECT_BYTES)
            .map_err(|source| io(&path, source))?
            .ok_or(ObjectError::Missing { hash: *hash })?;
        let found = Hash::of(&bytes);
        if found == *hash {
            Ok(bytes)
        } else {
            Err(ObjectError::Damaged { hash: *hash, found })
        }
    }

    /// The name of every object that is there, ascending.
    pub fn names(&self) -> Result<Vec<Hash>, ObjectError> {
        if !self.disk.is_dir(&self.dir) {
            return Ok(Vec::new());
        }
        let list = |path: &Path| self.disk.list(path).map_err(|source| io(path, source));
        let mut names = Vec::new();
        for folder in list(&self.dir)? {
            let path = self.dir.join(&folder);
            if self.disk.is_dir(&path) {
                // What a crash left half made has another name.
                names.extend(list(&path)?.iter().filter_map(|name| Hash::parse(name)));
            }
        }
        Ok(names)
    }

    /// Destroys an object; whether it was there.
    pub(crate) fn destroy(&self, hash: &Hash) -> Result<bool, ObjectError> {
        let path = self.path(hash);
        if !self.disk.exists(&path) {
            return Ok(false);
        }
        disk::destroy(&*self.disk, &path).map_err(|source| io(&path, source))?;
        Ok(true)
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hash.to_string();
        self.dir.join(&name[..2]).join(name)
    }
}

fn io(path: &Path, source: std::io::Error) -> ObjectError {
    ObjectError::Io {
        path: path.display().to_string(),
        source,
    }
}
