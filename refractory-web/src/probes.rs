//! What monitors ask.
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::Verb;

use crate::config::MetricsAccess;
use crate::connections::Descriptors;
use crate::metrics::Clients;
use crate::problem::Problem;
use crate::proxy::is_from_this_machine;
use crate::route_table::{RouteTable, get};
use crate::session::Visitor;
use crate::shared::Shared;

/// Where monitors ask. Whoever reaches the listener is answered there, whatever the Host: a check of a load balancer names none, or
/// the one it knows this machine by.
const EVERYWHERE: [&str; 2] = ["/healthz", "/readyz"];

/// Whether `path` is answered whatever the Host.
pub(crate) fn answers_everywhere(path: &str) -> bool {
    EVERYWHERE.contains(&path)
}

/// The addresses of everything that monitors ask and that tells nothing of tables.
pub(crate) fn everywhere() -> RouteTable {
    let [alive_at, ready_at] = EVERYWHERE;
    let mut table = RouteTable::below("");
    table.route(alive_at, get().to(alive)).route(ready_at, get().to(ready));
    table
}

/// The address of the numbers.
pub(crate) fn numbers() -> RouteTable {
    let mut table = RouteTable::below("");
    table.route("/metrics", get().to(metrics));
    table
}

/// `GET /healthz`: this process answers.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: so does the store.
async fn ready(shared: Data<Shared>) -> HttpResponse {
    let (status, said) = match shared.refractory.workers().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store isn't responding\n"),
    };
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(said)
}

fn clients(shared: &Shared) -> Clients {
    Clients {
        connections: shared.connections.open(),
        most: shared.connections.most(),
        streams: shared.streams.taken(),
        refused: shared.connections.refused(),
        gave_way: shared.connections.gave_way(),
        descriptors: Descriptors::open().unwrap_or_default(),
        most_descriptors: Descriptors::of_this_process().now,
    }
}

/// `GET /metrics`
async fn metrics(request: HttpRequest, shared: Data<Shared>) -> Result<HttpResponse, Problem> {
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
    let workers = shared.refractory.workers().await?;
    let sockets = shared.edge.open();
    let text = shared.metrics.text(&shared.feed.now(), &workers, sockets, &clients(&shared));
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
