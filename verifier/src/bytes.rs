//! Hashes, hex, base64 and times in their one spelling each.

use std::fmt;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

use crate::broken::{Checked, broken, ensure};

/// SHA-256, 32 bytes.
pub(crate) type Hash = [u8; 32];

pub(crate) const ZEROS: Hash = [0; 32];

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Bytes that are shown as hex, when they are shown.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

/// What stands in no alphabet.
const NO_DIGIT: u8 = 0x80;

/// The value of each byte as a digit of an alphabet.
const fn digits(alphabet: &[u8]) -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut value: u8 = 0;
    while (value as usize) < alphabet.len() {
        values[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    values
}

/// What each byte means at each of the four places of a group: its six bits of the group's 24.
type Alphabet = [[u32; 256]; 4];

/// What stands in no alphabet: a bit outside the 24.
const NO_LETTER: u32 = 1 << 31;

const fn alphabet(letters: &[u8; 64]) -> Alphabet {
    let mut bits = [[NO_LETTER; 256]; 4];
    let mut value: u32 = 0;
    while value < 64 {
        let mut place = 0;
        while place < 4 {
            bits[place][letters[value as usize] as usize] = value << (18 - 6 * place);
            place += 1;
        }
        value += 1;
    }
    bits
}

static HEX: [u8; 256] = digits(b"0123456789abcdef");
static BASE64: Alphabet =
    alphabet(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
static BASE64URL: Alphabet =
    alphabet(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

pub(crate) fn parse_hex<const N: usize>(text: &str) -> Checked<[u8; N]> {
    let mut out = [0; N];
    let mut seen = 0;
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    for (slot, [high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (HEX[usize::from(*high)], HEX[usize::from(*low)]);
        seen |= high | low;
        *slot = high << 4 | low;
    }
    if text.len() == 2 * N && seen & NO_DIGIT == 0 {
        return Ok(out);
    }
    broken(
        "canonical/hex",
        format_args!("not {} lowercase hex digits", 2 * N),
    )
}

/// Padded base64, trailing bits zero.
pub(crate) fn parse_base64(text: &str) -> Checked<Vec<u8>> {
    let mut bytes = Vec::new();
    append_base64(text, &mut bytes)?;
    Ok(bytes)
}

/// As `parse_base64`, behind what is there. Everything read here is public, so a table will do:
/// constant time has no use.
pub(crate) fn append_base64(text: &str, out: &mut Vec<u8>) -> Checked {
    let pad = usize::from(text.ends_with('=')) + usize::from(text.ends_with("=="));
    let unpadded = &text.as_bytes()[..text.len() - pad];
    let holds = text.len().is_multiple_of(4) && decode(&BASE64, unpadded, out).is_some();
    ensure(holds, "canonical/base64", "not canonical base64")
}

pub(crate) fn parse_base64url(text: &str) -> Checked<Vec<u8>> {
    let mut bytes = Vec::new();
    match decode(&BASE64URL, text.as_bytes(), &mut bytes) {
        Some(()) => Ok(bytes),
        None => broken("canonical/base64", "not canonical base64url"),
    }
}

/// RFC 4648 without padding; the one spelling of each text, so unused bits are zero (section 3.5 of
/// it).
fn decode(alphabet: &Alphabet, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (groups, rest) = text.as_chunks::<4>();
    let start = out.len();
    out.resize(start + 3 * groups.len(), 0);
    let value = |place: usize, byte: u8| alphabet[place][usize::from(byte)];
    let mut seen = 0;
    for (slot, [a, b, c, d]) in out[start..].as_chunks_mut::<3>().0.iter_mut().zip(groups) {
        let bits = value(0, *a) | value(1, *b) | value(2, *c) | value(3, *d);
        seen |= bits;
        let [_, bytes @ ..] = bits.to_be_bytes();
        *slot = bytes;
    }
    let (bits, left) = match rest {
        [] => (0, 0),
        [a, b] => (value(0, *a) | value(1, *b), 1),
        [a, b, c] => (value(0, *a) | value(1, *b) | value(2, *c), 2),
        _ => return None,
    };
    let [_, bytes @ ..] = bits.to_be_bytes();
    out.extend_from_slice(&bytes[..left]);
    let unused_are_zero = bytes[left..].iter().all(|byte| *byte == 0);
    ((seen | bits) & NO_LETTER == 0 && unused_are_zero).then_some(())
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

    proptest::proptest! {
        /// Nearly base64: what the other decoder takes is taken, as the same bytes, and nothing
        /// else.
        #[test]
        fn base64_is_what_another_decoder_takes(text in "[A-D/+_=-]{0,14}", bytes: Vec<u8>) {
            let padded = Base64::decode_vec(&text).ok().filter(|bytes| base64(bytes) == text);
            proptest::prop_assert_eq!(parse_base64(&text).ok(), padded);
            let unpadded = Base64UrlUnpadded::decode_vec(&text).ok();
            let unpadded = unpadded.filter(|bytes| base64url(bytes) == text);
            proptest::prop_assert_eq!(parse_base64url(&text).ok(), unpadded);
            let (padded, unpadded) = (base64(&bytes), base64url(&bytes));
            proptest::prop_assert_eq!(parse_base64(&padded).ok(), Some(bytes.clone()));
            proptest::prop_assert_eq!(parse_base64url(&unpadded).ok(), Some(bytes.clone()));
            proptest::prop_assert_eq!(parse_hex::<3>(&hex(&bytes)).ok(), bytes.try_into().ok());
        }
    }

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
