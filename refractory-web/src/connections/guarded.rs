//! A client's socket that keeps its client to a pace.
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::Connection;
use super::head::Head;
use super::registry::Admission;

/// How long the head of a request may take, a new connection's and a kept one's alike.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// How long a head may take that is answered here, and how much of it is read.
const FLOOD_WITHIN: Duration = Duration::from_secs(10);
const FLOOD_MOST: usize = 2 * 1024 * 1024;

/// What answers a head that is too long to be passed on to the parser.
pub(crate) type AnswerTooLong = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A client's socket that keeps its client to a pace.
pub(crate) struct Guarded {
    stream: TcpStream,
    admission: Admission,
    /// How long the client may take nothing of what is sent.
    stalled_after: Duration,
    too_long: AnswerTooLong,
    /// The turn that what follows belongs to.
    turn: u64,
    head: Head,
    head_until: Option<Pin<Box<Sleep>>>,
    stuck_until: Option<Pin<Box<Sleep>>>,
    flood: Option<Flooded>,
}

/// A head that is answered here.
struct Flooded {
    until: Pin<Box<Sleep>>,
    answer: Option<Vec<u8>>,
    sent: usize,
}

impl Guarded {
    pub(crate) fn new(
        stream: TcpStream,
        admission: Admission,
        stalled_after: Duration,
        too_long: AnswerTooLong,
    ) -> Self {
        // Frames of a game are small and somebody waits for each.
        let _best_effort = stream.set_nodelay(true);
        Self {
            stream,
            admission,
            stalled_after,
            too_long,
            turn: 0,
            head: Head::default(),
            head_until: None,
            stuck_until: None,
            flood: None,
        }
    }

    /// What is known of it elsewhere.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        self.admission.connection()
    }

    /// Whether what comes now belongs to a head.
    fn is_in_head(&mut self) -> bool {
        let (turn, has_request) = self.connection().turn();
        if turn != self.turn {
            self.turn = turn;
            self.head.clear();
            self.head_until = None;
        }
        !has_request
    }

    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.connection().gives_way(cx.waker()) {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "another took its place"));
        }
        Ok(())
    }

    /// Reads the rest of a head that is too long, and answers it; ready when nothing is left to do.
    fn poll_flood(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(flood) = &mut self.flood else { return Poll::Ready(Ok(())) };
        if flood.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(late("the head")));
        }
        while !self.head.is_whole() && self.head.bytes().len() < FLOOD_MOST {
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

impl AsyncRead for Guarded {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guarded = self.get_mut();
        guarded.check(cx)?;
        if guarded.flood.is_some() {
            // Nothing more is for the parser: it sees the end.
            return guarded.poll_flood(cx);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut guarded.stream).poll_read(cx, buffer);
        if !guarded.is_in_head() {
            return read;
        }
        if read.is_pending() {
            let until =
                guarded.head_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_WITHIN)));
            ready!(until.as_mut().poll(cx));
            return Poll::Ready(Err(late("a head")));
        }
        guarded.head.add(buffer.filled().get(before..).unwrap_or_default());
        if guarded.head.is_too_long() {
            buffer.set_filled(before);
            let until = Box::pin(tokio::time::sleep(FLOOD_WITHIN));
            guarded.flood = Some(Flooded { until, answer: None, sent: 0 });
            return guarded.poll_flood(cx);
        }
        read
    }
}

impl AsyncWrite for Guarded {
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
