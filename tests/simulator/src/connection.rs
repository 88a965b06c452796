//! One connection of a client: which of its streams are carried out, and how it is ended on purpose. What a request means is
//! not known here; the bytes are in `wire.rs`.

mod wire;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use axum_server::accept::Accept;
use http_body::Frame;
use tower_service::Service;

pub(crate) use wire::STREAM;
use wire::Wire;

/// When a connection ends under whoever uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ending {
    #[default]
    Never,
    /// As soon as what was handed over for writing is on the wire.
    Flushed,
    Now,
}

#[derive(Debug, Default)]
struct State {
    /// The highest stream that was begun to be carried out.
    begun: u32,
    /// What a GOAWAY said: no stream above is carried out any more.
    last: Option<u32>,
    /// A frame of ours that waits for the end of the one that is being written.
    waiting: Vec<u8>,
    ending: Ending,
    /// Wakes the task that reads and writes the connection.
    waker: Option<Waker>,
}

/// What the edge and the wire share of one connection.
#[derive(Debug, Default)]
pub(crate) struct Connection(Mutex<State>);

impl Connection {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// Whether a stream may still be carried out; from then on no GOAWAY leaves it out. Without a number it is HTTP/1.1.
    pub(crate) fn begin(&self, stream: Option<u32>) -> bool {
        let Some(stream) = stream else { return true };
        let mut state = self.lock();
        if state.last.is_some_and(|last| stream > last) {
            return false;
        }
        state.begun = state.begun.max(stream);
        true
    }

    /// Says GOAWAY (RFC 9113 section 6.8): what was begun will be answered, nothing else was or will be carried out.
    pub(crate) fn go_away(&self) {
        self.change(|state| {
            let last = *state.last.get_or_insert(state.begun);
            state.waiting = wire::go_away(last);
        });
    }

    /// Ends it once what was handed over is written: whatever else is under way on it is never answered.
    pub(crate) fn cut_when_flushed(&self) {
        self.change(|state| state.ending = Ending::Flushed);
    }

    /// Ends it at once.
    pub(crate) fn cut(&self) {
        self.change(|state| state.ending = Ending::Now);
    }
}

/// On a response: the stream is reset instead, and over HTTP/1.1 the connection is closed.
#[derive(Clone, Copy, Debug)]
struct Reset(h2::Reason);

/// No answer but RST_STREAM.
pub(crate) fn reset(reason: h2::Reason) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Reset(reason));
    response
}

/// A body that begins, and under which the connection ends.
#[derive(Debug)]
pub(crate) struct Cut {
    connection: Arc<Connection>,
    begun: bool,
}

impl Cut {
    pub(crate) fn of(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            begun: false,
        }
    }
}

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.begun {
            self.connection.cut_when_flushed();
            // Nothing more comes: the connection goes, and this with it.
            return Poll::Pending;
        }
        self.begun = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{\"val")))))
    }
}

/// Accepts as another does, and gives each connection its [`Connection`].
#[derive(Clone, Debug)]
pub(crate) struct Connections<A>(pub(crate) A);

type Accepting<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl<A, I, S> Accept<I, S> for Connections<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Wire<A::Stream>;
    type Service = OnConnection<A::Service>;
    type Future = Accepting<(Self::Stream, Self::Service)>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepted = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, inner) = accepted.await?;
            let connection = Arc::new(Connection::default());
            let wire = Wire::new(stream, Arc::clone(&connection));
            Ok((wire, OnConnection { inner, connection }))
        })
    }
}

/// Tells each request which connection it came by, and turns [`reset`] into an end without an answer.
#[derive(Clone, Debug)]
pub(crate) struct OnConnection<S> {
    inner: S,
    connection: Arc<Connection>,
}

impl<S, B> Service<Request<B>> for OnConnection<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = h2::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, h2::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        self.inner
            .poll_ready(context)
            .map_err(|never| match never {})
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let connection = Arc::clone(&self.connection);
        request.extensions_mut().insert(connection);
        let answered = self.inner.call(request);
        Box::pin(async move {
            let Ok(response) = answered.await;
            match response.extensions().get::<Reset>() {
                Some(Reset(reason)) => Err(h2::Error::from(*reason)),
                None => Ok(response),
            }
        })
    }
}
