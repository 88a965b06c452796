//! One key file: written under a passphrase, read with one. Where a passphrase comes from and how good it must be is
//! decided here; never from an argument, which every process of the machine can read.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use unbroken_ledger::key::file::KeyFileError;
use unbroken_ledger::{PrivateKey, Signer};
use zeroize::Zeroizing;

use super::exchange::read_secret;
use super::output;
use crate::config;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};

/// NIST SP 800-63B-4, 3.1.1.2: a password that stands alone has at least 15 characters.
const CHARACTERS_MIN: usize = 15;
/// So that `aaaaaaaaaaaaaaa` is none.
const DIFFERENT_MIN: usize = 8;
/// Largest file that can hold a passphrase.
const PASSPHRASE_BYTES_MAX: u64 = 1024;
/// Largest file that can be a key.
const KEY_BYTES_MAX: u64 = 64 << 10;
const SOURCES: &str =
    "name its file with --passphrase-file, or set UNBROKEN_KEY_PASSPHRASE, or start on a terminal";

/// How a new key is kept.
#[derive(Args, Clone, Debug)]
pub(crate) struct Protection {
    /// A file with the passphrase: one line of at least 15 characters, 8 of them different.
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase")]
    passphrase_file: Option<PathBuf>,
    /// Write the key as it is: for rehearsals, and for media that are encrypted themselves.
    #[arg(long)]
    no_passphrase: bool,
}

impl Protection {
    /// The passphrase for new keys: from its file, the environment, or asked for twice; none only when that was said.
    pub(crate) fn passphrase(&self) -> Result<Option<Zeroizing<String>>> {
        if self.no_passphrase {
            return Ok(None);
        }
        let given = match &self.passphrase_file {
            Some(path) => Some(passphrase_in(path)?),
            None => config::key_passphrase(),
        };
        let passphrase = match given {
            Some(passphrase) => passphrase,
            None => asked_twice()?,
        };
        check_strength(&passphrase)?;
        Ok(Some(passphrase))
    }
}

fn asked_twice() -> Result<Zeroizing<String>> {
    let first = output::ask_secret("passphrase for the new key: ").ok_or_else(|| {
        Error::new(ErrorKind::Usage, "a new key needs a passphrase")
            .hint(SOURCES)
            .hint("--no-passphrase writes the key as it is, for a rehearsal")
    })??;
    let again = output::ask_secret("the same again: ")
        .ok_or_else(|| Error::new(ErrorKind::Usage, "the terminal went away"))??;
    if first != again {
        return Err(Error::new(ErrorKind::Usage, "the two passphrases differ"));
    }
    Ok(first)
}

fn check_strength(passphrase: &str) -> Result<()> {
    let mut different: Vec<char> = passphrase.chars().collect();
    let count = different.len();
    different.sort_unstable();
    different.dedup();
    if count >= CHARACTERS_MIN && different.len() >= DIFFERENT_MIN {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        format!(
            "the passphrase is too weak: it has to have {CHARACTERS_MIN} characters, \
             {DIFFERENT_MIN} of them different"
        ),
    )
    .hint("five words drawn by dice do"))
}

