//! One time-stamping authority: the request of RFC 3161, and its answer, which is verified whole before anybody relies on it.

use unbroken_ledger::{Hash, random};
use unbroken_verify::{Authorities, Timestamp, check_timestamp, token_in_response};

use super::AnchorError;
use super::http::{self, HttpError};

const NONCE_BYTES: usize = 8;
/// `AlgorithmIdentifier` of SHA-256 with NULL parameters.
const SHA_256: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const CERT_REQ_TRUE: [u8; 3] = [0x01, 0x01, 0xff];

/// An authority, where it answers, and the roots at whose end its chain must stand.
#[derive(Clone, Debug)]
pub struct AuthorityAt {
    /// What we call it.
    pub name: String,
    /// Where it answers.
    pub url: String,
    /// Its roots.
    pub roots: Authorities,
    /// The policy that its answers must state, where one is asked for.
    pub policy: Option<String>,
}

impl AuthorityAt {
    /// Gets a token over exactly these bytes; it holds when this returns.
    pub async fn stamp(&self, stamped: &[u8]) -> Result<(Vec<u8>, Timestamp), AnchorError> {
        let nonce = nonce().map_err(|error| AnchorError::Answer(error.to_string()))?;
        let request = request(&Hash::of(stamped), &nonce);
        let answer = http::post(&self.url, "application/timestamp-query", request).await?;
        if answer.status != 200 {
            return Err(HttpError::Status {
                host: http::host(&self.url),
                status: answer.status,
                text: answer.first_line(),
            }
            .into());
        }
        let token = token_in_response(&answer.body)
            .map_err(|error| AnchorError::Answer(error.to_string()))?
            .ok_or_else(|| AnchorError::Refused("it did not grant a time stamp".to_owned()))?;
        let stamp = self
            .check(token, stamped, Some(&nonce))
            .map_err(AnchorError::Answer)?;
        Ok((token.to_vec(), stamp))
    }

    fn check(
        &self,
        token: &[u8],
        stamped: &[u8],
        nonce: Option<&[u8]>,
    ) -> Result<Timestamp, String> {
        let stamp = check_timestamp(token, stamped, nonce, Some(&self.roots))
            .map_err(|error| error.to_string())?;
        if stamp.is_trusted != Some(true) {
            return Err("timestamp/foreign: its chain does not end at the roots given".to_owned());
        }
        if self
            .policy
            .as_ref()
            .is_some_and(|policy| *policy != stamp.policy)
        {
            return Err(format!(
                "timestamp/policy: it stamped under {}",
                stamp.policy
            ));
        }
        Ok(stamp)
    }

    /// When the certificate under a token of this authority ends; `None` for anybody else's.
    pub(super) fn expires(&self, token: &[u8], stamped: &[u8]) -> Option<i64> {
        self.check(token, stamped, None)
            .ok()
            .map(|stamp| stamp.expires)
    }
}

/// Positive and without a leading zero byte, so that its DER is these bytes.
fn nonce() -> Result<[u8; NONCE_BYTES], random::RandomnessError> {
    let mut nonce: [u8; NONCE_BYTES] = random::array()?;
    nonce[0] = nonce[0] & 0x7f | 0x40;
    Ok(nonce)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("a request is shorter than 128 bytes");
    debug_assert!(length < 0x80, "one byte of length");
    [&[tag, length][..], content].concat()
}

/// `TimeStampReq`: version 1, SHA-256 imprint, nonce, and the certificates, please.
fn request(imprint: &Hash, nonce: &[u8]) -> Vec<u8> {
    let imprint = [&SHA_256[..], &element(OCTET_STRING, &imprint.0)].concat();
    let parts = [
        element(INTEGER, &[1]),
        element(SEQUENCE, &imprint),
        element(INTEGER, nonce),
        CERT_REQ_TRUE.to_vec(),
    ];
    element(SEQUENCE, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_bytes_of_rfc_3161() {
        let bytes = request(&Hash([7; 32]), &[0x41; 8]);
        let expected = [
            &[0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31][..],
            &SHA_256,
            &[0x04, 0x20],
            &[7; 32],
            &[0x02, 0x08],
            &[0x41; 8],
            &[0x01, 0x01, 0xff],
        ]
        .concat();
        assert_eq!(bytes, expected);
    }
}
