//! How an item's key is made (DESIGN section 5): from what identifies it for good, under the case secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::item::{CustodianName, Digest, ItemKey, SourceItem};

/// The secret under which a case's item keys are made; never leaves the case.
pub struct CaseSecret(pub [u8; 32]);

impl std::fmt::Debug for CaseSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CaseSecret")
    }
}

impl CaseSecret {
    /// HMAC-SHA-256 over custodian, stable id and version, each behind its length, so that no two identities meet.
    ///
    /// Where a source has no versions the bytes' digest is the version: the same item from a later restore point has the
    /// same key, and one that was changed since has another.
    pub fn key_of(&self, item: &SourceItem) -> ItemKey {
        let digest;
        let version = if item.version.is_empty() {
            digest = item.digest.to_string();
            &digest
        } else {
            &item.version
        };
        let identity = [&*item.custodian.0, &*item.stable_id, version];
        self.key("unbroken/item-key/v1\n", identity)
    }

    /// The key of what could not be read: of where it lies and of its bytes, where they could be hashed. No item has it, so
    /// that what a later restore point can read is another one.
    pub fn key_of_unreadable(
        &self,
        custodian: &CustodianName,
        locator: &str,
        digest: Option<Digest>,
    ) -> ItemKey {
        let digest = digest.map_or_else(String::new, |digest| digest.to_string());
        self.key(
            "unbroken/unreadable-key/v1\n",
            [&custodian.0, locator, &digest],
        )
    }

    fn key(&self, kind: &str, identity: [&str; 3]) -> ItemKey {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(kind.as_bytes());
        for part in identity {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        ItemKey(mac.finalize().into_bytes().into())
    }
}
