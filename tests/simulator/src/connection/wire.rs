//! The bytes of a connection on their way through: frames of HTTP/2 (RFC 9113 section 4) are told apart, a GOAWAY of ours is put
//! between two of them, and each request gets the number of its stream, which the HTTP library keeps to itself.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Connection, Ending};

/// The header that carries the number of a request's stream; over HTTP/1.1 there is none.
pub(crate) const STREAM: &str = "x-simulator-stream";

/// What a client of HTTP/2 begins with (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Length, type, flags, stream.
const HEAD: usize = 9;
const HEADERS: u8 = 1;
const GO_AWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const READ_BYTES: usize = 32 << 10;

/// A GOAWAY without an error.
pub(super) fn go_away(last: u32) -> Vec<u8> {
    let head = [0, 0, 8, GO_AWAY, 0, 0, 0, 0, 0];
    let last = last.to_be_bytes();
    head.into_iter().chain(last).chain([0; 4]).collect()
}

/// Where frames end in what goes by.
#[derive(Debug, Default)]
struct Frames {
    head: Vec<u8>,
    /// Bytes of the frame that are still to come.
    left: usize,
}

impl Frames {
    fn at_end(&self) -> bool {
        self.head.is_empty() && self.left == 0
    }

    /// How many of these bytes belong to the frame that is under way.
    fn within(&self, bytes: usize) -> usize {
        let rest = match self.head.len() {
            0 => self.left,
            known => HEAD - known,
        };
        rest.min(bytes)
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let take = (HEAD - self.head.len()).min(bytes.len());
                self.head.extend_from_slice(&bytes[..take]);
                bytes = &bytes[take..];
                if self.head.len() == HEAD {
                    self.left = length(&self.head);
                    self.head.clear();
                }
            } else {
                let take = self.left.min(bytes.len());
                self.left -= take;
                bytes = &bytes[take..];
            }
        }
    }
}

fn length(head: &[u8]) -> usize {
    usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])
}

/// What comes in, with the number of each stream among the headers of its request.
#[derive(Debug, Default)]
enum Numbering {
    /// Not enough bytes yet to say which protocol it is.
    #[default]
    Unknown,
    Http1,
    /// The bytes of a frame that goes by untouched are still to come.
    Http2 {
        left: usize,
    },
}

impl Numbering {
    /// Takes what it can from the front of `came`, and gives what is passed on.
    fn pass(&mut self, came: &mut Vec<u8>) -> Vec<u8> {
        let mut passed = Vec::new();
        loop {
            match self {
                Self::Http1 => return std::mem::take(came),
                Self::Unknown if came.starts_with(PREFACE) => {
                    passed.extend(came.drain(..PREFACE.len()));
                    *self = Self::Http2 { left: 0 };
                }
                Self::Unknown if PREFACE.starts_with(came) => return passed,
                Self::Unknown => *self = Self::Http1,
                Self::Http2 { left } if *left > 0 => {
                    let take = (*left).min(came.len());
                    passed.extend(came.drain(..take));
                    *left -= take;
                    if *left > 0 {
                        return passed;
                    }
                }
                Self::Http2 { left } => {
                    let Some(head) = came.get(..HEAD) else {
                        return passed;
                    };
                    let of_headers = matches!(head[3], HEADERS | CONTINUATION);
                    if of_headers && head[4] & END_HEADERS != 0 && head[4] & PADDED == 0 {
                        let end = HEAD + length(head);
                        if came.len() < end {
                            return passed;
                        }
                        let frame: Vec<u8> = came.drain(..end).collect();
                        passed.extend(numbered(frame));
                    } else {
                        *left = HEAD + length(head);
                    }
                }
            }
        }
    }
}

/// A frame that ends the headers of a request, and at their end one more: a literal that enters no table (RFC 7541 section 6.2.2).
fn numbered(mut frame: Vec<u8>) -> Vec<u8> {
    let stream = u32::from_be_bytes([frame[5], frame[6], frame[7], frame[8]]);
    let number = (stream & 0x7fff_ffff).to_string();
    frame.push(0);
    for text in [STREAM, &number] {
        frame.push(u8::try_from(text.len()).expect("short"));
        frame.extend_from_slice(text.as_bytes());
    }
    let length = u32::try_from(frame.len() - HEAD).expect("at most 16 MiB");
    frame[..3].copy_from_slice(&length.to_be_bytes()[1..]);
    frame
}

/// A stream of bytes that can be ended, and that a frame can be put into.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    inner: S,
    connection: Arc<Connection>,
    numbering: Numbering,
    came: Vec<u8>,
    passed: Vec<u8>,
    written: Frames,
    /// A frame of ours, once it is begun: nothing else comes between.
    ours: Vec<u8>,
}

impl<S> Wire<S> {
    pub(super) fn new(inner: S, connection: Arc<Connection>) -> Self {
        Self {
            inner,
            connection,
            numbering: Numbering::default(),
            came: Vec::new(),
            passed: Vec::new(),
            written: Frames::default(),
            ours: Vec::new(),
        }
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn check(&self) -> io::Result<()> {
        match self.connection.lock().ending {
            Ending::Now => Err(io::ErrorKind::ConnectionReset.into()),
            Ending::Flushed | Ending::Never => Ok(()),
        }
    }

    /// Writes what waits of ours, where a frame just ended.
    fn poll_ours(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ours.is_empty() && self.written.at_end() {
            self.ours = std::mem::take(&mut self.connection.lock().waiting);
        }
        while !self.ours.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.ours))?;
            self.ours.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Something of ours waits for the end of the frame that is under way.
    fn is_awaited(&self) -> bool {
        !self.connection.lock().waiting.is_empty()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.connection.lock().waker = Some(context.waker().clone());
        this.check()?;
        // Whoever waits for a request writes nothing by itself.
        if this.is_awaited()
            && let Poll::Ready(Ok(())) = this.poll_ours(context)
        {
            let _pending_or_done = Pin::new(&mut this.inner).poll_flush(context)?;
        }
        if matches!(this.numbering, Numbering::Http1) && this.passed.is_empty() {
            return Pin::new(&mut this.inner).poll_read(context, buffer);
        }
        while this.passed.is_empty() {
            let mut bytes = vec![0; READ_BYTES];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.came.extend_from_slice(read.filled());
            this.passed = this.numbering.pass(&mut this.came);
        }
        let take = this.passed.len().min(buffer.remaining());
        buffer.put_slice(&this.passed[..take]);
        this.passed.drain(..take);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check()?;
        ready!(this.poll_ours(context))?;
        let most = if this.is_awaited() {
            this.written.within(bytes.len())
        } else {
            bytes.len()
        };
        let written = ready!(Pin::new(&mut this.inner).poll_write(context, &bytes[..most]))?;
        this.written.pass(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_awaited() || !self.ours.is_empty() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            let first = first.map_or(&[][..], |slice| slice);
            return self.poll_write(context, first);
        }
        let this = &mut *self;
        this.check()?;
        let written = ready!(Pin::new(&mut this.inner).poll_write_vectored(context, slices))?;
        let mut left = written;
        for slice in slices {
            let take = slice.len().min(left);
            this.written.pass(&slice[..take]);
            left -= take;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.check()?;
        ready!(this.poll_ours(context))?;
        ready!(Pin::new(&mut this.inner).poll_flush(context))?;
        let mut state = this.connection.lock();
        if state.ending == Ending::Flushed && state.waiting.is_empty() {
            state.ending = Ending::Now;
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
