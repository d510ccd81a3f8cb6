//! The end of a call that makes several requests.
use std::time::Duration;

use refractory_core::{Error, ErrorKind, Result};

/// How long a call of a port takes at most, however many requests it makes: less than the worker's deadline, because
/// a call that is dropped then must have no further effect.
const BOUND: Duration = Duration::from_secs(8);

/// Ends `call` in time.
pub(crate) async fn bounded<T>(
    during: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let late = |_| Err(Error::new(ErrorKind::Unavailable, during).about("after", "8 s"));
    tokio::time::timeout(BOUND, call).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hangs_is_unavailable_in_time() {
        let begun = tokio::time::Instant::now();
        let error = bounded("a test", std::future::pending::<Result<()>>()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
        assert_eq!(begun.elapsed(), BOUND);
    }
}
