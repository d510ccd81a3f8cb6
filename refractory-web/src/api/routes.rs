//! Which address does what.
use actix_web::middleware::from_fn;
use actix_web::web::{PayloadConfig, ServiceConfig, scope, to};

use super::{
    backups, events, groups, instances, licenses, openapi, operations, releases, session, stream,
    tokens, users,
};
use crate::problem::Problem;
use crate::route_table::{RouteTable, delete, get, patch, post, put};
use crate::session::{identify, keep_to_rate};

/// Where the API is.
pub(super) const BASE: &str = crate::http_rules::API;

/// The longest JSON that is read.
const LONGEST: usize = 64 * 1024;

/// Everything under `/api/v1`.
pub(crate) fn routes(config: &mut ServiceConfig) {
    description().serve(config);
    let api = scope(BASE)
        .app_data(PayloadConfig::new(LONGEST))
        .wrap(from_fn(keep_to_rate))
        .wrap(from_fn(identify))
        .configure(|config| route_table().serve(config))
        .default_service(to(nothing_here));
    config.service(api);
}

/// The address of the document that describes the API.
pub(crate) fn description() -> RouteTable {
    let mut table = RouteTable::below("");
    table.route("/api/openapi.json", get().to(openapi::show));
    table
}

/// The addresses of the API.
pub(crate) fn route_table() -> RouteTable {
    let mut table = RouteTable::below(BASE);
    table
        .route("/session", get().to(session::show))
        .route("/session", post().to(session::open))
        .route("/session", delete().to(session::close))
        .route("/status", get().to(events::status))
        .route("/workers", get().to(events::workers))
        .route("/events", get().to(events::list))
        .route("/damaged", get().to(events::damaged))
        .route("/stream", get().to(stream::follow))
        .configure(of_instances)
        .configure(of_operations)
        .configure(of_stock)
        .configure(of_users)
        .configure(of_groups);
    table
}

fn of_instances(table: &mut RouteTable) {
    table
        .route("/instances", get().to(instances::list))
        .route("/instances", post().to(instances::create))
        .route("/instances/{name}", get().to(instances::show))
        .route("/instances/{name}", patch().to(instances::change))
        .route("/instances/{name}", delete().to(instances::remove))
        .route("/instances/{name}/start", post().to(instances::start))
        .route("/instances/{name}/stop", post().to(instances::stop))
        .route("/instances/{name}/restart", post().to(instances::restart))
        .route("/instances/{name}/take-license", post().to(instances::take_license))
        .route("/instances/{name}/assume-lost", post().to(instances::assume_lost))
        .route("/instances/{name}/setup-link", post().to(instances::setup_link))
        .route("/instances/{name}/events", get().to(events::of_instance))
        .route("/instances/{name}/logs", get().to(events::logs));
}

fn of_operations(table: &mut RouteTable) {
    table
        .route("/instances/{name}/backups", get().to(backups::of_instance))
        .route("/instances/{name}/backups", post().to(backups::create))
        .route("/instances/{name}/operations", get().to(operations::of_instance))
        .route("/instances/{name}/rotate-key", post().to(operations::rotate_asset_credentials))
        .route("/backups", get().to(backups::orphaned))
        .route("/backups/{id}", get().to(backups::show))
        .route("/backups/{id}", delete().to(backups::remove))
        .route("/backups/{id}/verify", post().to(backups::verify))
        .route("/backups/{id}/restore", post().to(backups::restore))
        .route("/operations", get().to(operations::list))
        .route("/operations/{id}", get().to(operations::show))
        .route("/operations/{id}/cancel", post().to(operations::cancel));
}

fn of_stock(table: &mut RouteTable) {
    table
        .route("/licenses", get().to(licenses::list))
        .route("/licenses", post().to(licenses::add))
        .route("/licenses/{name}", get().to(licenses::show))
        .route("/licenses/{name}", patch().to(licenses::change))
        .route("/licenses/{name}", delete().to(licenses::remove))
        .route("/licenses/{name}/accept-eula", post().to(licenses::accept))
        .route("/releases", get().to(releases::list))
        .route("/releases", post().to(releases::upload))
        .route("/releases/fetch", post().to(releases::fetch))
        .route("/releases/{name}", get().to(releases::show))
        .route("/releases/{name}", delete().to(releases::remove));
}

fn of_users(table: &mut RouteTable) {
    table
        .route("/users", get().to(users::list))
        .route("/users", post().to(users::add))
        .route("/users/{name}", get().to(users::show))
        .route("/users/{name}", patch().to(users::change))
        .route("/users/{name}", delete().to(users::remove))
        .route("/tokens", get().to(tokens::list))
        .route("/tokens", post().to(tokens::create))
        .route("/tokens/{id}", get().to(tokens::show))
        .route("/tokens/{id}", delete().to(tokens::revoke))
        .route("/users/{name}/link", post().to(users::link))
        .route("/users/{name}/sign-out", post().to(users::sign_out));
}

fn of_groups(table: &mut RouteTable) {
    table
        .route("/groups", get().to(groups::list))
        .route("/groups", post().to(groups::create))
        .route("/groups/{name}", get().to(groups::show))
        .route("/groups/{name}", patch().to(groups::change))
        .route("/groups/{name}", delete().to(groups::remove))
        .route("/groups/{name}/instances", get().to(groups::instances))
        .route("/groups/{name}/members", get().to(groups::members))
        .route("/groups/{name}/members/{user}", get().to(groups::member))
        .route("/groups/{name}/members/{user}", put().to(groups::set_member))
        .route("/groups/{name}/members/{user}", delete().to(groups::remove_member));
}

async fn nothing_here() -> Result<actix_web::HttpResponse, Problem> {
    Err(Problem::no_page())
}
