//! Stored releases of Foundry: adding by file or by timed URL, removing.
use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use futures_util::TryStreamExt;
use refractory_core::model::{Layout, Program, Release};
use refractory_core::ports::ArchiveSource;
use refractory_core::{ReleaseId, Secret, Verb};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, say_at, say_result};
use super::enter::Nothing;
use crate::connections::body_problem;
use crate::form_error::FormError;
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn, check_sender};
use crate::shared::Shared;
use crate::templates::page;
use crate::upload::{ReceivedFile, receive};
use crate::words::{self, Moment};

/// A release, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReleaseRow {
    pub(crate) id: String,
    pub(crate) short_id: String,
    pub(crate) version: String,
    pub(crate) size: String,
    pub(crate) kind: &'static str,
    pub(crate) node: Option<u16>,
    pub(crate) added: Moment,
}

impl ReleaseRow {
    pub(crate) fn of(release: &Release) -> Self {
        let id = release.id.to_string();
        Self {
            short_id: id.chars().take(10).collect(),
            id,
            version: release.version.to_string(),
            size: words::size(release.size),
            kind: match (release.program, release.layout) {
                (Program::Demo, _) => "Demo",
                (Program::Node, Layout::Electron) => "Linux archive",
                (Program::Node, Layout::Node) => "Node archive",
            },
            node: release.node_major,
            added: release.added.into(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ReleasesPage {
    pub(crate) chrome: Chrome,
    pub(crate) releases: Vec<ReleaseRow>,
    /// The largest upload, in bytes and in words.
    pub(crate) limit: u64,
    pub(crate) limit_words: String,
    /// The timed URL that was typed.
    pub(crate) url: String,
    pub(crate) problem: Option<FormError>,
}

page! { ReleasesPage => "releases.html"; }

/// `GET /releases`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    shared.templates.answer(StatusCode::OK, &releases_page(&shared, &person).await?)
}

async fn releases_page(shared: &Shared, person: &SignedIn) -> Result<ReleasesPage, Problem> {
    let all = shared.refractory.releases(&person.who).await?;
    let limit = shared.config.upload_limit.bytes();
    Ok(ReleasesPage {
        chrome: Chrome::of(shared, &person.visitor, "Releases", "releases"),
        releases: all.iter().map(ReleaseRow::of).collect(),
        limit,
        limit_words: words::size(limit),
        url: String::new(),
        problem: None,
    })
}

/// After a release was added: a sentence on the page, or the form again with the reason why not.
async fn say_added(
    shared: &Shared,
    person: &SignedIn,
    added: Result<Release, Problem>,
    field: &'static str,
    url: &str,
) -> Result<HttpResponse, Problem> {
    match added {
        Ok(release) => {
            Ok(say_at(shared, &person.visitor, "/releases", &Flash::good(said(&release))))
        }
        // No other input would mend these.
        Err(problem)
            if matches!(
                problem.status(),
                StatusCode::FORBIDDEN | StatusCode::INTERNAL_SERVER_ERROR
            ) =>
        {
            Err(problem)
        }
        Err(problem) => {
            let id = problem.id().map(|id| format!(" Error ID in the log: {id}"));
            let sentence = format!("{}{}", problem.sentence(), id.unwrap_or_default());
            let mut page = releases_page(shared, person).await?;
            page.problem = Some(FormError::at(field, sentence));
            url.clone_into(&mut page.url);
            shared.templates.answer(problem.status(), &page)
        }
    }
}

fn said(release: &Release) -> String {
    format!("Foundry {} was added.", release.version)
}

/// `POST /releases/upload`
pub(crate) async fn upload(
    request: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    mut form: Multipart,
) -> Result<HttpResponse, Problem> {
    if !person.visitor.may(Verb::ManageReleases) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Only administrators can add releases."));
    }
    let added = async {
        let file = take_file(&request, &shared, &person, &mut form).await?;
        let source = ArchiveSource::File(file.path());
        Ok(shared.refractory.add_release(&person.who, &source).await?)
    };
    let added = added.await;
    say_added(&shared, &person, added, "archive", "").await
}

/// The token comes first: nothing is written for a page that is not ours.
async fn take_file(
    request: &HttpRequest,
    shared: &Shared,
    person: &SignedIn,
    form: &mut Multipart,
) -> Result<ReceivedFile, Problem> {
    let mut trusted = false;
    while let Some(mut field) = form.try_next().await.map_err(came_badly)? {
        match field.name() {
            Some("csrf") => {
                let token = short_text(&mut field).await?;
                check_sender(request, &person.visitor, Some(&token))?;
                trusted = true;
            }
            Some("archive") if trusted => return receive(shared, field).await,
            _ => return Err(unreadable()),
        }
    }
    Err(unreadable())
}

async fn short_text(field: &mut Field) -> Result<String, Problem> {
    let bytes = field.bytes(200).await.map_err(|_too_long| unreadable())?.map_err(came_badly)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| unreadable())
}

fn came_badly(error: impl Into<Error>) -> Problem {
    body_problem(&error.into()).unwrap_or_else(unreadable)
}

fn unreadable() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "The upload could not be read. Reload the page and try again.",
    )
}

/// The address is a secret while it lasts: it carries a signature.
#[derive(Debug, Deserialize)]
pub(crate) struct FetchForm {
    url: Secret,
}

/// `POST /releases/fetch`
pub(crate) async fn fetch(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<FetchForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let url = form.url.expose().trim();
    let added = if url.starts_with("https://") || url.starts_with("http://") {
        let source = ArchiveSource::Url(url.to_owned());
        shared.refractory.add_release(&person.who, &source).await.map_err(Problem::from)
    } else {
        Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This is not a URL. Copy the timed URL from Purchased Licenses on foundryvtt.com.",
        ))
    };
    say_added(&shared, &person, added, "url", url).await
}

/// `POST /releases/{id}/remove`
pub(crate) async fn remove(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let id = ReleaseId::new(&id).map_err(|_| Problem::no_page())?;
    let removed = shared.refractory.remove_release(&person.who, &id).await;
    say_result(&shared, &person.visitor, "/releases", removed, "The release was removed.")
}
