//! Tokens by client credentials: a certificate's assertion by default, or a secret. Nothing here is ever printed.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::assertion::Signer;
use super::{call, failure};
use crate::clock::Clock;
use crate::targets::{SIGN_IN, TargetError};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A token has some kilobytes.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// A token is renewed this long before it runs out, so that no call starts with one that dies on the way.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// How the application proves who it is.
pub(super) enum Proof {
    Certificate(Box<Signer>),
    Secret(SecretString),
}

/// Where tokens come from.
pub(super) struct Tokens {
    pub(super) endpoint: String,
    pub(super) client_id: String,
    pub(super) proof: Proof,
    pub(super) clock: Arc<dyn Clock>,
}

/// A bearer token.
pub(super) struct Token {
    pub(super) text: SecretString,
    expires: DateTime<Utc>,
}

impl Tokens {
    pub(super) fn is_fresh(&self, token: &Token) -> bool {
        self.clock.now() < token.expires
    }

    /// A token for one resource: those of another are refused there. Everybody waits for it, so it is not waited for any longer
    /// than for any other answer.
    pub(super) async fn fetch(
        &self,
        (http, patience): (&reqwest::Client, Duration),
        scope: &str,
    ) -> Result<Token, TargetError> {
        let now = self.clock.now();
        let mut form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.client_id.clone()),
            ("scope", scope.to_owned()),
        ];
        match &self.proof {
            Proof::Secret(secret) => {
                form.push(("client_secret", secret.expose_secret().to_owned()));
            }
            Proof::Certificate(signer) => {
                let assertion = signer
                    .sign(&self.endpoint, &self.client_id, now)
                    .ok_or_else(|| failure::unsendable(SIGN_IN, "the key does not sign"))?;
                form.push(("client_assertion_type", ASSERTION.to_owned()));
                form.push(("client_assertion", assertion));
            }
        }
        let request = http.post(&self.endpoint).form(&form).timeout(patience);
        let sent = request.send().await;
        let response =
            sent.map_err(|error| failure::unheard(SIGN_IN, &error.without_url(), false))?;
        if !response.status().is_success() {
            return Err(call::refusal(response, SIGN_IN, false).await);
        }
        let body = call::read_up_to(response, ANSWER_BYTES_MAX).await;
        let body =
            body.map_err(|error| failure::unanswered(SIGN_IN, &error.without_url(), false))?;
        let body: Value = serde_json::from_slice(&body)
            .map_err(|_| failure::contract(SIGN_IN, "the answer is not JSON"))?;
        let text = body["access_token"].as_str();
        let text = text.ok_or_else(|| failure::contract(SIGN_IN, "no access_token"))?;
        let seconds = body["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
        Ok(Token {
            text: SecretString::from(text.to_owned()),
            expires: now + TimeDelta::seconds(seconds) - MARGIN,
        })
    }
}
