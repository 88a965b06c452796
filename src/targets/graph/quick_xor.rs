//! QuickXorHash, the only hash that business drives report; computed over what is read back.
//! <https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash>

use crate::domain::file::QuickXor;

const WIDTH_BITS: u32 = 160;
const SHIFT_BITS: u32 = 11;

/// The running hash: a ring of 160 bits, low bit first.
#[derive(Clone, Debug, Default)]
pub(super) struct Hasher {
    low: u128,
    high: u32,
    at_bit: u32,
    length: u64,
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.xor_byte(*byte);
            self.at_bit = (self.at_bit + SHIFT_BITS) % WIDTH_BITS;
        }
        self.length += bytes.len() as u64;
    }

    /// A byte may lie across the border at bit 128 or come round at bit 160.
    fn xor_byte(&mut self, byte: u8) {
        for bit in 0..8 {
            if byte >> bit & 1 == 1 {
                let at = (self.at_bit + bit) % WIDTH_BITS;
                if at < 128 {
                    self.low ^= 1 << at;
                } else {
                    self.high ^= 1 << (at - 128);
                }
            }
        }
    }

    pub(super) fn finish(self) -> QuickXor {
        let mut out = [0; 20];
        out[..16].copy_from_slice(&self.low.to_le_bytes());
        out[16..].copy_from_slice(&self.high.to_le_bytes());
        for (slot, byte) in out[12..].iter_mut().zip(self.length.to_le_bytes()) {
            *slot ^= byte;
        }
        QuickXor(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes and hash in base64: some of those that rclone publishes for its own (`backend/onedrive/quickxorhash`).
    const PUBLISHED: [(&str, &str); 8] = [
        ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
        ("/aNzzCFPS/A=", "/RjFHJgRgicsAR4ACAAAAAAAAAA="),
        ("XoJ1AsoR4fDYJrDqYs4=", "XhBEHQSgjAiEAx7YPgEs1CEGZwA="),
        ("gQaybEqS/4UlDc8e4IJm", "gDCALNigBEn8oxAlZ8AzPAAOQZg="),
        (
            "T6LYJIfDh81JrAK309H2JMJTXis=",
            "zBTHrspn3mEcohlJdIUAbjGNaNg=",
        ),
        (
            "bU2j/0XYdgfPFD4691jV0AOUEUPR4Z5E",
            "bnLBiLpVgnxVkXhNsIAPdHAPLFQ=",
        ),
        (
            concat!(
                "Mb7EGva2rEE5fENDL85P+BsapHEEjv2/siVhKjvAQe02feEx",
                "VOQSkfmuYzU/kTF1MaKjPmKF/w+cbvwfdWL8aQ=="
            ),
            "n1anP5NfvD4XDYWIeRPW3ZkPv1Y=",
        ),
    ];

    #[test]
    fn the_hash_is_what_others_make_of_the_same_bytes() {
        use base64ct::{Base64, Encoding as _};
        for (bytes, hash) in PUBLISHED {
            let mut hasher = Hasher::default();
            hasher.update(&Base64::decode_vec(bytes).expect("base64"));
            let QuickXor(found) = hasher.finish();
            assert_eq!(Base64::encode_string(&found), hash, "{bytes}");
        }
    }

    #[test]
    fn pieces_hash_as_the_whole_and_the_ring_closes() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut whole = Hasher::default();
        whole.update(&bytes);
        let mut pieces = Hasher::default();
        bytes.chunks(7).for_each(|piece| pieces.update(piece));
        assert_eq!(whole.finish(), pieces.finish());
        // The 15th byte begins at bit 154: six bits at the end, two at the front.
        let mut ring = Hasher::default();
        ring.update(&[&[0; 14][..], &[0xff]].concat());
        let QuickXor(hash) = ring.finish();
        assert_eq!((hash[19], hash[0], hash[12]), (0b1111_1100, 0b11, 15));
    }
}
