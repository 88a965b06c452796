//! Hashes, hex, base64 and times in their one spelling each.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

use crate::broken::{Checked, broken, ensure};

/// SHA-256, 32 bytes.
pub(crate) type Hash = [u8; 32];

pub(crate) const ZEROS: Hash = [0; 32];

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("below 16");
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

pub(crate) fn parse_hex<const N: usize>(text: &str) -> Checked<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let read = || {
        let mut out = [0; N];
        for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
            *slot = digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?;
        }
        (text.len() == 2 * N).then_some(out)
    };
    match read() {
        Some(out) => Ok(out),
        None => broken(
            "canonical/hex",
            format!("not {} lowercase hex digits", 2 * N),
        ),
    }
}

/// Padded base64, trailing bits zero: decoding and encoding again must give the same text.
pub(crate) fn parse_base64(text: &str) -> Checked<Vec<u8>> {
    match Base64::decode_vec(text) {
        Ok(bytes) if Base64::encode_string(&bytes) == text => Ok(bytes),
        _ => broken("canonical/base64", "not canonical base64"),
    }
}

pub(crate) fn parse_base64url(text: &str) -> Checked<Vec<u8>> {
    match Base64UrlUnpadded::decode_vec(text) {
        Ok(bytes) if Base64UrlUnpadded::encode_string(&bytes) == text => Ok(bytes),
        _ => broken("canonical/base64", "not canonical base64url"),
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// A time in its one form: such texts compare as the instants do.
pub(crate) fn check_time(text: &str) -> Checked {
    let form = b"dddd-dd-ddTdd:dd:dd.ddddddZ";
    let is_formed = text.len() == form.len()
        && text.bytes().zip(form).all(|(found, wanted)| match wanted {
            b'd' => found.is_ascii_digit(),
            _ => found == *wanted,
        });
    ensure(
        is_formed,
        "canonical/time",
        "not YYYY-MM-DDThh:mm:ss.ffffffZ",
    )?;
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(u32::MAX);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    let holds = year >= 1
        && (1..=days).contains(&day)
        && number(11, 13) < 24
        && number(14, 16) < 60
        && number(17, 19) < 60;
    ensure(holds, "canonical/time", "no such date or time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_each() {
        assert!(parse_hex::<2>("00fF").is_err() && parse_hex::<2>("00f").is_err());
        assert_eq!(parse_hex::<2>("00ff").expect("read"), [0, 255]);
        assert!(parse_base64("QQ==").is_ok() && parse_base64("QR==").is_err());
        assert!(parse_base64("QQ").is_err() && parse_base64url("QR").is_err());
        for good in ["2024-02-29T23:59:59.000000Z", "0001-01-01T00:00:00.999999Z"] {
            assert!(check_time(good).is_ok(), "{good}");
        }
        for bad in [
            "2023-02-29T00:00:00.000000Z",
            "2024-01-01T24:00:00.000000Z",
            "2024-01-01T00:00:60.000000Z",
            "2024-01-01T00:00:00.00000Z",
            "0000-01-01T00:00:00.000000Z",
            "2024-01-01t00:00:00.000000Z",
        ] {
            assert_eq!(check_time(bad).expect_err(bad).rule, "canonical/time");
        }
    }
}
