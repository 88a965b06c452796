//! Random names that stand in the record for custodians, items and folders; the caller brings the randomness.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `[a-z0-9-]{1,64}`: says nothing about whom it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pseudonym(String);

impl Pseudonym {
    /// From 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        use std::fmt::Write;
        Self(
            bytes
                .iter()
                .fold(String::with_capacity(32), |mut text, byte| {
                    write!(text, "{byte:02x}").expect("a string takes everything");
                    text
                }),
        )
    }

    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        (letters && (1..=64).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Pseudonym {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a pseudonym is 1 to 64 of a-z, 0-9 and -")
    }
}

impl From<Pseudonym> for String {
    fn from(name: Pseudonym) -> Self {
        name.0
    }
}
