//! How the program ends when it is not a signal that ends it.
use std::future::pending;

use tokio::sync::watch;

use super::behaviour::ExitKind;

/// Why the program ends of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExitReason {
    /// It was asked to: `/quit`, or a saved configuration.
    Requested,
    /// It was told to by a signal.
    Signaled,
    /// It met something it cannot live with, and said so.
    Fatal,
    /// It was told to crash: nothing is tidied up.
    Crash(ExitKind),
}

/// The way out, for any part of the program.
#[derive(Debug)]
pub(crate) struct Exit(watch::Sender<Option<ExitReason>>);

impl Default for Exit {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Exit {
    /// Ends the program; a crash overtakes every other reason.
    pub(crate) fn with(&self, ending: ExitReason) {
        self.0.send_if_modified(|slot| {
            let counts = slot.is_none() || matches!(ending, ExitReason::Crash(_));
            if counts {
                *slot = Some(ending);
            }
            counts
        });
    }

    /// Ends the program, and never comes back to the caller.
    pub(crate) async fn never_return(&self, ending: ExitReason) {
        self.with(ending);
        pending::<()>().await;
    }

    /// Waits until the program is ended.
    pub(crate) async fn wait(&self) -> ExitReason {
        self.wait_for(|_| true).await
    }

    /// Waits until the program crashes.
    pub(crate) async fn wait_for_crash(&self) -> ExitReason {
        self.wait_for(|ending| matches!(ending, ExitReason::Crash(_))).await
    }

    async fn wait_for(&self, fits: impl Fn(&ExitReason) -> bool + Send + Sync) -> ExitReason {
        let mut seen = self.0.subscribe();
        let ending = seen.wait_for(|slot| slot.as_ref().is_some_and(&fits)).await;
        let ending = ending.ok().and_then(|slot| slot.clone());
        match ending {
            Some(ending) => ending,
            None => pending().await,
        }
    }
}
