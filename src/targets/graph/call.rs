//! One HTTP call: built, authorised, bounded, sent once, read. A token that ran out is the only thing renewed in here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, IF_MATCH, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use super::failure::{self, Said};
use super::token::{Token, Tokens};
use crate::targets::turns::{Asked, Turns};
use crate::targets::{QuotaHint, TargetError, TargetId};

/// The largest answer that is read into memory: an attachment of 150 MB, and a margin.
const ANSWER_BYTES_MAX: usize = 160 << 20;
/// Error bodies are small; more of one is not read.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// How often a request that was refused unseen goes again within a call; then whoever called decides.
const AGAIN_MAX: u32 = 2;

/// Connections, tokens and where to send.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) http: reqwest::Client,
    /// `https://graph.microsoft.com/v1.0`, without a slash at the end.
    pub(super) base: String,
    pub(super) tokens: Arc<Tokens>,
    /// Of Graph's tokens.
    pub(super) scope: String,
    /// Where SharePoint's own interface stands in a simulated tenant; else at the host of each site.
    pub(super) rest_on_this_machine: Option<String>,
    /// SharePoint's own interface takes an application that proves itself by a certificate alone.
    pub(super) takes_rest: bool,
    /// By scope.
    pub(super) token: Arc<Mutex<HashMap<String, Token>>>,
    /// Folders that were made or found beside another of their name.
    pub(super) beside: Arc<std::sync::Mutex<HashSet<TargetId>>>,
    /// What the last answer said of a quota.
    pub(super) hint: Arc<std::sync::Mutex<Option<QuotaHint>>>,
    /// Who says when a request may go; none where the caller asked already.
    pub(super) turns: Option<Arc<dyn Turns>>,
    /// Plain HTTP is for the simulated tenant on this machine only.
    pub(super) plain_http: bool,
    /// How long a request may take, and a download for one portion.
    pub(super) patience: Duration,
}

/// What is sent.
pub(super) struct Call {
    /// Method and path template, without ids: what logs and errors may say.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) goal: Goal,
    pub(super) body: Payload,
}

/// Where it goes.
pub(super) enum Goal {
    /// Below the base URL, with our token.
    Graph(String),
    /// The same, and only while the thing is the one of that eTag.
    GraphIfMatch { path: String, e_tag: String },
    /// The same, and what is not there is made (`Prefer: create-if-missing`).
    GraphOrMade(String),
    /// The same, and HTML comes as it is stored: else a form or a button of a mail would be missing in what is compared.
    GraphUnfiltered(String),
    /// A URL that is a secret by itself: never with a token, never in a log.
    PreAuthenticated(secrecy::SecretString),
    /// SharePoint's own interface of a site, with a token for its host.
    SharePoint { url: String, scope: String },
}

impl Goal {
    fn prefers(&self) -> &'static str {
        match self {
            Self::GraphOrMade(_) => "IdType=\"ImmutableId\", create-if-missing",
            Self::GraphUnfiltered(_) => "IdType=\"ImmutableId\", outlook.allow-unsafe-html",
            _ => "IdType=\"ImmutableId\"",
        }
    }
}

pub(super) enum Payload {
    Bytes {
        content: Vec<u8>,
        range: Option<String>,
    },
    Json(Vec<u8>),
    None,
    Photo {
        content: Vec<u8>,
        content_type: String,
    },
}

impl Payload {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes { content, .. } | Self::Json(content) | Self::Photo { content, .. } => {
                content.len() as u64
            }
            Self::None => 0,
        }
    }
}

/// A success.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) body: Value,
}

impl Call {
    pub(super) fn get(operation: &'static str, path: String) -> Self {
        Self {
            operation,
            method: Method::GET,
            goal: Goal::Graph(path),
            body: Payload::None,
        }
    }

    pub(super) fn post(operation: &'static str, path: String, body: &Value) -> Self {
        Self::json(operation, Method::POST, path, body)
    }

    pub(super) fn json(
        operation: &'static str,
        method: Method,
        path: String,
        body: &Value,
    ) -> Self {
        let body = Payload::Json(body.to_string().into_bytes());
        Self {
            operation,
            method,
            goal: Goal::Graph(path),
            body,
        }
    }

    pub(super) fn bare(operation: &'static str, method: Method, path: String) -> Self {
        Self {
            operation,
            method,
            goal: Goal::Graph(path),
            body: Payload::None,
        }
    }

    /// The same call, which makes what is not there.
    pub(super) fn or_made(mut self) -> Self {
        if let Goal::Graph(path) = self.goal {
            self.goal = Goal::GraphOrMade(path);
        }
        self
    }

    /// The same call, which reads a body as it is stored.
    pub(super) fn unfiltered(mut self) -> Self {
        if let Goal::Graph(path) = self.goal {
            self.goal = Goal::GraphUnfiltered(path);
        }
        self
    }

