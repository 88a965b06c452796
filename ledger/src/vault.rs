//! The vault: disclosures and personal objects encrypted under one key a subject; destroying that key erases them.
//!
//! `vault/keys/<subject>` holds the subject's key, wrapped under the vault key; `vault/disclosures/<subject>` holds
//! records `[length][sealed]`, one for each event that disclosed something about the subject. XChaCha20-Poly1305 with
//! random nonces throughout; what is sealed is bound to its origin, subject and purpose. How a subject is erased is
//! `vault/erasure.rs`.

mod erasure;
mod records;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::canonical::Value;
use crate::disclosure::Disclosure;
use crate::disk::{self, SharedDisk};
use crate::objects::ObjectError;
use crate::random;
use crate::sequencer::lock;

pub use erasure::{Destroyed, PutBack};

const NONCE_BYTES: usize = 24;
const MAX_FILE_BYTES: u64 = 8 << 30;

/// Why the vault did not do what was asked. Never holds a key or a fact.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The subject was erased, or its erasure has begun: it never gets a key again.
    #[error("subject {subject} is erased{}", see(*entry))]
    Erased {
        /// The pseudonym.
        subject: String,
        /// The entry that says so, once there is one.
        entry: Option<u64>,
    },
    /// The subject never had a key here.
    #[error("there is no key for subject {subject}: nothing was ever kept about it here")]
    NoKey {
        /// The pseudonym.
        subject: String,
    },
    /// The ledger says that a subject was erased, and its key or facts are back: an old copy of the vault.
    #[error(
        "the vault holds {what} of subject {subject}, whom entry {entry} erased: an old copy of \
         it was put back"
    )]
    PutBack {
        /// The pseudonym.
        subject: String,
        /// The `Erased` entry.
        entry: u64,
        /// What is there.
        what: &'static str,
    },
    /// A personal object cannot be listed, read or destroyed.
    #[error("the personal objects cannot be looked through")]
    Objects(#[from] ObjectError),
    /// Something does not open under the key that it should open under.
    #[error("{place} does not open: a wrong vault key, or it was changed")]
    DoesNotOpen {
        /// The file.
        place: String,
    },
    /// A pseudonym that is none.
    #[error("a subject is 1 to 64 of a-z, 0-9 and -")]
    NotASubject,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] random::RandomnessError),
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

fn see(entry: Option<u64>) -> String {
    entry.map_or_else(
        || " as soon as its entry stands".to_owned(),
        |entry| format!(", see entry {entry}"),
    )
}

/// The key that wraps the subjects' keys; wiped when dropped.
pub struct VaultKey(Zeroizing<[u8; 32]>);

impl VaultKey {
    /// A new one.
    pub fn generate() -> Result<Self, random::RandomnessError> {
        Ok(Self(Zeroizing::new(random::array()?)))
    }

    /// One that was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// To keep it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Facts by subject.
pub struct Vault {
    disk: SharedDisk,
    dir: PathBuf,
    origin: String,
    key: VaultKey,
    open: Mutex<HashMap<String, Zeroizing<[u8; 32]>>>,
    /// Where each subject's records end, once that was looked up: one writer a subject, behind the last whole record.
    ends: Mutex<HashMap<String, Arc<Mutex<Option<u64>>>>>,
    /// Subjects that are erased, by their `Erased` entry; `None` while it is being written.
    erased: Mutex<BTreeMap<String, Option<u64>>>,
}

type Plain = Zeroizing<Vec<u8>>;

/// A fact as it was kept: which event's digest it opens, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDisclosure {
    /// Whom it concerns.
    pub subject: String,
    /// The fact.
    pub disclosure: Disclosure,
}

impl Vault {
    /// The vault below a ledger's folder.
    pub fn open(
        disk: SharedDisk,
        ledger: &Path,
        origin: &str,
        key: VaultKey,
    ) -> Result<Self, VaultError> {
        let dir = ledger.join("vault");
        for part in ["keys", "disclosures", erasure::MARKERS] {
            let path = dir.join(part);
            disk::create_dirs(&*disk, &path).map_err(|source| io(&path, source))?;
        }
        Ok(Self {
            disk,
            dir,
            origin: origin.to_owned(),
            key,
            open: Mutex::default(),
            ends: Mutex::default(),
            erased: Mutex::default(),
        })
    }

    /// Keeps facts about one subject; they are durable when this returns, so that the event may name them.
    pub fn keep(&self, subject: &str, facts: &[Disclosure]) -> Result<(), VaultError> {
        if facts.is_empty() {
            return Ok(());
        }
        let key = self.subject_key(subject, true)?;
        let texts = facts.iter().map(|fact| Value::text(fact.encoded()));
        let texts = Zeroizing::new(Value::Array(texts.collect()));
        let plain = Zeroizing::new(texts.to_bytes());
        let sealed = self.seal(&key, &plain, subject, "disclosures")?;
        let length = u32::try_from(sealed.len()).expect("an event's facts are small");
        let mut record = length.to_be_bytes().to_vec();
        record.extend(sealed);
        let end = Arc::clone(lock(&self.ends).entry(subject.to_owned()).or_default());
        let mut end = lock(&end);
        // An erasure that began since the key was taken waits for this lock, and must not be written behind.
        self.refuse_erased(subject)?;
        // After a failed write it is looked up again: what stands there is not known.
        let at = match end.take() {
            Some(at) => at,
            None => self.end_of_records(subject, &key)?,
        };
        let path = self.dir.join("disclosures").join(subject);
        disk::append_at(&*self.disk, &path, at, &record).map_err(|source| io(&path, source))?;
        *end = Some(at + record.len() as u64);
        Ok(())
    }

