//! Bodies, streamed both ways.
use std::cell::Cell;
use std::error::Error as StdError;
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web;
use bytes::Bytes;
use futures_util::Stream as _;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::failure::{Failure, Side};
use super::pool::Lease;
use crate::connections::is_too_slow;

/// Why the body of a request did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientTrouble {
    #[error("the client stopped sending in the middle of the body")]
    Stalled,
    #[error("the client went away in the middle of the body: {0}")]
    Vanished(String),
}

/// When the last byte of a request passed, and whether it was the last of all.
#[derive(Debug)]
pub(super) struct Pulse {
    last: Cell<Instant>,
    done: Cell<bool>,
}

impl Pulse {
    pub(super) fn new(done: bool) -> Rc<Self> {
        Rc::new(Self { last: Cell::new(Instant::now()), done: Cell::new(done) })
    }

    pub(super) fn beat(&self) {
        self.last.set(Instant::now());
    }

    pub(super) fn last(&self) -> Instant {
        self.last.get()
    }

    pub(super) fn is_done(&self) -> bool {
        self.done.get()
    }
}

/// How long to wait for the next piece of a body.
pub(super) struct Wait {
    /// At most so long; `None` for ever.
    pub(super) patience: Option<Duration>,
    /// Whatever the patience, no longer than until this resolves.
    pub(super) over: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Wait {
    /// So long.
    pub(super) fn at_most(patience: Duration) -> Self {
        Self { patience: Some(patience), over: None }
    }
}

/// Why waiting has become useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rang {
    Late,
    Over,
}

/// Rings when waiting has become useless. Its clock runs only while somebody waits.
struct Alarm {
    wait: Wait,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    fn new(wait: Wait) -> Self {
        Self { wait, sleep: None }
    }

    fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<Rang> {
        if let Some(over) = &mut self.wait.over
            && over.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Rang::Over);
        }
        let Some(patience) = self.wait.patience else { return Poll::Pending };
        let sleep = || Box::pin(tokio::time::sleep(patience));
        self.sleep.get_or_insert_with(sleep).as_mut().poll(cx).map(|()| Rang::Late)
    }

    fn quiet(&mut self) {
        self.sleep = None;
    }
}

/// The body of a request on its way to an instance.
pub(super) enum Outgoing {
    Empty,
    /// Read beforehand.
    Whole(Option<Bytes>),
    /// As it comes.
    Upload(Upload),
}

/// A body as it comes from the client.
pub(super) struct Upload {
    payload: web::Payload,
    /// What is announced; chunked where nothing is.
    length: Option<u64>,
    pulse: Rc<Pulse>,
    alarm: Alarm,
}

impl Upload {
    pub(super) fn new(
        payload: web::Payload,
        length: Option<u64>,
        pulse: Rc<Pulse>,
        patience: Duration,
    ) -> Self {
        Self { payload, length, pulse, alarm: Alarm::new(Wait::at_most(patience)) }
    }

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientTrouble>>> {
        let Poll::Ready(next) = Pin::new(&mut self.payload).poll_next(cx) else {
            ready!(self.alarm.poll_ring(cx));
            return Poll::Ready(Some(Err(ClientTrouble::Stalled)));
        };
        self.alarm.quiet();
        self.pulse.beat();
        Poll::Ready(match next {
            Some(Ok(data)) => Some(Ok(Frame::data(data))),
            Some(Err(error)) if is_too_slow(&error) => Some(Err(ClientTrouble::Stalled)),
            Some(Err(error)) => Some(Err(ClientTrouble::Vanished(error.to_string()))),
            None => {
                self.pulse.done.set(true);
                None
            }
        })
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = ClientTrouble;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientTrouble>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Whole(data) => Poll::Ready(data.take().map(|data| Ok(Frame::data(data)))),
            Self::Upload(upload) => upload.poll_data(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(data) => data.is_none(),
            Self::Upload(upload) => upload.pulse.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(data) => SizeHint::with_exact(data.as_ref().map_or(0, |d| d.len() as u64)),
            Self::Upload(upload) => {
                upload.length.map_or_else(SizeHint::default, SizeHint::with_exact)
            }
        }
    }
}

/// The body of an answer on its way to the client. Gives its connection back when it has ended well.
pub(super) struct Relay {
    /// What was read before the head was passed on.
    early: Option<Bytes>,
    body: Incoming,
    size: BodySize,
    /// The connection it comes over, and the request that was sent over it.
    lease: Option<(Lease, Rc<Pulse>)>,
    alarm: Alarm,
}

impl Relay {
    /// Passes on `early` and then `body`, of which the client was told `size`.
    pub(super) fn new(
        early: Option<Bytes>,
        body: Incoming,
        size: BodySize,
        wait: Wait,
        lease: (Lease, Rc<Pulse>),
    ) -> Self {
        let ended = body.is_end_stream();
        let mut relay = Self { early, body, size, lease: Some(lease), alarm: Alarm::new(wait) };
        if ended {
            relay.ended();
        }
        relay
    }

    /// An answer may come before its question is through; that connection cannot be used again.
    fn ended(&mut self) {
        if let Some((lease, pulse)) = self.lease.take()
            && pulse.is_done()
        {
            lease.give_back();
        }
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body.frame()).poll(cx) else {
                return Poll::Ready(Err(given_up(ready!(self.alarm.poll_ring(cx)))));
            };
            self.alarm.quiet();
            match frame {
                // Trailers have no place to go: the head has been sent without announcing any.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Ok(Some(data)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Failure::exchange(error, true))),
                None => {
                    self.ended();
                    return Poll::Ready(Ok(None));
                }
            }
        }
    }
}

fn given_up(rang: Rang) -> Failure {
    match rang {
        Rang::Late => {
            Failure::new(Side::Upstream, true, "waiting for more of the answer").timed_out()
        }
        Rang::Over => Failure::new(Side::Upstream, true, "streaming: the instance left"),
    }
}

impl MessageBody for Relay {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let relay = self.get_mut();
        if let Some(early) = relay.early.take() {
            return Poll::Ready(Some(Ok(early)));
        }
        let failure = match ready!(relay.poll_data(cx)) {
            Ok(data) => return Poll::Ready(data.map(Ok)),
            Err(failure) => failure,
        };
        // The head is gone: the client sees a body that is cut short, and the log why.
        let at = relay.lease.as_ref().map(|(lease, _)| lease.authority());
        tracing::warn!(at, cause = failure.chain(), "an answer broke off");
        Poll::Ready(Some(Err(Box::new(failure))))
    }
}
