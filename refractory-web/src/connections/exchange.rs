//! One request and its answer, as its connection sees them.
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorBadRequest;
use actix_web::http::ConnectionType;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use bytes::Bytes;

use super::pace::Paced;
use super::{Connection, Pace};
use crate::proxy::{Found, Handshake, handshake};
use crate::shared::Shared;

/// Where files are uploaded to the portal.
const UPLOADS: [&str; 2] = ["/releases/upload", "/api/v1/releases"];

/// Tells the connection when a request begins and ends, and keeps its body to a pace. Around everything else.
pub(crate) async fn exchange<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Watched<B>>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let turn = connection.clone().map(Turn::begin);
    if connection.as_ref().is_some_and(|connection| connection.is_over()) {
        // The end was announced; whatever still stands behind it was not meant for us.
        return Err(ErrorBadRequest("This connection has come to its end."));
    }
    let ends = |head: ConnectionType| head == ConnectionType::Close;
    let over = connection.clone().filter(|_| ends(request.head().connection_type()));
    if has_body(&request) {
        let shared = Shared::of(request.request())?;
        let pace = pace_of(&shared, &request);
        let paced = Paced::new(request.take_payload(), pace, connection);
        request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    }
    let answer = next.call(request).await?;
    let over = over
        .or(connection_of(&answer).filter(|_| ends(answer.response().head().connection_type())));
    if let Some(connection) = over {
        connection.end_here();
    }
    Ok(answer.map_body(|_, body| Watched { body: Box::pin(body), _turn: turn }))
}

fn connection_of<B>(answer: &ServiceResponse<B>) -> Option<Arc<Connection>> {
    answer.request().conn_data::<Arc<Connection>>().cloned()
}

/// An upgraded connection is no body: it may be silent.
fn has_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let announced = headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING);
    announced && handshake(request.head()) != Handshake::Websocket
}

fn pace_of(shared: &Shared, request: &ServiceRequest) -> Pace {
    let is_table = matches!(shared.edge.locate(request.request()), Ok(Found::Table(_)));
    if is_table || UPLOADS.contains(&request.path()) {
        Pace::of_files(shared.config.stalled_after.get())
    } else {
        Pace::FORM
    }
}

/// The time from a request to the end of its answer.
#[derive(Debug)]
struct Turn(Arc<Connection>);

impl Turn {
    fn begin(connection: Arc<Connection>) -> Self {
        connection.begin();
        Self(connection)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of an answer, whose end is the end of the turn.
#[derive(Debug)]
pub(crate) struct Watched<B> {
    body: Pin<Box<B>>,
    _turn: Option<Turn>,
}

impl<B: MessageBody> MessageBody for Watched<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().body.as_mut().poll_next(cx)
    }
}
