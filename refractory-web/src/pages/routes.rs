//! Which address shows what.
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, scope};

use super::{
    about, account, audit, backups, create, enter, failure, foundry_setup, grants, groups,
    licenses, people, releases, settings, table, tables, tokens,
};
use crate::live;
use crate::route_table::{RouteTable, get, post};
use crate::session::identify;

/// Every page, and every form on them.
pub(crate) fn routes(config: &mut ServiceConfig) {
    let pages = scope("")
        .wrap(from_fn(failure::explain))
        .wrap(from_fn(identify))
        .configure(|config| route_table().serve(config))
        .default_service(actix_web::web::to(failure::nothing_here));
    config.service(pages);
}

/// The addresses of the pages.
pub(crate) fn route_table() -> RouteTable {
    let mut table = RouteTable::below("");
    table.configure(entrance).configure(of_tables).configure(of_stock).configure(of_people);
    table
}

fn entrance(table: &mut RouteTable) {
    table
        .route("/setup", get().to(enter::setup))
        .route("/setup", post().to(enter::set_up))
        .route("/sign-in", get().to(enter::sign_in_page))
        .route("/sign-in", post().to(enter::sign_in))
        .route("/sign-in/link", get().to(enter::link_page))
        .route("/sign-in/link", post().to(enter::take_link))
        .route("/sign-out", post().to(enter::sign_out))
        .route("/theme", post().to(enter::theme));
}

fn of_tables(table: &mut RouteTable) {
    table
        .route("/", get().to(tables::list))
        .route("/live", get().to(live::tables))
        .route("/tables", post().to(create::create))
        .route("/tables/new", get().to(create::new))
        .route("/tables/{slug}", get().to(table::show))
        .route("/tables/{slug}/start", post().to(table::start))
        .route("/tables/{slug}/stop", post().to(table::stop))
        .route("/tables/{slug}/restart", post().to(table::restart))
        .route("/tables/{slug}/take-license", post().to(table::take_license))
        .route("/tables/{slug}/set-up", post().to(foundry_setup::set_up))
        .route("/tables/{slug}/world", post().to(foundry_setup::choose_world))
        .route("/tables/{slug}/live", get().to(live::table))
        .route("/tables/{slug}/log/live", get().to(live::log))
        .route("/tables/{slug}/settings", get().to(settings::show))
        .route("/tables/{slug}/settings", post().to(settings::save))
        .route("/tables/{slug}/access", post().to(grants::save))
        .route("/tables/{slug}/delete", post().to(settings::delete))
        .route("/tables/{slug}/backups", get().to(backups::part))
        .route("/tables/{slug}/backups", post().to(backups::create))
        .route("/tables/{slug}/backups/{id}/restore", post().to(backups::restore))
        .route("/tables/{slug}/backups/{id}/verify", post().to(backups::verify))
        .route("/tables/{slug}/backups/{id}/delete", post().to(backups::delete))
        .route("/tables/{slug}/operations/{id}/cancel", post().to(backups::cancel));
}

fn of_stock(table: &mut RouteTable) {
    table
        .route("/licences", get().to(licenses::moved))
        .route("/licenses", get().to(licenses::list))
        .route("/licenses", post().to(licenses::add))
        .route("/licenses/{id}/rename", post().to(licenses::rename))
        .route("/licenses/{id}/accept", post().to(licenses::accept))
        .route("/licenses/{id}/remove", post().to(licenses::remove))
        .route("/releases", get().to(releases::list))
        .route("/releases/upload", post().to(releases::upload))
        .route("/releases/fetch", post().to(releases::fetch))
        .route("/releases/{id}/remove", post().to(releases::remove));
}

fn of_people(table: &mut RouteTable) {
    table
        .route("/people", get().to(people::list))
        .route("/people", post().to(people::add))
        .route("/people/{name}/role", post().to(people::role))
        .route("/people/{name}/link", post().to(people::link))
        .route("/people/{name}/sign-out", post().to(people::sign_out))
        .route("/people/{name}/disable", post().to(people::disable))
        .route("/people/{name}/enable", post().to(people::enable))
        .route("/people/{name}/remove", post().to(people::remove))
        .route("/groups", get().to(groups::list))
        .route("/groups", post().to(groups::create))
        .route("/groups/{name}", get().to(groups::show))
        .route("/groups/{name}/add", post().to(groups::add))
        .route("/groups/{name}/remove", post().to(groups::remove))
        .route("/groups/{name}/rename", post().to(groups::rename))
        .route("/groups/{name}/delete", post().to(groups::delete))
        .route("/account", get().to(account::account))
        .route("/account/password", post().to(account::change_password))
        .route("/account/tokens", post().to(tokens::create))
        .route("/account/tokens/{id}/revoke", post().to(tokens::revoke))
        .route("/about", get().to(about::about))
        .route("/about/audit", get().to(audit::show))
        .route("/about/audit/live", get().to(live::audit));
}
