//! A time-stamping authority for rehearsals, so that they show the same seal as a real case: tokens as RFC 3161 forms them, by a
//! key that nobody has a reason to trust and whose certificate says so. Requests over a network are not here.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::SealError;
use super::certificate::Certificate;
use super::cms::{SHA_256, Signature};
use super::der::{GENERALIZED_TIME, INTEGER, NULL, OCTET_STRING, element, oid, sequence};
use super::key::FileKey;

/// `id-ct-TSTInfo`.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
/// 1.3.6.1.4.1.32473.1: below the number that RFC 5612 keeps for examples.
const POLICY: &[u8] = &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1];

/// The authority.
pub struct RehearsalAuthority {
    key: FileKey,
    certificate: Certificate,
}

impl RehearsalAuthority {
    /// A new one, with a certificate of its own making.
    pub fn make(
        organisation: &str,
        serial: [u8; 16],
        from: DateTime<Utc>,
    ) -> Result<Self, SealError> {
        let key = FileKey::from_pkcs8(&FileKey::generate()?)?;
        let certificate = Certificate::for_rehearsed_times(&key, organisation, serial, from)?;
        Ok(Self { key, certificate })
    }

    /// Its certificate, which is the root too.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A token over these bytes, as of an instant in whole seconds.
    pub fn stamp(
        &self,
        stamped: &[u8],
        serial: [u8; 16],
        at: DateTime<Utc>,
    ) -> Result<Vec<u8>, SealError> {
        let mut serial = serial;
        // Positive, and its first byte not zero (X.690 8.3.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        let algorithm = sequence(&[&oid(SHA_256), &NULL]);
        let digest = element(OCTET_STRING, &[&Sha256::digest(stamped)]);
        let time = at.format("%Y%m%d%H%M%SZ").to_string();
        let info = sequence(&[
            &element(INTEGER, &[&[1]]),
            &oid(POLICY),
            &sequence(&[&algorithm, &digest]),
            &element(INTEGER, &[&serial]),
            &element(GENERALIZED_TIME, &[time.as_bytes()]),
        ]);
        let chain = std::slice::from_ref(&self.certificate);
        Ok(Signature::enclosing(TST_INFO, info, &self.key, chain)?.into_cms(None))
    }
}
