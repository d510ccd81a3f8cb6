//! Releases of Foundry.
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::ports::ArchiveSource;

use super::body::Body;
use super::paging::{PageQuery, Query, items_answer, page_of};
use super::routes::BASE;
use super::{FetchRelease, Page, Release};
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;
use crate::upload::receive;

/// Lists the stored releases, newest first.
#[utoipa::path(get, path = "/api/v1/releases", operation_id = "listReleases", tag = "releases", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<Release>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let all = shared.refractory.releases(&person.who).await?;
    let place = |(version, release): &(String, Release)| (version.clone(), release.id.clone());
    let in_order = |release: &refractory_core::model::Release| {
        let version = release.version;
        // Newest first.
        let (generation, build) = (u16::MAX - version.generation, u32::MAX - version.build);
        (format!("{generation:05}.{build:010}"), Release::from(release))
    };
    let all = all.iter().map(in_order).collect();
    let (items, next) = page_of(all, place, after.as_ref(), size);
    let items = items.into_iter().map(|(_, release)| release).collect();
    Ok(items_answer(&request, items, next))
}

async fn add(
    shared: &Shared,
    commanded: &AuthorizedRequest,
    source: ArchiveSource,
) -> Result<HttpResponse, Problem> {
    let added = shared.refractory.add_release(&commanded.0.who, &source).await?;
    let at = format!("{BASE}/releases/{}", added.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, at)).json(Release::from(&added)))
}

/// Adds a release from its archive, which is the body. The same archive again is the same release.
#[utoipa::path(post, path = "/api/v1/releases", operation_id = "uploadRelease", tag = "releases",
    request_body(content = String, content_type = "application/zip", description = "The zip file of a Foundry release"),
    responses((status = 201, description = "It was added", body = Release, headers(("Location" = String, description = "Its address")))))]
pub(crate) async fn upload(
    request: HttpRequest,
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    if !commanded.0.visitor.may(refractory_core::Verb::ManageReleases) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Only administrators can add releases."));
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    if essence.is_some_and(|essence| !ARCHIVES.iter().any(|it| it.eq_ignore_ascii_case(essence))) {
        return Err(Problem::wrong_media_type(&ARCHIVES));
    }
    let file = receive(&shared, body).await?;
    add(&shared, &commanded, ArchiveSource::File(file.path())).await
}

/// What an archive may be sent as.
const ARCHIVES: [&str; 3] =
    ["application/zip", "application/octet-stream", "application/x-zip-compressed"];

/// Adds a release from a timed URL of a Foundry account.
#[utoipa::path(post, path = "/api/v1/releases/fetch", operation_id = "fetchRelease", tag = "releases", request_body = FetchRelease,
    responses((status = 201, description = "It was added", body = Release, headers(("Location" = String, description = "Its address")))))]
pub(crate) async fn fetch(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<FetchRelease>,
) -> Result<HttpResponse, Problem> {
    let source = ArchiveSource::Url(body.0.url.expose().to_owned());
    add(&shared, &commanded, source).await.map_err(|problem| problem.in_field("/url"))
}

/// Returns one release.
#[utoipa::path(get, path = "/api/v1/releases/{name}", operation_id = "getRelease", tag = "releases",
    params(("name" = String, Path, description = "Its version, or the beginning of its id")),
    responses((status = 200, description = "The release", body = Release)))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let release = shared.refractory.find_release(&person.who, &name).await?;
    Ok(HttpResponse::Ok().json(Release::from(&release)))
}

/// Removes a release that no instance uses.
#[utoipa::path(delete, path = "/api/v1/releases/{name}", operation_id = "removeRelease", tag = "releases",
    params(("name" = String, Path, description = "Its version, or the beginning of its id")),
    responses((status = 204, description = "It was removed")))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let release = shared.refractory.find_release(who, &name).await?;
    shared.refractory.remove_release(who, &release.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
