//! The HTTP edge: sockets, TLS, tokens, faults, quotas and the log; every decision about a request lies in `route.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::{Router, extract::State};
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use h2::Reason;

use crate::answer::{Answer, Body as Content, refuse};
use crate::broken::Broken;
use crate::config::{Config, SimulatorError, TlsFiles};
use crate::connection::{Connection, Connections, Cut, STREAM, reset};
use crate::exchanges::Exchange;
use crate::faults::{Chooser, FaultKind};
use crate::inspect::{self, Inspect, RequestLine};
use crate::quotas::{Lane, Meter, Throttled};
use crate::request::{Request, decode_pairs};
use crate::stored::Streamed;
use crate::tenant::Tenant;
use crate::{route, token};

/// One request is at most a 60 MiB fragment; nothing larger is read.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Requests kept for those who look.
const LOG_LINES: usize = 200_000;

/// All that is shared between the edge and those who look inside.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tenant: Mutex<Tenant>,
    pub(crate) chooser: Mutex<Chooser>,
    pub(crate) meter: Mutex<Meter>,
    pub(crate) log: Mutex<VecDeque<RequestLine>>,
    /// Whole exchanges, from when somebody asked for them.
    pub(crate) exchanges: Mutex<Option<Vec<Exchange>>>,
    pub(crate) held: AtomicU64,
    /// Wakes what is held.
    pub(crate) let_go: tokio::sync::Notify,
    /// What was answered with 504 and is still to be carried out.
    pub(crate) late: Mutex<Vec<Request>>,
    pub(crate) faults: AtomicU64,
    scheme: &'static str,
    inspection: bool,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tenant that can be started.
#[derive(Debug)]
pub struct Simulator;

/// A tenant that runs until it is dropped.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:PORT` or `https://…`.
    pub base_url: String,
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    handle: Handle<SocketAddr>,
}

impl Running {
    /// Looks into it from the same process.
    pub fn inspect(&self) -> Inspect {
        Inspect(Arc::clone(&self.shared))
    }

    /// Closes the socket and every connection.
    pub fn stop(self) {
        self.handle.shutdown();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Simulator {
    /// Listens and serves on the current tokio runtime.
    pub fn start(config: Config) -> Result<Running, SimulatorError> {
        if !config.listen.ip().is_loopback() {
            return Err(SimulatorError::NotLoopback(config.listen));
        }
        let tls = config.tls.as_ref().map(tls_config).transpose()?;
        let listen = |source| SimulatorError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let base_url = format!("{scheme}://{address}");
        let tenant = Tenant::new(config.tenant, config.seed, config.clock, base_url.clone());
        let shared = Arc::new(Shared {
            tenant: Mutex::new(tenant),
            chooser: Mutex::new(Chooser::new(config.faults, config.seed)),
            meter: Mutex::new(Meter::new(config.quotas)),
            log: Mutex::new(VecDeque::new()),
            exchanges: Mutex::new(None),
            held: AtomicU64::new(0),
            let_go: tokio::sync::Notify::new(),
            late: Mutex::default(),
            faults: AtomicU64::new(0),
            scheme,
            inspection: config.inspection,
        });
        let service = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared))
            .into_make_service();
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener).map_err(listen)?;
        let server = server.handle(handle.clone());
        if let Some(tls) = tls {
            let server = server.acceptor(Connections(RustlsAcceptor::new(tls)));
            tokio::spawn(server.serve(service));
        } else {
            let server = server.acceptor(Connections(DefaultAcceptor::new()));
            tokio::spawn(server.serve(service));
        }
        Ok(Running {
            base_url,
            address,
            shared,
            handle,
        })
    }
}

