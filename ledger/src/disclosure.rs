//! Disclosures, format v1 section 9 (RFC 9901): salted facts and their digests; where they are kept is `vault.rs`.

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::canonical::{Value, parse};
use crate::hash::Hash;
use crate::random::{self, RandomnessError};
use crate::refusal::{Refusal, ensure};

const SALT_BYTES: usize = 16;

/// A fact behind a digest; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Disclosure {
    encoded: String,
    name: String,
    value: Value,
}

impl std::fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Disclosure({})", self.name)
    }
}

impl Disclosure {
    /// A fact under a new salt.
    pub fn new(name: &str, value: Value) -> Result<Self, RandomnessError> {
        Ok(Self::with_salt(name, value, random::array()?))
    }

    /// A fact under a given salt; for published vectors and tests.
    pub fn with_salt(name: &str, value: Value, salt: [u8; SALT_BYTES]) -> Self {
        assert!(
            is_name(name),
            "disclosure names are [a-z][a-z0-9_]{{0,63}}: {name}"
        );
        let salt = Value::text(Base64UrlUnpadded::encode_string(&salt));
        let array = Value::Array(vec![salt, Value::text(name), value.clone()]);
        let array = Zeroizing::new(array);
        let plain = Zeroizing::new(array.to_bytes());
        let encoded = Base64UrlUnpadded::encode_string(&plain);
        Self {
            encoded,
            name: name.to_owned(),
            value,
        }
    }

    /// Reads `encoded` (`disclosure/form`).
    pub fn parse(encoded: &str) -> Result<Self, Refusal> {
        let refusal = |found: &str| Refusal::new("disclosure/form", found);
        let bytes = Base64UrlUnpadded::decode_vec(encoded).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| refusal("not base64url without padding"))?;
        let array = Zeroizing::new(parse(&bytes)?);
        let Some([salt, name, value]) = array.as_array() else {
            return Err(refusal("not [salt, name, value]"));
        };
        let salt = salt
            .as_str()
            .and_then(|salt| Base64UrlUnpadded::decode_vec(salt).ok());
        let salted = salt.is_some_and(|salt| salt.len() >= SALT_BYTES);
        ensure(salted, "disclosure/form", || {
            "a salt of less than 128 bits".into()
        })?;
        let name = name
            .as_str()
            .filter(|name| is_name(name))
            .ok_or_else(|| refusal("its name"))?;
        ensure(value.keys_ascend(), "canonical/keys", || {
            "in a disclosure".into()
        })?;
        Ok(Self {
            encoded: encoded.to_owned(),
            name: name.to_owned(),
            value: value.clone(),
        })
    }

    /// What stands in a bundle.
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// What stands in the event's `sd`.
    pub fn digest(&self) -> String {
        Base64UrlUnpadded::encode_string(&Hash::of(self.encoded.as_bytes()).0)
    }

    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fact.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// `[a-z][a-z0-9_]{0,63}`.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_rfc_9901() {
        // RFC 9901 section 4.2.3: the digest is over the ASCII of the encoded disclosure, whatever its JSON spelling.
        let published = "WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        let digest = Base64UrlUnpadded::encode_string(&Hash::of(published.as_bytes()).0);
        assert_eq!(digest, "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY");
        // Its own spelling has spaces and a short salt; ours never has.
        assert!(Disclosure::parse(published).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let made = Disclosure::with_salt("subject", Value::text("Grüße"), [3; 16]);
        let read = Disclosure::parse(made.encoded()).expect("read");
        assert_eq!(read, made);
        assert_eq!(read.digest().len(), 43);
        let other = Disclosure::with_salt("subject", Value::text("Grüße"), [4; 16]);
        assert_ne!(other.digest(), made.digest());
    }
}
