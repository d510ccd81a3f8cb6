//! A client's socket that keeps its client to a pace.
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::Connection;
use super::head_buffer::HeadBuffer;
use super::registry::ConnectionPermit;

/// How long the head of a request may take, a new connection's and a kept one's alike.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a head may take that is answered here, and how much of it is read.
const OVERSIZED_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const OVERSIZED_HEAD_MAX: usize = 2 * 1024 * 1024;

/// How long the unwanted rest of a body is drained, so that its sender reads the response.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

/// What answers a head that is too long to be passed on to the parser.
pub(crate) type AnswerTooLong = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A client's socket that keeps its client to a pace.
pub(crate) struct GuardedStream {
    stream: TcpStream,
    admission: ConnectionPermit,
    /// How long the client may take nothing of what is sent.
    stalled_after: Duration,
    too_long: AnswerTooLong,
    /// The turn that what follows belongs to.
    turn: u64,
    head: HeadBuffer,
    /// What was read and belongs to a later request: the parser gets one request at a time. It writes an answer as suits the
    /// last request it has read, which is not to be another one than what is answered.
    held: BytesMut,
    head_until: Option<Pin<Box<Sleep>>>,
    rest_until: Option<Pin<Box<Sleep>>>,
    stuck_until: Option<Pin<Box<Sleep>>>,
    flood: Option<OversizedHead>,
}

/// What is done with what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadStage {
    /// It is a head, or part of one.
    Head,
    /// It belongs to the request there is.
    Body,
    /// It waits until that is answered.
    Served,
    /// There will be no more requests.
    Rest,
}

/// A head that is answered here.
struct OversizedHead {
    until: Pin<Box<Sleep>>,
    answer: Option<Vec<u8>>,
    sent: usize,
}

impl GuardedStream {
    pub(crate) fn new(
        stream: TcpStream,
        admission: ConnectionPermit,
        stalled_after: Duration,
        too_long: AnswerTooLong,
    ) -> Self {
        // Frames of a game are small, and a player waits for each.
        let _best_effort = stream.set_nodelay(true);
        Self {
            stream,
            admission,
            stalled_after,
            too_long,
            turn: 0,
            head: HeadBuffer::default(),
            held: BytesMut::new(),
            head_until: None,
            rest_until: None,
            stuck_until: None,
            flood: None,
        }
    }

    /// What is known of it elsewhere.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        self.admission.connection()
    }

    /// What is to be done with what comes now.
    fn stage(&mut self) -> ReadStage {
        let (turn, has_request) = self.connection().turn();
        if turn != self.turn {
            self.turn = turn;
            self.head.clear();
            self.head_until = None;
        }
        if has_request {
            return if self.connection().left() > 0 { ReadStage::Body } else { ReadStage::Served };
        }
        if self.connection().is_over() {
            return ReadStage::Rest;
        }
        // The parser has a whole head, and the request has not begun.
        if self.head.is_whole() { ReadStage::Served } else { ReadStage::Head }
    }

    /// Reads what was held back, or else from the socket.
    fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.held.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let fits = self.held.len().min(buffer.remaining());
        buffer.put_slice(&self.held.split_to(fits));
        Poll::Ready(Ok(()))
    }

    /// Takes back what stands in `buffer` from `end` on.
    fn hold(&mut self, buffer: &mut ReadBuf<'_>, end: usize) {
        let mut held = BytesMut::from(buffer.filled().get(end..).unwrap_or_default());
        if held.is_empty() {
            return;
        }
        held.extend_from_slice(&self.held);
        self.held = held;
        buffer.set_filled(end);
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.poll_source(cx, buffer);
        if read.is_pending() {
            let until =
                self.head_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
            ready!(until.as_mut().poll(cx));
            return Poll::Ready(Err(late("a head")));
        }
        let taken = self.head.add(buffer.filled().get(before..).unwrap_or_default());
        if self.head.is_too_long() {
            buffer.set_filled(before);
            let until = Box::pin(tokio::time::sleep(OVERSIZED_HEAD_TIMEOUT));
            self.flood = Some(OversizedHead { until, answer: None, sent: 0 });
            return self.poll_oversized_head(cx);
        }
        self.hold(buffer, before + taken);
        read
    }

    /// Hands over what belongs to the request there is, and no more.
    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.poll_source(cx, buffer))?;
        let left = usize::try_from(self.connection().left()).unwrap_or(usize::MAX);
        let end = buffer.filled().len().min(before.saturating_add(left));
        self.connection().came(end - before);
        self.hold(buffer, end);
        Poll::Ready(Ok(()))
    }

    /// Nothing more is read while a request is answered; only that the client has gone is noticed.
    fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.held.is_empty() {
            return Poll::Pending;
        }
        let mut byte = [0];
        match ready!(self.stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)))? {
            0 => Poll::Ready(Ok(())),
            // The connection wakes us when it is its turn.
            _ => Poll::Pending,
        }
    }

    /// Behind the last answer: the rest is read and thrown away, so that its sender reads the answer, and then there is the end.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let until = self.rest_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(GOODBYE)));
        if until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        self.held.clear();
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut piece = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.connection().is_evicted(cx.waker()) {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "another took its place"));
        }
        Ok(())
    }

    /// Reads the rest of a head that is too long, and answers it; ready when nothing is left to do.
    fn poll_oversized_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(flood) = &mut self.flood else { return Poll::Ready(Ok(())) };
        if flood.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(late("the head")));
        }
        while !self.head.is_whole() && self.head.bytes().len() < OVERSIZED_HEAD_MAX {
            let mut scratch = [0; 8 * 1024];
            let mut piece = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.head.add_all(piece.filled());
        }
        let (head, too_long) = (&self.head, &self.too_long);
        let answer = flood.answer.get_or_insert_with(|| too_long(head.bytes()));
        while let Some(rest) = answer.get(flood.sent..).filter(|rest| !rest.is_empty()) {
            flood.sent += ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
        }
        Poll::Ready(Ok(()))
    }

    fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stuck_until = None;
            self.connection().takes();
            return written;
        }
        self.connection().is_stuck();
        let stalled_after = self.stalled_after;
        let until =
            self.stuck_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(stalled_after)));
        ready!(until.as_mut().poll(cx));
        Poll::Ready(Err(late("what was sent")))
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("the client took too long over {what}"))
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guarded = self.get_mut();
        guarded.check(cx)?;
        if guarded.flood.is_some() {
            // Nothing more is for the parser: it sees the end.
            return guarded.poll_oversized_head(cx);
        }
        match guarded.stage() {
            ReadStage::Head => guarded.poll_head(cx, buffer),
            ReadStage::Body => guarded.poll_body(cx, buffer),
            ReadStage::Served => guarded.poll_gone(cx),
            ReadStage::Rest => guarded.poll_rest(cx),
        }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let guarded = self.get_mut();
        guarded.check(cx)?;
        if guarded.flood.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut guarded.stream).poll_write(cx, bytes);
        guarded.wrote(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
