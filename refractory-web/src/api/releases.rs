//! Releases.
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Payload};
use refractory_core::Secret;
use refractory_core::ports::ArchiveSource;
use serde::Deserialize;
use serde_json::json;

use crate::guard::Json;
use crate::pages::ReleaseRow;
use crate::problem::Problem;
use crate::session::{Commanded, Person};
use crate::shared::Shared;
use crate::upload::receive;

/// `GET /releases`
pub(crate) async fn list(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let all = shared.refractory.releases(&person.who).await?;
    let rows: Vec<_> = all.iter().map(ReleaseRow::of).collect();
    Ok(HttpResponse::Ok().json(json!({ "releases": rows })))
}

async fn add(
    shared: &Shared,
    commanded: &Commanded,
    source: ArchiveSource,
) -> Result<HttpResponse, Problem> {
    let added = shared.refractory.add_release(&commanded.0.who, &source).await?;
    Ok(HttpResponse::Created().json(ReleaseRow::of(&added)))
}

/// `POST /releases`, with the archive as the body.
pub(crate) async fn upload(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    if !commanded.0.visitor.may(refractory_core::Verb::ManageReleases) {
        return Err(Problem::new(
            actix_web::http::StatusCode::FORBIDDEN,
            "Only administrators can add releases.",
        ));
    }
    let file = receive(&shared, body).await?;
    add(&shared, &commanded, ArchiveSource::File(file.path())).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Fetching {
    url: Secret,
}

/// `POST /releases/fetch`
pub(crate) async fn fetch(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Json<Fetching>,
) -> Result<HttpResponse, Problem> {
    add(&shared, &commanded, ArchiveSource::Url(body.url.expose().to_owned())).await
}

/// `DELETE /releases/{name}`
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let release = shared.refractory.find_release(who, &name).await?;
    shared.refractory.remove_release(who, &release.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
