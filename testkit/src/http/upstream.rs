//! A program on a free port that speaks as its script says.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "without a free port there is no test"
)]
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Misbehavior;
use super::upstream_connection::{Counters, UpstreamConnection};

/// A program on a free port of 127.0.0.1 that speaks as its script says, until it is dropped.
pub struct Upstream {
    address: SocketAddr,
    tally: Arc<Counters>,
    _listening: JoinSet<()>,
}

impl Upstream {
    /// Runs `script` for each connection.
    pub async fn start<S, F>(script: S) -> Self
    where
        S: Fn(UpstreamConnection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let tally = Arc::new(Counters::default());
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&tally), script));
        Self { address, tally, _listening: listening }
    }

    /// Behaves like `manner` on each connection.
    pub async fn misbehaving(manner: Misbehavior) -> Self {
        Self::start(move |visit| manner.visit(visit)).await
    }

    /// Answers every request with the same bytes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut visit| {
            let answer = Arc::clone(&answer);
            async move { while visit.head().await.is_some() && visit.send(&answer).await {} }
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

async fn accept<S, F>(listener: TcpListener, tally: Arc<Counters>, script: S)
where
    S: Fn(UpstreamConnection) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut visits = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while visits.try_join_next().is_some() {}
        tally.accepted.fetch_add(1, Ordering::SeqCst);
        tally.open.fetch_add(1, Ordering::SeqCst);
        visits.spawn(script(UpstreamConnection {
            stream,
            read: Vec::new(),
            tally: Arc::clone(&tally),
        }));
    }
}
