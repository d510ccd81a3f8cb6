//! Bodies of requests, streamed to instances, and timeouts of bodies.
use std::cell::Cell;
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
use futures_util::Stream as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::failure::ClientBodyError;
use crate::connections::is_too_slow;

/// When the last byte of a request passed, and whether it was the last of all.
#[derive(Debug)]
pub(super) struct ActivityClock {
    last_activity: Cell<Instant>,
    done: Cell<bool>,
}

impl ActivityClock {
    pub(super) fn new(done: bool) -> Rc<Self> {
        Rc::new(Self { last_activity: Cell::new(Instant::now()), done: Cell::new(done) })
    }

    pub(super) fn touch(&self) {
        self.last_activity.set(Instant::now());
    }

    pub(super) fn last(&self) -> Instant {
        self.last_activity.get()
    }

    pub(super) fn is_done(&self) -> bool {
        self.done.get()
    }
}

/// How long to wait for the next piece of a body.
pub(super) struct WaitLimit {
    /// At most so long; `None` for ever.
    pub(super) timeout: Option<Duration>,
    /// Whatever the timeout, no longer than until this resolves.
    pub(super) canceled: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl WaitLimit {
    /// So long.
    pub(super) fn at_most(limit: Duration) -> Self {
        Self { timeout: Some(limit), canceled: None }
    }
}

/// Why waiting has become useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimedOut {
    Late,
    Over,
}

/// Expires when waiting has become useless. Its clock runs only while it is polled.
pub(super) struct Watchdog {
    wait: WaitLimit,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub(super) fn new(wait: WaitLimit) -> Self {
        Self { wait, sleep: None }
    }

    pub(super) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<TimedOut> {
        if let Some(over) = &mut self.wait.canceled
            && over.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(TimedOut::Over);
        }
        let Some(limit) = self.wait.timeout else { return Poll::Pending };
        let sleep = || Box::pin(tokio::time::sleep(limit));
        self.sleep.get_or_insert_with(sleep).as_mut().poll(cx).map(|()| TimedOut::Late)
    }

    pub(super) fn reset(&mut self) {
        self.sleep = None;
    }
}

/// The body of a request on its way to an instance.
pub(super) enum RequestBody {
    Empty,
    /// Read beforehand.
    Whole(Option<Bytes>),
    /// As it comes.
    ClientBody(Upload),
}

/// A body as it comes from the client.
pub(super) struct Upload {
    payload: web::Payload,
    /// What is announced; chunked where nothing is.
    length: Option<u64>,
    pulse: Rc<ActivityClock>,
    alarm: Watchdog,
}

impl Upload {
    pub(super) fn new(
        payload: web::Payload,
        length: Option<u64>,
        pulse: Rc<ActivityClock>,
        limit: Duration,
    ) -> Self {
        Self { payload, length, pulse, alarm: Watchdog::new(WaitLimit::at_most(limit)) }
    }

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientBodyError>>> {
        let Poll::Ready(next) = Pin::new(&mut self.payload).poll_next(cx) else {
            ready!(self.alarm.poll_expired(cx));
            return Poll::Ready(Some(Err(ClientBodyError::Stalled)));
        };
        self.alarm.reset();
        self.pulse.touch();
        Poll::Ready(match next {
            Some(Ok(data)) => Some(Ok(Frame::data(data))),
            Some(Err(error)) if is_too_slow(&error) => Some(Err(ClientBodyError::Stalled)),
            Some(Err(error)) => Some(Err(ClientBodyError::Vanished(error.to_string()))),
            None => {
                self.pulse.done.set(true);
                None
            }
        })
    }
}

impl hyper::body::Body for RequestBody {
    type Data = Bytes;
    type Error = ClientBodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientBodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Whole(data) => Poll::Ready(data.take().map(|data| Ok(Frame::data(data)))),
            Self::ClientBody(upload) => upload.poll_data(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(data) => data.is_none(),
            Self::ClientBody(upload) => upload.pulse.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(data) => SizeHint::with_exact(data.as_ref().map_or(0, |d| d.len() as u64)),
            Self::ClientBody(upload) => {
                upload.length.map_or_else(SizeHint::default, SizeHint::with_exact)
            }
        }
    }
}