fn tls_config(files: &TlsFiles) -> Result<RustlsConfig, SimulatorError> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let pick = |names: [&str; 2]| {
        let first = files.0.join(names[0]);
        if first.exists() {
            first
        } else {
            files.0.join(names[1])
        }
    };
    let (leaf, key) = (
        pick(["leaf.pem", "cert.pem"]),
        pick(["leaf.key", "key.pem"]),
    );
    let refuse = |path: &std::path::Path, reason: String| SimulatorError::Tls {
        path: path.display().to_string(),
        reason,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&leaf).and_then(Iterator::collect);
    let chain = chain.map_err(|error| refuse(&leaf, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|e| refuse(&key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(&leaf, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| refuse(&leaf, error.to_string()))?;
    // As Graph does: who can speak HTTP/2 does.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    incoming: axum::extract::Request,
) -> Response<Body> {
    let (head, body) = incoming.into_parts();
    let connection = head.extensions.get::<Arc<Connection>>();
    let connection = connection.cloned().unwrap_or_default();
    let mut request = Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: decode_pairs(head.uri.query().unwrap_or_default()),
        headers: headers(&head.headers),
        ..Request::default()
    };
    if lock(&shared.chooser).breaks(&request.method, &request.path) {
        shared.faults.fetch_add(1, Ordering::SeqCst);
        // The body is still on its way: nobody reads it, and the connection ends under it.
        if stream(&request).is_some() {
            connection.cut();
        }
        return refuse_by(&shared, &request, FaultKind::ResetInBody);
    }
    match axum::body::to_bytes(body, BODY_BYTES_MAX).await {
        Ok(bytes) => request.body = bytes.to_vec(),
        Err(_) => return respond(refuse(413, "RequestEntityTooLarge", "Too large.")),
    }
    // HTTP/2 names the host in the address (RFC 9113 section 8.3.1).
    let authority = head.uri.authority().map(axum::http::uri::Authority::as_str);
    if let Some(host) = request.header("host").or(authority) {
        lock(&shared.tenant).base = format!("{}://{host}", shared.scheme);
    }
    if let Some(path) = request.path.strip_prefix("/_simulator/") {
        if !shared.inspection {
            return respond(refuse(404, "NotFound", "Inspection is off."));
        }
        let path = path.to_owned();
        return respond(inspect::answer(&shared, &request, &path));
    }
    if let Some(answer) = sign_in(&shared, &request) {
        return respond(answer);
    }
    graph(&shared, &connection, request).await
}

/// The stream that a request came by; none over HTTP/1.1.
fn stream(request: &Request) -> Option<u32> {
    request.header(STREAM)?.parse().ok()
}

fn headers(found: &HeaderMap) -> BTreeMap<String, String> {
    found
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

/// The identity platform, on the same socket.
fn sign_in(shared: &Shared, request: &Request) -> Option<Answer> {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let mut tenant = lock(&shared.tenant);
    let result = match parts[..] {
        [named, "oauth2", "v2.0", "token"] => token::issue(&mut tenant, request, named),
        [named, "v2.0", ".well-known", "openid-configuration"] => {
            token::configuration(&tenant, named)
        }
        _ => return None,
    };
    Some(result.unwrap_or_else(|refusal| refusal))
}

/// Counts the request out of its lane when the answer is ready or the client is gone.
struct Inside<'a>(&'a Shared, Lane);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        lock(&self.0.meter).leave(&self.1);
    }
}

