//! One ledger in its folder: made, opened, written through the sequencer, checkpointed beside it.

mod anchoring;
mod attesting;
mod books;
mod checkpointer;
mod erasure;
mod evidence;
mod keys;
mod opening;
mod publishing;
mod repair;
mod replay;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

use crate::canonical::Value;
use crate::clock::Clock;
use crate::disk::{self, SharedDisk};
use crate::dsse::{Envelope, pae};
use crate::entry::Entry;
use crate::event::{Event, Seen};
use crate::hash::Hash;
use crate::key::{KeyId, PublicKey, Signer, SignerError};
use crate::note::SignedCheckpoint;
use crate::objects::Objects;
use crate::random::{self, RandomnessError};
use crate::refusal::Refusal;
use crate::sequencer::{Receipt, Sequencer, SubmitError, lock};
use crate::state::State;
use crate::store::{CheckpointPlace, PlaceError, StoreError};
use crate::tree::inclusion_proof;
use crate::vault::{Vault, VaultError};

pub use erasure::digest_of as erasure_digest;
pub use keys::KeyChange;
pub use opening::{Opening, Root, origin_of};
pub use replay::{Signatures, fold_entries};

/// Why a ledger cannot be made, opened or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no ledger in this folder.
    #[error("{path}: no ledger here")]
    NoLedger {
        /// The folder.
        path: String,
    },
    /// There is one already.
    #[error("{path}: a ledger is here already")]
    AlreadyThere {
        /// The folder.
        path: String,
    },
    /// It came back shorter or different than its last checkpoint: nothing is written to it.
    #[error(
        "the ledger is not the one that was checkpointed: {found}; keep it as it is, restore it \
         from a copy{}", evidence.as_ref().map(|path| format!("; evidence lies in {path}"))
            .unwrap_or_default()
    )]
    RolledBack {
        /// What differs.
        found: String,
        /// The file that proves it by itself (section 11.4), where one could be written.
        evidence: Option<String>,
    },
    /// An entry on the disk breaks a rule.
    #[error("entry {index} breaks {refusal}")]
    Invalid {
        /// The entry.
        index: u64,
        /// The rule.
        refusal: Refusal,
    },
    /// The entries cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoint's own place cannot be read or written.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// An event was not taken.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The key that was given is not the one that the record names.
    #[error("the {role} key of this ledger is {wanted}; another was given")]
    WrongKey {
        /// Which of the host's keys.
        role: &'static str,
        /// The one that the record names.
        wanted: KeyId,
    },
    /// The host's own key is replaced, and the host has to hold the new one.
    #[error("the new {role} key {key} itself is needed, or the ledger could not go on")]
    SuccessorNeeded {
        /// Which of the host's keys.
        role: &'static str,
        /// The new one.
        key: KeyId,
    },
    /// A key cannot sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
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

impl LedgerError {
    /// Whether there was no space: nothing is lost, and it goes on when space was made.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Store(StoreError::Full) | Self::Submit(SubmitError::Full) => true,
            Self::Place(PlaceError::Io { source, .. }) | Self::Io { source, .. } => {
                disk::is_full(source)
            }
            _ => false,
        }
    }
}

/// What an emitter wants to say; place and signatures come from [`Ledger::sign`].
#[derive(Clone, Debug)]
pub struct Draft {
    /// The stream.
    pub stream: String,
    /// The type.
    pub kind: String,
    /// Public facts.
    pub data: Value,
    /// Digests of disclosures, in any order.
    pub digests: Vec<String>,
    /// What the emitter had read when it decided; all of it when `None`.
    pub seen: Option<Seen>,
}

impl Draft {
    /// A draft without disclosures that has seen everything.
    pub fn new(stream: impl Into<String>, kind: impl Into<String>, data: Value) -> Self {
        let (stream, kind) = (stream.into(), kind.into());
        Self {
            stream,
            kind,
            data,
            digests: Vec::new(),
            seen: None,
        }
    }
}

