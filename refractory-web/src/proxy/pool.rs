//! Connections to instances, kept for the next request.
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use super::ProxyTimeouts;
use super::body::RequestBody;
use super::failure::{Failure, Side};
use super::route::Target;
use super::tls::Tls;

/// Idle connections kept to one instance by one worker.
const MAX_IDLE_PER_INSTANCE: usize = 64;
/// Idle connections kept to all instances by one worker: each takes a descriptor that a client may need.
const MAX_IDLE: usize = 96;
/// How long a connection that is not kept may take to finish what it is at.
const LINGER: Duration = Duration::from_secs(10);
/// Foundry's own answers have a dozen headers; a hundred more are no reason to fail.
const MAX_HEADERS: usize = 256;

/// Connections of one edge on one worker thread. Bodies come straight from the client's socket, which never leaves its thread.
pub(super) struct Pool {
    idle: RefCell<HashMap<Arc<str>, Vec<Idle>>>,
    crew: RefCell<JoinSet<()>>,
    timeouts: ProxyTimeouts,
}

struct Idle {
    link: PooledConnection,
    since: Instant,
}

/// One connection. Dropping it closes it.
struct PooledConnection {
    sender: SendRequest<RequestBody>,
    _up: oneshot::Sender<()>,
}

/// A connection in use.
pub(super) struct ConnectionLease {
    link: PooledConnection,
    /// Whether it was used before, and so may have died unnoticed.
    pub(super) reused: bool,
    /// Whether another request may use it.
    keep: bool,
    authority: Arc<str>,
    pool: Rc<Pool>,
}

thread_local! {
    static POOLS: RefCell<HashMap<u64, Rc<Pool>>> = RefCell::default();
}

impl Pool {
    /// The pool of the edge numbered `edge` on this thread.
    pub(super) fn for_thread(edge: u64, timeouts: &ProxyTimeouts) -> Rc<Self> {
        let connect = || {
            Rc::new(Self {
                idle: RefCell::default(),
                crew: RefCell::default(),
                timeouts: *timeouts,
            })
        };
        POOLS.with_borrow_mut(|pools| Rc::clone(pools.entry(edge).or_insert_with(connect)))
    }

    /// A connection to `target`: one that is idle, or else a new one.
    pub(super) async fn lease(
        self: &Rc<Self>,
        target: &Target,
    ) -> Result<ConnectionLease, Failure> {
        while let Some(mut link) = self.take_idle(&target.authority) {
            // Ready at once, unless its last exchange is not quite through.
            if let Ok(Ok(())) = timeout(self.timeouts.connect, link.sender.ready()).await {
                return Ok(self.leased(link, target, true));
            }
        }
        self.fresh(target).await
    }

    /// A new connection to `target`.
    pub(super) async fn fresh(
        self: &Rc<Self>,
        target: &Target,
    ) -> Result<ConnectionLease, Failure> {
        let stream = self.dial(target).await?;
        let (up, down) = oneshot::channel();
        let sender = if let Some(tls) = &target.tls {
            let stream = self.encrypted(tls, &target.host, stream).await?;
            let (sender, connection) = handshake(stream).await?;
            self.spawn(drive(connection, down));
            sender
        } else {
            let (sender, connection) = handshake(stream).await?;
            self.spawn(drive(connection, down));
            sender
        };
        Ok(self.leased(PooledConnection { sender, _up: up }, target, false))
    }

    /// A new connection to `target` that may become something else than HTTP.
    pub(super) async fn connect_upgradeable(
        self: &Rc<Self>,
        target: &Target,
    ) -> Result<ConnectionLease, Failure> {
        let (sender, connection) = handshake(self.dial(target).await?).await?;
        let (up, down) = oneshot::channel();
        self.spawn(drive(connection.with_upgrades(), down));
        let mut lease = self.leased(PooledConnection { sender, _up: up }, target, false);
        lease.keep = false;
        Ok(lease)
    }

