//! Signing in from a program.
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::body::Body;
use super::routes::BASE;
use super::{NewSession, OpenedSession, Session};
use crate::guard::check_origin;
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, CurrentVisitor, SignedIn, check_password};
use crate::shared::Shared;

/// Returns who the caller is, and the token for `X-CSRF-Token`.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "getSession", tag = "session",
    responses((status = 200, description = "The caller", body = Session)))]
pub(crate) async fn show(person: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(Session {
        name: person.who.name().to_owned(),
        role: person.who.role().into(),
        scopes: person.who.scopes().map(|all| all.iter().map(Into::into).collect()),
        csrf: person.visitor.csrf(),
    })
}

/// Opens a session with a name and a password. It sets no cookie, so no page can be made to use it.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "openSession", tag = "session", request_body = NewSession, security(()),
    responses((status = 201, description = "The session", body = OpenedSession, headers(("Location" = String, description = "Its address")))))]
pub(crate) async fn open(
    request: HttpRequest,
    shared: Data<Shared>,
    visitor: CurrentVisitor,
    body: Body<NewSession>,
) -> Result<HttpResponse, Problem> {
    check_origin(&request, shared.refractory.addressing(), &shared.trusted)?;
    let NewSession { name, password } = body.0;
    let user = check_password(&request, &shared, &visitor, &name, &password).await?;
    let session = shared.refractory.open_session(&user).await?;
    let form = OpenedSession {
        token: session.secret.expose().to_owned(),
        until: session.token.until.to_string(),
        name: user.name.to_string(),
        role: user.role.into(),
    };
    let at = format!("{BASE}/session");
    Ok(HttpResponse::Created().insert_header((LOCATION, at)).json(form))
}

/// Ends the session of the caller.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "closeSession", tag = "session",
    responses((status = 204, description = "It has ended")))]
pub(crate) async fn close(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
) -> Result<HttpResponse, Problem> {
    let SignedIn { who, visitor } = &commanded.0;
    shared.refractory.close_session(who, &visitor.secret).await?;
    Ok(HttpResponse::NoContent().finish())
}
