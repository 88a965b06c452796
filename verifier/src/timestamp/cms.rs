//! The signed-data of a time-stamp token (RFC 5652): its one signer, the attributes that were signed, the signature.

use ring::digest::{self, Algorithm};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use super::certificate::Certificate;
use super::der::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET};
use crate::broken::{Checked, broken, ensure};

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
pub(super) const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SHA_2: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 2];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P_384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
const CONSTRUCTED_0: u8 = 0xa0;
const CONSTRUCTED_1: u8 = 0xa1;
const PRIMITIVE_0: u8 = 0x80;
/// More certificates than any chain has.
const CERTIFICATES_MAX: usize = 16;

/// A token taken apart, nothing checked yet.
pub(super) struct SignedData<'a> {
    /// The bytes of `TSTInfo`.
    pub(super) content: &'a [u8],
    pub(super) certificates: Vec<&'a [u8]>,
    signer: Reader<'a>,
}

fn digest_of(algorithm: &[u8]) -> Checked<&'static Algorithm> {
    match algorithm.strip_prefix(SHA_2) {
        Some([1]) => Ok(&digest::SHA256),
        Some([2]) => Ok(&digest::SHA384),
        Some([3]) => Ok(&digest::SHA512),
        _ => broken(
            "timestamp/algorithm",
            "a digest that is not SHA-256, SHA-384 or SHA-512",
        ),
    }
}

