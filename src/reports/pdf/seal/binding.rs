//! That one party held the seal's key and a key of the ledger: the seal's key signs a statement that names the other, and the
//! event that records it is signed by that other. Made here and checked here; the event is the domain's.

use base64ct::{Base64, Encoding as _};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest as _, Sha256};

use super::certificate::Certificate;
use super::{SealAlgorithm, SealError, SealKey};
use crate::domain::seal_key::{SealKeyBound, statement};

/// Why two keys do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbound {
    /// The event is about another certificate.
    #[error("the event is about another certificate")]
    Certificate,
    /// The event is about another key, or its fields do not agree.
    #[error("the event is about another key")]
    Key,
    /// The algorithm is unknown.
    #[error("the event names an algorithm that is not known")]
    Algorithm,
    /// The seal's key did not sign this.
    #[error("the seal's key has not signed the statement: the binding proves nothing")]
    Signature,
}

/// Makes the event's data: the seal's key signs that the ledger's key `keyid` (hex) of `origin` belongs with it.
pub fn bind(
    key: &dyn SealKey,
    certificate: &Certificate,
    origin: &str,
    keyid: &str,
) -> Result<SealKeyBound, SealError> {
    if certificate.spki() != key.spki() {
        return Err(SealError::OtherKey);
    }
    let digest = hex(&Sha256::digest(certificate.spki()));
    let signature = key.sign(statement(origin, keyid, &digest).as_bytes())?;
    Ok(SealKeyBound {
        algorithm: key.algorithm().name().to_owned(),
        certificate: hex(&certificate.sha256()),
        key: digest,
        signature: Base64::encode_string(&signature),
    })
}

/// Whether the seal's key signed the statement. That the event itself was signed by `keyid` is the ledger's rule,
/// which whoever read the event has checked.
pub fn check(
    bound: &SealKeyBound,
    certificate: &Certificate,
    origin: &str,
    keyid: &str,
) -> Result<(), Unbound> {
    if bound.certificate != hex(&certificate.sha256()) {
        return Err(Unbound::Certificate);
    }
    if bound.key != hex(&Sha256::digest(certificate.spki())) {
        return Err(Unbound::Key);
    }
    let algorithm: &dyn VerificationAlgorithm = match bound.algorithm.as_str() {
        name if name == SealAlgorithm::EcdsaP256.name() => &ECDSA_P256_SHA256_ASN1,
        name if name == SealAlgorithm::Rsa.name() => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Unbound::Algorithm),
    };
    let signature = Base64::decode_vec(&bound.signature).map_err(|_| Unbound::Signature)?;
    let signed = statement(origin, keyid, &bound.key);
    UnparsedPublicKey::new(algorithm, certificate.public_key())
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| Unbound::Signature)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
