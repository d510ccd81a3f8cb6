//! How the program ends when it is not a signal that ends it.
use std::future::pending;

use tokio::sync::watch;

use super::behaviour::Death;

/// Why the program ends of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was asked to: `/quit`, or a saved configuration.
    Asked,
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
    /// Ends the program; the first reason given is the one that counts.
    pub(crate) fn with(&self, ending: Ending) {
        self.0.send_if_modified(|slot| {
            let first = slot.is_none();
            slot.get_or_insert(ending);
            first
        });
    }

    /// Ends the program, and never comes back to the caller.
    pub(crate) async fn never_return(&self, ending: Ending) {
        self.with(ending);
        pending::<()>().await;
    }

    /// Waits until somebody ends the program.
    pub(crate) async fn wait(&self) -> Ending {
        let mut seen = self.0.subscribe();
        let ending = seen.wait_for(Option::is_some).await.ok().and_then(|slot| slot.clone());
        match ending {
            Some(ending) => ending,
            None => pending().await,
        }
    }
}
