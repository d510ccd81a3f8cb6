//! One question and the head of its answer.
use std::rc::Rc;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::ProxyTimeouts;
use super::body::{ActivityClock, RequestBody};
use super::failure::{Failure, Side};
use super::pool::{ConnectionLease, Pool};
use super::route::Target;

/// A target with its connections and timeouts.
pub(super) struct Upstream<'a> {
    pub(super) pool: Rc<Pool>,
    pub(super) target: &'a Target,
    pub(super) timeouts: ProxyTimeouts,
}

/// How an attempt failed, with the request where none of it was sent.
type Unsent = (Failure, Option<Box<Request<RequestBody>>>);

impl Upstream<'_> {
    /// Asks `question`. Where it met a connection that had died while it was idle, asks once more: what was not sent, or else
    /// what `again` makes.
    pub(super) async fn send(
        &self,
        question: Request<RequestBody>,
        again: impl FnOnce() -> Option<Result<Request<RequestBody>, Failure>>,
        pulse: &ActivityClock,
    ) -> Result<(Response<Incoming>, ConnectionLease), Failure> {
        let mut lease = self.pool.lease(self.target).await?;
        let answer = match self.send_over(&mut lease, question, pulse).await {
            Ok(answer) => answer,
            // A connection that was idle may have been closed at the other end just now.
            Err((failure, unsent)) if lease.reused && failure.side == Side::Upstream => {
                let question = match unsent {
                    Some(unsent) => *unsent,
                    None if failure.is_timeout() => return Err(failure),
                    None => again().ok_or(failure)??,
                };
                lease = self.pool.fresh(self.target).await?;
                self.send_over(&mut lease, question, pulse).await.map_err(|(failure, _)| failure)?
            }
            Err((failure, _)) => return Err(failure),
        };
        Ok((answer, lease))
    }

    /// Sends `question` and waits for the head of the answer, as long as the question itself still moves.
    pub(super) async fn send_over(
        &self,
        lease: &mut ConnectionLease,
        question: Request<RequestBody>,
        pulse: &ActivityClock,
    ) -> Result<Response<Incoming>, Unsent> {
        let head = self.timeouts.head;
        let mut answering = std::pin::pin!(lease.sender().try_send_request(question));
        loop {
            match timeout_at(pulse.last() + head, &mut answering).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(mut failed)) => {
                    let unsent = failed.take_message();
                    let failure = Failure::exchange(failed.into_error(), unsent.is_none());
                    return Err((failure, unsent.map(Box::new)));
                }
                Err(_) if pulse.last() + head > Instant::now() => {}
                Err(_) => {
                    let silent = Failure::new(Side::Upstream, true, "waiting for an answer");
                    return Err((silent.timed_out(), None));
                }
            }
        }
    }
}
