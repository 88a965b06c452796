//! The key that seals reports, bound to a key of the ledger: what is recorded, and the statement that the seal's key signs.
//! Pure; signatures are made and checked by the reports.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Public data of `SealKeyBound/1`. The event's own signature is the ledger key's half of the binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealKeyBound {
    /// `ecdsa-p256-sha256` or `rsa-pkcs1-sha256`.
    pub algorithm: String,
    /// SHA-256 of the seal's certificate, hex.
    pub certificate: String,
    /// SHA-256 of its `SubjectPublicKeyInfo`, hex.
    pub key: String,
    /// The seal key's signature over [`statement`], base64.
    pub signature: String,
}

/// What the seal's key signs: the ledger, the ledger's key (hex), and its own key (SHA-256 of the
/// `SubjectPublicKeyInfo`, hex), one a line.
pub fn statement(origin: &str, keyid: &str, key: &str) -> String {
    format!("unbroken seal key binding v1\n{origin}\n{keyid}\n{key}\n")
}

impl SealKeyBound {
    /// Whether the fields have their form.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let digest = |text: &str| {
            let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            text.len() == 64 && text.bytes().all(lower)
        };
        let known = ["ecdsa-p256-sha256", "rsa-pkcs1-sha256"];
        let short = !self.signature.is_empty() && self.signature.len() <= 1_400;
        if digest(&self.certificate)
            && digest(&self.key)
            && known.contains(&self.algorithm.as_str())
            && short
        {
            Ok(())
        } else {
            Err(Refusal::SealKeyForm)
        }
    }
}
