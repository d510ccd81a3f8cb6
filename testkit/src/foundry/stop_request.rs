//! Where the order to stop comes from.
use std::future::pending;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// What a supervisor may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopRequest {
    /// As SIGTERM and SIGINT say it.
    Stop,
    /// As SIGKILL does it. Only in a process that is not the stand-in's own.
    Drop,
}

/// The way orders come in.
#[derive(Debug)]
pub(crate) enum StopRequests {
    /// From signals of the operating system.
    Signals(Signal, Signal),
    /// From the same process.
    Channel(oneshot::Receiver<StopRequest>),
}

impl StopRequests {
    /// Listens for signals from now on.
    pub(crate) fn signals() -> io::Result<Self> {
        Ok(Self::Signals(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    /// Waits for the first order.
    pub(crate) async fn first(&mut self) -> StopRequest {
        match self {
            Self::Signals(term, int) => {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = int.recv() => {}
                }
                StopRequest::Stop
            }
            Self::Channel(orders) => match orders.await {
                Ok(order) => order,
                Err(_) => pending().await,
            },
        }
    }
}
