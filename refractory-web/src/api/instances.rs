//! Instances: the tables of people.
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::{self, Principal, Urgency};
use refractory_core::{Error, ErrorKind, Refractory};
use serde::Deserialize;

use super::body::{Body, MergePatch};
use super::choices;
use super::paging::{PageQuery, Query, page_answer};
use super::revision::{IfMatch, created, tagged};
use super::routes::BASE;
use super::{DamagedRecord, Instance, InstancePage, InstancePatch, NewInstance, SetupLink};
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// Answers with `instance` as `who` may see it.
async fn shown(
    status: StatusCode,
    shared: &Shared,
    who: &Principal,
    instance: &model::Instance,
) -> Result<HttpResponse, Problem> {
    let form = Instance::one(&shared.refractory, who, instance).await?;
    Ok(tagged(HttpResponse::build(status), form.revision, &form))
}

/// Why an instance was not written: at the field that it is about. A conflict is about its name, where the request `names` it.
fn refused(error: Error, names: bool) -> Problem {
    let field = match (error.fact("right"), error.kind()) {
        (Some(right), _) => Some(choices::access_pointer(right)),
        (None, ErrorKind::Invalid) if error.fact("grantees").is_some() => Some("/access".into()),
        (None, ErrorKind::Conflict) if names => Some("/name".into()),
        (None, _) => None,
    };
    let problem = Problem::from(error);
    match field {
        Some(field) => problem.in_field(&field),
        None => problem,
    }
}

/// Lists the instances that the caller may see, in order of name.
#[utoipa::path(get, path = "/api/v1/instances", operation_id = "listInstances", tag = "instances", params(PageQuery),
    responses((status = 200, description = "One page", body = InstancePage, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let found = shared.refractory.list(&person.who, &query.0.by_name()?).await?;
    let in_full = person.visitor.may(refractory_core::Verb::SeeDeployment);
    let page = InstancePage {
        items: Instance::all(&shared.refractory, &person.who, &found.records).await?,
        damaged: found.damaged.iter().map(|it| DamagedRecord::of(it, in_full)).collect(),
        next: found.next.map(|next| next.to_string()),
    };
    Ok(page_answer(&request, page.next.as_deref(), &page))
}

/// Creates an instance, switched off.
#[utoipa::path(post, path = "/api/v1/instances", operation_id = "createInstance", tag = "instances", request_body = NewInstance,
    responses((status = 201, description = "It was created", body = Instance,
        headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its revision")))))]
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<NewInstance>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let new = choices::creation(&shared.refractory, who, body.0).await?;
    let made = shared.refractory.create(who, new).await;
    let made = made.map_err(|error| refused(error, true))?;
    let form = Instance::one(&shared.refractory, who, &made).await?;
    Ok(created(format!("{BASE}/instances/{}", made.id), form.revision, &form))
}

/// Returns one instance.
#[utoipa::path(get, path = "/api/v1/instances/{name}", operation_id = "getInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 200, description = "The instance", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let instance = shared.refractory.find(&person.who, &name).await?;
    shown(StatusCode::OK, &shared, &person.who, &instance).await
}

/// Changes what a merge patch names of an instance.
#[utoipa::path(patch, path = "/api/v1/instances/{name}", operation_id = "changeInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the instance that was read")),
    request_body(content((InstancePatch = "application/merge-patch+json"), (InstancePatch = "application/json"))),
    responses((status = 200, description = "The instance as it is now", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    patch: MergePatch<InstancePatch>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let instance = shared.refractory.find(who, &name).await?;
    let mut change = choices::change(&shared.refractory, who, patch.0).await?;
    change.if_revision = condition.expected(instance.revision)?;
    let renames = change.slug.is_some();
    let changed = shared.refractory.change(who, &instance.id, change).await;
    let changed = changed.map_err(|error| refused(error, renames))?;
    shown(StatusCode::OK, &shared, who, &changed).await
}

/// Does `act` with the instance called `name`, and answers how it stands then. A worker does the rest.
async fn done(
    shared: &Shared,
    who: &Principal,
    name: &str,
    act: impl AsyncFnOnce(&Refractory, &model::Instance) -> Result<model::Instance, Problem>,
) -> Result<HttpResponse, Problem> {
    let instance = shared.refractory.find(who, name).await?;
    let instance = act(&shared.refractory, &instance).await?;
    shown(StatusCode::ACCEPTED, shared, who, &instance).await
}

/// Asks for an instance to be on.
#[utoipa::path(post, path = "/api/v1/instances/{name}/start", operation_id = "startInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn start(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    done(&shared, who, &name, async |app, it| Ok(app.start(who, &it.id).await?)).await
}

/// How an instance is stopped.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StopQuery {
    /// Whether to stop at once where the world does not close in time.
    #[serde(default)]
    #[param(required = false)]
    now: bool,
    /// Whether players may be disconnected.
    #[serde(default)]
    #[param(required = false)]
    force: bool,
}

