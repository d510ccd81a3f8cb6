//! The server: one port for REST, gateway and the page.
use std::io;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::reply::{Reply, Request};
use super::shared::Shared;
use super::{api, gateway, page};

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let task = Arc::clone(&shared);
                shared.spawn(async move { connection(stream, task).await });
            }
            // Out of file descriptors: the connections in hand have to end first.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let _not_fatal = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
    });
    // A client that breaks off is the client's business.
    let _broken =
        http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// The answer; an error cuts the connection.
async fn answer(shared: &Arc<Shared>, request: Request) -> io::Result<Reply> {
    let path = request.uri().path().to_owned();
    if let Some(path) = path.strip_prefix("/api/v10/") {
        return Box::pin(api::answer(shared, request, path)).await;
    }
    if matches!(path.as_str(), "/gw" | "/gw/") {
        return Ok(gateway::upgrade(shared, request));
    }
    Ok(Box::pin(page::answer(shared, request)).await)
}