/// The digest that an `AlgorithmIdentifier` names.
pub(super) fn algorithm(mut identifier: Reader<'_>) -> Checked<&'static Algorithm> {
    digest_of(identifier.expect(OID)?.content)
}

impl<'a> SignedData<'a> {
    pub(super) fn parse(token: &'a [u8]) -> Checked<Self> {
        let mut outer = Reader::new(token);
        let mut info = outer.sequence()?;
        outer.end()?;
        let kind = info.expect(OID)?.content;
        ensure(kind == SIGNED_DATA, "timestamp/form", "not signed-data")?;
        let mut data = info.expect(CONSTRUCTED_0)?.reader().sequence()?;
        data.expect(INTEGER)?;
        data.expect(SET)?;
        let mut encapsulated = data.sequence()?;
        let kind = encapsulated.expect(OID)?.content;
        ensure(
            kind == TST_INFO,
            "timestamp/form",
            "it does not hold a TSTInfo",
        )?;
        let content = encapsulated
            .expect(CONSTRUCTED_0)?
            .reader()
            .expect(OCTET_STRING)?;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(CONSTRUCTED_0)? {
            let mut set = set.reader();
            while !set.is_empty() {
                let element = set.any()?;
                if element.tag == SEQUENCE {
                    certificates.push(element.all);
                }
                let few = certificates.len() <= CERTIFICATES_MAX;
                ensure(few, "timestamp/form", "more certificates than a chain has")?;
            }
        }
        data.optional(CONSTRUCTED_1)?;
        let mut signers = data.expect(SET)?.reader();
        let signer = signers.sequence()?;
        ensure(signers.is_empty(), "timestamp/form", "more than one signer")?;
        Ok(Self {
            content: content.content,
            certificates,
            signer,
        })
    }

    /// Checks attributes and signature; gives back the signer's certificate.
    pub(super) fn check(&self) -> Checked<Certificate<'a>> {
        let mut signer = self.signer;
        signer.expect(INTEGER)?;
        let certificate = self.find_signer(&mut signer)?;
        let hash = algorithm(signer.sequence()?)?;
        let Some(attributes) = signer.optional(CONSTRUCTED_0)? else {
            return broken("timestamp/form", "no signed attributes");
        };
        let mut signed_with = signer.sequence()?;
        let signed_with = signed_with.expect(OID)?.content;
        let bytes = signer.expect(OCTET_STRING)?.content;
        self.check_attributes(attributes.reader(), hash, &certificate)?;
        // RFC 5652 section 5.4: signed as a SET OF, not as the [0] that stands in the token.
        let mut message = attributes.all.to_vec();
        message[0] = SET;
        let how = verification(signed_with, hash, &certificate)?;
        UnparsedPublicKey::new(how, certificate.key)
            .verify(&message, bytes)
            .or_else(|_| {
                broken(
                    "timestamp/signature",
                    "the authority's signature does not hold",
                )
            })?;
        Ok(certificate)
    }

    fn find_signer(&self, signer: &mut Reader<'a>) -> Checked<Certificate<'a>> {
        let id = signer.any()?;
        let mut wanted = id.reader();
        let by_name = match id.tag {
            SEQUENCE => {
                let issuer = wanted.expect(SEQUENCE)?.all;
                Some((issuer, wanted.expect(INTEGER)?.content))
            }
            PRIMITIVE_0 => None,
            _ => return broken("timestamp/form", "the signer is not named"),
        };
        for bytes in &self.certificates {
            let certificate = Certificate::parse(bytes)?;
            let is_it = match by_name {
                Some((issuer, serial)) => {
                    certificate.issuer == issuer && certificate.serial == serial
                }
                None => certificate.subject_key_id() == Some(id.content),
            };
            if is_it {
                return Ok(certificate);
            }
        }
        broken(
            "timestamp/certificate",
            "the signer's certificate is not in the token",
        )
    }

    fn check_attributes(
        &self,
        mut attributes: Reader<'_>,
        hash: &'static Algorithm,
        certificate: &Certificate<'_>,
    ) -> Checked {
        let (mut kind, mut message_digest, mut signing) = (None, None, None);
        while !attributes.is_empty() {
            let mut attribute = attributes.sequence()?;
            let oid = attribute.expect(OID)?.content;
            let mut values = attribute.expect(SET)?.reader();
            let value = values.any()?;
            let place = match oid {
                CONTENT_TYPE => &mut kind,
                MESSAGE_DIGEST => &mut message_digest,
                SIGNING_CERTIFICATE_V2 => &mut signing,
                _ => continue,
            };
            let once = place.replace(value).is_none() && values.is_empty();
            ensure(once, "timestamp/form", "an attribute that stands twice")?;
        }
        let is_tst = kind.is_some_and(|value| value.tag == OID && value.content == TST_INFO);
        ensure(
            is_tst,
            "timestamp/form",
            "the signed content type is not TSTInfo",
        )?;
        let digest = digest::digest(hash, self.content);
        let same = message_digest.is_some_and(|value| value.content == digest.as_ref());
        ensure(
            same,
            "timestamp/signature",
            "the signed digest is that of other content",
        )?;
        let Some(signing) = signing else {
            return broken(
                "timestamp/certificate",
                "no signing-certificate-v2 attribute",
            );
        };
        check_signing_certificate(signing.reader(), certificate)
    }
}

/// RFC 5035: the first `ESSCertIDv2` is the signer's certificate, so that no other one with the same key can take its place.
fn check_signing_certificate(mut value: Reader<'_>, certificate: &Certificate<'_>) -> Checked {
    let mut first = value.sequence()?.sequence()?;
    let hash = match first.peek() {
        Some(SEQUENCE) => algorithm(first.sequence()?)?,
        _ => &digest::SHA256,
    };
    let digest = digest::digest(hash, certificate.all);
    let same = first.expect(OCTET_STRING)?.content == digest.as_ref();
    ensure(
        same,
        "timestamp/certificate",
        "signing-certificate-v2 names another certificate",
    )
}

fn verification(
    signed_with: &[u8],
    hash: &'static Algorithm,
    certificate: &Certificate<'_>,
) -> Checked<&'static dyn VerificationAlgorithm> {
    let unknown = |why: &str| broken("timestamp/algorithm", why.to_owned());
    let mut key = Reader::new(certificate.key_algorithm);
    let kind = key.expect(OID)?.content;
    let sha = [&digest::SHA256, &digest::SHA384, &digest::SHA512]
        .iter()
        .position(|known| **known == *hash)
        .expect("one of the three");
    if kind.strip_prefix(RSA) == Some(&[1]) {
        // rsaEncryption leaves the digest to digestAlgorithm; the others name it and must agree.
        let fits = match signed_with.strip_prefix(RSA) {
            Some([1]) => true,
            Some([named @ 11..=13]) => usize::from(named - 11) == sha,
            _ => false,
        };
        if !fits {
            return unknown("RSA with another scheme than PKCS #1 v1.5 over its digest");
        }
        return Ok([
            &signature::RSA_PKCS1_2048_8192_SHA256 as &dyn VerificationAlgorithm,
            &signature::RSA_PKCS1_2048_8192_SHA384,
            &signature::RSA_PKCS1_2048_8192_SHA512,
        ][sha]);
    }
    if kind != EC_PUBLIC_KEY {
        return unknown("a key that is neither RSA nor elliptic");
    }
    match (key.expect(OID)?.content, sha) {
        (P_256, 0) => Ok(&signature::ECDSA_P256_SHA256_ASN1),
        (P_256, 1) => Ok(&signature::ECDSA_P256_SHA384_ASN1),
        (P_384, 0) => Ok(&signature::ECDSA_P384_SHA256_ASN1),
        (P_384, 1) => Ok(&signature::ECDSA_P384_SHA384_ASN1),
        _ => unknown("a curve or digest that is not P-256 or P-384 with SHA-256 or SHA-384"),
    }
}
