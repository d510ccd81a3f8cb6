//! The list of tables.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::Principal;
use serde::Serialize;

use super::chrome::Chrome;
use super::password;
use crate::problem::Problem;
use crate::session::Person;
use crate::shared::Shared;
use crate::templates::page;
use crate::view::TableView;

/// What is there already when there is no table yet.
#[derive(Debug, Serialize)]
pub(crate) struct FirstSteps {
    pub(crate) release: bool,
    pub(crate) license: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct TablesPage {
    pub(crate) chrome: Chrome,
    pub(crate) tables: Vec<TableView>,
    /// What tables are called whose records cannot be read.
    pub(crate) damaged: Vec<String>,
    /// Only where there is no table.
    pub(crate) first: Option<FirstSteps>,
    /// Whether to offer a password: the account has none yet.
    pub(crate) offers_password: bool,
}

/// One table of the list, on its own.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    pub(crate) table: TableView,
    pub(crate) csrf: String,
    pub(crate) back: String,
}

page! {
    TablesPage => "tables.html";
    Card => "card.html";
}

/// `GET /`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: Person,
) -> Result<HttpResponse, Problem> {
    let tables: Vec<_> = shared
        .refractory
        .list(&person.who)
        .await?
        .iter()
        .map(|table| TableView::of(&shared.refractory, &person.who, table))
        .collect();
    let damaged = shared.refractory.damaged_instances(&person.who).await?;
    let damaged: Vec<_> = damaged.iter().map(|record| record.name().to_owned()).collect();
    let first = if tables.is_empty() && damaged.is_empty() {
        Some(first_steps(&shared, &person.who).await?)
    } else {
        None
    };
    let offers_password = match &person.who.user {
        Some(id) => !password::is_set(&shared, id).await?,
        None => false,
    };
    let busy = tables.iter().any(TableView::is_busy);
    let chrome = Chrome::of(&shared, &person.visitor, "Tables", "tables").live("/live", busy);
    let page = TablesPage { chrome, tables, damaged, first, offers_password };
    shared.templates.answer(StatusCode::OK, &page)
}

async fn first_steps(shared: &Shared, who: &Principal) -> Result<FirstSteps, Problem> {
    use refractory_core::{Relation, Verb, allows};
    let sees = |verb| allows(who.role, verb, Relation::Stranger);
    let release = sees(Verb::SeeReleases) && !shared.refractory.releases(who).await?.is_empty();
    let license = sees(Verb::SeeLicenses) && !shared.refractory.licenses(who).await?.is_empty();
    Ok(FirstSteps { release, license })
}