async fn graph(
    shared: &Arc<Shared>,
    connection: &Arc<Connection>,
    mut request: Request,
) -> Response<Body> {
    let of_sharepoint = request.path.starts_with(crate::sites::rest::PREFIX);
    if request.path.starts_with("/v1.0/") || request.path.contains("/_api/") {
        let check = if of_sharepoint {
            token::check_sharepoint
        } else {
            token::check
        };
        let checked = check(&lock(&shared.tenant), &request);
        match checked {
            Ok(token) => (request.app, request.roles) = (token.app, token.roles),
            Err(refusal) => return finish(shared, &request, refusal, None),
        }
    }
    let fault = lock(&shared.chooser).choose(&request.method, &request.path);
    if fault.is_some() {
        shared.faults.fetch_add(1, Ordering::SeqCst);
    }
    if fault == Some(FaultKind::HoldBefore) {
        let _held = Held::enter(shared);
        record(shared, &request, 0, fault);
        shared.let_go.notified().await;
    }
    if let Some(kind) = fault.filter(|kind| !kind.commits()) {
        if let FaultKind::GoAway | FaultKind::RefusedStream = kind {
            return refuse_stream(shared, connection, &request, kind);
        }
        return refuse_by(shared, &request, kind);
    }
    let lane = route::lane(&request);
    let now = lock(&shared.tenant).clock.now();
    let entered = lock(&shared.meter).enter(&lane, now);
    let inside = Inside(shared, lane);
    if let Err(throttled) = entered {
        let refusal = throttle(&inside.1, throttled);
        return finish(shared, &request, refusal, None);
    }
    // Others get their turn while this request is inside, as they would in a real service.
    tokio::task::yield_now().await;
    if !connection.begin(stream(&request)) {
        // A GOAWAY left it out: whoever sent it was told so, and sends it again.
        record(shared, &request, 0, None);
        return reset(Reason::REFUSED_STREAM);
    }
    let answer = route::answer(&mut lock(&shared.tenant), &request);
    if request.method == "POST" {
        for late in std::mem::take(&mut *lock(&shared.late)) {
            route::answer(&mut lock(&shared.tenant), &late);
        }
    }
    if fault == Some(FaultKind::Hold) {
        let _held = Held::enter(shared);
        record(shared, &request, 0, fault);
        shared.let_go.notified().await;
    }
    drop(inside);
    if let Some(kind) = fault.filter(|kind| kind.is_unanswered()) {
        record(shared, &request, 0, fault);
        return unanswered(connection, &request, answer, kind).await;
    }
    let answer = match fault {
        Some(FaultKind::ErrorAfter) => refuse(
            500,
            "InternalServerError",
            "An internal server error occurred.",
        ),
        _ => answer,
    };
    finish(shared, &request, answer, fault)
}

/// Nothing is done, and the client is told so by HTTP/2; over HTTP/1.1 the connection is closed.
fn refuse_stream(
    shared: &Shared,
    connection: &Connection,
    request: &Request,
    kind: FaultKind,
) -> Response<Body> {
    record(shared, request, 0, Some(kind));
    if kind == FaultKind::GoAway && stream(request).is_some() {
        connection.go_away();
    }
    reset(Reason::REFUSED_STREAM)
}

/// It was carried out, and the client does not hear it.
async fn unanswered(
    connection: &Arc<Connection>,
    request: &Request,
    answer: Answer,
    kind: FaultKind,
) -> Response<Body> {
    match kind {
        FaultKind::CutAfter => respond(answer).map(|_| Body::new(Cut::of(Arc::clone(connection)))),
        FaultKind::GoAwayAfter if stream(request).is_some() => {
            connection.go_away();
            connection.cut_when_flushed();
            std::future::pending().await
        }
        _ => reset(Reason::INTERNAL_ERROR),
    }
}

/// The words of a service whose quota is used up.
fn throttle(lane: &Lane, throttled: Throttled) -> Answer {
    let (code, message) = match lane {
        Lane::Mailbox { .. } => (
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
        ),
        _ => (
            "activityLimitReached",
            "The app or user has been throttled.",
        ),
    };
    let answer = refuse(429, code, message);
    match throttled.seconds {
        Some(seconds) => answer.with("Retry-After", seconds.to_string()),
        None => answer,
    }
}

struct Held<'a>(&'a Shared);

