//! A program on a free port that speaks as its script says.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "without a free port there is no test"
)]
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Manner;

/// A program on a free port of 127.0.0.1 that speaks as its script says, until it is dropped.
pub struct Upstream {
    address: SocketAddr,
    tally: Arc<Tally>,
    _listening: JoinSet<()>,
}

#[derive(Default)]
struct Tally {
    accepted: AtomicUsize,
    open: AtomicUsize,
    heads: Mutex<Vec<String>>,
}

impl Upstream {
    /// Runs `script` for each connection.
    pub async fn start<S, F>(script: S) -> Self
    where
        S: Fn(Visit) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let tally = Arc::new(Tally::default());
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&tally), script));
        Self { address, tally, _listening: listening }
    }

    /// Behaves like `manner` on each connection.
    pub async fn rude(manner: Manner) -> Self {
        Self::start(move |visit| manner.visit(visit)).await
    }

    /// Answers every request with the same bytes.
    pub async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut visit| {
            let answer = Arc::clone(&answer);
            async move { while visit.head().await.is_some() && visit.say(&answer).await {} }
        })
        .await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections taken so far.
    pub fn accepted(&self) -> usize {
        self.tally.accepted.load(Ordering::SeqCst)
    }

    /// Connections whose script has not ended.
    pub fn open(&self) -> usize {
        self.tally.open.load(Ordering::SeqCst)
    }

    /// The heads of all requests, as they came.
    pub fn heads(&self) -> Vec<String> {
        self.tally.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The head of the last request; empty where there was none.
    pub fn last_head(&self) -> String {
        self.heads().pop().unwrap_or_default()
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn accept<S, F>(listener: TcpListener, tally: Arc<Tally>, script: S)
where
    S: Fn(Visit) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut visits = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while visits.try_join_next().is_some() {}
        tally.accepted.fetch_add(1, Ordering::SeqCst);
        tally.open.fetch_add(1, Ordering::SeqCst);
        visits.spawn(script(Visit { stream, read: Vec::new(), tally: Arc::clone(&tally) }));
    }
}

/// One connection to an [`Upstream`].
pub struct Visit {
    stream: TcpStream,
    read: Vec<u8>,
    tally: Arc<Tally>,
}

impl Visit {
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
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
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

impl Drop for Visit {
    fn drop(&mut self) {
        self.tally.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").finish_non_exhaustive()
    }
}
