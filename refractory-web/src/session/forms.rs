//! Forms and JSON that change something: taken only from our own pages.
use std::collections::HashMap;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::visitor::{CurrentVisitor, SignedIn};
use crate::connections::body_problem;
use crate::guard::{check_fields, check_origin};
use crate::problem::Problem;
use crate::shared::Shared;

/// The header in which scripts show the token that forms carry in a field.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// Refuses a request that no page of ours can have sent.
pub(crate) fn check_sender(
    request: &HttpRequest,
    visitor: &CurrentVisitor,
    shown: Option<&str>,
) -> Result<(), Problem> {
    if visitor.bearer {
        return Ok(());
    }
    let shared = Shared::of(request)?;
    check_origin(request, shared.refractory.addressing(), &shared.trusted)?;
    let header = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    match shown.or(header) {
        Some(token) if visitor.accepts_csrf(token) => Ok(()),
        _ => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "This page has expired. Go back, reload it and try again.",
        )),
    }
}

/// A form that was sent from one of our pages.
#[derive(Debug)]
pub(crate) struct CsrfForm<T> {
    /// What was filled in.
    pub(crate) form: T,
    /// Who sent it.
    pub(crate) visitor: CurrentVisitor,
}

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = String::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let visitor = CurrentVisitor::extract(&request).await?;
            let body = body.await.map_err(|error| unreadable_form(&error))?;
            let fields = web::Query::<Vec<(String, String)>>::from_query(&body)
                .map_err(|_| unreadable())?
                .into_inner();
            check_fields(&fields)?;
            let fields: HashMap<_, _> = fields.into_iter().collect();
            check_sender(&request, &visitor, fields.get("csrf").map(String::as_str))?;
            let form = web::Query::<T>::from_query(&body).map_err(|_| unreadable())?.into_inner();
            Ok(Self { form, visitor })
        })
    }
}

/// The same, sent by a signed-in user.
#[derive(Debug)]
pub(crate) struct AuthorizedForm<T> {
    /// What was filled in.
    pub(crate) form: T,
    /// Who sent it.
    pub(crate) person: SignedIn,
}

impl<T: DeserializeOwned + 'static> FromRequest for AuthorizedForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let posted = CsrfForm::<T>::from_request(request, payload);
        Box::pin(async move {
            let CsrfForm { form, visitor } = posted.await?;
            Ok(Self { form, person: SignedIn::of(visitor)? })
        })
    }
}

/// A request without a form that changes something: the token is in a header.
#[derive(Debug)]
pub(crate) struct AuthorizedRequest(pub(crate) SignedIn);

impl FromRequest for AuthorizedRequest {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let person = SignedIn::from_request(request, payload).into_inner().and_then(|person| {
            check_sender(request, &person.visitor, None)?;
            Ok(Self(person))
        });
        std::future::ready(person)
    }
}

/// What is said of a form that could not be read.
pub(crate) fn unreadable_form(error: &Error) -> Problem {
    body_problem(error).unwrap_or_else(unreadable)
}

fn unreadable() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "The form could not be read. Reload the page and try again.",
    )
}
