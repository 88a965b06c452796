//! The only place where raw files of a source are opened: bounded, below one root, never through a link; it writes nothing.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::SourceError;
use crate::domain::item::Digest;

/// Levels of folders; deeper is a loop or an attack.
const LEVELS_MAX: usize = 256;
/// Files in one source.
const FILES_MAX: usize = 5_000_000;
const CHUNK_BYTES: usize = 64 * 1024;

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    EmptyFolder,
    File,
    Link,
    /// A device, a socket, a pipe: reading one could hang.
    Special,
}

/// A name below the root.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Relative to the root.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) size_bytes: u64,
    pub(super) modified: Option<DateTime<Utc>>,
}

/// A folder, or one file in it, that a source reads.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    only: Option<PathBuf>,
}

impl Tree {
    /// A folder with everything below it, or a single file. The operator's own path may be a link; nothing below may.
    pub(super) fn at(path: &Path) -> Result<Self, SourceError> {
        let whole = fs::canonicalize(path).map_err(|source| io_error(path, source))?;
        if whole.is_dir() {
            return Ok(Self {
                root: whole,
                only: None,
            });
        }
        let (Some(root), Some(name)) = (whole.parent(), whole.file_name()) else {
            return Err(io_error(path, io::Error::other("not a file or a folder")));
        };
        Ok(Self {
            root: root.to_owned(),
            only: Some(PathBuf::from(name)),
        })
    }

    /// For messages: where a file lies.
    pub(super) fn shown(&self, path: &Path) -> String {
        self.root.join(path).display().to_string()
    }

    /// The root itself, for messages.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether one file was given rather than a folder.
    pub(super) fn is_single_file(&self) -> bool {
        self.only.is_some()
    }

    /// Everything below the root but folders that hold something, ascending by the bytes of its path.
    pub(super) fn walk(&self) -> Result<Vec<Found>, SourceError> {
        let mut found = Vec::new();
        if let Some(only) = &self.only {
            found.push(self.look(only)?);
            return Ok(found);
        }
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let names = self.names(&folder)?;
            if names.is_empty() && folder != Path::new("") {
                found.push(described(folder.clone(), &self.metadata(&folder)?));
            }
            for path in names {
                let metadata = self.metadata(&path)?;
                if metadata.is_dir() {
                    if path.components().count() >= LEVELS_MAX {
                        return Err(self.too_much(&path, "folders at most 256 deep"));
                    }
                    folders.push(path);
                } else {
                    found.push(described(path, &metadata));
                }
                if found.len() > FILES_MAX {
                    return Err(self.too_much(&folder, "at most 5,000,000 files"));
                }
            }
        }
        found.sort_by(|left, right| {
            let (left, right) = (left.path.as_os_str(), right.path.as_os_str());
            left.as_encoded_bytes().cmp(right.as_encoded_bytes())
        });
        Ok(found)
    }

    /// The names directly in a folder, with whether each is a folder; links are neither followed nor hidden.
    pub(super) fn top(&self) -> Result<Vec<(PathBuf, bool)>, SourceError> {
        let mut names = Vec::new();
        for path in self.names(Path::new(""))? {
            let is_folder = self.metadata(&path)?.is_dir();
            names.push((path, is_folder));
        }
        names.sort();
        Ok(names)
    }

    /// What stands under a name; a link is not followed.
    pub(super) fn look(&self, path: &Path) -> Result<Found, SourceError> {
        Ok(described(path.to_owned(), &self.metadata(path)?))
    }

    /// Opens a file: no link in any part of its path, and what was opened is what was looked at.
    pub(super) fn open(&self, path: &Path) -> Result<File, SourceError> {
        let refuse = |rule: &str| SourceError::Invalid {
            path: self.shown(path),
            place: "path".to_owned(),
            rule: rule.to_owned(),
        };
        if !path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(refuse("a path stays below the source's folder"));
        }
        let mut above = PathBuf::new();
        for part in path.components() {
            above.push(part);
            if self.metadata(&above)?.is_symlink() {
                return Err(refuse("links are not followed"));
            }
        }
        let looked_at = self.metadata(path)?;
        if !looked_at.is_file() {
            return Err(refuse("not a plain file"));
        }
        let file =
            File::open(self.root.join(path)).map_err(|source| self.io_error(path, source))?;
        let opened = file
            .metadata()
            .map_err(|source| self.io_error(path, source))?;
        if !same_file(&looked_at, &opened) {
            return Err(refuse("replaced while it was being opened"));
        }
        Ok(file)
    }

    /// Reads a file whole, at most `limit` bytes of it; `Ok(None)` when it is longer.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let mut bytes = Vec::new();
        self.open(path)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| self.io_error(path, source))?;
        Ok((bytes.len() as u64 <= limit).then_some(bytes))
    }

    /// SHA-256 and size of a file, without holding it.
    pub(super) fn digest(&self, path: &Path) -> Result<(Digest, u64), SourceError> {
        let mut file = self.open(path)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0_u8; CHUNK_BYTES];
        let mut size_bytes = 0_u64;
        loop {
            let read = file
                .read(&mut chunk)
                .map_err(|source| self.io_error(path, source))?;
            if read == 0 {
                return Ok((Digest(hash.finalize().into()), size_bytes));
            }
            hash.update(&chunk[..read]);
            size_bytes += read as u64;
        }
    }

    /// An error of the operating system about a file below the root.
    pub(super) fn io_error(&self, path: &Path, source: io::Error) -> SourceError {
        io_error(&self.root.join(path), source)
    }

    fn names(&self, folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
        let failed = |source| self.io_error(folder, source);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join(folder)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            names.push(folder.join(entry.file_name()));
            if names.len() > FILES_MAX {
                return Err(self.too_much(folder, "at most 5,000,000 files"));
            }
        }
        Ok(names)
    }

    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        fs::symlink_metadata(self.root.join(path)).map_err(|source| self.io_error(path, source))
    }

    fn too_much(&self, path: &Path, rule: &str) -> SourceError {
        SourceError::Invalid {
            path: self.shown(path),
            place: "folder".to_owned(),
            rule: rule.to_owned(),
        }
    }
}

