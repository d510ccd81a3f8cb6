//! Bodies of requests, none of which may take for ever.
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::MultipartError;
use actix_web::Error;
use actix_web::dev::Payload;
use actix_web::error::{PayloadError, UrlencodedError};
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep};

use super::Connection;
use crate::problem::Problem;

/// How slowly a body may come.
///
/// A client has credit, in time. Waiting for it uses the credit up, and what it sends restores it: so a body that comes at
/// this rate or faster may last, one that trickles or stands still may not, and what we are slow to read costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyPace {
    /// The credit at the beginning.
    pub(crate) initial_credit: Duration,
    /// The most there can be of it: so long may a body stand still that came well so far.
    pub(crate) max_credit: Duration,
    /// The bytes that restore one second.
    pub(crate) rate: u64,
    /// When the whole must be there, whatever came.
    pub(crate) deadline: Duration,
}

impl BodyPace {
    /// For forms and JSON: no more than a page of text.
    pub(crate) const FORM: Self = Self {
        initial_credit: Duration::from_secs(10),
        max_credit: Duration::from_secs(10),
        rate: 1_024,
        deadline: Duration::from_secs(30),
    };

    /// For files, which may stand still for `stalled`.
    pub(crate) fn of_files(stalled: Duration) -> Self {
        Self {
            initial_credit: stalled.min(Duration::from_secs(15)),
            max_credit: stalled,
            rate: 1_024,
            deadline: Duration::from_hours(24),
        }
    }
}

/// Whether a body was given up because it came too slowly.
pub(crate) fn is_too_slow(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// What is said of a body that could not be read, where that is for its sender to mend: it came too slowly, or is too long.
/// `error` is what an extractor of the web framework makes of it.
pub(crate) fn body_problem(error: &Error) -> Option<Problem> {
    let payload = if let Some(UrlencodedError::Payload(payload)) = error.as_error() {
        payload
    } else if let Some(MultipartError::Payload(payload)) = error.as_error() {
        payload
    } else if let Some(UrlencodedError::Overflow { .. }) = error.as_error() {
        &PayloadError::Overflow
    } else {
        error.as_error()?
    };
    if matches!(payload, PayloadError::Overflow) {
        return Some(Problem::too_long());
    }
    is_too_slow(payload).then(Problem::too_slow)
}

/// A body that must keep its pace.
pub(crate) struct PacedBody {
    body: Payload,
    pace: BodyPace,
    ends: Instant,
    /// How many bytes are announced and have not come; none where that is not known.
    left: Option<u64>,
    credit: Duration,
    /// Since when we wait, and when that must have an end.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    connection: Option<Arc<Connection>>,
}

impl PacedBody {
    /// `body`, of which `left` bytes are announced.
    pub(crate) fn new(
        body: Payload,
        left: Option<u64>,
        pace: BodyPace,
        connection: Option<Arc<Connection>>,
    ) -> Self {
        let ends = Instant::now() + pace.deadline;
        Self { body, pace, ends, left, credit: pace.initial_credit, waiting: None, connection }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let (credit, ends) = (self.credit, self.ends);
        let (_, sleep) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(tokio::time::sleep_until(ends.min(now + credit))))
        });
        if sleep.as_mut().poll(cx).is_pending() {
            if let Some(connection) = &self.connection {
                connection.wait();
            }
            return Poll::Pending;
        }
        let late = io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly");
        Poll::Ready(Some(Err(PayloadError::Io(late))))
    }

    fn take(&mut self, count: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.credit = self.credit.saturating_sub(since.elapsed());
        }
        let millis = (count as u64).saturating_mul(1_000) / self.pace.rate;
        let restored = Duration::from_millis(millis);
        self.credit = self.credit.saturating_add(restored).min(self.pace.max_credit);
        self.left = self.left.map(|left| left.saturating_sub(count as u64));
        if let Some(connection) = &self.connection {
            connection.proceed();
        }
    }

    fn ended(&self) {
        if let Some(connection) = &self.connection {
            connection.was_read();
        }
    }
}

impl Stream for PacedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let paced = self.get_mut();
        match Pin::new(&mut paced.body).poll_next(cx) {
            Poll::Pending => paced.wait(cx),
            Poll::Ready(next) => {
                paced.take(next.as_ref().and_then(|next| next.as_ref().ok()).map_or(0, Bytes::len));
                if next.is_none() || paced.left == Some(0) {
                    paced.ended();
                }
                Poll::Ready(next)
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod tests {
    use futures_util::StreamExt as _;
    use futures_util::stream;

    use super::*;

    /// Pieces of `size`, one `every`; how many arrive before it is over, and whether it is given up.
    async fn arrived(pace: BodyPace, size: usize, every: Duration, count: usize) -> (usize, bool) {
        arrived_after(every, pace, size, every, count).await
    }

    /// The same, where the first comes after `first`.
    async fn arrived_after(
        first: Duration,
        pace: BodyPace,
        size: usize,
        every: Duration,
        count: usize,
    ) -> (usize, bool) {
        let pieces = stream::unfold(0, move |at| async move {
            tokio::time::sleep(if at == 0 { first } else { every }).await;
            (at < count).then(|| (Ok::<_, PayloadError>(Bytes::from(vec![b'x'; size])), at + 1))
        });
        let pieces: actix_http::BoxedPayloadStream = Box::pin(pieces);
        let body = Payload::Stream { payload: pieces };
        let mut paced = PacedBody::new(body, None, pace, None);
        let mut seen = 0;
        while let Some(piece) = paced.next().await {
            match piece {
                Ok(_) => seen += 1,
                Err(error) => return (seen, is_too_slow(&error)),
            }
        }
        (seen, false)
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_may_last_and_what_trickles_may_not() {
        let second = Duration::from_secs(1);
        let files = BodyPace::of_files(second * 120);
        assert_eq!(arrived(files, 4_096, second, 5_000).await, (5_000, false));
        let (seen, given_up) = arrived(files, 1, second, 5_000).await;
        assert!(given_up && (10..=20).contains(&seen), "{seen}");
        assert_eq!(arrived(files, 1, Duration::from_hours(1), 1).await, (0, true));
        // Having sent much, it may stand still for a while.
        let much = 1 << 20;
        assert_eq!(arrived_after(second, files, much, second * 100, 20).await, (20, false));
        assert_eq!(arrived_after(second, files, much, second * 130, 2).await, (1, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_must_be_there_soon_however_it_comes() {
        let second = Duration::from_secs(1);
        assert_eq!(arrived(BodyPace::FORM, 2_000, second, 20).await, (20, false));
        let (seen, given_up) = arrived(BodyPace::FORM, 2_000, second, 60).await;
        assert!(given_up && (28..=30).contains(&seen), "{seen}");
        let begun = Instant::now();
        assert_eq!(arrived(BodyPace::FORM, 2_000, second * 3_600, 1).await, (0, true));
        assert!(begun.elapsed() <= second * 11);
    }
}
