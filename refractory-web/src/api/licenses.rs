//! Licenses.
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use refractory_core::model::{Edit, License, LicenseKey};
use refractory_core::{LicenseView, Secret};
use serde::Deserialize;
use serde_json::json;

use crate::guard::Json;
use crate::pages::LicenseRow;
use crate::problem::Problem;
use crate::session::{Commanded, Person};
use crate::shared::Shared;

fn shown(license: License) -> serde_json::Value {
    json!(LicenseRow::of(&LicenseView { license, holder: None }))
}

/// `GET /licenses`
pub(crate) async fn list(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let all = shared.refractory.licenses(&person.who).await?;
    let rows: Vec<_> = all.iter().map(LicenseRow::of).collect();
    Ok(HttpResponse::Ok().json(json!({ "licenses": rows })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Adding {
    name: String,
    key: Secret,
}

/// `POST /licenses`
pub(crate) async fn add(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Json<Adding>,
) -> Result<HttpResponse, Problem> {
    let key = LicenseKey::new(body.key.expose()).map_err(refractory_core::Error::from)?;
    let added = shared.refractory.add_license(&commanded.0.who, &body.name, key).await?;
    Ok(HttpResponse::Created().json(shown(added)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct Renaming {
    name: Edit<String>,
}

/// `PATCH /licenses/{name}`
pub(crate) async fn rename(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    body: Json<Renaming>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    let renamed = match body.into_inner().name.required("A license needs a name.")? {
        Some(name) => shared.refractory.rename_license(who, &license.id, &name).await?,
        None => license,
    };
    Ok(HttpResponse::Ok().json(shown(renamed)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Acceptance {
    accept: bool,
}

/// `POST /licenses/{name}/accept-eula`
pub(crate) async fn accept(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    body: Json<Acceptance>,
) -> Result<HttpResponse, Problem> {
    if !body.accept {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A person must read and accept the license agreement. Then send `\"accept\": true`.",
        ));
    }
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    let accepted = shared.refractory.accept_eula(who, &license.id).await?;
    Ok(HttpResponse::Ok().json(shown(accepted)))
}

/// `DELETE /licenses/{name}`
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let license = shared.refractory.find_license(who, &name).await?;
    shared.refractory.remove_license(who, &license.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