    async fn dial(&self, target: &Target) -> Result<TcpStream, Failure> {
        let unsent = |doing| Failure::new(Side::Upstream, false, doing);
        let connecting = TcpStream::connect((target.host.as_str(), target.port));
        let stream = timeout(self.timeouts.connect, connecting)
            .await
            .map_err(|_| unsent("connecting to the instance").timed_out())?
            .map_err(|error| unsent("connecting to the instance").caused_by(error))?;
        // Frames of a game are small, and a player waits for each.
        let _best_effort = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn encrypted(
        &self,
        tls: &Tls,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let unsent = |doing| Failure::new(Side::Upstream, false, doing);
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| unsent("reading the name of a server").caused_by(error))?;
        timeout(self.timeouts.connect, tls.connector().connect(name, stream))
            .await
            .map_err(|_| unsent("agreeing on a key").timed_out())?
            .map_err(|error| unsent("agreeing on a key").caused_by(error))
    }

    /// Runs `task` on this thread until it ends.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let mut crew = self.crew.borrow_mut();
        while crew.try_join_next().is_some() {}
        crew.spawn_local(task);
    }

    fn leased(
        self: &Rc<Self>,
        link: PooledConnection,
        target: &Target,
        reused: bool,
    ) -> ConnectionLease {
        let authority = Arc::clone(&target.authority);
        ConnectionLease { link, reused, keep: true, authority, pool: Rc::clone(self) }
    }

    fn take_idle(&self, authority: &str) -> Option<PooledConnection> {
        let mut idle = self.idle.borrow_mut();
        let links = idle.get_mut(authority)?;
        while let Some(Idle { link, since }) = links.pop() {
            if !link.sender.is_closed() && since.elapsed() < self.timeouts.idle {
                return Some(link);
            }
        }
        None
    }

    fn keep(self: &Rc<Self>, authority: Arc<str>, link: PooledConnection) {
        let mut idle = self.idle.borrow_mut();
        if idle.is_empty() {
            self.spawn(sweep(Rc::downgrade(self), self.timeouts.idle));
        }
        let kept: usize = idle.values().map(Vec::len).sum();
        let links = idle.entry(authority).or_default();
        if links.len() < MAX_IDLE_PER_INSTANCE && kept < MAX_IDLE {
            links.push(Idle { link, since: Instant::now() });
        }
    }
}

impl ConnectionLease {
    /// Where it leads.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// The way to ask.
    pub(super) fn sender(&mut self) -> &mut SendRequest<RequestBody> {
        &mut self.link.sender
    }

    /// Keeps the connection for the next request.
    pub(super) fn give_back(self) {
        let Self { link, authority, pool, keep, reused: _ } = self;
        if keep && !link.sender.is_closed() {
            pool.keep(authority, link);
        }
    }
}

/// Begins to speak HTTP over `stream`.
async fn handshake<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: S,
) -> Result<(SendRequest<RequestBody>, Connection<TokioIo<S>, RequestBody>), Failure> {
    let unsent =
        |error| Failure::new(Side::Upstream, false, "greeting the instance").caused_by(error);
    let stream = TokioIo::new(stream);
    Builder::new().max_headers(MAX_HEADERS).handshake(stream).await.map_err(unsent)
}

/// Moves a connection's bytes; once it is hung up, only as long as it takes to be polite.
async fn drive(connection: impl Future<Output = hyper::Result<()>>, down: oneshot::Receiver<()>) {
    let mut connection = Box::pin(connection);
    tokio::select! {
        // hyper reports the error to the request in progress.
        _told = &mut connection => {}
        _hung_up = down => {
            let _in_time = timeout(LINGER, connection).await;
        }
    }
}

/// Drops what has been idle for too long, until nothing is left.
async fn sweep(pool: Weak<Pool>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle.borrow_mut();
        idle.retain(|_, links| {
            links.retain(|kept| !kept.link.sender.is_closed() && kept.since.elapsed() < every);
            !links.is_empty()
        });
        if idle.is_empty() {
            return;
        }
    }
}