/// An open ledger. Many threads may use it at once.
pub struct Ledger {
    disk: SharedDisk,
    dir: PathBuf,
    origin: String,
    sequencer: Arc<Sequencer>,
    checkpoints: Arc<checkpointer::Checkpointer>,
    service: RwLock<Arc<dyn Signer>>,
    clock: Arc<dyn Clock>,
    vault: Vault,
    objects: Objects,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ledger({})", self.origin)
    }
}

impl Ledger {
    /// The ledger's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Facts by subject.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Big things by digest.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// How many entries are on the disk.
    pub fn size(&self) -> u64 {
        lock(&self.sequencer.durable).size
    }

    /// Looks at the fold; it may be ahead of the disk by entries that nobody was told of.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.sequencer.book).state)
    }

    /// What an emitter has seen that has read everything up to now.
    pub fn seen(&self) -> Seen {
        self.with_state(|state| Seen {
            size: state.size(),
            leaf: state.last_leaf(),
        })
    }

    /// Hands a signed event to the sequencer; on the disk when this returns.
    pub fn submit(&self, envelope: Envelope) -> Result<Receipt, SubmitError> {
        let mut answers = self.submit_all(vec![envelope]);
        answers.pop().expect("an answer for each event")
    }

    /// Hands signed events in together: verified in this thread, written with as few waits for the disk as possible, an
    /// answer each in their order. They are taken or refused one by one; behind a refused event those that follow it in
    /// its stream are refused too. A key that one of them enrols signs in later calls.
    pub fn submit_all(&self, envelopes: Vec<Envelope>) -> Vec<Result<Receipt, SubmitError>> {
        self.sequencer.submit_all(envelopes)
    }

    /// Gives a draft its place in its stream and signs it.
    pub fn sign(&self, draft: &Draft, signers: &[&dyn Signer]) -> Result<Envelope, LedgerError> {
        let mut signed = self.sign_all(std::slice::from_ref(draft), signers)?;
        Ok(signed.pop().expect("one for each draft"))
    }

    /// Gives drafts their places, those of one stream one behind the other, and signs them; nothing waits meanwhile.
    pub fn sign_all(
        &self,
        drafts: &[Draft],
        signers: &[&dyn Signer],
    ) -> Result<Vec<Envelope>, LedgerError> {
        let mut heads: HashMap<&str, (u64, Hash)> = HashMap::new();
        let seen = self.with_state(|state| {
            for draft in drafts {
                let name = &*draft.stream;
                heads.entry(name).or_insert_with(|| {
                    let head = state.stream(name);
                    (head.next, head.link)
                });
            }
            Seen {
                size: state.size(),
                leaf: state.last_leaf(),
            }
        });
        let by: Vec<KeyId> = signers.iter().map(|signer| signer.key_id()).collect();
        let mut chances = vec![[0; 16]; drafts.len()];
        random::fill(chances.as_flattened_mut())?;
        let mut signed = Vec::with_capacity(drafts.len());
        for (draft, random) in drafts.iter().zip(chances) {
            let head = heads.get_mut(&*draft.stream).expect("looked up above");
            let at = self.clock.now();
            let mut sd = draft.digests.clone();
            sd.sort();
            let event = Event {
                id: uuid_v7_around(at.micros(), random),
                origin: self.origin.clone(),
                stream: draft.stream.clone(),
                seq: head.0,
                link: head.1,
                seen: draft.seen.unwrap_or(seen),
                kind: draft.kind.clone(),
                at,
                by: by.clone(),
                data: draft.data.clone(),
                sd,
            };
            let envelope = sign_event(&event, signers)?;
            *head = (head.0 + 1, Hash::of(&envelope.payload));
            signed.push(envelope);
        }
        Ok(signed)
    }

    /// Signs and submits; when another event took the place in the stream meanwhile, signs again.
    pub fn emit(&self, draft: &Draft, signers: &[&dyn Signer]) -> Result<Receipt, LedgerError> {
        const TRIES: usize = 64;
        for _ in 1..TRIES {
            let envelope = self.sign(draft, signers)?;
            match self.submit(envelope) {
                Err(SubmitError::Refused(refusal))
                    if matches!(refusal.rule, "stream/seq" | "stream/link" | "seen/size")
                        && draft.seen.is_none() => {}
                other => return Ok(other?),
            }
        }
        Ok(self.submit(self.sign(draft, signers)?)?)
    }

    /// Reads entries `from..size`; exact bytes and what they say.
    pub fn entries(
        &self,
        from: u64,
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Entry), LedgerError>> + use<>, LedgerError>
    {
        let entries = self.sequencer.reader.read(from, self.size())?;
        Ok((from..).zip(entries).map(|(index, stored)| {
            let bytes = stored?.bytes;
            let entry =
                Entry::parse(&bytes).map_err(|refusal| LedgerError::Invalid { index, refusal })?;
            Ok((bytes, entry))
        }))
    }

    /// The inclusion proof of an entry in the tree of `size` entries.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        let book = lock(&self.sequencer.book);
        let fits = index < size && size <= book.levels.size();
        fits.then(|| inclusion_proof(&book.levels, index, size).unwrap_or_else(|e| match e {}))
    }

    /// The level-0 tiles of the tree of `size` entries, one by one: paths as in tlog-tiles, and bytes.
    pub fn level_0_tiles(&self, size: u64) -> impl Iterator<Item = (String, Vec<u8>)> + use<'_> {
        (0..).map_while(move |number| lock(&self.sequencer.book).levels.level_0_tile(size, number))
    }

    /// The newest signed checkpoint.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.checkpoints.newest()
    }

    /// Signs a checkpoint over everything that is on the disk, now.
    pub fn checkpoint_now(&self) -> Result<SignedCheckpoint, LedgerError> {
        self.checkpoints.run(&self.sequencer)?;
        Ok(self.checkpoint())
    }

    /// The key that signs checkpoints.
    pub fn log_key(&self) -> PublicKey {
        self.with_state(|state| *state.log_key().expect("Opened names one"))
    }

    /// Why the ledger takes nothing more, where it has stopped.
    pub fn stop_reason(&self) -> Option<String> {
        self.sequencer.stop_reason()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.sequencer.close();
        for thread in lock(&self.threads).drain(..) {
            // A thread that panicked has been reported; the entries that were acknowledged are on the disk.
            let _ = thread.join();
        }
        // What was written since the last checkpoint is covered now rather than at the next start.
        let _ = self.checkpoints.run(&self.sequencer);
    }
}