impl<'a> Held<'a> {
    fn enter(shared: &'a Shared) -> Self {
        shared.held.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

fn refuse_by(shared: &Shared, request: &Request, kind: FaultKind) -> Response<Body> {
    let wait = lock(&shared.chooser).faults.retry_after_s.to_string();
    let throttled = || refuse(429, "TooManyRequests", "Too many requests.");
    let busy = || refuse(503, "serviceNotAvailable", "The service is not available.");
    let answer = match kind {
        FaultKind::Throttled => throttled().with("Retry-After", wait),
        FaultKind::ThrottledSilently => throttled(),
        FaultKind::Unavailable => busy().with("Retry-After", wait),
        FaultKind::UnavailableSilently => crate::answer::empty(503),
        FaultKind::GatewayTimeout => refuse(504, "UnknownError", ""),
        FaultKind::Conflict => refuse(409, "resourceModified", "The resource was modified."),
        FaultKind::Locked => refuse(423, "resourceLocked", "The resource is locked."),
        FaultKind::MailboxFull => refuse(
            507,
            "ErrorQuotaExceeded",
            "Mailbox has exceeded its maximum mailbox size.",
        ),
        FaultKind::Malware => refuse(403, "malwareDetected", "Malware was detected.")
            .with("X-Virus-Infected", "EICAR-Test-File"),
        FaultKind::PathTooLong => refuse(400, "pathIsTooLong", "The path is too long."),
        FaultKind::SharingDisabled => refuse(403, "sharingDisabled", "Sharing is disabled."),
        FaultKind::CutAfter
        | FaultKind::DropBefore
        | FaultKind::DropAfter
        | FaultKind::ErrorAfter
        | FaultKind::GoAway
        | FaultKind::GoAwayAfter
        | FaultKind::Hold
        | FaultKind::HoldBefore
        | FaultKind::RefusedStream
        | FaultKind::ResetAfter
        | FaultKind::ResetInBody => busy(),
        FaultKind::Late => {
            lock(&shared.late).push(request.clone());
            refuse(504, "UnknownError", "")
        }
    };
    finish(shared, request, answer, Some(kind))
}

fn record(shared: &Shared, request: &Request, status: u16, fault: Option<FaultKind>) {
    let mut log = lock(&shared.log);
    if log.len() == LOG_LINES {
        log.pop_front();
    }
    log.push_back(RequestLine {
        method: request.method.clone(),
        path: request.path.clone(),
        status,
        fault,
        had_authorization: request.header("authorization").is_some(),
        stream: stream(request),
    });
}

fn finish(
    shared: &Shared,
    request: &Request,
    mut answer: Answer,
    fault: Option<FaultKind>,
) -> Response<Body> {
    record(shared, request, answer.status, fault);
    let (id, date) = {
        let mut tenant = lock(&shared.tenant);
        (tenant.seeded.guid(), tenant.clock.text())
    };
    answer.stamp(&id, request.header("client-request-id"), &date);
    if let Some(exchanges) = lock(&shared.exchanges).as_mut() {
        exchanges.push(Exchange::of(request, &answer));
    }
    if matches!(
        fault,
        Some(FaultKind::DropAfter | FaultKind::DropBefore | FaultKind::ResetInBody)
    ) {
        return broken(answer);
    }
    respond(answer)
}

fn respond(answer: Answer) -> Response<Body> {
    let (kind, content) = match answer.body {
        Content::Json(value) => (
            "application/json;odata.metadata=minimal;odata.streaming=true",
            Body::from(value.to_string()),
        ),
        Content::Bytes(kind, content) => (kind, Body::from(content)),
        Content::Disk(kind, large, range) => (kind, Body::new(Streamed::new(large, range))),
        Content::Empty => ("", Body::empty()),
    };
    let mut response = Response::new(content);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !kind.is_empty() {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The head of the answer and half of its body; then the connection breaks.
fn broken(answer: Answer) -> Response<Body> {
    let response = respond(answer);
    let (mut head, _) = response.into_parts();
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("4096"));
    Response::from_parts(head, Body::new(Broken::default()))
}