/// SHA-256 of bytes at hand.
pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// An error of the operating system.
pub(super) fn io_error(path: &Path, source: io::Error) -> SourceError {
    SourceError::Io {
        path: path.display().to_string(),
        source,
    }
}

fn described(path: PathBuf, metadata: &Metadata) -> Found {
    let kind = if metadata.is_symlink() {
        Kind::Link
    } else if metadata.is_dir() {
        Kind::EmptyFolder
    } else if metadata.is_file() {
        Kind::File
    } else {
        Kind::Special
    };
    // What a file system takes for the folder itself is nothing of the backup.
    let is_empty = kind == Kind::EmptyFolder;
    Found {
        path,
        kind,
        size_bytes: if is_empty { 0 } else { metadata.len() },
        modified: metadata.modified().ok().map(DateTime::from),
    }
}

#[cfg(unix)]
fn same_file(left: &Metadata, right: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (left.dev(), left.ino()) == (right.dev(), right.ino())
}

#[cfg(not(unix))]
fn same_file(left: &Metadata, right: &Metadata) -> bool {
    left.file_type() == right.file_type() && left.len() == right.len()
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_root_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).expect("made");
        fs::write(folder.path().join("secret"), b"x").expect("written");
        let tree = Tree::at(&inside).expect("opened");
        for path in ["../secret", "/etc/hosts", "a/../../secret", "."] {
            let refused = tree.open(Path::new(path)).expect_err(path);
            assert!(
                refused
                    .to_string()
                    .contains("stays below the source's folder"),
                "{path}: {refused}"
            );
        }
    }

    #[test]
    fn links_are_found_and_never_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).expect("made");
        fs::write(folder.path().join("secret"), b"x").expect("written");
        std::os::unix::fs::symlink(folder.path().join("secret"), inside.join("file")).expect("set");
        std::os::unix::fs::symlink(folder.path(), inside.join("folder")).expect("set");
        let tree = Tree::at(&inside).expect("opened");
        let found = tree.walk().expect("walked");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|found| found.kind == Kind::Link));
        for path in ["file", "folder/secret"] {
            let refused = tree.open(Path::new(path)).expect_err(path);
            assert!(refused.to_string().contains("links are not followed"));
        }
    }

    #[test]
    fn a_file_over_the_limit_is_not_held() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a"), b"12345").expect("written");
        let tree = Tree::at(folder.path()).expect("opened");
        assert_eq!(tree.read(Path::new("a"), 4).expect("read"), None);
        let whole = tree.read(Path::new("a"), 5).expect("read").expect("fits");
        assert_eq!(
            (digest_of(&whole), 5),
            tree.digest(Path::new("a")).expect("read")
        );
    }
}
