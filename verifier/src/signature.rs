//! The signature rule of section 3: Ed25519 with no second spelling and no weak key.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::broken::{Checked, broken};
use crate::bytes::{Hash, Hex, hex, sha256};

/// A public key that may sign: canonical and not of small order.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    bytes: [u8; 32],
    point: VerifyingKey,
}

impl PublicKey {
    pub(crate) fn new(bytes: [u8; 32]) -> Checked<Self> {
        let weak = |why: &str| broken("key/weak", format!("the public key {}: {why}", hex(&bytes)));
        if !is_canonical(&bytes) {
            return weak("not a canonical encoding");
        }
        match VerifyingKey::from_bytes(&bytes) {
            Ok(point) if !point.is_weak() => Ok(Self { bytes, point }),
            Ok(_) => weak("a point of small order"),
            Err(_) => weak("no point of the curve"),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    pub(crate) fn id(&self) -> Hash {
        sha256(&self.bytes)
    }

    /// `verify_strict`: S < L, R compared as bytes with its canonical encoding, nothing of small order, no cofactor.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Checked {
        let holds = Signature::from_slice(signature)
            .is_ok_and(|signature| self.point.verify_strict(message, &signature).is_ok());
        if holds {
            return Ok(());
        }
        broken(
            "signature/strict",
            format_args!("the signature of key {}", Hex(&self.id())),
        )
    }
}

/// y < 2^255 - 19. The sign bit for x = 0 belongs to y = 1 and y = -1, which are of small order.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let high = bytes[31] & 0x7f;
    let all_ones = high == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff);
    !(all_ones && bytes[0] >= 0xed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_second_spellings_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xee, 0x7f);
        for bytes in [identity, [0; 32], second] {
            assert_eq!(PublicKey::new(bytes).expect_err("refused").rule, "key/weak");
        }
    }
}
