//! One call: counted, perhaps gone wrong, and its effect - now, later or never.
use std::pin::pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use refractory_core::{Clock, Error, ErrorKind, Result};

use super::World;
use super::state::Effect;
use crate::fault::CallFault;

/// How late an effect can be: just inside the deadline a worker has by default.
const LATE_BY: Duration = Duration::from_secs(9);

/// How slow an answer can be: long past that deadline.
const SLOW: Duration = Duration::from_secs(45);

impl World {
    /// Makes one call with `effect`.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        tokio::task::yield_now().await;
        self.apply_late_effects();
        let trouble = self.faults.next(name);
        let reply = match trouble {
            None => effect(self),
            Some(CallFault::Refused | CallFault::Fatal) => {
                Err(CallFault::error(trouble.unwrap_or(CallFault::Refused)))
            }
            Some(CallFault::ReplyLost) => {
                effect(self).and_then(|_| Err(CallFault::ReplyLost.error()))
            }
            Some(CallFault::Late) => {
                let effect: Effect = Box::new(|world| drop(effect(world)));
                let mut late = self.late.0.lock().unwrap_or_else(PoisonError::into_inner);
                late.push((self.time.now().after(LATE_BY), effect));
                Err(CallFault::Late.error())
            }
            Some(CallFault::Slow) => {
                let reply = effect(self);
                tokio::time::sleep(SLOW).await;
                reply
            }
        };
        tokio::task::yield_now().await;
        reply
    }

    /// Lets effects land whose time has come.
    pub(super) fn apply_late_effects(&self) {
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
pub(super) fn ready_now<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(Error::new(ErrorKind::Unexpected, "waiting for a store in memory")),
    }
}
