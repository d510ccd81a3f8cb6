//! Whom a request is for: a table, or the portal.
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, web};

use crate::proxy::{Access, Found, Handshake, Notice, Route, handshake, settle};
use crate::shared::Shared;
use crate::statics::OWN;

/// Sends what is for a table to the edge; everything else goes on to the portal.
pub(crate) async fn dispatch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let shared = Shared::of(request.request())?;
    let is_own = request.path().starts_with(OWN);
    let notice = match shared.edge.locate(request.request()) {
        _ if is_own => None,
        Ok(Found::Portal) => None,
        Ok(Found::Table(route)) => {
            let answer = pass_on(&shared, route, request).await?;
            return Ok(answer.map_into_right_body());
        }
        Ok(Found::Unknown) => Some(Notice::Unknown),
        Err(notice) => Some(notice),
    };
    let notice = notice.or_else(|| misunderstood(&request));
    if let Some(notice) = notice {
        let said = shared.edge.say(&notice, request.request(), Access::Anonymous);
        return Ok(request.into_response(said).map_into_right_body());
    }
    let mut answer = observed(&shared, request, next).await?;
    settle(answer.request().clone().head(), answer.response_mut());
    Ok(answer.map_into_left_body())
}

/// What is said to a handshake that the server's parser takes for something else than we do. A proper one is an ordinary
/// request here: the portal opens no websockets.
fn misunderstood(request: &ServiceRequest) -> Option<Notice<'static>> {
    match handshake(request.head()) {
        Handshake::Refused(why) => Some(Notice::Refused { status: StatusCode::BAD_REQUEST, why }),
        Handshake::Absent | Handshake::Websocket => None,
    }
}

/// What happens at a table's own address is between its players and the edge: the portal signs nobody in there.
async fn pass_on(
    shared: &Shared,
    route: Arc<Route>,
    request: ServiceRequest,
) -> Result<ServiceResponse, Error> {
    shared.metrics.passed_on();
    let (request, mut payload) = request.into_parts();
    let body = web::Payload::from_request(&request, &mut payload).await?;
    let answer = shared.edge.serve(route, request.clone(), body, Access::Anonymous).await;
    Ok(ServiceResponse::new(request, answer))
}

/// Counts and logs an answer of the portal, by its path: queries may hold secrets.
async fn observed<B: MessageBody>(
    shared: &Shared,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = tokio::time::Instant::now();
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let answer = next.call(request).await;
    let took: Duration = begun.elapsed();
    let status = match &answer {
        Ok(answer) => answer.status().as_u16(),
        Err(error) => error.as_response_error().status_code().as_u16(),
    };
    shared.metrics.answered(status, took);
    tracing::debug!(%method, path, status, took_ms = took.as_millis(), "answered");
    answer
}