    fn writes(&self) -> bool {
        self.method != Method::GET
    }

    /// Bytes of a file, which take as long as there are many.
    fn is_download(&self) -> bool {
        !self.writes() && matches!(self.goal, Goal::PreAuthenticated(_))
    }

    fn asked(&self) -> Asked<'_> {
        let path = match &self.goal {
            Goal::Graph(path)
            | Goal::GraphIfMatch { path, .. }
            | Goal::GraphOrMade(path)
            | Goal::GraphUnfiltered(path) => path,
            Goal::PreAuthenticated(_) => "",
            Goal::SharePoint { url, .. } => url,
        };
        Asked {
            path: path.trim_start_matches('/'),
            writes: self.writes(),
            upload_bytes: self.body.len(),
        }
    }
}

impl Session {
    /// Sends and reads a JSON answer; an empty one is `null`.
    pub(super) async fn json(&self, call: Call) -> Result<Answer, TargetError> {
        let (operation, writes) = (call.operation, call.writes());
        let response = self.send(call).await?;
        let status = response.status().as_u16();
        let request_id = request_id(response.headers());
        let bytes = read(response, operation, writes).await?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| TargetError {
                outcome_unknown: writes,
                request_id: request_id.clone(),
                ..failure::contract(operation, "the answer is not JSON")
            })?
        };
        Ok(Answer {
            status,
            request_id,
            body,
        })
    }

    /// Sends and reads raw bytes.
    pub(super) async fn bytes(&self, call: Call) -> Result<Vec<u8>, TargetError> {
        let (operation, writes) = (call.operation, call.writes());
        let response = self.send(call).await?;
        read(response, operation, writes).await
    }

    /// Sends; gives back only successes.
    pub(super) async fn send(&self, call: Call) -> Result<Response, TargetError> {
        self.exchange(call, StatusCode::is_success).await
    }

    /// Where an answer sends us: a URL that is a secret by itself. It is never followed with our token.
    pub(super) async fn location(&self, call: Call) -> Result<SecretString, TargetError> {
        let operation = call.operation;
        let response = self.exchange(call, |status| status.as_u16() == 302).await?;
        let location = response.headers().get(LOCATION);
        let url = location.and_then(|url| url.to_str().ok());
        url.map(|url| SecretString::from(url.to_owned()))
            .ok_or_else(|| failure::contract(operation, "a redirect to nowhere"))
    }

    /// A request that the service refused unseen has not failed: it goes again.
    async fn exchange(
        &self,
        call: Call,
        accepts: fn(&StatusCode) -> bool,
    ) -> Result<Response, TargetError> {
        let mut again = AGAIN_MAX;
        loop {
            match self.exchange_in_turn(&call, accepts).await {
                Err(error) if again > 0 && failure::was_refused(&error) => again -= 1,
                result => return result,
            }
        }
    }

    /// In its turn, and what came of it is told to whoever gave the turn.
    async fn exchange_in_turn(
        &self,
        call: &Call,
        accepts: fn(&StatusCode) -> bool,
    ) -> Result<Response, TargetError> {
        let Some(turns) = &self.turns else {
            return self.exchange_now(call, accepts).await;
        };
        let sent = turns.turn(call.asked()).await;
        let result = self.exchange_now(call, accepts).await;
        let hint = self
            .hint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        turns.heard(call.asked(), sent, result.as_ref().err(), hint);
        result
    }

    async fn exchange_now(
        &self,
        call: &Call,
        accepts: fn(&StatusCode) -> bool,
    ) -> Result<Response, TargetError> {
        let (operation, writes) = (call.operation, call.writes());
        let (url, scope) = self.address(&call.goal);
        let of_rest = matches!(call.goal, Goal::SharePoint { .. });
        self.check_url(operation, &url)?;
        let mut renewed = false;
        loop {
            let mut request = self.http.request(call.method.clone(), &url);
            if !call.is_download() {
                request = request.timeout(self.patience);
            }
            if let Some(scope) = scope {
                let token = self.bearer(scope).await?;
                request = request.bearer_auth(token.expose_secret());
                request = if of_rest {
                    request.header("Accept", "application/json;odata=nometadata")
                } else {
                    request.header("Prefer", call.goal.prefers())
                };
            }
            if let Goal::GraphIfMatch { e_tag, .. } = &call.goal {
                request = request.header(IF_MATCH, e_tag);
            }
            request = match &call.body {
                Payload::None => request,
                Payload::Json(bytes) => request
                    .header("Content-Type", "application/json")
                    .body(bytes.clone()),
                Payload::Photo {
                    content,
                    content_type,
                } => request
                    .header("Content-Type", content_type)
                    .body(content.clone()),
                Payload::Bytes { content, range } => {
                    let request = request
                        .header("Content-Type", "application/octet-stream")
                        .body(content.clone());
                    match range {
                        Some(range) => request.header("Content-Range", range),
                        None => request,
                    }
                }
            };
            let answered = if call.is_download() {
                // That it begins is bounded here, each of its portions where it is read.
                let answered = tokio::time::timeout(self.patience, request.send()).await;
                answered.map_err(|_| failure::timeout(operation, writes))?
            } else {
                request.send().await
            };
            let response = answered
                .map_err(|error| failure::unheard(operation, &error.without_url(), writes))?;
            if let Some(hint) = hint(response.headers()) {
                *self.hint.lock().unwrap_or_else(PoisonError::into_inner) = Some(hint);
            }
            if accepts(&response.status()) {
                return Ok(response);
            }
            // A refused token means that nothing was done: once, with a new one.
            if let Some(scope) = scope
                && response.status().as_u16() == 401
                && !renewed
            {
                renewed = true;
                self.token.lock().await.remove(scope);
                continue;
            }
            return Err(refusal(response, operation, writes).await);
        }
    }

    /// Where a call goes, and whom its token is for.
    fn address<'a>(&'a self, goal: &'a Goal) -> (String, Option<&'a String>) {
        match goal {
            Goal::Graph(path)
            | Goal::GraphIfMatch { path, .. }
            | Goal::GraphOrMade(path)
            | Goal::GraphUnfiltered(path) => (format!("{}/{path}", self.base), Some(&self.scope)),
            Goal::PreAuthenticated(url) => (url.expose_secret().to_owned(), None),
            Goal::SharePoint { url, scope } => (url.clone(), Some(scope)),
        }
    }

    /// A URL that an answer named must not lead anywhere without TLS.
    fn check_url(&self, operation: &'static str, url: &str) -> Result<(), TargetError> {
        if url.starts_with("https://") || (self.plain_http && url.starts_with("http://")) {
            return Ok(());
        }
        Err(failure::contract(
            operation,
            "the service named a URL that is not https",
        ))
    }

    async fn bearer(&self, scope: &str) -> Result<secrecy::SecretString, TargetError> {
        let mut kept = self.token.lock().await;
        let known = kept.get(scope);
        if let Some(token) = known.filter(|token| self.tokens.is_fresh(token)) {
            return Ok(token.text.clone());
        }
        let token = self
            .tokens
            .fetch((&self.http, self.patience), scope)
            .await?;
        let text = token.text.clone();
        kept.insert(scope.to_owned(), token);
        Ok(text)
    }
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("request-id")?.to_str().ok()?;
    let is_id = text.len() <= 64 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_id.then(|| text.to_owned())
}

