//! The record of docs/ledger-format.md: bytes, hashes, signatures, proofs and durable stores. It knows nothing of mail,
//! cases or Graph; it understands the ledger's own event types and carries all others as they are.
//!
//! An emitter fills a [`Draft`], [`Ledger::sign`] gives it its place, [`Ledger::submit`] returns when it is on the disk.

pub mod admission;
mod base64;
pub mod canonical;
pub mod clock;
pub mod disclosure;
pub mod disk;
pub mod dsse;
pub mod durable;
pub mod entry;
pub mod event;
pub mod hash;
pub mod heads;
pub mod key;
pub mod ledger;
pub mod note;
pub mod objects;
pub mod offline;
pub mod policy;
pub mod random;
pub mod refusal;
pub mod scratch;
pub mod sequencer;
mod spelled;
pub mod state;
pub mod store;
pub mod tile;
pub mod time;
pub mod tlog_proof;
pub mod tree;
pub mod vault;
pub mod witness;

pub use canonical::Value;
pub use clock::{Clock, SystemClock};
pub use disclosure::Disclosure;
pub use disk::{Disk, SharedDisk};
pub use dsse::Envelope;
pub use durable::SystemDisk;
pub use entry::Entry;
pub use event::{Event, Seen};
pub use hash::Hash;
pub use heads::{HeadProof, StreamHeads};
pub use key::known::{KnownKey, Revocation, RevocationReason, Rotation};
pub use key::{KeyId, PrivateKey, PublicKey, Signature, Signer, SignerError};
pub use ledger::{Draft, KeyChange, Ledger, LedgerError, Opening, Root, erasure_digest};
pub use note::{Checkpoint, SignedCheckpoint};
pub use objects::Objects;
pub use offline::approval::{ApprovalRequest, Decision};
pub use offline::{OfflineError, OfflineEvent};
pub use policy::{ApprovalRule, Policy, Role};
pub use refusal::Refusal;
pub use sequencer::{Receipt, SubmitError};
pub use state::{Anchor, AnchorKind, State};
pub use store::place::FilePlace;
pub use time::Timestamp;
pub use vault::{Destroyed, PutBack, Vault, VaultError, VaultKey};
pub use witness::WitnessKey;
