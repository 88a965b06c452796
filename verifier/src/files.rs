//! Reading what lies on the disk: bounded, no links followed; what it means is decided elsewhere.

pub(crate) mod bag;
pub(crate) mod bundle;
pub(crate) mod objects;
pub(crate) mod segments;
pub(crate) mod signed;

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::broken::Broken;

/// Why nothing could be said at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The operating system refused.
    #[error("{path}: cannot be read")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What the reader brought is not what it has to be: that says nothing of the record.
    #[error("{path}: no trust file, so nothing is said of the record: {rule}: {why}")]
    NotTrust {
        /// The file.
        path: String,
        /// The rule.
        rule: &'static str,
        /// What was found.
        why: String,
    },
    /// Neither a bundle nor a ledger directory.
    #[error("{path}: neither a bundle (bagit.txt) nor a ledger directory (format)")]
    NothingThere {
        /// What was given.
        path: String,
    },
}

impl VerifyError {
    pub(crate) fn not_trust(path: &Path, Broken { rule, why }: Broken) -> Self {
        let path = path.display().to_string();
        Self::NotTrust { path, rule, why }
    }

    /// 1 or 10.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } | Self::NotTrust { .. } => 1,
            Self::NothingThere { .. } => 10,
        }
    }
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> VerifyError {
    |source| VerifyError::Io {
        path: path.display().to_string(),
        source,
    }
}

/// A file that is small; `None` when it is not there.
pub(crate) fn small(path: &Path, most: u64) -> Result<Option<Vec<u8>>, VerifyError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path)(error)),
        Ok(found) if !found.is_file() => {
            return Err(io_error(path)(io::Error::other("not a plain file")));
        }
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(io_error(path))?;
    if read as u64 > most {
        return Err(io_error(path)(io::Error::other(format!(
            "larger than {most} bytes"
        ))));
    }
    Ok(Some(bytes))
}

/// A plain file for streaming.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, VerifyError> {
    let found = fs::symlink_metadata(path).map_err(io_error(path))?;
    if !found.is_file() {
        return Err(io_error(path)(io::Error::other("not a plain file")));
    }
    File::open(path)
        .map(|file| BufReader::with_capacity(1 << 18, file))
        .map_err(io_error(path))
}

/// Names in a folder, ascending; none when the folder is not there.
pub(crate) fn names(path: &Path) -> Result<Vec<String>, VerifyError> {
    let listed = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(io_error(path))?,
    };
    let mut names = Vec::new();
    for entry in listed {
        let name = entry.map_err(io_error(path))?.file_name();
        match name.into_string() {
            Ok(name) => names.push(name),
            Err(_) => return Err(io_error(path)(io::Error::other("a name that is not UTF-8"))),
        }
    }
    names.sort();
    Ok(names)
}
