//! The list of tables.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::Principal;
use refractory_core::{Cursor, ListQuery, Verb, may};
use serde::Serialize;

use super::chrome::Chrome;
use super::paging::{PageQuery, Pages, escaped};
use super::password;
use crate::problem::Problem;
use crate::session::SignedIn;
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
    /// Where the next page is, and whether this is the first one.
    pub(crate) pages: Pages,
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

/// Tables of one page.
const TABLES: usize = 60;

/// `GET /`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: SignedIn,
    asked: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let query = asked.part(TABLES)?;
    let found = shared.refractory.list(&person.who, &query).await?;
    let view = |table| TableView::of(&shared.refractory, &person.who, table);
    let tables: Vec<_> = found.records.iter().map(view).collect();
    let damaged: Vec<_> = found.damaged.iter().map(|record| record.name().to_owned()).collect();
    let pages = Pages::of(&asked, "/", found.next.as_ref());
    let first = if tables.is_empty() && damaged.is_empty() && pages.is_all() {
        Some(first_steps(&shared, &person.who).await?)
    } else {
        None
    };
    let offers_password =
        person.who.user().is_some() && !password::is_set(&shared, &person.who).await?;
    let busy = tables.iter().any(TableView::is_busy);
    let chrome = Chrome::of(&shared, &person.visitor, "Tables", "tables")
        .live(&live(&pages, &query, found.next.as_ref()), busy);
    let page = TablesPage { chrome, tables, pages, damaged, first, offers_password };
    shared.templates.answer(StatusCode::OK, &page)
}

/// Where changes to the tables of this page come from: only of those that would be on it.
fn live(pages: &Pages, query: &ListQuery, next: Option<&Cursor>) -> String {
    if pages.is_all() {
        return "/live".to_owned();
    }
    let end =
        |name: &str, cursor: Option<&Cursor>| cursor.map(|at| format!("{name}={}", at.sort()));
    let prefix = query.search.as_ref().map(|name| format!("prefix={}", escaped(name)));
    let all = [end("after", query.after.as_ref()), end("until", next), prefix];
    format!("/live?{}", all.into_iter().flatten().collect::<Vec<_>>().join("&"))
}

async fn first_steps(shared: &Shared, who: &Principal) -> Result<FirstSteps, Problem> {
    let sees = |verb| may(who, verb);
    let release = sees(Verb::SeeReleases) && !shared.refractory.releases(who).await?.is_empty();
    let license = sees(Verb::SeeLicenses) && !shared.refractory.licenses(who).await?.is_empty();
    Ok(FirstSteps { release, license })
}
