//! Key files: PKCS#8 PEM (RFC 5958), plain or encrypted under a passphrase with PBES2; reading and writing text only.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use zeroize::Zeroizing;

use super::PrivateKey;

/// Why a key file cannot be used. Never holds any of its text.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is encrypted and no passphrase was given.
    #[error("the key file is encrypted; give its passphrase")]
    PassphraseNeeded,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key file")]
    PassphraseWrong,
    /// It is not an Ed25519 key in PKCS#8 PEM.
    #[error(
        "not an Ed25519 private key in PKCS#8 PEM (`BEGIN PRIVATE KEY` or \
         `BEGIN ENCRYPTED PRIVATE KEY`)"
    )]
    NotAKey,
    /// It could not be written.
    #[error("the key cannot be written as PKCS#8")]
    Encoding,
}

impl PrivateKey {
    /// Reads a PEM text; the passphrase is used when the text says that it is encrypted.
    pub fn from_pem(pem: &str, passphrase: Option<&str>) -> Result<Self, KeyFileError> {
        if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            let passphrase = passphrase.ok_or(KeyFileError::PassphraseNeeded)?;
            return SigningKey::from_pkcs8_encrypted_pem(pem, passphrase)
                .map(Self)
                .map_err(|_| KeyFileError::PassphraseWrong);
        }
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|_| KeyFileError::NotAKey)
    }

    /// Writes a PEM text, encrypted when there is a passphrase.
    pub fn to_pem(&self, passphrase: Option<&str>) -> Result<Zeroizing<String>, KeyFileError> {
        // Version 1, without the public key: OpenSSL 3.0 does not read version 2. Wiped when dropped.
        let bytes = KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        match passphrase {
            Some(passphrase) => bytes.to_pkcs8_encrypted_pem(passphrase, LineEnding::LF),
            None => bytes.to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(|_| KeyFileError::Encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Signer;

    #[test]
    fn plain_and_encrypted_round_trip() {
        let key = PrivateKey::from_seed(&[7; 32]);
        let plain = key.to_pem(None).expect("written");
        assert_eq!(
            PrivateKey::from_pem(&plain, None).expect("read").key_id(),
            key.key_id()
        );
        let closed = key.to_pem(Some("correct horse")).expect("written");
        assert!(closed.contains("ENCRYPTED"));
        assert_eq!(
            PrivateKey::from_pem(&closed, Some("correct horse"))
                .expect("read")
                .key_id(),
            key.key_id()
        );
        assert!(matches!(
            PrivateKey::from_pem(&closed, Some("wrong")),
            Err(KeyFileError::PassphraseWrong)
        ));
        assert!(matches!(
            PrivateKey::from_pem(&closed, None),
            Err(KeyFileError::PassphraseNeeded)
        ));
        assert!(matches!(
            PrivateKey::from_pem("hello", None),
            Err(KeyFileError::NotAKey)
        ));
    }
}
