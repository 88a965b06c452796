//! QuickXorHash as OneDrive computes it: 160 bits, each byte XORed in 11 bits further, the length at the end.
//! <https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash>

/// The running hash.
#[derive(Clone, Debug, Default)]
pub struct QuickXor {
    bits: [u8; 20],
    length: u64,
}

impl QuickXor {
    /// Of whole bytes.
    pub fn of(bytes: &[u8]) -> [u8; 20] {
        let mut hash = Self::default();
        hash.update(bytes);
        hash.finish()
    }

    /// Takes bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let bit = usize::try_from(self.length * 11 % 160).expect("below 160");
            let (cell, shift) = (bit / 8, bit % 8);
            let wide = u16::from(*byte) << shift;
            let [low, high] = wide.to_le_bytes();
            self.bits[cell] ^= low;
            self.bits[(cell + 1) % 20] ^= high;
            self.length += 1;
        }
    }

    /// The 20 bytes.
    pub fn finish(mut self) -> [u8; 20] {
        for (cell, byte) in self.bits[12..].iter_mut().zip(self.length.to_le_bytes()) {
            *cell ^= byte;
        }
        self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_little() {
        assert_eq!(QuickXor::of(b""), [0; 20]);
        // One byte: it stands at bit 0, and the length 1 is XORed into byte 12.
        let mut one = [0; 20];
        one[0] = b'a';
        one[12] = 1;
        assert_eq!(QuickXor::of(b"a"), one);
        // The 15th byte begins at bit 154: its upper bits come round to the front.
        let hash = QuickXor::of(&[&[0; 14][..], &[0xff]].concat());
        assert_eq!((hash[19], hash[0]), (0b1111_1100, 0b0000_0011));
    }
}
