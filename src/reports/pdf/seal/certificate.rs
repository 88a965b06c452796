//! X.509 as far as a seal needs it: the parts of a certificate that stand in a signature, and a certificate of our own making
//! for rehearsals. Whether a chain is worth trust is the reader's to judge, not ours.

use base64ct::{Base64, Encoding as _};
use chrono::{DateTime, Datelike as _, Utc};
use sha2::{Digest as _, Sha256};

use super::SealError;
use super::der::{
    BIT_STRING, BOOLEAN, CONTEXT_0, CONTEXT_3, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE,
    SET, UTC_TIME, UTF8_STRING, element, oid, sequence, split, take,
};
use super::key::SealKey;

/// More certificates than any chain has.
const CHAIN_MAX: usize = 16;
const CERTIFICATE_BYTES_MAX: usize = 64 << 10;

const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
#[cfg(feature = "demo")]
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
#[cfg(feature = "demo")]
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// A certificate, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    spki: Vec<u8>,
    public_key: Vec<u8>,
    subject: String,
}

impl Certificate {
    /// Takes a certificate apart.
    pub fn from_der(der: &[u8]) -> Result<Self, SealError> {
        parse(der).ok_or(SealError::Certificate("it is no X.509 certificate in DER"))
    }

    /// Every `CERTIFICATE` of a PEM text: that of the seal first, then those above it.
    pub fn chain_from_pem(pem: &str) -> Result<Vec<Self>, SealError> {
        let chain: Vec<Self> = blocks(pem, "CERTIFICATE")?
            .iter()
            .map(|der| Self::from_der(der))
            .collect::<Result<_, _>>()?;
        match chain.len() {
            0 => Err(SealError::Certificate("the file holds no CERTIFICATE")),
            1..=CHAIN_MAX => Ok(chain),
            _ => Err(SealError::Certificate(
                "the file holds more than 16 certificates",
            )),
        }
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// As a PEM text.
    pub fn to_pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// Whom it names.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// SHA-256 of the whole.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// The key with its algorithm (`SubjectPublicKeyInfo`).
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key's bits alone.
    pub(super) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// `IssuerAndSerialNumber` of RFC 5652.
    pub(super) fn issuer_and_serial(&self) -> Vec<u8> {
        sequence(&[&self.issuer, &self.serial])
    }

    /// A certificate that the key signs for itself, for 30 days, and whose name says that it proves nothing.
    pub fn for_rehearsal(
        key: &dyn SealKey,
        organisation: &str,
        serial: [u8; 16],
        from: DateTime<Utc>,
    ) -> Result<Self, SealError> {
        let name = name(organisation, "REHEARSAL seal, proves nothing");
        Self::by_itself(key, &name, serial, from, &[])
    }

    /// As [`Certificate::for_rehearsal`], for a key that stamps times and does nothing else (RFC 3161 section 2.3).
    #[cfg(feature = "demo")]
    pub(super) fn for_rehearsed_times(
        key: &dyn SealKey,
        organisation: &str,
        serial: [u8; 16],
        from: DateTime<Utc>,
    ) -> Result<Self, SealError> {
        let name = name(organisation, "REHEARSAL time stamps, prove nothing");
        let usage = sequence(&[
            &oid(EXTENDED_KEY_USAGE),
            &element(BOOLEAN, &[&[0xff]]),
            &element(OCTET_STRING, &[&sequence(&[&oid(TIME_STAMPING)])]),
        ]);
        Self::by_itself(key, &name, serial, from, &usage)
    }

    fn by_itself(
        key: &dyn SealKey,
        name: &[u8],
        serial: [u8; 16],
        from: DateTime<Utc>,
        further: &[u8],
    ) -> Result<Self, SealError> {
        let mut serial = serial;
        // Positive, and its first byte not zero: one encoding only (X.690 8.3.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        let spki = key.spki();
        let tbs = sequence(&[
            &element(CONTEXT_0, &[&element(INTEGER, &[&[2]])]),
            &element(INTEGER, &[&serial]),
            &key.algorithm().identifier(),
            name,
            &sequence(&[&time(from), &time(from + chrono::Duration::days(30))]),
            name,
            &spki,
            &element(CONTEXT_3, &[&extensions(&spki, further)]),
        ]);
        let signature = key.sign(&tbs)?;
        let bits = element(BIT_STRING, &[&[0], &signature]);
        Self::from_der(&sequence(&[&tbs, &key.algorithm().identifier(), &bits]))
    }
}

fn parse(der: &[u8]) -> Option<Certificate> {
    if der.len() > CERTIFICATE_BYTES_MAX {
        return None;
    }
    let (outer, rest) = split(der)?;
    if outer.tag != SEQUENCE || !rest.is_empty() {
        return None;
    }
    let mut body = outer.content;
    let mut tbs = take(&mut body, SEQUENCE)?.content;
    take(&mut tbs, CONTEXT_0)?;
    let serial = take(&mut tbs, INTEGER)?.all.to_vec();
    take(&mut tbs, SEQUENCE)?;
    let issuer = take(&mut tbs, SEQUENCE)?.all.to_vec();
    take(&mut tbs, SEQUENCE)?;
    let subject = take(&mut tbs, SEQUENCE)?;
    let spki = take(&mut tbs, SEQUENCE)?;
    let mut key_info = spki.content;
    take(&mut key_info, SEQUENCE)?;
    let (0, key) = take(&mut key_info, BIT_STRING)?
        .content
        .split_first()
        .map(|(unused, key)| (*unused, key))?
    else {
        return None;
    };
    Some(Certificate {
        der: der.to_vec(),
        issuer,
        serial,
        spki: spki.all.to_vec(),
        public_key: key.to_vec(),
        subject: called(subject.content),
    })
}

/// The common name; only for people to read.
fn called(mut names: &[u8]) -> String {
    while let Some(set) = take(&mut names, SET) {
        let mut pair = set.content;
        let Some(mut pair) = take(&mut pair, SEQUENCE).map(|pair| pair.content) else {
            continue;
        };
        let is_name =
            take(&mut pair, super::der::OID).is_some_and(|oid| oid.content == COMMON_NAME);
        if let (true, Some((value, _))) = (is_name, split(pair)) {
            let text = String::from_utf8_lossy(value.content);
            return text.chars().filter(|c| !c.is_control()).take(100).collect();
        }
    }
    "a certificate without a name".to_owned()
}

fn name(organisation: &str, common: &str) -> Vec<u8> {
    let short: String = organisation.chars().take(60).collect();
    let part = |kind: &[u8], value: &str| {
        let value = element(UTF8_STRING, &[value.as_bytes()]);
        element(SET, &[&sequence(&[&oid(kind), &value])])
    };
    sequence(&[&part(ORGANISATION, &short), &part(COMMON_NAME, common)])
}

/// `UTCTime` up to 2049, `GeneralizedTime` after it (RFC 5280 section 4.1.2.5).
fn time(when: DateTime<Utc>) -> Vec<u8> {
    if (1950..2050).contains(&when.year()) {
        element(
            UTC_TIME,
            &[when.format("%y%m%d%H%M%SZ").to_string().as_bytes()],
        )
    } else {
        let text = when.format("%Y%m%d%H%M%SZ").to_string();
        element(GENERALIZED_TIME, &[text.as_bytes()])
    }
}

fn extensions(spki: &[u8], further: &[u8]) -> Vec<u8> {
    let critical = element(BOOLEAN, &[&[0xff]]);
    let key_id = element(OCTET_STRING, &[&Sha256::digest(spki)[..20]]);
    sequence(&[
        &sequence(&[
            &oid(BASIC_CONSTRAINTS),
            &critical,
            &element(OCTET_STRING, &[&sequence(&[])]),
        ]),
        // digitalSignature and nonRepudiation: bits 0 and 1.
        &sequence(&[
            &oid(KEY_USAGE),
            &critical,
            &element(OCTET_STRING, &[&element(BIT_STRING, &[&[6, 0xc0]])]),
        ]),
        &sequence(&[&oid(SUBJECT_KEY_ID), &element(OCTET_STRING, &[&key_id])]),
        further,
    ])
}

/// The blocks of a PEM text (RFC 7468) with this label.
pub(super) fn blocks(pem: &str, label: &str) -> Result<Vec<Vec<u8>>, SealError> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut found = Vec::new();
    for part in pem.split(&begin).skip(1) {
        let Some((body, _)) = part.split_once(&end) else {
            return Err(SealError::Certificate("a PEM block without its end"));
        };
        let text: String = body.split_ascii_whitespace().collect();
        let der = Base64::decode_vec(&text)
            .map_err(|_| SealError::Certificate("a PEM block that is not base64"))?;
        found.push(der);
    }
    Ok(found)
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let mut lines = format!("-----BEGIN {label}-----\n");
    for chunk in text.as_bytes().chunks(64) {
        lines.push_str(&String::from_utf8_lossy(chunk));
        lines.push('\n');
    }
    lines + &format!("-----END {label}-----\n")
}
