//! The operating system's randomness, as ring asks for it.

use ring::rand::SystemRandom;

/// For keys and for the nonces of ECDSA.
pub(super) fn source() -> SystemRandom {
    SystemRandom::new()
}
