//! Upgraded connections: bytes are copied both ways unread.
use std::cell::RefCell;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::body::{ActivityClock, RequestBody};
use super::failure::{Failure, Side};
use super::forward::ProxyRequest;
use super::headers::response_headers;
use super::instance_connections::ConnectionGuard;

/// How long an instance may go on after its client has said all it will.
const LINGER: Duration = Duration::from_secs(10);
const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// Read into by every connection of this thread in turn, so that a silent one holds no buffer.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

impl ProxyRequest<'_> {
    /// Upgrades the connection, or passes on why the instance will not.
    pub(super) async fn upgrade(
        &self,
        client: web::Payload,
        place: ConnectionGuard,
    ) -> Result<HttpResponse, Failure> {
        let question = self.compose(RequestBody::Empty, true)?;
        let way = &self.upstream;
        let mut lease = way.pool.connect_upgradeable(way.target).await?;
        let pulse = ActivityClock::new(true);
        let answer =
            way.send_over(&mut lease, question, &pulse).await.map_err(|(failure, _)| failure)?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return self.relay(answer, lease, pulse).await;
        }
        let mut response = HttpResponse::SwitchingProtocols();
        let mut response = response.upgrade("websocket").take();
        let (early, upstream) = take_upgraded(answer, |head| {
            let mut passed = actix_web::http::header::HeaderMap::new();
            response_headers(head, &mut passed, &self.context);
            for header in &passed {
                response.append_header(header);
            }
        })
        .await?;
        let (down, up) = upstream.into_split();
        let (ended, over) = oneshot::channel();
        let downlink = Downlink { early, upstream: down, over, pulse: Rc::clone(&pulse) };
        way.pool.spawn(uplink(client, up, ended, pulse, way.timeouts.tunnel, place));
        response
            .message_body(downlink)
            .map(HttpResponse::map_into_boxed_body)
            .map_err(|_odd| Failure::new(Side::Us, true, "answering an upgrade"))
    }
}

/// The bare connection behind an upgrade, and what came over it already.
async fn take_upgraded(
    mut answer: Response<Incoming>,
    heads: impl FnOnce(&http::HeaderMap),
) -> Result<(Bytes, TcpStream), Failure> {
    heads(answer.headers());
    let upgraded =
        hyper::upgrade::on(&mut answer).await.map_err(|error| Failure::exchange(error, true))?;
    let parts = upgraded
        .downcast::<TokioIo<TcpStream>>()
        .map_err(|_other| Failure::new(Side::Us, true, "taking over an upgraded connection"))?;
    Ok((parts.read_buf, parts.io.into_inner()))
}

/// From client to instance, and the one who decides when it is over.
async fn uplink(
    mut client: web::Payload,
    mut upstream: OwnedWriteHalf,
    mut downlink: oneshot::Sender<()>,
    pulse: Rc<ActivityClock>,
    limit: Option<Duration>,
    mut place: ConnectionGuard,
) {
    let copying = async {
        while let Some(Ok(chunk)) = client.next().await {
            pulse.touch();
            if upstream.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _best_effort = upstream.shutdown().await;
    };
    let mut ending = std::pin::pin!(async {
        tokio::select! {
            () = downlink.closed() => {}
            () = place.moved() => {}
            () = wait_for_silence(&pulse, limit) => {}
        }
    });
    let is_over = tokio::select! {
        () = &mut ending => true,
        () = copying => false,
    };
    if !is_over {
        let _or_too_long = timeout(LINGER, ending).await;
    }
}

/// Waits until nothing has passed in either direction for this long; without a limit, for ever.
async fn wait_for_silence(pulse: &ActivityClock, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    while pulse.last() + limit > Instant::now() {
        sleep_until(pulse.last() + limit).await;
    }
}

/// From instance to client.
struct Downlink {
    /// What came with the head of the answer.
    early: Bytes,
    upstream: OwnedReadHalf,
    /// Resolves when the uplink has ended.
    over: oneshot::Receiver<()>,
    pulse: Rc<ActivityClock>,
}

impl Downlink {
    fn poll_read(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let upstream: &TcpStream = self.upstream.as_ref();
        loop {
            ready!(upstream.poll_read_ready(cx))?;
            let read = BUFFER.with_borrow_mut(|buffer| {
                upstream.try_read(buffer).map(|count| Bytes::copy_from_slice(&buffer[..count]))
            });
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl MessageBody for Downlink {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, io::Error>>> {
        let link = self.get_mut();
        if !link.early.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut link.early))));
        }
        if Pin::new(&mut link.over).poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let data = ready!(link.poll_read(cx))?;
        link.pulse.touch();
        Poll::Ready((!data.is_empty()).then_some(Ok(data)))
    }
}
