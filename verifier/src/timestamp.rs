//! RFC 3161 time-stamp tokens: imprint, signer, usage, and the chain as of the time that the token states. No clock, no
//! network: whether a certificate was revoked is not asked here.

mod certificate;
mod cms;
mod der;
mod instant;

use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{hex, parse_base64};
use cms::SignedData;
use der::{BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};

/// Larger than a token with a long chain in it.
pub(crate) const TOKEN_BYTES_MAX: u64 = 256 << 10;
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Why a token says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {why}")]
pub struct TimestampError {
    /// The rule id of docs/ledger-format.md.
    pub rule: String,
    /// What was found.
    pub why: String,
}

/// What a token says that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// When it was stamped, RFC 3339, whole seconds.
    pub time: String,
    /// The same in seconds since 1970.
    pub seconds: i64,
    /// Under which policy, as the authority states it.
    pub policy: String,
    /// The token's own number, lowercase hex.
    pub serial: String,
    /// What the authority calls itself.
    pub authority: String,
    /// When the signer's certificate ends, seconds since 1970: renew before.
    pub expires: i64,
    /// Whether a root that the reader trusts stands at the end of the chain; `None` when none was given.
    pub is_trusted: Option<bool>,
}

/// The roots that a reader trusts for time, from certificates in PEM.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Reads every `CERTIFICATE` of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, TimestampError> {
        let mut found = Vec::new();
        for part in pem.split("-----BEGIN CERTIFICATE-----").skip(1) {
            let body = part
                .split("-----END CERTIFICATE-----")
                .next()
                .unwrap_or_default();
            let text: String = body.split_ascii_whitespace().collect();
            let der = parse_base64(&text).map_err(refused)?;
            let der = CertificateDer::from(der);
            let root = anchor_from_trusted_cert(&der).is_ok();
            ensure(root, "timestamp/form", "a root certificate cannot be read").map_err(refused)?;
            found.push(der);
        }
        let some = !found.is_empty();
        ensure(some, "timestamp/form", "no certificate in PEM").map_err(refused)?;
        Ok(Self(found))
    }
}

fn refused(broken: crate::broken::Broken) -> TimestampError {
    TimestampError {
        rule: broken.rule.to_owned(),
        why: broken.why,
    }
}

/// The token in a `TimeStampResp` (RFC 3161 section 2.4.2), unread; `None` where the authority did not grant one.
pub fn token_in_response(response: &[u8]) -> Result<Option<&[u8]>, TimestampError> {
    token_in(response).map_err(refused)
}

fn token_in(response: &[u8]) -> Checked<Option<&[u8]>> {
    let small = response.len() as u64 <= TOKEN_BYTES_MAX;
    ensure(small, "timestamp/form", "larger than an answer can be")?;
    let mut outer = Reader::new(response);
    let mut inside = outer.sequence()?;
    outer.end()?;
    let mut status = inside.sequence()?;
    // granted, grantedWithMods
    if !matches!(status.expect(INTEGER)?.content, [0 | 1]) {
        return Ok(None);
    }
    let token = inside.expect(SEQUENCE)?.all;
    inside.end()?;
    Ok(Some(token))
}

/// Checks a token over exactly these bytes; with a nonce, that the answer is to the question that was asked.
pub fn check_timestamp(
    token: &[u8],
    stamped: &[u8],
    nonce: Option<&[u8]>,
    authorities: Option<&Authorities>,
) -> Result<Timestamp, TimestampError> {
    check(token, Some(stamped), nonce, authorities).map_err(refused)
}

