//! What a person sees instead of the page they asked for.
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use serde::Serialize;
use std::sync::Arc;

use super::chrome::Chrome;
use crate::problem::Problem;
use crate::session::Visitor;
use crate::shared::Shared;
use crate::templates::page;

#[derive(Debug, Serialize)]
pub(crate) struct ErrorPage {
    pub(crate) chrome: Chrome,
    pub(crate) status: u16,
    pub(crate) headline: &'static str,
    pub(crate) sentence: String,
    pub(crate) id: Option<String>,
}

page! { ErrorPage => "error.html"; }

/// Puts a page where a handler failed, keeping status and headers.
pub(crate) async fn explain<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let method = request.method().clone();
    let answer = next.call(request).await?;
    if answer.response().error().is_none() {
        return Ok(answer.map_into_left_body());
    }
    let (request, response) = answer.into_parts();
    let told = Told::from(&response);
    if told.status == StatusCode::UNAUTHORIZED {
        let to = sign_in_first(&request, &method);
        return Ok(ServiceResponse::new(request, to).map_into_right_body());
    }
    match html(&request, &told) {
        Some(html) => {
            let mut page = response.set_body(BoxBody::new(html));
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            page.headers_mut().insert(CONTENT_TYPE, kind);
            page.headers_mut().remove(CONTENT_LENGTH);
            Ok(ServiceResponse::new(request, page).map_into_right_body())
        }
        None => Ok(ServiceResponse::new(request, response).map_into_left_body()),
    }
}

/// What is to be told of a failure.
struct Told {
    status: StatusCode,
    sentence: String,
    id: Option<String>,
}

impl Told {
    fn from<B>(response: &HttpResponse<B>) -> Self {
        let status = response.status();
        match response.error().and_then(|error| error.as_error::<Problem>()) {
            Some(problem) => Self {
                status,
                sentence: problem.sentence().to_owned(),
                id: problem.id().map(ToOwned::to_owned),
            },
            None => Self {
                status,
                sentence: "The request could not be read. Go back, reload the page and try again."
                    .to_owned(),
                id: None,
            },
        }
    }
}

/// A page can be asked for again after signing in; a form cannot.
fn sign_in_first(request: &HttpRequest, method: &Method) -> HttpResponse {
    let at = request.uri().path_and_query().map_or("/", |at| at.as_str());
    let next = match (method, at) {
        (&Method::GET, path) if path != "/" => {
            let encoded: String = path.bytes().map(encode).collect();
            format!("/sign-in?next={encoded}")
        }
        _ => "/sign-in".to_owned(),
    };
    HttpResponse::SeeOther().insert_header((LOCATION, next)).finish()
}

fn encode(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn html(request: &HttpRequest, told: &Told) -> Option<String> {
    let shared = request.app_data::<web::Data<Shared>>()?;
    let visitor = request.extensions().get::<Arc<Visitor>>().cloned()?;
    let headline = headline(told.status);
    let page = ErrorPage {
        chrome: Chrome::of(shared, &visitor, headline, ""),
        status: told.status.as_u16(),
        headline,
        sentence: told.sentence.clone(),
        id: told.id.clone(),
    };
    shared.templates.html(&page).ok()
}

/// A status as a headline.
pub(crate) fn headline(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "You don't have access",
        404 => "Page not found",
        409 => "Not possible now",
        413 => "Too large",
        429 => "Too many requests",
        400..=499 => "Request failed",
        503 => "Temporarily unavailable",
        507 => "Storage full",
        _ => "Something went wrong",
    }
}

/// Every address without a page.
pub(crate) async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::no_page())
}
