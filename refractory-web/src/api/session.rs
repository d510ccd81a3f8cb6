//! Signing in from a program.
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::Secret;
use serde::Deserialize;
use serde_json::json;

use crate::guard::Json;
use crate::guard::check_origin;
use crate::problem::Problem;
use crate::session::{Anyone, Commanded, Person, check_password};
use crate::shared::Shared;

/// `GET /session`: who one is, and the token for `X-CSRF-Token`.
pub(crate) async fn show(person: Person) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": person.who.name(),
        "role": person.who.role().name(),
        "csrf": person.visitor.csrf(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Opening {
    name: String,
    password: Secret,
}

/// `POST /session`: a token for `Authorization: Bearer`. Sets no cookie, so no page can be made to use it.
pub(crate) async fn open(
    request: HttpRequest,
    shared: Data<Shared>,
    visitor: Anyone,
    body: Json<Opening>,
) -> Result<HttpResponse, Problem> {
    check_origin(&request, shared.refractory.addressing(), &shared.trusted)?;
    let user = check_password(&request, &shared, &visitor, &body.name, &body.password).await?;
    let session = shared.refractory.open_session(&user).await?;
    let answer = json!({
        "token": session.secret.expose(),
        "until": session.token.until.to_string(),
        "name": user.name,
        "role": user.role,
    });
    Ok(HttpResponse::build(StatusCode::CREATED).json(answer))
}

/// `DELETE /session`
pub(crate) async fn close(
    shared: Data<Shared>,
    commanded: Commanded,
) -> Result<HttpResponse, Problem> {
    let Person { who, visitor } = &commanded.0;
    shared.refractory.close_session(who, &visitor.secret).await?;
    Ok(HttpResponse::NoContent().finish())
}
