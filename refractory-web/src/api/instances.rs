//! Tables.
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use refractory_core::Refractory;
use refractory_core::model::{
    Change, Edit, Instance, InstanceSpec, NewInstance, Principal, Slug, SpecChange, Urgency,
};
use serde::Deserialize;
use serde_json::json;

use crate::guard::Json;
use crate::links::foundry_setup_url;
use crate::problem::Problem;
use crate::session::{Commanded, Person};
use crate::shared::Shared;
use crate::view::TableView;

/// A table as `who` is shown it: what it is like is for those who run it.
fn shown(
    shared: &Shared,
    who: &Principal,
    table: &Instance,
    owner: Option<&String>,
) -> serde_json::Value {
    let view = TableView::of(&shared.refractory, who, table);
    let inside = view.can.inspect;
    let mut value = json!(view);
    if inside {
        value["spec"] = json!(table.desired.spec);
        value["power"] = json!(table.desired.power);
        value["owner"] = json!(owner);
        value["created"] = json!(table.created.to_string());
        value["generation"] = json!(table.generation);
        value["held_by"] = json!(table.hold.as_ref().map(|hold| hold.operation.to_string()));
        value["pid"] = json!(table.endpoint().and_then(|at| at.pid));
    }
    value
}

/// The same with what the owner is called.
async fn in_full(
    shared: &Shared,
    who: &Principal,
    table: &Instance,
) -> Result<serde_json::Value, Problem> {
    let owners = shared.refractory.owners(who, std::slice::from_ref(table)).await?;
    Ok(shown(shared, who, table, owners.get(&table.id)))
}

/// `GET /instances`
pub(crate) async fn list(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let found = shared.refractory.list_all(&person.who).await?;
    let (all, damaged) = (found.records, found.damaged);
    let owners = shared.refractory.owners(&person.who, &all).await?;
    let row = |table: &Instance| shown(&shared, &person.who, table, owners.get(&table.id));
    let rows: Vec<_> = all.iter().map(row).collect();
    let damaged: Vec<_> = damaged
        .iter()
        .map(|it| json!({ "id": it.id, "name": it.name(), "state": "damaged" }))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "instances": rows, "damaged": damaged })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Creation {
    /// Made from the title where it is left out.
    slug: Option<String>,
    /// A change to what a table is like where nobody says anything: so an unknown key is refused here, too.
    #[serde(default)]
    spec: SpecChange,
}

/// `POST /instances`
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Json<Creation>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let Creation { slug, spec } = body.into_inner();
    let mut whole = InstanceSpec::default();
    spec.apply(&mut whole)?;
    let slug = match slug {
        Some(slug) => Slug::from_name(&slug),
        None => Slug::from_title(&whole.title),
    };
    let slug = slug.map_err(refractory_core::Error::from)?;
    let made = shared.refractory.create(who, NewInstance::named(slug).with_spec(whole)).await?;
    Ok(HttpResponse::Created().json(in_full(&shared, who, &made).await?))
}

/// `GET /instances/{name}`
pub(crate) async fn show(
    shared: Data<Shared>,
    person: Person,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    Ok(HttpResponse::Ok().json(in_full(&shared, &person.who, &table).await?))
}

/// A merge patch (RFC 7396): what is not named stays, `null` clears what may be empty, an unknown key is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct Changing {
    slug: Edit<String>,
    spec: SpecChange,
    /// The name of a user.
    owner: Edit<String>,
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
    let Changing { slug, spec, owner } = body.into_inner();
    let slug = slug.required("A table needs a name.")?;
    let slug = slug
        .map(|slug| Slug::from_name(&slug))
        .transpose()
        .map_err(refractory_core::Error::from)?;
    let owner = match owner {
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
        Edit::Set(name) => Edit::Set(shared.refractory.find_new_owner(who, &name).await?.id),
    };
    let changed = shared
        .refractory
        .change(who, &table.id, Change { slug, spec, owner, ..Change::default() })
        .await?;
    Ok(HttpResponse::Ok().json(in_full(&shared, who, &changed).await?))
}

/// Does `act` with the table called `name`, and tells how it stands then.
async fn done(
    shared: &Shared,
    who: &Principal,
    name: &str,
    act: impl AsyncFnOnce(&Refractory, &Instance) -> Result<Instance, Problem>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(who, name).await?;
    let table = act(&shared.refractory, &table).await?;
    Ok(HttpResponse::Accepted().json(in_full(shared, who, &table).await?))
}

/// `POST /instances/{name}/start`
pub(crate) async fn start(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    done(&shared, who, &name, async |app, table| Ok(app.start(who, &table.id).await?)).await
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stopping {
    #[serde(default)]
    now: bool,
    /// Whether people who are playing may be disconnected.
    #[serde(default)]
    force: bool,
}

/// `POST /instances/{name}/stop?now=true&force=true`
pub(crate) async fn stop(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    how: Query<Stopping>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let urgency = if how.now { Urgency::Now } else { Urgency::Gentle };
    let stop = async |app: &Refractory, table: &Instance| {
        if !how.force {
            check_empty(app, who, table).await?;
        }
        Ok(app.stop(who, &table.id, urgency).await?)
    };
    done(&shared, who, &name, stop).await
}

#[derive(Debug, Deserialize)]
pub(crate) struct Restarting {
    #[serde(default)]
    force: bool,
}

/// `POST /instances/{name}/restart?force=true`
pub(crate) async fn restart(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    how: Query<Restarting>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let restart = async |app: &Refractory, table: &Instance| {
        if !how.force {
            check_empty(app, who, table).await?;
        }
        Ok(app.restart(who, &table.id).await?)
    };
    done(&shared, who, &name, restart).await
}

/// Refuses to disconnect people whom nobody has said anything about.
async fn check_empty(app: &Refractory, who: &Principal, table: &Instance) -> Result<(), Problem> {
    let playing = app.playing(who, &table.id).await?;
    if playing.count == 0 {
        return Ok(());
    }
    let named = match playing.names.as_slice() {
        [] => String::new(),
        names => format!(": {}", names.join(", ")),
    };
    let sentence = format!(
        "{}{named}. To disconnect them, add `?force=true`.",
        playing.headline(table.title())
    );
    Err(Problem::new(StatusCode::CONFLICT, sentence))
}

/// `POST /instances/{name}/take-license`
pub(crate) async fn take_license(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    done(&shared, who, &name, async |app, table| Ok(app.take_license(who, &table.id).await?)).await
}

/// `POST /instances/{name}/rotate-key`
pub(crate) async fn rotate_key(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    Ok(super::operations::accepted(
        &shared.refractory.rotate_asset_credentials(who, &table.id).await?,
    ))
}

/// `POST /instances/{name}/setup-link`: a link that lets one browser into Foundry's setup, once.
pub(crate) async fn setup_link(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let minted = shared.refractory.setup_ticket(who, &table.id).await?;
    let link = foundry_setup_url(&shared.refractory, &table, &minted);
    let until = minted.token.until.to_string();
    Ok(HttpResponse::Created().json(json!({ "link": link, "until": until })))
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
    Ok(HttpResponse::Accepted().json(in_full(&shared, who, &gone).await?))
}