/// What an answer says of a quota; optional, and not documented for good.
fn hint(headers: &HeaderMap) -> Option<QuotaHint> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |name: &str| text(name)?.parse::<u64>().ok();
    if let Some(part) = text("x-ms-throttle-limit-percentage").and_then(|t| t.parse().ok()) {
        return Some(QuotaHint::ThrottlePercentage(part));
    }
    Some(QuotaHint::RateLimit {
        limit: number("RateLimit-Limit")?,
        remaining: number("RateLimit-Remaining")?,
        reset_s: number("RateLimit-Reset")?,
    })
}

/// Turns an answer that is no success into a failure.
pub(super) async fn refusal(
    response: Response,
    operation: &'static str,
    writes: bool,
) -> TargetError {
    let status = response.status().as_u16();
    let retry_after_s = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let request_id = request_id(response.headers());
    let body = match read_up_to(response, ERROR_BYTES_MAX).await {
        Ok(body) => body,
        // The status decides; a body that breaks off only takes the words away.
        Err(_) if failure::may_pass(status) => Vec::new(),
        // The code decides what a 404 or a 403 means, and it did not come.
        Err(error) => return failure::unanswered(operation, &error.without_url(), writes),
    };
    failure::answered(Said {
        operation,
        status,
        retry_after_s,
        request_id,
        body: &body,
        writes,
    })
}

async fn read(
    response: Response,
    operation: &'static str,
    writes: bool,
) -> Result<Vec<u8>, TargetError> {
    match read_up_to(response, ANSWER_BYTES_MAX).await {
        Ok(bytes) if bytes.len() < ANSWER_BYTES_MAX => Ok(bytes),
        Ok(_) => Err(failure::contract(
            operation,
            "the answer is larger than 160 MiB",
        )),
        Err(error) => Err(failure::unanswered(operation, &error.without_url(), writes)),
    }
}

pub(super) async fn read_up_to(
    mut response: Response,
    most: usize,
) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = most - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == most {
            break;
        }
    }
    Ok(bytes)
}