    /// Every fact about a subject, in the order in which they were kept.
    pub fn facts(&self, subject: &str) -> Result<Vec<KeptDisclosure>, VaultError> {
        let key = self.subject_key(subject, false)?;
        let mut facts = Vec::new();
        for plain in self.records(subject, &key)?.0 {
            facts.extend(self.opened(subject, &plain)?);
        }
        Ok(facts)
    }

    /// The opened records of a subject and where the last whole one ends. A torn last one was never named by an event.
    fn records(&self, subject: &str, key: &[u8; 32]) -> Result<(Vec<Plain>, u64), VaultError> {
        let path = self.dir.join("disclosures").join(subject);
        let bytes =
            disk::read_bounded(&*self.disk, &path, MAX_FILE_BYTES).map_err(|e| io(&path, e))?;
        let bytes = bytes.unwrap_or_default();
        let mut records = Vec::new();
        let mut end = 0;
        while let Some((head, tail)) = bytes[end..].split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*head) as usize;
            let Some(sealed) = tail.get(..length) else {
                break;
            };
            match self.unseal(key, sealed, subject, "disclosures") {
                Ok(plain) => records.push(plain),
                // A crash can keep some sectors of the last record and lose others, its length among them. What no
                // whole record follows was never named by an event; anything else is damage.
                Err(_) if !self.holds_a_record(key, &bytes[end + 1..], subject) => break,
                Err(error) => return Err(error),
            }
            end += head.len() + length;
        }
        Ok((records, end as u64))
    }

    fn holds_a_record(&self, key: &[u8; 32], bytes: &[u8], subject: &str) -> bool {
        (0..bytes.len()).any(|at| {
            bytes[at..]
                .split_first_chunk::<4>()
                .and_then(|(head, tail)| tail.get(..u32::from_be_bytes(*head) as usize))
                .is_some_and(|sealed| self.unseal(key, sealed, subject, "disclosures").is_ok())
        })
    }

    /// Every subject whose key is there, ascending.
    pub fn subjects(&self) -> Result<Vec<String>, VaultError> {
        let path = self.dir.join("keys");
        let names = self.disk.list(&path).map_err(|source| io(&path, source))?;
        Ok(names.into_iter().filter(|name| is_subject(name)).collect())
    }

    /// Whether this vault's key is the one under which a subject's key was put away; without a word where there is none.
    pub fn check_key(&self, subject: &str) -> Result<(), VaultError> {
        match self.subject_key(subject, false) {
            Err(error @ VaultError::DoesNotOpen { .. }) => Err(error),
            _ => Ok(()),
        }
    }

    /// Encrypts bytes for a subject; the result is what an object holds and is named by.
    pub fn seal_object(&self, subject: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = self.subject_key(subject, true)?;
        self.seal(&key, plain, subject, "object")
    }

    /// Opens what [`Vault::seal_object`] made.
    pub fn open_object(
        &self,
        subject: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.subject_key(subject, false)?;
        self.unseal(&key, sealed, subject, "object")
    }

    fn subject_key(&self, subject: &str, make: bool) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        if !is_subject(subject) {
            return Err(VaultError::NotASubject);
        }
        let mut open = lock(&self.open);
        self.refuse_erased(subject)?;
        if let Some(key) = open.get(subject) {
            return Ok(key.clone());
        }
        let path = self.dir.join("keys").join(subject);
        let wrapped =
            disk::read_bounded(&*self.disk, &path, 4096).map_err(|source| io(&path, source))?;
        let key = match wrapped {
            Some(wrapped) => {
                let plain = self.unseal(&self.key.0, &wrapped, subject, "subject-key")?;
                let key =
                    <[u8; 32]>::try_from(&plain[..]).map_err(|_| self.does_not_open(&path))?;
                Zeroizing::new(key)
            }
            None if make => {
                let key = Zeroizing::new(random::array::<32>()?);
                let wrapped = self.seal(&self.key.0, &key[..], subject, "subject-key")?;
                disk::replace(&*self.disk, &path, &wrapped).map_err(|source| io(&path, source))?;
                key
            }
            None => {
                return Err(VaultError::NoKey {
                    subject: subject.to_owned(),
                });
            }
        };
        open.insert(subject.to_owned(), key.clone());
        Ok(key)
    }

    fn binding(&self, subject: &str, purpose: &str) -> Vec<u8> {
        format!("unbroken/vault/v1\n{purpose}\n{}\n{subject}\n", self.origin).into_bytes()
    }

    fn seal(
        &self,
        key: &[u8; 32],
        plain: &[u8],
        subject: &str,
        purpose: &str,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_BYTES] = random::array()?;
        let aad = self.binding(subject, purpose);
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        let sealed = cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &aad,
                },
            )
            .expect("XChaCha20 takes up to 256 GiB");
        Ok([&nonce[..], &sealed].concat())
    }

    fn unseal(
        &self,
        key: &[u8; 32],
        sealed: &[u8],
        subject: &str,
        purpose: &str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let refusal = || VaultError::DoesNotOpen {
            place: format!("{purpose} of {subject}"),
        };
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(refusal)?;
        let aad = self.binding(subject, purpose);
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        cipher
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: &aad,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| refusal())
    }

    fn does_not_open(&self, path: &Path) -> VaultError {
        let place = path
            .strip_prefix(&self.dir)
            .unwrap_or(path)
            .display()
            .to_string();
        VaultError::DoesNotOpen { place }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.dir.display())
    }
}

fn is_subject(subject: &str) -> bool {
    (1..=64).contains(&subject.len())
        && subject
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn io(path: &Path, source: std::io::Error) -> VaultError {
    VaultError::Io {
        path: path.display().to_string(),
        source,
    }
}
