//! How the program ends when it is not a signal that ends it.
use std::future::pending;

use tokio::sync::watch;

use super::behaviour::Death;

/// Why the program ends of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was asked to: `/quit`, or a saved configuration.
    Asked,
    /// It was told to by a signal.
    Told,
    /// It met something it cannot live with, and said so.
    Fatal,
    /// It was told to crash: nothing is tidied up.
    Crash(Death),
}

/// The way out, for any part of the program.
#[derive(Debug)]
pub(crate) struct Exit(watch::Sender<Option<Ending>>);

impl Default for Exit {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Exit {
    /// Ends the program; a crash overtakes every other reason.
    pub(crate) fn with(&self, ending: Ending) {
        self.0.send_if_modified(|slot| {
            let counts = slot.is_none() || matches!(ending, Ending::Crash(_));
            if counts {
                *slot = Some(ending);
            }
            counts
        });
    }

    /// Ends the program, and never comes back to the caller.
    pub(crate) async fn never_return(&self, ending: Ending) {
        self.with(ending);
        pending::<()>().await;
    }

    /// Waits until somebody ends the program.
    pub(crate) async fn wait(&self) -> Ending {
        self.wait_for(|_| true).await
    }

    /// Waits until the program crashes.
    pub(crate) async fn wait_for_crash(&self) -> Ending {
        self.wait_for(|ending| matches!(ending, Ending::Crash(_))).await
    }

    async fn wait_for(&self, fits: impl Fn(&Ending) -> bool + Send + Sync) -> Ending {
        let mut seen = self.0.subscribe();
        let ending = seen.wait_for(|slot| slot.as_ref().is_some_and(&fits)).await;
        let ending = ending.ok().and_then(|slot| slot.clone());
        match ending {
            Some(ending) => ending,
            None => pending().await,
        }
    }
}
