//! What monitors ask.
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::Verb;

use crate::config::MetricsAccess;
use crate::problem::Problem;
use crate::proxy::is_from_this_machine;
use crate::session::Visitor;
use crate::shared::Shared;

/// `GET /healthz`: this process answers.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: so does the store.
pub(crate) async fn ready(shared: Data<Shared>) -> HttpResponse {
    let (status, said) = match shared.refractory.workers().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store isn't responding\n"),
    };
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(said)
}

/// `GET /metrics`
pub(crate) async fn metrics(
    request: HttpRequest,
    shared: Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let visitor = Visitor::of(&request, &shared).await?;
    let allowed = match shared.config.metrics {
        MetricsAccess::Off => return Err(Problem::no_page()),
        MetricsAccess::Open => true,
        MetricsAccess::Private => {
            is_from_this_machine(&request) || visitor.may(Verb::SeeDeployment)
        }
    };
    if !allowed {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Read metrics on the server itself, sign in as an administrator, or set `web.metrics` to \"open\".",
        ));
    }
    let workers = shared.refractory.workers().await?.len();
    let sockets = shared.edge.open();
    let text = shared.metrics.text(&shared.feed.now(), workers, sockets);
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
