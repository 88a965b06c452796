//! SHA-256 values and their hex form; nothing here knows what was hashed.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// 32 zero bytes: written where there is nothing before (`prev`, `link`, `seen.leaf`).
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of parts put one behind the other.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Reads 64 lowercase hex digits (`canonical/hex`).
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = [0_u8; 32];
        decode_hex(text.as_bytes(), &mut out)?;
        Some(Self(out))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Lowercase hex.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 2);
    write_hex(bytes, &mut text);
    String::from_utf8(text).expect("digits are ASCII")
}

/// Appends lowercase hex.
pub(crate) fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS[usize::from(value & 15)];
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(*byte)]),
    );
}

/// Reads exactly `out.len()` bytes of lowercase hex.
pub(crate) fn decode_hex(text: &[u8], out: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != out.len() || !rest.is_empty() {
        return None;
    }
    // One test after the loop: what is no digit has a bit above the lower four.
    let mut seen = 0;
    for (slot, [high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (HEX[usize::from(*high)], HEX[usize::from(*low)]);
        seen |= high | low;
        *slot = high << 4 | low & 15;
    }
    (seen < 16).then_some(())
}

/// The value of each lowercase hex digit; 0x80 for every other byte.
const HEX: [u8; 256] = {
    let mut digits = [0x80; 256];
    let mut value = 0_u8;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};
