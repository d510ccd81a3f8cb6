//! One call: counted, perhaps gone wrong, and its effect - now, later or never.
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use refractory_core::{Clock, Error, ErrorKind, Result, Timestamp};

use super::World;
use crate::fault::Trouble;

/// How late an effect can be: just inside the deadline a worker has by default.
const LATE_BY: Duration = Duration::from_secs(9);

/// How slow an answer can be: long past that deadline.
const SLOW: Duration = Duration::from_secs(45);

type Effect = Box<dyn FnOnce(&World) + Send>;

/// Effects that are still on their way.
#[derive(Clone, Default)]
pub(super) struct LateEffects(Arc<Mutex<Vec<(Timestamp, Effect)>>>);

impl std::fmt::Debug for LateEffects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "LateEffects({waiting})")
    }
}

impl World {
    /// Makes one call with `effect`.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        tokio::task::yield_now().await;
        self.land();
        let trouble = self.faults.next(name);
        let reply = match trouble {
            None => effect(self),
            Some(Trouble::Refused | Trouble::Fatal) => {
                Err(Trouble::error(trouble.unwrap_or(Trouble::Refused)))
            }
            Some(Trouble::ReplyLost) => effect(self).and_then(|_| Err(Trouble::ReplyLost.error())),
            Some(Trouble::Late) => {
                let effect: Effect = Box::new(|world| drop(effect(world)));
                let mut late = self.late.0.lock().unwrap_or_else(PoisonError::into_inner);
                late.push((self.time.now().after(LATE_BY), effect));
                Err(Trouble::Late.error())
            }
            Some(Trouble::Slow) => {
                let reply = effect(self);
                tokio::time::sleep(SLOW).await;
                reply
            }
        };
        tokio::task::yield_now().await;
        reply
    }

    /// Lets effects land whose time has come.
    pub(super) fn land(&self) {
        let now = self.time.now();
        let due: Vec<_> = {
            let mut late = self.late.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, waiting) =
                std::mem::take(&mut *late).into_iter().partition(|(at, _)| *at <= now);
            *late = waiting;
            due
        };
        for (_, effect) in due {
            effect(self);
        }
    }
}

/// The answer of a call that never waits, as those of a store in memory.
pub(super) fn at_once<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(Error::new(ErrorKind::Unexpected, "waiting for a store in memory")),
    }
}
