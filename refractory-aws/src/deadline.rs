//! Deadlines of calls that make several requests.
use std::time::Duration;

use refractory_core::{Error, ErrorKind, Result};

/// How long a call of a port takes at most, however many requests it makes: less than the worker's deadline, because
/// a call that is dropped then must have no further effect.
const CALL_DEADLINE: Duration = Duration::from_secs(8);

/// How long a list of everything takes at most: less than a worker's sweep waits for one. It changes nothing, so it may
/// have as many pages as there is time for.
const LIST_DEADLINE: Duration = Duration::from_secs(55);

/// Runs `call` with its deadline.
pub(crate) async fn with_deadline<T>(
    during: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    within(CALL_DEADLINE, during, call).await
}

/// Runs `list` with its deadline.
pub(crate) async fn with_list_deadline<T>(
    during: &'static str,
    list: impl Future<Output = Result<T>>,
) -> Result<T> {
    within(LIST_DEADLINE, during, list).await
}

async fn within<T>(
    bound: Duration,
    during: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let late =
        |_| Err(Error::new(ErrorKind::Unavailable, during).about("after", format!("{bound:?}")));
    tokio::time::timeout(bound, call).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hangs_is_unavailable_in_time() {
        let begun = tokio::time::Instant::now();
        let error =
            with_deadline("a test", std::future::pending::<Result<()>>()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
        assert_eq!(begun.elapsed(), CALL_DEADLINE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_has_time_for_its_pages_and_ends_before_a_sweep_gives_it_up() {
        let pages = async {
            // Five thousand secrets, a hundred in a page, at a slow half second each.
            tokio::time::sleep(Duration::from_millis(500) * 50).await;
            Ok(5_000)
        };
        assert_eq!(with_list_deadline("a test", pages).await.unwrap(), 5_000);
        let begun = tokio::time::Instant::now();
        with_list_deadline("a test", std::future::pending::<Result<()>>()).await.unwrap_err();
        assert!(begun.elapsed() < refractory_core::WorkerOptions::default().listing);
    }
}