/// Signs an event's payload with each of its signers, which are those of `by` in that order.
pub fn sign_event(event: &Event, signers: &[&dyn Signer]) -> Result<Envelope, SignerError> {
    let payload = event.to_payload();
    let message = pae(&payload);
    let signatures = event
        .by
        .iter()
        .zip(signers)
        .map(|(id, signer)| Ok((*id, signer.sign(&message)?)))
        .collect::<Result<_, SignerError>>()?;
    Ok(Envelope {
        payload,
        signatures,
    })
}

/// RFC 9562 section 5.7: 48 bits of milliseconds, then random bits.
pub(crate) fn uuid_v7(micros: i64) -> Result<String, RandomnessError> {
    Ok(uuid_v7_around(micros, random::array()?))
}

fn uuid_v7_around(micros: i64, mut bytes: [u8; 16]) -> String {
    let millis = u64::try_from(micros / 1000).unwrap_or(0);
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    let id = uuid::Builder::from_bytes(bytes)
        .with_version(uuid::Version::SortRand)
        .into_uuid();
    let mut id = id.into_bytes();
    id[8] = id[8] & 0x3f | 0x80;
    uuid::Uuid::from_bytes(id).hyphenated().to_string()
}

fn io(path: &Path, source: std::io::Error) -> LedgerError {
    LedgerError::Io {
        path: path.display().to_string(),
        source,
    }
}

/// Opens the parts that every ledger has and starts its threads.
struct Parts {
    disk: SharedDisk,
    dir: PathBuf,
    origin: String,
    place: Box<dyn CheckpointPlace>,
    newest: Option<SignedCheckpoint>,
    log: Arc<dyn Signer>,
    service: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    vault: Vault,
}
