//! Trouble, on demand.
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use refractory_core::{Error, ErrorKind};

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFault {
    /// The call fails and has no effect.
    Refused,
    /// The call has its effect and the reply is lost.
    ReplyLost,
    /// The call fails, and has its effect some time later, just within the worker's deadline.
    Late,
    /// The call fails for good and has no effect.
    Fatal,
    /// The call has its effect and answers long after the worker's deadline.
    Slow,
}

impl CallFault {
    /// Every way.
    pub const ALL: [Self; 5] =
        [Self::Refused, Self::ReplyLost, Self::Late, Self::Fatal, Self::Slow];

    /// The error a caller sees.
    pub fn error(self) -> Error {
        let kind = if self == Self::Fatal { ErrorKind::Invalid } else { ErrorKind::Unavailable };
        Error::new(kind, "making an injected failure")
    }
}

/// Decides which call goes wrong. Clones share one count.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    calls: Arc<Mutex<Vec<&'static str>>>,
    at: Option<(usize, CallFault)>,
}

impl Faults {
    /// The call numbered `index`, from zero, goes wrong in this way.
    #[must_use]
    pub fn at(index: usize, trouble: CallFault) -> Self {
        Self { calls: Arc::default(), at: Some((index, trouble)) }
    }

    fn seen(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of the calls made so far, in order.
    pub fn calls(&self) -> Vec<&'static str> {
        self.seen().clone()
    }

    /// Counts the next call; says how it goes wrong.
    pub fn next(&self, name: &'static str) -> Option<CallFault> {
        let mut seen = self.seen();
        seen.push(name);
        let index = seen.len() - 1;
        self.at.filter(|(at, _)| *at == index).map(|(_, trouble)| trouble)
    }
}

/// A power cut after a number of polls: the future in hand is dropped where it stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct PowerCut {
    /// Polls left before the cut; zero for none ever.
    pub left: usize,
}

impl PowerCut {
    /// A cut at poll `n`, counted from one.
    pub fn at(n: usize) -> Self {
        Self { left: n }
    }

    /// Polls `work` to its end, or drops it when the cut comes.
    pub async fn run<F: Future<Output: Send> + Send>(&mut self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.left == 1 {
                self.left = 0;
                return Poll::Ready(None);
            }
            self.left = self.left.saturating_sub(1);
            work.as_mut().poll(context).map(Some)
        })
        .await
    }
}
