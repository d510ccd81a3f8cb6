//! Tables.
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use refractory_core::Change;
use refractory_core::model::{Instance, InstanceSpec, NewInstance, Principal, Slug, Urgency};
use serde::Deserialize;
use serde_json::json;

use crate::problem::Problem;
use crate::session::{Commanded, Person};
use crate::shared::Shared;
use crate::view::TableView;

fn shown(shared: &Shared, who: &Principal, table: &Instance) -> serde_json::Value {
    let mut value = json!(TableView::of(&shared.refractory, who, table));
    value["spec"] = json!(table.wish.spec);
    value["power"] = json!(table.wish.power);
    value["owner"] = json!(table.owner);
    value["created"] = json!(table.created.to_string());
    value["generation"] = json!(table.generation);
    value["rekey"] = json!(table.rekey.map(|asked| asked.to_string()));
    value["pid"] = json!(table.endpoint().and_then(|at| at.pid));
    value
}

fn answer(shared: &Shared, who: &Principal, table: &Instance) -> HttpResponse {
    HttpResponse::Ok().json(shown(shared, who, table))
}

/// `GET /instances`
pub(crate) async fn list(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let all = shared.refractory.list(&person.who).await?;
    let rows: Vec<_> = all.iter().map(|table| shown(&shared, &person.who, table)).collect();
    Ok(HttpResponse::Ok().json(json!({ "instances": rows })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Creation {
    slug: String,
    #[serde(default)]
    spec: InstanceSpec,
}

/// `POST /instances`
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Json<Creation>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let Creation { slug, spec } = body.into_inner();
    let slug = Slug::new(&slug).map_err(refractory_core::Error::from)?;
    let made = shared.refractory.create(who, NewInstance::named(slug).with_spec(spec)).await?;
    Ok(HttpResponse::Created().json(shown(&shared, who, &made)))
}

/// `GET /instances/{name}`
pub(crate) async fn show(
    shared: Data<Shared>,
    person: Person,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    Ok(answer(&shared, &person.who, &table))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct Changing {
    slug: Option<String>,
    spec: Option<InstanceSpec>,
}

/// `PATCH /instances/{name}`
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    body: Json<Changing>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let Changing { slug, spec } = body.into_inner();
    let slug =
        slug.map(|slug| Slug::new(&slug)).transpose().map_err(refractory_core::Error::from)?;
    let changed = shared.refractory.change(who, &table.id, Change { slug, spec }).await?;
    Ok(answer(&shared, who, &changed))
}

/// `POST /instances/{name}/start`
pub(crate) async fn start(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let started = shared.refractory.start(who, &table.id).await?;
    Ok(HttpResponse::Accepted().json(shown(&shared, who, &started)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stopping {
    #[serde(default)]
    now: bool,
}

/// `POST /instances/{name}/stop?now=true`
pub(crate) async fn stop(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    how: Query<Stopping>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let urgency = if how.now { Urgency::Now } else { Urgency::Gentle };
    let stopped = shared.refractory.stop(who, &table.id, urgency).await?;
    Ok(HttpResponse::Accepted().json(shown(&shared, who, &stopped)))
}

/// `POST /instances/{name}/rotate-key`
pub(crate) async fn rotate_key(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let asked = shared.refractory.rotate_key(who, &table.id).await?;
    Ok(HttpResponse::Accepted().json(shown(&shared, who, &asked)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(default)]
    confirm: String,
}

/// `DELETE /instances/{name}?confirm={slug}`
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    typed: Query<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let gone = shared.refractory.delete(who, &table.id, &typed.confirm).await?;
    Ok(HttpResponse::Accepted().json(shown(&shared, who, &gone)))
}
