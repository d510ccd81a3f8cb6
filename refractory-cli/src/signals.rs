//! Being told to end.
use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Exit;

/// Whether this process is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// Nobody has asked for it.
    No,
    /// In order.
    Asked,
    /// In order still, and fast.
    Hurried,
}

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes both over: from here on neither ends the process by itself.
    pub(crate) fn take() -> Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Asks for the end at the first. Where that `closes` tables, asks for it in a hurry at the second. Leaves at once at the
    /// next.
    pub(crate) async fn stop_then_leave(mut self, end: watch::Sender<End>, closes: bool) {
        self.next().await;
        if closes {
            tracing::info!("closing every table first. A second signal hurries");
        } else {
            tracing::info!(
                "finishing pending work; tables keep running. A second signal ends at once"
            );
        }
        end.send_replace(End::Asked);
        self.next().await;
        if closes {
            end.send_replace(End::Hurried);
            self.next().await;
        }
        leave();
    }
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "whoever asks twice does not want to wait for anything"
)]
fn leave() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}
