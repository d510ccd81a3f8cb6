//! Licenses.
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::{LicenseKey, Principal};
use refractory_core::{Error, ErrorKind, LicenseId};

use super::body::{Body, MergePatch};
use super::paging::{PageQuery, Query, items_answer, page_of};
use super::revision::{IfMatch, created, tagged};
use super::routes::BASE;
use super::{EulaAcceptance, License, LicensePatch, NewLicense, Page};
use crate::problem::{FieldProblem, Problem, in_field};
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// The license called `id` with what holds it.
async fn form(shared: &Shared, who: &Principal, id: &LicenseId) -> Result<License, Problem> {
    let views = shared.refractory.licenses(who).await?;
    let view = views.iter().find(|view| view.license.id == *id).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "looking for a license")
            .advise("This license doesn't exist any more.")
    })?;
    Ok(License::from(view))
}

/// Lists the licenses, in order of name. Keys are masked.
#[utoipa::path(get, path = "/api/v1/licenses", operation_id = "listLicenses", tag = "licenses", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<License>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let all = shared.refractory.licenses(&person.who).await?;
    let key = |license: &License| (license.name.clone(), license.id.clone());
    let all = all.iter().map(License::from).collect();
    let (items, next) = page_of(all, key, after.as_ref(), size);
    Ok(items_answer(&request, items, next))
}

/// Adds a license.
#[utoipa::path(post, path = "/api/v1/licenses", operation_id = "addLicense", tag = "licenses", request_body = NewLicense,
    responses((status = 201, description = "It was added", body = License,
        headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its revision")))))]
pub(crate) async fn add(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<NewLicense>,
) -> Result<HttpResponse, Problem> {
    let (who, NewLicense { name, key }) = (&commanded.0.who, body.0);
    let key = LicenseKey::new(key.expose()).map_err(in_field("/key"))?;
    let added = shared.refractory.add_license(who, &name, key).await;
    let added = added.map_err(in_field("/name"))?;
    let form = form(&shared, who, &added.id).await?;
    Ok(created(format!("{BASE}/licenses/{}", added.id), form.revision, &form))
}

/// Returns one license.
#[utoipa::path(get, path = "/api/v1/licenses/{name}", operation_id = "getLicense", tag = "licenses",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 200, description = "The license", body = License, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let license = shared.refractory.find_license(&person.who, &name).await?;
    let form = form(&shared, &person.who, &license.id).await?;
    Ok(tagged(HttpResponse::Ok(), form.revision, &form))
}

/// Changes what a merge patch names of a license.
#[utoipa::path(patch, path = "/api/v1/licenses/{name}", operation_id = "changeLicense", tag = "licenses",
    params(("name" = String, Path, description = "Its name or its id"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the license that was read")),
    request_body(content((LicensePatch = "application/merge-patch+json"), (LicensePatch = "application/json"))),
    responses((status = 200, description = "The license as it is now", body = License, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    patch: MergePatch<LicensePatch>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    let name = patch.0.name.required("A license needs a name.").map_err(in_field("/name"))?;
    let expected = condition.expected(license.revision)?;
    if let Some(name) = name {
        let renamed = shared.refractory.rename_license_at(who, &license.id, &name, expected).await;
        renamed.map_err(in_field("/name"))?;
    }
    let form = form(&shared, who, &license.id).await?;
    Ok(tagged(HttpResponse::Ok(), form.revision, &form))
}

/// Accepts the license agreement for a license.
#[utoipa::path(post, path = "/api/v1/licenses/{name}/accept-eula", operation_id = "acceptEula", tag = "licenses",
    params(("name" = String, Path, description = "Its name or its id")), request_body = EulaAcceptance,
    responses((status = 200, description = "The license as it is now", body = License, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn accept(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    body: Body<EulaAcceptance>,
) -> Result<HttpResponse, Problem> {
    if !body.0.accept {
        let message =
            "A person must read and accept the license agreement. Then send `\"accept\": true`.";
        return Err(Problem::of_fields(vec![FieldProblem::at("/accept", "not-accepted", message)]));
    }
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    shared.refractory.accept_eula(who, &license.id).await?;
    let form = form(&shared, who, &license.id).await?;
    Ok(tagged(HttpResponse::Ok(), form.revision, &form))
}

/// Removes a license that no instance holds.
#[utoipa::path(delete, path = "/api/v1/licenses/{name}", operation_id = "removeLicense", tag = "licenses",
    params(("name" = String, Path, description = "Its name or its id"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the license that was read")),
    responses((status = 204, description = "It was removed")))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    let expected = condition.expected(license.revision)?;
    shared.refractory.remove_license_at(who, &license.id, expected).await?;
    Ok(HttpResponse::NoContent().finish())
}
