//! What HTTP asks of every answer of the portal, whatever made it: HEAD is answered as GET without the body, and a client of
//! HTTP/1.0 gets no chunks.
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue};
use actix_web::http::{ConnectionType, Method, Version};
use actix_web::middleware::Next;
use bytes::Bytes;

/// The address below which the API is.
pub(crate) const API: &str = "/api/v1";

/// Has HEAD answered by what answers GET, and fits the answer to the client.
pub(crate) async fn follow<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Withheld>>, Error> {
    let (method, version) = (request.method().clone(), request.head().version);
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let mut answer = next.call(request).await?;
    let size = answer.response().body().size();
    if size == BodySize::Stream && version < Version::HTTP_11 {
        // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
        let head = answer.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    if method != Method::HEAD {
        return Ok(answer.map_into_left_body());
    }
    withhold(answer.response_mut().head_mut(), size);
    Ok(answer.map_body(|_, _body| EitherBody::right(Withheld)))
}

/// Makes `head` that of an answer to HEAD, whose body would have had this size and is [`Withheld`].
pub(crate) fn withhold(head: &mut ResponseHead, size: BodySize) {
    if let BodySize::Sized(length) = size {
        head.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    head.no_chunking(true);
}

/// A body that is not sent. Its length is said in a header: the server counts no bytes, and ends no stream that nobody reads.
#[derive(Debug)]
pub(crate) struct Withheld;

impl MessageBody for Withheld {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
