//! The CMS signature of a seal (RFC 5652) in the form of CAdES baseline (ETSI EN 319 122-1): detached, the signing
//! certificate bound into what is signed, no signing time, and a time-stamp token beside the signature where there is one.

use sha2::{Digest as _, Sha256};

use super::SealError;
use super::certificate::Certificate;
use super::der::{
    CONTEXT_0, CONTEXT_1, INTEGER, NULL, OCTET_STRING, SET, element, oid, sequence, set_of,
};
use super::key::{SealAlgorithm, SealKey};

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SIGNATURE_TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];
pub(super) const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 2, 1];

/// A signature without its time stamp yet.
pub(super) struct Signature {
    kind: &'static [u8],
    /// What is signed, where it stands inside.
    content: Option<Vec<u8>>,
    algorithm: SealAlgorithm,
    certificates: Vec<Vec<u8>>,
    signer: Vec<u8>,
    attributes: Vec<u8>,
    value: Vec<u8>,
}

impl Signature {
    /// Signs the digest of the document. The first certificate of the chain is the key's.
    pub(super) fn make(
        digest: [u8; 32],
        key: &dyn SealKey,
        chain: &[Certificate],
    ) -> Result<Self, SealError> {
        Self::over(DATA, None, digest, key, chain)
    }

    /// Signs content of another kind, which stands in the signature.
    #[cfg(feature = "demo")]
    pub(super) fn enclosing(
        kind: &'static [u8],
        content: Vec<u8>,
        key: &dyn SealKey,
        chain: &[Certificate],
    ) -> Result<Self, SealError> {
        let digest = Sha256::digest(&content).into();
        Self::over(kind, Some(content), digest, key, chain)
    }

    fn over(
        kind: &'static [u8],
        content: Option<Vec<u8>>,
        digest: [u8; 32],
        key: &dyn SealKey,
        chain: &[Certificate],
    ) -> Result<Self, SealError> {
        let Some(own) = chain.first() else {
            return Err(SealError::Certificate("there is none"));
        };
        if own.spki() != key.spki() {
            return Err(SealError::OtherKey);
        }
        let attributes = vec![
            attribute(CONTENT_TYPE, &oid(kind)),
            attribute(MESSAGE_DIGEST, &element(OCTET_STRING, &[&digest])),
            attribute(SIGNING_CERTIFICATE_V2, &signing_certificate(own)),
        ];
        // RFC 5652 section 5.4: signed as a SET OF, written as [0].
        let signed = set_of(SET, attributes.clone());
        Ok(Self {
            kind,
            content,
            algorithm: key.algorithm(),
            certificates: chain.iter().map(|one| one.der().to_vec()).collect(),
            signer: own.issuer_and_serial(),
            attributes: set_of(CONTEXT_0, attributes),
            value: key.sign(&signed)?,
        })
    }

    /// The bytes of the signature: what a time-stamping authority stamps (RFC 5126 section 6.1.1).
    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    /// The whole, as it stands in a PDF.
    pub(super) fn into_cms(self, token: Option<&[u8]>) -> Vec<u8> {
        let version = element(INTEGER, &[&[1]]);
        let stamp = token
            .map(|token| set_of(CONTEXT_1, vec![attribute(SIGNATURE_TIME_STAMP, token)]))
            .unwrap_or_default();
        let signer = sequence(&[
            &version,
            &self.signer,
            &sequence(&[&oid(SHA_256), &NULL]),
            &self.attributes,
            &self.algorithm.identifier(),
            &element(OCTET_STRING, &[&self.value]),
            &stamp,
        ]);
        let content = self.content.map(|content| {
            let inside = element(OCTET_STRING, &[&content]);
            element(CONTEXT_0, &[&inside])
        });
        // RFC 5652 section 5.1: 3 for any content but data.
        let of_all = element(INTEGER, &[&[if self.kind == DATA { 1 } else { 3 }]]);
        let signed_data = sequence(&[
            &of_all,
            &element(SET, &[&sequence(&[&oid(SHA_256), &NULL])]),
            &sequence(&[&oid(self.kind), &content.unwrap_or_default()]),
            &set_of(CONTEXT_0, self.certificates),
            &element(SET, &[&signer]),
        ]);
        sequence(&[&oid(SIGNED_DATA), &element(CONTEXT_0, &[&signed_data])])
    }
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &element(SET, &[value])])
}

/// `SigningCertificateV2` of RFC 5035: SHA-256 is the default and so left out (X.690 11.5).
fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    let hash = element(OCTET_STRING, &[&Sha256::digest(certificate.der())]);
    sequence(&[&sequence(&[&sequence(&[&hash])])])
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::super::der::split;
    use super::super::key::FileKey;
    use super::*;

    #[test]
    fn the_signature_holds_over_the_attributes_as_a_set() {
        let key = FileKey::from_pkcs8(&FileKey::generate().expect("a key")).expect("read");
        let from = chrono::DateTime::from_timestamp(1_794_000_000, 0).expect("a time");
        let certificate = Certificate::for_rehearsal(&key, "Example", [1; 16], from);
        let chain = [certificate.expect("signed")];
        let made = Signature::make([5; 32], &key, &chain).expect("made");
        let mut signed = made.attributes.clone();
        signed[0] = SET;
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, chain[0].public_key());
        assert!(public.verify(&signed, made.value()).is_ok());
        let last = signed.len() - 1;
        signed[last] ^= 1;
        assert!(public.verify(&signed, made.value()).is_err());
        // No signing time in it: what PAdES claims stands in the PDF (EN 319 142-1, 6.3).
        let cms = made.into_cms(None);
        let signing_time = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
        assert!(!cms.windows(9).any(|window| window == signing_time));
        assert!(split(&cms).is_some_and(|(_, rest)| rest.is_empty()));
    }
}