fn passphrase_in(path: &Path) -> Result<Zeroizing<String>> {
    let bytes = read_secret(path, PASSPHRASE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::failed(format!("{}: a passphrase is UTF-8", path.display())))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains('\n') {
        let why = format!(
            "{}: a passphrase is one line, and not empty",
            path.display()
        );
        return Err(Error::failed(why));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Where the passphrases of keys that are read come from; one that was asked for is tried on the next key too.
#[derive(Clone, Default)]
pub(crate) struct Passphrases {
    file: Option<PathBuf>,
    asked: Arc<Mutex<Option<Zeroizing<String>>>>,
}

impl std::fmt::Debug for Passphrases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds a passphrase.
        f.debug_struct("Passphrases")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Passphrases {
    pub(crate) fn new(file: Option<&Path>) -> Self {
        Self {
            file: file.map(Path::to_owned),
            ..Self::default()
        }
    }

    /// Reads a key file.
    pub(crate) fn open(&self, path: &Path) -> Result<PrivateKey> {
        let pem = read_secret(path, KEY_BYTES_MAX)?;
        let cannot = |error: KeyFileError| {
            Error::failed(error).while_doing(format!("{}: cannot be used", path.display()))
        };
        let pem = std::str::from_utf8(&pem).map_err(|_| cannot(KeyFileError::NotAKey))?;
        let given = match &self.file {
            Some(file) => Some(passphrase_in(file)?),
            None => config::key_passphrase(),
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = given.or_else(|| asked.clone());
        let tried = PrivateKey::from_pem(pem, known.as_ref().map(|text| text.as_str()));
        let wrong = match tried {
            Ok(key) => return Ok(key),
            Err(KeyFileError::NotAKey | KeyFileError::Encoding) => {
                return tried.map_err(cannot);
            }
            Err(wrong) => wrong,
        };
        // A passphrase that was named and is wrong is an error, not a reason to ask.
        let may_ask = self.file.is_none() && config::key_passphrase().is_none();
        let answer = may_ask
            .then(|| output::ask_secret(&format!("passphrase of {}: ", path.display())))
            .flatten()
            .transpose()?;
        let Some(answer) = answer else {
            return Err(cannot(wrong).hint(SOURCES));
        };
        let key = PrivateKey::from_pem(pem, Some(&answer)).map_err(cannot)?;
        *asked = Some(answer);
        Ok(key)
    }

    /// Reads a key file for signing.
    pub(crate) fn signer(&self, path: &Path) -> Result<Arc<dyn Signer>> {
        Ok(Arc::new(self.open(path)?))
    }
}

/// Makes a key and writes it into a file that must not exist yet.
pub(crate) fn generate(path: &Path, passphrase: Option<&str>) -> Result<PrivateKey> {
    let key = PrivateKey::generate().map_err(Error::failed)?;
    let pem = key.to_pem(passphrase).map_err(Error::failed)?;
    write_secret(path, pem.as_bytes())?;
    Ok(key)
}

/// Writes a secret into a file that must not exist yet and that only its owner may read; on the disk when this returns.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    durable::create_secret(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| durable::sync_folder(folder))
        .map_err(|error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be written", path.display()))
                .hint("a key never replaces a file that is there: name another")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("passphrase");
        write_secret(&path, text.as_bytes()).expect("written");
        (folder, path)
    }

    fn protection(path: &Path) -> Protection {
        Protection {
            passphrase_file: Some(path.to_owned()),
            no_passphrase: false,
        }
    }

    #[test]
    fn a_weak_passphrase_is_refused_before_anything_is_written() {
        for weak in [
            "short",
            "aaaaaaaaaaaaaaaaaaaa",
            "abababababababababab",
            "14 characters!",
        ] {
            let (_folder, path) = with_file(weak);
            let refused = protection(&path).passphrase().expect_err(weak);
            assert_eq!(refused.kind(), ErrorKind::Usage);
            assert!(!refused.to_string().contains(weak), "{refused}");
        }
        let (_folder, path) = with_file("correct horse battery\n");
        let good = protection(&path).passphrase().expect("good").expect("one");
        assert_eq!(&**good, "correct horse battery", "the line, not its end");
    }

    #[test]
    fn a_key_is_read_with_the_passphrase_it_was_written_under_and_no_other() {
        let (folder, passphrase) = with_file("correct horse battery\n");
        let path = folder.path().join("key.pem");
        let key = generate(&path, Some("correct horse battery")).expect("made");
        let read = Passphrases::new(Some(&passphrase))
            .open(&path)
            .expect("read");
        assert_eq!(read.key_id(), key.key_id());
        assert!(generate(&path, None).is_err(), "never over a key");
        let (_other, wrong) = with_file("incorrect horse battery");
        let refused = Passphrases::new(Some(&wrong))
            .open(&path)
            .expect_err("wrong");
        let lines = refused.lines().join("\n");
        assert!(lines.contains("key.pem"), "{lines}");
        assert!(!lines.contains("horse") && !format!("{refused:?}").contains("horse"));
    }
}
