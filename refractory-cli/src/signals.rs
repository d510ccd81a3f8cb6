//! Being told to end.
use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Exit;

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

    /// Turns `stop` true at the first, and leaves at once at the second.
    pub(crate) async fn stop_then_leave(mut self, stop: watch::Sender<bool>) {
        self.next().await;
        tracing::info!("finishing pending work; tables keep running. A second signal ends at once");
        stop.send_replace(true);
        self.next().await;
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
