//! Ed25519 keys, their ids and the strict signature rule of format v1 section 3; key files live in `key/file.rs`.

pub mod file;
pub mod known;

use std::fmt;

use ed25519_dalek::{Signature as DalekSignature, Signer as _, SigningKey, VerifyingKey};

use crate::hash::{Hash, decode_hex, encode_hex};

/// An Ed25519 signature, 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", encode_hex(&self.0[..8]))
    }
}

/// SHA-256 of the raw public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub Hash);

impl KeyId {
    /// Reads 64 lowercase hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        Hash::parse(text).map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key that is canonical and not of small order (`key/weak`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032; refuses what section 3 refuses in A.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        // Decompression accepts y >= p; a canonical key is the one spelling of its point.
        let canonical = key.to_edwards().compress().as_bytes() == bytes;
        (canonical && !key.is_weak()).then_some(Self(key))
    }

    /// Reads 64 lowercase hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        decode_hex(text.as_bytes(), &mut bytes)?;
        Self::from_bytes(&bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        KeyId(Hash::of(self.as_bytes()))
    }

    /// Whether the signature holds by the strict rule (`signature/strict`).
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.0
            .verify_strict(message, &DalekSignature::from_bytes(&signature.0))
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Somebody who can sign: a key in memory, a hardware module, a service that holds keys. Nothing that signs asks for more
/// than this, so a private key need never be in this process.
pub trait Signer: Send + Sync {
    /// The public half; the same for as long as the signer lives.
    fn public(&self) -> PublicKey;

    /// Signs; fails when the key cannot be reached. Called without any of the ledger's locks, but for the log key, whose
    /// checkpoints wait meanwhile: a module that may hang has to bound its own time. The answer is checked before use.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;

    /// The key's id.
    fn key_id(&self) -> KeyId {
        self.public().id()
    }
}

/// A key that could not sign.
#[derive(Debug, thiserror::Error)]
#[error("key {key} cannot sign: {reason}")]
pub struct SignerError {
    /// Which key.
    pub key: KeyId,
    /// Why, without secrets.
    pub reason: String,
}

/// A private key in memory; wiped when dropped.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Makes a key from the operating system's randomness.
    pub fn generate() -> Result<Self, RandomnessError> {
        let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
        crate::random::fill(&mut *seed)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// A key from a known seed; for published vectors and tests, where nothing is protected.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
}

impl Signer for PrivateKey {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Ok(Signature(self.0.sign(message).to_bytes()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.key_id())
    }
}

pub use crate::random::RandomnessError;
