//! Bodies of responses, streamed to clients.
use std::error::Error as StdError;
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::body::{ActivityClock, TimedOut, WaitLimit, Watchdog};
use super::failure::{Failure, Side};
use super::pool::ConnectionLease;

/// The body of an answer on its way to the client. Gives its connection back when it has ended well.
pub(super) struct ResponseBody {
    /// What was read before the head was passed on.
    early: Option<Bytes>,
    body: Incoming,
    size: BodySize,
    /// The connection it comes over, and the request that was sent over it.
    lease: Option<(ConnectionLease, Rc<ActivityClock>)>,
    alarm: Watchdog,
}

impl ResponseBody {
    /// Forwards `early` and then `body`, announced to the client with `size`.
    pub(super) fn new(
        early: Option<Bytes>,
        body: Incoming,
        size: BodySize,
        wait: WaitLimit,
        lease: (ConnectionLease, Rc<ActivityClock>),
    ) -> Self {
        let ended = body.is_end_stream();
        let mut relay = Self { early, body, size, lease: Some(lease), alarm: Watchdog::new(wait) };
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
                return Poll::Ready(Err(abandoned(ready!(self.alarm.poll_expired(cx)))));
            };
            self.alarm.reset();
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

fn abandoned(rang: TimedOut) -> Failure {
    match rang {
        TimedOut::Late => {
            Failure::new(Side::Upstream, true, "waiting for more of the answer").timed_out()
        }
        TimedOut::Over => Failure::new(Side::Upstream, true, "streaming: the instance left"),
    }
}

impl MessageBody for ResponseBody {
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
