//! Calls that are broken off, and calls made at the same time.
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

/// How many polls a call is broken off after, at most, in cases that break off at every poll.
pub(super) const POLLS: usize = 24;

/// A future of a case, boxed.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Polls `call` up to `polls` times, then drops it; what it answered if it came to an end before.
pub(super) async fn poll_then_drop<F: Future>(call: F, polls: usize) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs `calls` at the same time and returns their answers in the same order.
pub(super) async fn run_together<T>(calls: Vec<Call<'_, T>>) -> Vec<T> {
    let mut running: Vec<_> = calls.into_iter().map(|call| (call, None)).collect();
    poll_fn(|context| {
        for (call, answer) in running.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(ready) = call.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        if running.iter().all(|(_, answer)| answer.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, answer)| answer).collect()
}