pub(crate) fn check(
    token: &[u8],
    stamped: Option<&[u8]>,
    nonce: Option<&[u8]>,
    authorities: Option<&Authorities>,
) -> Checked<Timestamp> {
    let small = token.len() as u64 <= TOKEN_BYTES_MAX;
    ensure(small, "timestamp/form", "larger than a token can be")?;
    let data = SignedData::parse(token)?;
    let info = Info::parse(data.content)?;
    if let Some(stamped) = stamped {
        let digest = ring::digest::digest(info.hash, stamped);
        let same = digest.as_ref() == info.imprint;
        ensure(same, "timestamp/imprint", "the token is over other bytes")?;
    }
    if let Some(nonce) = nonce {
        let same = info
            .nonce
            .is_some_and(|found| trimmed(found) == trimmed(nonce));
        ensure(same, "timestamp/nonce", "the token answers another request")?;
    }
    let signer = data.check()?;
    signer.check_usage()?;
    let is_trusted = match authorities {
        None => None,
        Some(roots) => Some(check_chain(&data, signer.all, info.seconds, roots)?),
    };
    Ok(Timestamp {
        time: instant::rfc_3339(info.seconds),
        seconds: info.seconds,
        policy: der::dotted(info.policy),
        serial: hex(info.serial),
        authority: signer.subject,
        expires: signer.not_after,
        is_trusted,
    })
}

/// `TSTInfo` of RFC 3161 section 2.4.2.
struct Info<'a> {
    policy: &'a [u8],
    hash: &'static ring::digest::Algorithm,
    imprint: &'a [u8],
    serial: &'a [u8],
    seconds: i64,
    nonce: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn parse(bytes: &'a [u8]) -> Checked<Self> {
        let mut outer = Reader::new(bytes);
        let mut info = outer.sequence()?;
        outer.end()?;
        let version = info.expect(INTEGER)?.content;
        ensure(version == [1], "timestamp/form", "another version than 1")?;
        let policy = info.expect(OID)?.content;
        let mut imprint = info.sequence()?;
        let hash = cms::algorithm(imprint.sequence()?)?;
        let imprint = imprint.expect(OCTET_STRING)?.content;
        let serial = info.expect(INTEGER)?.content;
        let seconds = instant::seconds(&info.expect(GENERALIZED_TIME)?)?;
        info.optional(SEQUENCE)?;
        info.optional(BOOLEAN)?;
        let nonce = info.optional(INTEGER)?.map(|nonce| nonce.content);
        Ok(Self {
            policy,
            hash,
            imprint,
            serial,
            seconds,
            nonce,
        })
    }
}

/// An integer without the zero that keeps it positive.
fn trimmed(mut integer: &[u8]) -> &[u8] {
    while let Some((0, rest)) = integer.split_first().map(|(first, rest)| (*first, rest)) {
        integer = rest;
    }
    integer
}

/// Builds the path as of the stated time, never as of now: a token outlives its certificate. `false` when it ends at
/// nobody whom the reader trusts.
fn check_chain(
    data: &SignedData<'_>,
    signer: &[u8],
    seconds: i64,
    authorities: &Authorities,
) -> Checked<bool> {
    let certificate = CertificateDer::from(signer);
    let Ok(end) = EndEntityCert::try_from(&certificate) else {
        return broken("timestamp/chain", "the signer's certificate cannot be read");
    };
    let others: Vec<CertificateDer<'_>> = data
        .certificates
        .iter()
        .map(|bytes| CertificateDer::from(*bytes))
        .collect();
    let roots: Vec<TrustAnchor<'_>> = authorities
        .0
        .iter()
        .filter_map(|root| anchor_from_trusted_cert(root).ok())
        .collect();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    let verified = end.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &roots,
        &others,
        at,
        // The signer's own usage is checked before; webpki would ask it of the issuers too.
        KeyUsage::required_if_present(TIME_STAMPING),
        None,
        None,
    );
    match verified {
        Ok(_) => Ok(true),
        Err(webpki::Error::UnknownIssuer) => Ok(false),
        Err(webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }) => broken(
            "timestamp/expired",
            "a certificate was not valid at the stated time",
        ),
        Err(error) => broken("timestamp/chain", error.to_string()),
    }
}
