//! A webhook: one signed POST over TLS, tried again within bounds. Its address is a secret: it stands in no error and no record.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The pauses between tries.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
];
/// How keys are written (Standard Webhooks 1.0.0).
const KEY_PREFIX: &str = "whsec_";

/// Where notices go, and the key that signs them.
pub struct Webhook {
    url: SecretString,
    key: Option<SecretString>,
}

/// A file that names no webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookForm {
    /// The first line.
    #[error("the first line is the address: https://…, or http:// to this machine")]
    Address,
    /// The second one.
    #[error("the second line, where there is one, is the key: whsec_ and base64 of 24 to 64 bytes")]
    Key,
    /// What comes after.
    #[error("there is nothing after the second line")]
    More,
}

/// How the sending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// A 2xx came back.
    pub delivered: bool,
    /// The last status; 0 when no answer came.
    pub status: u16,
    /// How often it was tried.
    pub tries: u32,
}

impl Webhook {
    /// Reads the address and, in the second line, the key.
    pub fn parse(text: &str) -> Result<Self, WebhookForm> {
        let mut lines = text.lines().map(str::trim);
        let url = lines.next().unwrap_or_default();
        if !is_safe(url) {
            return Err(WebhookForm::Address);
        }
        let key = lines.next().filter(|line| !line.is_empty());
        if lines.any(|line| !line.is_empty()) {
            return Err(WebhookForm::More);
        }
        if key.is_some_and(|key| key_bytes(key).is_none()) {
            return Err(WebhookForm::Key);
        }
        Ok(Self {
            url: url.into(),
            key: key.map(Into::into),
        })
    }

    /// Its address, to be held against what is kept out; never to be shown.
    pub fn address(&self) -> &SecretString {
        &self.url
    }

    /// Whether what is sent is signed.
    pub fn is_signed(&self) -> bool {
        self.key.is_some()
    }

    /// Sends a body. The same id goes with each try, so that whoever listens takes it once.
    pub async fn send(&self, id: &str, timestamp: i64, body: &str) -> Sent {
        let mut sent = Sent {
            delivered: false,
            status: 0,
            tries: 0,
        };
        loop {
            sent.tries += 1;
            sent.status = self.once(id, timestamp, body).await.unwrap_or(0);
            sent.delivered = (200..300).contains(&sent.status);
            // Redirects are not followed: the address is what was checked. A refusal stays one.
            let may_pass = sent.status == 0 || sent.status == 429 || sent.status >= 500;
            let pause = PAUSES.get(sent.tries as usize - 1);
            match pause {
                Some(pause) if may_pass => tokio::time::sleep(*pause).await,
                _ => return sent,
            }
        }
    }

    async fn once(&self, id: &str, timestamp: i64, body: &str) -> Option<u16> {
        let url = self.url.expose_secret();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("unbroken/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if url.starts_with("http://") {
            builder = builder.no_proxy();
        }
        let client = builder.tls_backend_preconfigured(tls()).build().ok()?;
        let mut request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string());
        if let Some(key) = &self.key {
            let signature = signature(key.expose_secret(), id, timestamp, body)?;
            request = request.header("webhook-signature", signature);
        }
        // The answer's body is nobody's business; its error would name the address.
        let answer = request.body(body.to_owned()).send().await.ok()?;
        Some(answer.status().as_u16())
    }
}

/// Over TLS, or to this very machine.
fn is_safe(url: &str) -> bool {
    if url
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b' ')
    {
        return false;
    }
    let host = |rest: &str| {
        rest.split(['/', '?', '#'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(rest) = url.strip_prefix("https://") {
        return !host(rest).is_empty();
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let host = host(rest);
    let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

fn key_bytes(key: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_vec(key.strip_prefix(KEY_PREFIX)?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// Standard Webhooks 1.0.0: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`.
fn signature(key: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key_bytes(key)?).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let tag = mac.finalize().into_bytes();
    Some(format!("v1,{}", Base64::encode_string(&tag)))
}

/// The system's roots, on ring.
fn tls() -> rustls::ClientConfig {
    use rustls_platform_verifier::BuilderVerifierExt;
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .expect("ring has the protocol versions, and the system has a verifier")
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standards_own_example() {
        // Standard Webhooks 1.0.0, "Signature scheme".
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(
            signed.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn only_tls_or_this_machine_and_only_whole_keys() {
        for good in [
            "https://hooks.example/x",
            "http://127.0.0.1:80/x\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
            "http://localhost/\n\n",
        ] {
            assert!(Webhook::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", WebhookForm::Address),
            ("http://hooks.example/x", WebhookForm::Address),
            ("http://127.0.0.1.evil.example/", WebhookForm::Address),
            ("https:///x", WebhookForm::Address),
            ("https://a b/", WebhookForm::Address),
            ("https://a/\nsecret", WebhookForm::Key),
            ("https://a/\nwhsec_QQ==", WebhookForm::Key),
            ("https://a/\n\nx", WebhookForm::More),
        ] {
            assert_eq!(Webhook::parse(bad).map(drop), Err(why), "{bad:?}");
        }
    }
}