/// Asks for an instance to be off. While people play it answers 409, unless `force` is set.
#[utoipa::path(post, path = "/api/v1/instances/{name}/stop", operation_id = "stopInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"), StopQuery),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn stop(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    how: Query<StopQuery>,
) -> Result<HttpResponse, Problem> {
    let (who, how) = (&commanded.0.who, how.0);
    let urgency = if how.now { Urgency::Now } else { Urgency::Gentle };
    let stop = async |app: &Refractory, instance: &model::Instance| {
        if !how.force {
            check_empty(app, who, instance).await?;
        }
        Ok(app.stop(who, &instance.id, urgency).await?)
    };
    done(&shared, who, &name, stop).await
}

/// How an instance is restarted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RestartQuery {
    /// Whether players may be disconnected.
    #[serde(default)]
    #[param(required = false)]
    force: bool,
}

/// Asks for an instance that is on to be stopped and started again. While people play it answers 409, unless `force` is set.
#[utoipa::path(post, path = "/api/v1/instances/{name}/restart", operation_id = "restartInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"), RestartQuery),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn restart(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    how: Query<RestartQuery>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let restart = async |app: &Refractory, instance: &model::Instance| {
        if !how.0.force {
            check_empty(app, who, instance).await?;
        }
        Ok(app.restart(who, &instance.id).await?)
    };
    done(&shared, who, &name, restart).await
}

/// Refuses to disconnect players unasked.
async fn check_empty(
    app: &Refractory,
    who: &Principal,
    instance: &model::Instance,
) -> Result<(), Problem> {
    let playing = app.playing(who, &instance.id).await?;
    if playing.count == 0 {
        return Ok(());
    }
    let named = match playing.names.as_slice() {
        [] => String::new(),
        names => format!(": {}", names.join(", ")),
    };
    let sentence = format!(
        "{}{named}. To disconnect them, add `?force=true`.",
        playing.headline(instance.title())
    );
    Err(Problem::new(StatusCode::CONFLICT, sentence).coded("players-connected"))
}

/// Takes the license that an instance waits for from one where no one plays.
#[utoipa::path(post, path = "/api/v1/instances/{name}/take-license", operation_id = "takeLicense", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn take_license(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    done(&shared, who, &name, async |app, it| Ok(app.take_license(who, &it.id).await?)).await
}

/// Declares that the machine an instance runs on is lost for good.
#[utoipa::path(post, path = "/api/v1/instances/{name}/assume-lost", operation_id = "assumeLost", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn assume_lost(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    done(&shared, who, &name, async |app, it| Ok(app.assume_lost(who, &it.id).await?)).await
}

/// Creates a link that lets one browser into Foundry's setup, once.
#[utoipa::path(post, path = "/api/v1/instances/{name}/setup-link", operation_id = "createSetupLink", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 201, description = "The link", body = SetupLink, headers(("Location" = String, description = "The link")))))]
pub(crate) async fn setup_link(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let instance = shared.refractory.find(who, &name).await?;
    let minted = shared.refractory.setup_ticket(who, &instance.id).await?;
    let form = SetupLink::of(&shared.refractory, &instance, &minted);
    Ok(HttpResponse::Created().insert_header((LOCATION, form.link.as_str())).json(form))
}

/// What confirms that an instance is to be deleted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// The name of the instance, once more.
    #[serde(default)]
    #[param(required = true, min_length = 1, format = "instance-name")]
    confirm: String,
}

/// Asks for an instance to be deleted with all of its data.
#[utoipa::path(delete, path = "/api/v1/instances/{name}", operation_id = "deleteInstance", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"), DeleteQuery,
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the instance that was read")),
    responses((status = 202, description = "A worker does it", body = Instance, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    typed: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let instance = shared.refractory.find(who, &name).await?;
    let expected = condition.expected(instance.revision)?;
    let gone = shared.refractory.delete_at(who, &instance.id, &typed.0.confirm, expected).await?;
    shown(StatusCode::ACCEPTED, &shared, who, &gone).await
}
