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

/// Rings when nothing has come for too long. Set only while somebody waits.
#[derive(Debug)]
struct Alarm {
    patience: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    fn new(patience: Duration) -> Self {
        Self { patience, sleep: None }
    }

    fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience))).as_mut().poll(cx)
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
        Self { payload, length, pulse, alarm: Alarm::new(patience) }
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
    body: Incoming,
    size: BodySize,
    /// The connection it comes over, and the request that was sent over it.
    lease: Option<(Lease, Rc<Pulse>)>,
    alarm: Alarm,
}

impl Relay {
    pub(super) fn new(
        body: Incoming,
        size: BodySize,
        lease: Lease,
        pulse: Rc<Pulse>,
        patience: Duration,
    ) -> Self {
        let ended = body.is_end_stream();
        let mut relay =
            Self { body, size, lease: Some((lease, pulse)), alarm: Alarm::new(patience) };
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
        loop {
            let Poll::Ready(frame) = Pin::new(&mut relay.body.frame()).poll(cx) else {
                ready!(relay.alarm.poll_ring(cx));
                let silent = Failure::new(Side::Upstream, true, "waiting for more of the answer");
                return Poll::Ready(Some(Err(Box::new(silent.timed_out()))));
            };
            relay.alarm.quiet();
            match frame {
                // Trailers have no place to go: the head has been sent without announcing any.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(Box::new(Failure::exchange(error, true)))));
                }
                None => {
                    relay.ended();
                    return Poll::Ready(None);
                }
            }
        }
    }
}
