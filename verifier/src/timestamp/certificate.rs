//! What a time-stamp check needs of X.509 (RFC 5280): who issued it, its key, its validity, its extensions. Paths are built
//! and judged by webpki.

use super::der::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};
use super::instant;
use crate::broken::{Checked, broken, ensure};

const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const KEY_PURPOSE_TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const EXTENSIONS_TAG: u8 = 0xa3;
const VERSION_TAG: u8 = 0xa0;
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];

pub(super) struct Certificate<'a> {
    pub(super) all: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: String,
    pub(super) not_after: i64,
    /// The algorithm of the key with its parameters, and the key's bits.
    pub(super) key_algorithm: &'a [u8],
    pub(super) key: &'a [u8],
    extensions: Vec<(&'a [u8], bool, &'a [u8])>,
}

impl<'a> Certificate<'a> {
    pub(super) fn parse(all: &'a [u8]) -> Checked<Self> {
        let mut outer = Reader::new(all);
        let mut certificate = outer.sequence()?;
        outer.end()?;
        let mut tbs = certificate.sequence()?;
        tbs.optional(VERSION_TAG)?;
        let serial = tbs.expect(INTEGER)?.content;
        tbs.sequence()?;
        let issuer = tbs.expect(SEQUENCE)?.all;
        let mut validity = tbs.sequence()?;
        validity.any()?;
        let not_after = instant::seconds(&validity.any()?)?;
        let subject = tbs.expect(SEQUENCE)?;
        let mut key_info = tbs.sequence()?;
        let key_algorithm = key_info.expect(SEQUENCE)?.content;
        let bits = key_info.expect(BIT_STRING)?.content;
        let Some((0, key)) = bits.split_first().map(|(unused, key)| (*unused, key)) else {
            return broken("timestamp/form", "a key that is no whole number of bytes");
        };
        let mut extensions = Vec::new();
        while !tbs.is_empty() {
            let element = tbs.any()?;
            if element.tag == EXTENSIONS_TAG {
                extensions = read_extensions(element.reader().sequence()?)?;
            }
        }
        Ok(Self {
            all,
            serial,
            issuer,
            subject: called(subject.reader()),
            not_after,
            key_algorithm,
            key,
            extensions,
        })
    }

    fn extension(&self, oid: &[u8]) -> Option<(bool, &'a [u8])> {
        self.extensions
            .iter()
            .find(|(name, ..)| *name == oid)
            .map(|(_, critical, value)| (*critical, *value))
    }

    pub(super) fn subject_key_id(&self) -> Option<&'a [u8]> {
        let (_, value) = self.extension(SUBJECT_KEY_ID)?;
        Reader::new(value)
            .expect(OCTET_STRING)
            .ok()
            .map(|e| e.content)
    }

    /// RFC 3161 section 2.3: the extended key usage is there, critical, and time stamping alone.
    pub(super) fn check_usage(&self) -> Checked {
        let Some((critical, value)) = self.extension(EXTENDED_KEY_USAGE) else {
            return broken(
                "timestamp/usage",
                "the signer's certificate has no extended key usage",
            );
        };
        ensure(
            critical,
            "timestamp/usage",
            "the extended key usage is not critical",
        )?;
        let mut purposes = Reader::new(value).sequence()?;
        let only = purposes.expect(OID)?.content == KEY_PURPOSE_TIME_STAMPING;
        ensure(
            only && purposes.is_empty(),
            "timestamp/usage",
            "the certificate is for more, or for other, than time stamping",
        )
    }
}

type Extension<'a> = (&'a [u8], bool, &'a [u8]);

fn read_extensions(mut list: Reader<'_>) -> Checked<Vec<Extension<'_>>> {
    let mut extensions: Vec<Extension<'_>> = Vec::new();
    while !list.is_empty() {
        let mut extension = list.sequence()?;
        let oid = extension.expect(OID)?.content;
        let critical = extension.optional(BOOLEAN)?;
        let value = extension.expect(OCTET_STRING)?.content;
        let twice = extensions.iter().any(|(name, ..)| *name == oid);
        ensure(!twice, "timestamp/form", "an extension that stands twice")?;
        extensions.push((
            oid,
            critical.is_some_and(|flag| flag.content == [0xff]),
            value,
        ));
    }
    Ok(extensions)
}

/// For messages: what people call the authority.
fn called(mut name: Reader<'_>) -> String {
    while let Ok(set) = name.any() {
        let Ok(mut pair) = set.reader().sequence() else {
            continue;
        };
        let is_name = pair.expect(OID).is_ok_and(|oid| oid.content == COMMON_NAME);
        if let (true, Ok(value)) = (is_name, pair.any()) {
            let text = String::from_utf8_lossy(value.content);
            return text.chars().filter(|c| !c.is_control()).take(100).collect();
        }
    }
    "an authority without a name".to_owned()
}
