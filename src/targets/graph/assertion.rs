//! The client assertion: a JWT signed PS256 with the application's key, good for five minutes and one use.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, TimeDelta, Utc};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::random;

/// A key and the thumbprint of its certificate.
pub(super) struct Signer {
    key: RsaKeyPair,
    thumbprint: String,
}

impl Signer {
    /// `None` when the key is no RSA key of 2048 to 8192 bits in PKCS#8.
    pub(super) fn new(private_key_der: &[u8], certificate_der: &[u8]) -> Option<Self> {
        let key = RsaKeyPair::from_pkcs8(private_key_der).ok()?;
        let thumbprint = Base64UrlUnpadded::encode_string(&Sha256::digest(certificate_der));
        Some(Self { key, thumbprint })
    }

    /// The compact JWS; `None` when the machine has no randomness.
    pub(super) fn sign(
        &self,
        audience: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": random::id(),
            "nbf": now.timestamp(),
            "iat": now.timestamp(),
            "exp": (now + TimeDelta::minutes(5)).timestamp(),
        });
        let part = |value: &serde_json::Value| {
            Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
        };
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &random::source(),
                signed.as_bytes(),
                &mut signature,
            )
            .ok()?;
        Some(format!(
            "{signed}.{}",
            Base64UrlUnpadded::encode_string(&signature)
        ))
    }
}
