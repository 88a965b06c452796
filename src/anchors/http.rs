//! One bounded request to a witness or an authority: sizes, time and redirects are limited; what the bytes mean is decided
//! by the caller.

use std::time::Duration;

const ANSWER_BYTES_MAX: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(20);

/// It could not be reached, or it answered too much.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing came back.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// Which host; never the whole address, which may hold a secret.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is larger than any such answer is.
    #[error("{host} answered more than 1 MiB")]
    TooLarge {
        /// Which host.
        host: String,
    },
    /// The answer has a status that is not expected here.
    #[error("{host} answered {status}: {text}")]
    Status {
        /// Which host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The first line of what it said.
        text: String,
    },
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first line without control characters: for messages.
    pub(super) fn first_line(&self) -> String {
        let text = self.text();
        let line = text.lines().next().unwrap_or_default();
        line.chars().filter(|c| !c.is_control()).take(200).collect()
    }
}

pub(super) fn host(url: &str) -> String {
    let rest = url.split("://").nth(1).unwrap_or(url);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host).to_owned()
}

fn client(url: &str) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("unbroken/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if url.starts_with("http://") {
        builder = builder.no_proxy();
    }
    builder.tls_backend_preconfigured(tls()).build()
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

fn unreachable(url: &str) -> impl FnOnce(reqwest::Error) -> HttpError {
    let host = host(url);
    move |error| HttpError::Unreachable {
        host,
        source: error.without_url().into(),
    }
}

pub(super) async fn post(
    url: &str,
    content_type: &'static str,
    body: Vec<u8>,
) -> Result<Answer, HttpError> {
    let client = client(url).map_err(unreachable(url))?;
    let request = client
        .post(url)
        .header("content-type", content_type)
        .body(body);
    read(url, request).await
}

pub(super) async fn get(url: &str) -> Result<Answer, HttpError> {
    let client = client(url).map_err(unreachable(url))?;
    read(url, client.get(url)).await
}

async fn read(url: &str, request: reqwest::RequestBuilder) -> Result<Answer, HttpError> {
    let mut response = request.send().await.map_err(unreachable(url))?;
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(unreachable(url))? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(HttpError::TooLarge { host: host(url) });
        }
    }
    Ok(Answer {
        status,
        content_type,
        body,
    })
}
