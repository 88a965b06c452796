//! Which tenant a domain belongs to, by OpenID Connect discovery: no token, no account, one request a domain.
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>

use std::time::Duration;

use serde_json::Value;

use super::connect::{SettingsError, client};
use crate::domain::declaration::is_guid;

/// Such a document has some kilobytes.
const ANSWER_BYTES_MAX: usize = 256 << 10;
const WAIT: Duration = Duration::from_secs(30);

/// Why the tenant of a domain could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// Where to ask is no address.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Nobody answered.
    #[error("{domain}: nobody answered")]
    Unanswered {
        /// The domain.
        domain: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// No tenant has the domain, or the service would not say.
    #[error("{domain}: the service answered {status}")]
    Refused {
        /// The domain.
        domain: String,
        /// The status.
        status: u16,
    },
    /// Something else than a discovery document.
    #[error("{domain}: the answer names no tenant: {rule}")]
    Answer {
        /// The domain.
        domain: String,
        /// What it lacks.
        rule: &'static str,
    },
}

/// The GUID of the tenant that has a domain, as `issuer` names it.
pub async fn tenant_of(
    login_base: &str,
    domain: &str,
    extra_roots_pem: Option<&[u8]>,
) -> Result<String, DiscoveryError> {
    let http = client("--login-base", login_base, extra_roots_pem)?;
    let url = format!(
        "{}/{}/v2.0/.well-known/openid-configuration",
        login_base.trim_end_matches('/'),
        super::segment(domain)
    );
    let domain = domain.to_owned();
    let unanswered = |domain: &str| {
        let domain = domain.to_owned();
        move |source: reqwest::Error| DiscoveryError::Unanswered {
            domain,
            source: source.without_url(),
        }
    };
    let asked = http.get(url).timeout(WAIT).send().await;
    let mut response = asked.map_err(unanswered(&domain))?;
    if !response.status().is_success() {
        let status = response.status().as_u16();
        return Err(DiscoveryError::Refused { domain, status });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unanswered(&domain))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            let rule = "it does not end";
            return Err(DiscoveryError::Answer { domain, rule });
        }
    }
    tenant_in(&bytes).map_err(|rule| DiscoveryError::Answer { domain, rule })
}

fn tenant_in(bytes: &[u8]) -> Result<String, &'static str> {
    let document: Value = serde_json::from_slice(bytes).map_err(|_| "it is not JSON")?;
    let issuer = document["issuer"].as_str().ok_or("it has no issuer")?;
    // `https://login.microsoftonline.com/<GUID>/v2.0`: a template names no tenant.
    let parts: Vec<&str> = issuer.trim_end_matches('/').split('/').collect();
    match parts[..] {
        [.., id, "v2.0"] if is_guid(id) => Ok(id.to_ascii_lowercase()),
        _ => Err("its issuer is not that of one tenant"),
    }
}

#[cfg(test)]
mod tests {
    use super::tenant_in;

    #[test]
    fn the_issuer_of_one_tenant_names_it() {
        let said = |issuer: &str| tenant_in(format!("{{\"issuer\":\"{issuer}\"}}").as_bytes());
        let id = "99999999-AAAA-4aaa-8aaa-999999999999";
        let good = said(&format!("https://login.microsoftonline.com/{id}/v2.0"));
        assert_eq!(good, Ok(id.to_ascii_lowercase()));
        for bad in [
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "https://sts.windows.net/",
            "",
        ] {
            assert!(said(bad).is_err(), "{bad}");
        }
        assert!(tenant_in(b"<html>").is_err());
        assert!(tenant_in(b"{}").is_err());
    }
}
