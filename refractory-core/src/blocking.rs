//! Work that blocks a thread, for a caller who may stop waiting.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, ErrorKind, Result};

/// Whether somebody still waits for the work.
#[derive(Debug, Clone)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Fails once the caller has gone: asked right before an effect, so that a dropped call has none later.
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Acquire) {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Unavailable, "working for a caller who has gone"))
        }
    }
}

struct Caller(Wanted);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// Runs `work` where it may block. A dropped call is finished all the same, unless `work` asks whether it is still
/// wanted: without asking it has to be short and whole.
pub(crate) async fn blocking<T: Send + 'static>(
    during: &'static str,
    work: impl FnOnce(&Wanted) -> Result<T> + Send + 'static,
) -> Result<T> {
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let _caller = Caller(wanted.clone());
    tokio::task::spawn_blocking(move || work(&wanted))
        .await
        .map_err(|error| Error::new(ErrorKind::Unexpected, during).caused_by(error))?
}
