//! Accepting connections and answering requests.
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use super::reply::Reply;
use crate::foundry::tasks::Tasks;

/// A request as it comes from the wire.
pub(crate) type Request = http::Request<Incoming>;

/// How long an idle connection is kept, as node keeps it.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Whatever answers requests.
pub(crate) trait Answer: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(self: Arc<Self>, request: Request) -> impl Future<Output = Reply> + Send;
}

/// Serves `app` on `listener` until dropped; connections live in `tasks`.
pub(crate) async fn serve<A: Answer>(listener: TcpListener, app: Arc<A>, tasks: Tasks) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => tasks.spawn(connection(stream, Arc::clone(&app))),
            // Out of file descriptors: the connections in hand have to end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection<A: Answer>(stream: TcpStream, app: Arc<A>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    // A client that breaks off is the client's business.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
