//! Whom a request is for: a table, or the portal.
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, web};

use crate::http_rules::{self, Withheld};
use crate::probes;
use crate::proxy::{
    ALLOWED_METHODS, Access, Destination, Handshake, METHOD_REFUSED, Notice, Route,
    close_after_offer, handshake, is_refused_method,
};
use crate::shared::Shared;
use crate::statics::OWN;

/// Who answers a request.
enum Target {
    Portal,
    Table(Arc<Route>),
    Nobody(Notice<'static>),
    /// It is answered here, in full.
    Done(HttpResponse),
}

/// Sends what is for a table to the edge; everything else goes on to the portal.
pub(crate) async fn dispatch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<EitherBody<B, Withheld>, BoxBody>>, Error> {
    let shared = Shared::of(request.request())?;
    let said = match target(&shared, request.request()) {
        Target::Portal => {
            let mut answer = record_response(&shared, request, next).await?;
            close_after_offer(answer.request().clone().head(), answer.response_mut());
            return Ok(answer.map_into_left_body());
        }
        Target::Table(route) => {
            let answer = pass_on(&shared, route, request).await?;
            return Ok(answer.map_into_right_body());
        }
        Target::Nobody(notice) => {
            shared.edge.respond(&notice, request.request(), Access::Anonymous)
        }
        Target::Done(answer) => answer,
    };
    let mut answer = request.into_response(said);
    close_after_offer(answer.request().clone().head(), answer.response_mut());
    Ok(answer.map_into_right_body())
}

fn target(shared: &Shared, request: &HttpRequest) -> Target {
    let answerer = target_by_address(shared, request);
    if matches!(answerer, Target::Table(_)) {
        return answerer;
    }
    invalid_handshake(request).map_or(answerer, Target::Nobody)
}

/// What is said to a handshake that the server's parser takes for something else than we do. A proper one is an ordinary
/// request here: the portal opens no websockets.
fn invalid_handshake(request: &HttpRequest) -> Option<Notice<'static>> {
    match handshake(request.head()) {
        Handshake::Refused(why) => Some(Notice::Refused { status: StatusCode::BAD_REQUEST, why }),
        Handshake::Absent | Handshake::Websocket => None,
    }
}

/// Who is asked, going by method, path and host.
fn target_by_address(shared: &Shared, request: &HttpRequest) -> Target {
    let path = request.path();
    if is_refused_method(request.method()) {
        return Target::Nobody(METHOD_REFUSED);
    }
    if request.method() == Method::OPTIONS && path == "*" {
        return Target::Done(of_everything());
    }
    let by_path = shared.refractory.addressing().by_path;
    let is_portals = path.starts_with(OWN)
        || probes::answers_everywhere(path)
        || (by_path && shared.paths.holds(path));
    if is_portals {
        return Target::Portal;
    }
    match shared.edge.locate(request) {
        Ok(Destination::Table(route)) => Target::Table(route),
        Ok(Destination::Portal) => match shared.edge.referred(request) {
            Some(place) => Target::Done(redirect_to(&place)),
            None => Target::Portal,
        },
        Ok(Destination::Damaged) => Target::Nobody(Notice::Damaged),
        Ok(Destination::Unknown) => Target::Nobody(Notice::Unknown),
        Err(notice) => Target::Nobody(notice),
    }
}

/// The answer to `OPTIONS *`: it is about the server, not about anything on it.
fn of_everything() -> HttpResponse {
    HttpResponse::NoContent().insert_header((header::ALLOW, ALLOWED_METHODS)).finish()
}

/// Leads a browser to the table whose page it came from. The next page may be another table's.
fn redirect_to(place: &str) -> HttpResponse {
    HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Referer"))
        .finish()
}

/// What happens at a table's own address is between its players and the edge: the portal signs no one in there.
async fn pass_on(
    shared: &Shared,
    route: Arc<Route>,
    request: ServiceRequest,
) -> Result<ServiceResponse, Error> {
    shared.metrics.passed_on();
    let (request, mut payload) = request.into_parts();
    let body = web::Payload::from_request(&request, &mut payload).await?;
    let mut answer = shared.edge.serve(route, request.clone(), body, Access::Anonymous).await;
    if request.method() == Method::HEAD {
        let size = answer.body().size();
        http_rules::withhold(answer.head_mut(), size);
        answer = answer.set_body(BoxBody::new(Withheld));
    }
    Ok(ServiceResponse::new(request, answer))
}

/// Counts and logs an answer of the portal, by its path: queries may hold secrets.
async fn record_response<B: MessageBody>(
    shared: &Shared,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Withheld>>, Error> {
    let begun = tokio::time::Instant::now();
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let answer = http_rules::follow(request, next).await;
    let took: Duration = begun.elapsed();
    let status = match &answer {
        Ok(answer) => answer.status().as_u16(),
        Err(error) => error.as_response_error().status_code().as_u16(),
    };
    shared.metrics.answered(status, took);
    tracing::debug!(%method, path, status, took_ms = took.as_millis(), "answered");
    answer
}
