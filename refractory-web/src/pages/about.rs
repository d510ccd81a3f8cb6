//! The deployment itself.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::DutyReport;
use refractory_core::{EventFilter, Verb};
use serde::Serialize;

use super::chrome::Chrome;
use super::table::EventView;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;
use crate::templates::page;
use crate::words::{self, Moment};

/// Entries of the audit trail on the page.
const EVENTS: usize = 20;

/// A worker that is alive.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WorkerRow {
    pub(crate) id: String,
    pub(crate) born: Moment,
    pub(crate) up: String,
    pub(crate) unlisted: String,
    pub(crate) duties: Vec<DutyRow>,
}

/// Something that a worker does on a clock.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DutyRow {
    pub(crate) name: String,
    /// As `2 min`.
    pub(crate) every: String,
    /// When it was last done.
    pub(crate) last: Option<Moment>,
    /// As `0.2 s`.
    pub(crate) took: String,
    /// What went wrong then.
    pub(crate) failure: Option<String>,
}

impl From<&DutyReport> for DutyRow {
    fn from(duty: &DutyReport) -> Self {
        Self {
            name: duty.name.replace('-', " "),
            every: words::length(duty.every),
            last: duty.last.map(Moment::from),
            took: words::length(duty.took),
            failure: duty.failure.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct AboutPage {
    pub(crate) chrome: Chrome,
    pub(crate) version: &'static str,
    pub(crate) workers: Vec<WorkerRow>,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) events: Vec<EventView>,
}

page! { AboutPage => "about.html"; }

/// `GET /about`
pub(crate) async fn about(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    if !person.visitor.may(Verb::SeeDeployment) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Only administrators can see this page."));
    }
    let now = shared.refractory.now();
    let workers = shared.refractory.workers().await?;
    let row = |mark: &refractory_core::model::WorkerMark| WorkerRow {
        id: mark.id.to_string(),
        born: mark.born.into(),
        up: words::length(now.since(mark.born)),
        unlisted: mark.unlisted.join(", "),
        duties: mark.duties.iter().map(DutyRow::from).collect(),
    };
    let log = shared.refractory.events(&person.who, &EventFilter::default(), None, EVENTS).await?;
    let page = AboutPage {
        chrome: Chrome::of(&shared, &person.visitor, "System", "system"),
        version: env!("CARGO_PKG_VERSION"),
        workers: workers.iter().map(row).collect(),
        facts: facts(&shared, &person).await?,
        events: log.events.iter().map(EventView::in_full).collect(),
    };
    shared.templates.answer(StatusCode::OK, &page)
}

async fn facts(shared: &Shared, person: &SignedIn) -> Result<Vec<(&'static str, String)>, Problem> {
    let who = &person.who;
    let tables = shared.feed.now().tables.len();
    let releases = shared.refractory.releases(who).await?;
    let stored: u64 = releases.iter().map(|release| release.size).sum();
    let sockets = shared.edge.open();
    Ok(vec![
        ("Portal", shared.refractory.addressing().portal_url()),
        ("Tables at", super::create::address(shared)),
        ("Tables", tables.to_string()),
        ("Releases", format!("{} ({})", releases.len(), words::size(stored))),
        ("Open sockets", sockets.to_string()),
    ])
}
