//! Identifies the sender of a request once, for all handlers.
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use refractory_core::model::Principal;

use super::cookie;
use super::visitor::Visitor;
use crate::guard::Caller;
use crate::shared::Shared;

/// Leaves the [`Visitor`] with the request, and the cookies it calls for with the answer.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let shared = Shared::of(request.request())?;
    let visitor = Arc::new(Visitor::of(request.request(), &shared).await?);
    request.extensions_mut().insert(Arc::clone(&visitor));
    let mut answer = next.call(request).await?;
    let https = shared.https();
    let response = answer.response_mut();
    if let Some(cookie) = visitor.visit_cookie(https) {
        response.add_cookie(&cookie).map_err(Error::from)?;
    }
    let is_new = response.cookies().any(|set| set.name().ends_with(cookie::FLASH));
    if visitor.flash.is_some() && !is_new {
        response.add_cookie(&cookie::drop(cookie::FLASH, https)).map_err(Error::from)?;
    }
    Ok(answer)
}

/// Refuses a caller of the API who asks too often. Behind [`identify`].
pub(crate) async fn keep_to_rate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let shared = Shared::of(request.request())?;
    let visitor = request.extensions().get::<Arc<Visitor>>().cloned();
    if let Some(visitor) = visitor {
        let person = visitor.who.as_ref().and_then(Principal::user);
        shared.rate.count(&Caller::new(person, visitor.client))?;
    }
    next.call(request).await
}
