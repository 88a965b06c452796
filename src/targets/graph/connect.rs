//! What a connection is made from: addresses, TLS roots, credentials; checked before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretString};

use super::assertion::Signer;
use super::call::Session;
use super::token::{Proof, Tokens};
use crate::clock::Clock;
use crate::targets::LONGEST_REQUEST;
use crate::targets::turns::Turns;

/// SharePoint asks for this form; traffic without it is throttled first (graph.md section 3).
const USER_AGENT: &str = concat!("ISV|unbroken|unbroken/", env!("CARGO_PKG_VERSION"));

/// How the application proves who it is.
pub enum Credential {
    /// A registered certificate and its private key.
    Certificate {
        /// The certificate, PEM.
        certificate_pem: Vec<u8>,
        /// Its RSA private key, PKCS#8 in PEM.
        private_key_pem: SecretString,
    },
    /// A client secret.
    Secret(SecretString),
}

/// Where the tenant is and who we are in it.
pub struct Settings {
    /// `https://graph.microsoft.com/v1.0`.
    pub graph_base: String,
    /// `https://login.microsoftonline.com`.
    pub login_base: String,
    /// The tenant's id or a domain of it.
    pub tenant: String,
    /// The application (client) id.
    pub client_id: String,
    /// Its credential.
    pub credential: Credential,
    /// Further root certificates (PEM) to accept.
    pub extra_roots_pem: Option<Vec<u8>>,
}

/// Settings that cannot work; nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An address is not one.
    #[error("{what} {address}: {rule}")]
    Address {
        /// Which setting.
        what: &'static str,
        /// Its value.
        address: String,
        /// The rule.
        rule: &'static str,
    },
    /// The client certificate or its key cannot be used.
    #[error("the application's {what}: {rule}")]
    Credential {
        /// `certificate` or `private key`.
        what: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

pub(super) fn session(
    settings: Settings,
    clock: Arc<dyn Clock>,
    turns: Arc<dyn Turns>,
) -> Result<Session, SettingsError> {
    let plain_http = check_address("--graph-base", &settings.graph_base)?;
    let proof = match &settings.credential {
        Credential::Secret(secret) => Proof::Secret(secret.clone()),
        Credential::Certificate {
            certificate_pem,
            private_key_pem,
        } => Proof::Certificate(Box::new(signer(certificate_pem, private_key_pem)?)),
    };
    let is_by_certificate = matches!(proof, Proof::Certificate(_));
    check_address("--login-base", &settings.login_base)?;
    let roots = settings.extra_roots_pem.as_deref();
    let http = client("--graph-base", &settings.graph_base, roots)?;
    let login = settings.login_base.trim_end_matches('/');
    let origin = settings
        .graph_base
        .trim_end_matches('/')
        .trim_end_matches("/v1.0");
    let tokens = Tokens {
        endpoint: format!("{login}/{}/oauth2/v2.0/token", settings.tenant),
        client_id: settings.client_id,
        proof,
        clock,
    };
    Ok(Session {
        http,
        base: settings.graph_base.trim_end_matches('/').to_owned(),
        tokens: Arc::new(tokens),
        scope: format!("{origin}/.default"),
        rest_on_this_machine: is_local(&settings.graph_base)
            .then(|| format!("{origin}/_sharepoint")),
        takes_rest: is_by_certificate,
        token: Arc::default(),
        beside: Arc::default(),
        hint: Arc::default(),
        turns: Some(turns),
        plain_http,
        patience: LONGEST_REQUEST,
    })
}

/// Connections to an address; nothing is sent yet.
pub(super) fn client(
    what: &'static str,
    address: &str,
    extra_roots_pem: Option<&[u8]>,
) -> Result<reqwest::Client, SettingsError> {
    check_address(what, address)?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(extra_roots_pem)?)
        .user_agent(USER_AGENT)
        .connect_timeout(Duration::from_secs(15))
        .pool_idle_timeout(Duration::from_secs(50))
        // Over HTTP/2 a request that is given up leaves its connection to the others: one that died in silence would take
        // every later request with it.
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(40))
        // What goes again is decided where it is counted and known, never below.
        .retry(reqwest::retry::never())
        // A redirect would carry the token to whoever is named in it.
        .redirect(reqwest::redirect::Policy::none());
    if is_local(address) {
        builder = builder.no_proxy();
    }
    let built = builder.build();
    built.map_err(|error| SettingsError::Tls(error.to_string()))
}

fn is_local(address: &str) -> bool {
    let host = address.split("://").nth(1).unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| {
        host.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

/// Whether plain HTTP is in use: on this machine only, since a token on the wire opens the whole tenant.
fn check_address(what: &'static str, address: &str) -> Result<bool, SettingsError> {
    let refuse = |rule| {
        Err(SettingsError::Address {
            what,
            address: address.to_owned(),
            rule,
        })
    };
    if address.contains(['@', ' ', '?', '#']) {
        return refuse("an address holds no name, query or space");
    }
    match address.split_once("://") {
        Some(("https", _)) => Ok(false),
        Some(("http", _)) if is_local(address) => Ok(true),
        Some(("http", _)) => refuse("plain HTTP only reaches a tenant on this machine"),
        _ => refuse("an address begins with https://"),
    }
}

fn signer(certificate: &[u8], key: &SecretString) -> Result<Signer, SettingsError> {
    let refuse = |what, rule| SettingsError::Credential { what, rule };
    let certificate = CertificateDer::from_pem_slice(certificate)
        .map_err(|_| refuse("certificate", "not a certificate in PEM"))?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.expose_secret().as_bytes())
        .map_err(|_| refuse("private key", "not a PKCS#8 key in PEM (BEGIN PRIVATE KEY)"))?;
    Signer::new(key.secret_pkcs8_der(), &certificate)
        .ok_or_else(|| refuse("private key", "not an RSA key of 2048 to 8192 bits"))
}

fn tls(extra_roots: Option<&[u8]>) -> Result<rustls::ClientConfig, SettingsError> {
    let fail = |error: rustls::Error| SettingsError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(extra_roots.unwrap_or_default()) {
        let certificate = certificate
            .map_err(|_| SettingsError::Tls("a root certificate is not PEM".to_owned()))?;
        roots.push(certificate);
    }
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
            .map_err(fail)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fail)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
