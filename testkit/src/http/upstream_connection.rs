//! One connection to an upstream of a test.
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection to an [`Upstream`](super::Upstream).
pub struct UpstreamConnection {
    pub(super) stream: TcpStream,
    pub(super) read: Vec<u8>,
    pub(super) tally: Arc<Counters>,
}

impl UpstreamConnection {
    /// The next request's head; nothing where the other side has closed.
    pub async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = self.read.split_off(end + 4);
                let head = std::mem::replace(&mut self.read, rest);
                let head = String::from_utf8_lossy(&head).into_owned();
                self.tally.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
                return Some(head);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next `count` bytes, or fewer where the other side has closed.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count && self.more().await {}
        let rest = self.read.split_off(count.min(self.read.len()));
        std::mem::replace(&mut self.read, rest)
    }

    /// Sends `bytes`; whether that went well.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads and forgets until the other side closes.
    pub async fn until_closed(&mut self) {
        while self.more().await {
            self.read.clear();
        }
    }

    /// Closes its own side: the other one may still speak.
    pub async fn close_own_side(&mut self) {
        let _best_effort = self.stream.shutdown().await;
    }

    /// Breaks the connection off at once.
    pub fn reset(self) {
        let _best_effort = self.stream.set_zero_linger();
    }

    /// Breaks the connection off once what was sent has surely been read.
    pub async fn reset_soon(self) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.reset();
    }

    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.read).await, Ok(count) if count > 0)
    }
}

impl Drop for UpstreamConnection {
    fn drop(&mut self) {
        self.tally.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for UpstreamConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamConnection").finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) accepted: AtomicUsize,
    pub(super) open: AtomicUsize,
    pub(super) heads: Mutex<Vec<String>>,
}
