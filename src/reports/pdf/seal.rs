//! The seal on a PDF: PAdES baseline B-B, and B-T with a time-stamp token (ETSI EN 319 142-1). It certifies the document:
//! readers show any later change. Asking an authority for the token is the caller's; trust in the certificate is the reader's.

pub mod binding;
mod certificate;
mod cms;
mod der;
mod increment;
mod key;
mod random;
#[cfg(feature = "demo")]
mod rehearsal;

use chrono::{DateTime, Utc};

pub use certificate::Certificate;
pub use key::{FileKey, SealAlgorithm, SealKey};
#[cfg(feature = "demo")]
pub use rehearsal::RehearsalAuthority;

use cms::Signature;
use increment::{Room, Terms};

/// Room for a token with its chain; those of the larger authorities have some 6 to 10 KiB.
const TOKEN_BYTES_MAX: usize = 20 << 10;
/// What a signature has beside certificates and token: names, numbers, attributes, at most 512 bytes of RSA.
const SIGNATURE_BYTES_MAX: usize = 4 << 10;

/// Why there is no seal.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key cannot be used.
    #[error("the seal's key: {0}")]
    Key(&'static str),
    /// The certificate cannot be used.
    #[error("the seal's certificate: {0}")]
    Certificate(&'static str),
    /// Key and certificate do not belong together.
    #[error("the seal's certificate is for another key; give the certificate of this key first")]
    OtherKey,
    /// Not a PDF as this program makes them.
    #[error("the PDF is none that this program made, or it was changed")]
    NotOurs,
    /// It bears a seal, which a second one would break.
    #[error("the PDF bears a seal already")]
    Sealed,
    /// The token is longer than the room that was left for it.
    #[error("the signature has {found} bytes, {most} were left for it; use a shorter chain")]
    TooLong {
        /// How many it has.
        found: usize,
        /// How many there is room for.
        most: usize,
    },
}

/// A PDF that is signed, but not put together yet: this is the moment to ask for a time stamp.
pub struct Signed {
    room: Room,
    signature: Signature,
}

/// Signs a PDF of [`super::render`]. The first certificate is that of the key, those above it follow.
///
/// `when` stands in the PDF as what we claim; only a time stamp shows it.
pub fn sign(
    pdf: &[u8],
    key: &dyn SealKey,
    chain: &[Certificate],
    reason: &str,
    when: DateTime<Utc>,
) -> Result<Signed, SealError> {
    let name = chain.first().map_or("", Certificate::subject);
    let certificates: usize = chain.iter().map(|one| one.der().len()).sum();
    let length = certificates + SIGNATURE_BYTES_MAX + TOKEN_BYTES_MAX;
    let terms = Terms { name, reason, when };
    let room = Room::make(pdf, &terms, length)?;
    let signature = Signature::make(room.digest(), key, chain)?;
    Ok(Signed { room, signature })
}

impl Signed {
    /// What an authority stamps: these bytes, by their SHA-256.
    pub fn to_stamp(&self) -> &[u8] {
        self.signature.value()
    }

    /// The sealed PDF: B-T with a token, B-B without. The token is put in as it is: verify it before.
    pub fn finish(self, token: Option<&[u8]>) -> Result<Vec<u8>, SealError> {
        self.room.fill(&self.signature.into_cms(token))
    }
}
