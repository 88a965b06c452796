//! Keys that seal: what any of them does, and the kind that lies in a file. An HSM or a trust service does the same by another
//! implementation of [`SealKey`].

use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use zeroize::Zeroizing;

use super::SealError;
use super::certificate::{blocks, pem};
use super::der::{BIT_STRING, NULL, element, oid, sequence};
use super::random;

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const ECDSA_WITH_SHA_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const SHA_256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];

/// What readers of PDF understand: none of them takes Ed25519 everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealAlgorithm {
    /// ECDSA on P-256 over SHA-256, the signature in DER.
    EcdsaP256,
    /// RSASSA-PKCS1-v1_5 over SHA-256, 2048 bits or more.
    Rsa,
}

impl SealAlgorithm {
    /// Its name in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256-sha256",
            Self::Rsa => "rsa-pkcs1-sha256",
        }
    }

    /// `AlgorithmIdentifier` of its signatures.
    pub(super) fn identifier(self) -> Vec<u8> {
        match self {
            Self::EcdsaP256 => sequence(&[&oid(ECDSA_WITH_SHA_256)]),
            Self::Rsa => sequence(&[&oid(SHA_256_WITH_RSA), &NULL]),
        }
    }
}

/// A key that seals. It gets the bytes whose SHA-256 is signed (some two hundred of them): a device that takes
/// the digest alone hashes them first.
pub trait SealKey {
    /// How it signs.
    fn algorithm(&self) -> SealAlgorithm;
    /// The public key with its algorithm (`SubjectPublicKeyInfo` in DER).
    fn spki(&self) -> Vec<u8>;
    /// Signs the SHA-256 of these bytes.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// A key out of a file.
pub struct FileKey(Pair);

enum Pair {
    EcdsaP256(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl FileKey {
    /// Reads the one `PRIVATE KEY` (PKCS #8) of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, SealError> {
        if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            return Err(SealError::Key(
                "it is encrypted; give it decrypted, on a disk that is",
            ));
        }
        let mut found: Vec<Zeroizing<Vec<u8>>> = blocks(pem, "PRIVATE KEY")
            .map_err(|_| SealError::Key("its PEM is damaged"))?
            .into_iter()
            .map(Zeroizing::new)
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(der), true) => Self::from_pkcs8(&der),
            _ => Err(SealError::Key(
                "it does not hold exactly one PRIVATE KEY (PKCS #8)",
            )),
        }
    }

    /// Reads PKCS #8 in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SealError> {
        let source = random::source();
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &source) {
            return Ok(Self(Pair::EcdsaP256(Box::new(pair))));
        }
        RsaKeyPair::from_pkcs8(der)
            .map(|pair| Self(Pair::Rsa(Box::new(pair))))
            .map_err(|_| SealError::Key("it is neither P-256 nor RSA of 2048 to 4096 bits"))
    }

    /// The text of a key file that [`FileKey::from_pem`] reads.
    pub fn to_pem(pkcs8: &[u8]) -> Zeroizing<String> {
        Zeroizing::new(pem("PRIVATE KEY", pkcs8))
    }

    /// A new P-256 key in PKCS #8.
    pub fn generate() -> Result<Zeroizing<Vec<u8>>, SealError> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random::source())
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(|_| SealError::Key("the operating system gives no randomness"))
    }
}

impl SealKey for FileKey {
    fn algorithm(&self) -> SealAlgorithm {
        match self.0 {
            Pair::EcdsaP256(_) => SealAlgorithm::EcdsaP256,
            Pair::Rsa(_) => SealAlgorithm::Rsa,
        }
    }

    fn spki(&self) -> Vec<u8> {
        let (algorithm, key) = match &self.0 {
            Pair::EcdsaP256(pair) => (
                sequence(&[&oid(EC_PUBLIC_KEY), &oid(P_256)]),
                pair.public_key().as_ref(),
            ),
            Pair::Rsa(pair) => (
                sequence(&[&oid(RSA_ENCRYPTION), &NULL]),
                pair.public_key().as_ref(),
            ),
        };
        sequence(&[&algorithm, &element(BIT_STRING, &[&[0], key])])
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let failed = |_| SealError::Key("it does not sign");
        match &self.0 {
            Pair::EcdsaP256(pair) => pair
                .sign(&random::source(), bytes)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random::source(), bytes, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}
