//! The only file of this part that reads randomness: for signatures and for ids that must not be guessed.

use ring::rand::SystemRandom;

/// For RSA-PSS salts.
pub(super) fn source() -> SystemRandom {
    SystemRandom::new()
}

/// An id that is used once.
pub(super) fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}
