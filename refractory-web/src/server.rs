//! The server behind the listener: every connection goes through what guards it before a byte of it is parsed.
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Protocol;
use actix_http::error::DispatchError;
use refractory_core::{Error, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::connections::{GOODBYE, GuardedStream, OversizedCookies};
use crate::session::cookie;
use crate::shared::Shared;

/// How long open requests may take to end once the portal is asked to.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);
/// Connections that one thread may have taken and not yet looked at, beyond those that are allowed.
const UNSEEN: usize = 64;

/// How many connections one thread takes. The limit of all is held elsewhere, and earlier; this bounds what the kernel has
/// handed over while the thread was at something else.
pub(crate) fn most_of_a_thread(shared: &Shared) -> usize {
    shared.connections.most() + UNSEEN
}

/// What comes in before the parser.
pub(crate) type Taken = (GuardedStream, Protocol, Option<std::net::SocketAddr>);

/// Gives a connection its place and its guard; one without a place is told so and closed.
///
/// Runs in the connection's own task and goes on to read at once: a client that has asked is never taken for one that
/// keeps us waiting.
pub(crate) async fn take(shared: Arc<Shared>, stream: TcpStream) -> Result<Taken, DispatchError> {
    let peer = stream.peer_addr().ok();
    let address = peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.ip().to_canonical());
    let is_proxy = shared.trusted.iter().any(|network| network.contains(address));
    let Some(admission) = shared.connections.admit(address, !is_proxy) else {
        refuse(&shared, stream).await;
        return Err(DispatchError::Io(io::Error::other(
            "there is no place for another connection",
        )));
    };
    let ours = cookie::names(shared.https());
    let too_long = Arc::new(move |head: &[u8]| OversizedCookies::of_head(head).bytes(&ours));
    let stalled_after = shared.config.stalled_after.get();
    Ok((GuardedStream::new(stream, admission, stalled_after, too_long), Protocol::Http1, peer))
}

/// Says that there is no place. A few are waited for until they have read it; whoever hangs up on somebody that is still
/// sending takes the answer back.
async fn refuse(shared: &Shared, mut stream: TcpStream) {
    // As much as fits at once.
    let _best_effort = stream.try_write(FULL.as_bytes());
    if let Some(_held) = shared.refusals.take(IpAddr::from([127, 0, 0, 1])) {
        let goodbye = async {
            let _best_effort = stream.shutdown().await;
            let mut scratch = [0; 1024];
            while matches!(stream.read(&mut scratch).await, Ok(count) if count > 0) {}
        };
        let _in_time = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}

/// Refused connections that are waited for at once.
pub(crate) const REFUSALS: usize = 32;

const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 10\r\ncache-control: no-store\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 48\r\n\r\nToo many connections. Try again in ten seconds.\n";

/// Where and how a server listens. Its type has no name that a function could take.
macro_rules! listening {
    ($app:expr, $shared:expr, $listener:expr) => {{
        use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _};

        let mut server = actix_server::Server::build()
            .workers($shared.config.threads)
            .max_concurrent_connections($crate::server::most_of_a_thread($shared))
            .disable_signals()
            .shutdown_timeout($crate::server::FAREWELL.as_secs());
        let farewell = server.graceful_shutdown_signal();
        for (number, socket) in $listener.sockets.into_iter().enumerate() {
            let (app, shared, farewell) = ($app.clone(), Arc::clone($shared), farewell.clone());
            let factory = move || {
                let (shared, farewell) = (Arc::clone(&shared), farewell.clone());
                let app = app().into_factory().map_err(|error| error.error_response());
                let http = actix_http::HttpService::build()
                    .graceful_shutdown_signal(move || {
                        let farewell = farewell.clone();
                        async move { farewell.notified().await }
                    })
                    .client_request_timeout($crate::connections::HEAD_TIMEOUT)
                    .client_disconnect_timeout($crate::connections::GOODBYE)
                    .on_connect_ext(|io: &$crate::connections::GuardedStream, data| {
                        data.insert(Arc::clone(io.connection()));
                    })
                    .finish(actix_service::map_config(app, |()| {
                        actix_web::dev::AppConfig::default()
                    }));
                actix_service::fn_service(move |stream| {
                    $crate::server::take(Arc::clone(&shared), stream)
                })
                .and_then(http)
            };
            server = server
                .listen(format!("portal-{number}"), socket, factory)
                .map_err($crate::server::broken)?;
        }
        Ok(server.run())
    }};
}
pub(crate) use listening;

pub(crate) fn broken(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "serving").caused_by(error)
}
