//! Groups of users, and who is in them.
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::{self, GroupName, Principal};
use refractory_core::{Error, ErrorKind};
use serde::Deserialize;

use super::body::{Body, MergePatch};
use super::choices::unnameable;
use super::paging::{PageQuery, Query, items_answer, records_answer};
use super::revision::{IfMatch, created, tagged};
use super::routes::BASE;
use super::{Group, GroupInstance, GroupPatch, Member, Membership, NewGroup, Page};
use crate::problem::{Problem, in_field};
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// The group called `name`. A name that no group can have is one that no group has.
async fn named(shared: &Shared, who: &Principal, name: &str) -> Result<model::Group, Problem> {
    let found = shared.refractory.find_group(who, name).await;
    found.map_err(|error| unnameable(error, "looking for a group"))
}

fn shown(group: &model::Group) -> HttpResponse {
    tagged(HttpResponse::Ok(), group.revision, &Group::from(group))
}

/// Lists the groups that the caller manages, in order of name: all of them for administrators, else those that the caller administers.
#[utoipa::path(get, path = "/api/v1/groups", operation_id = "listGroups", tag = "groups", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<Group>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let found = shared.refractory.groups(&person.who, &query.0.by_name()?).await?;
    Ok(records_answer(&request, &found, Group::from))
}

/// Creates a group without members.
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "createGroup", tag = "groups", request_body = NewGroup,
    responses((status = 201, description = "It was created", body = Group,
        headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its revision")))))]
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<NewGroup>,
) -> Result<HttpResponse, Problem> {
    let name = GroupName::new(&body.0.name).map_err(in_field("/name"))?;
    let made =
        shared.refractory.create_group(&commanded.0.who, name).await.map_err(in_field("/name"))?;
    let form = Group::from(&made);
    Ok(created(format!("{BASE}/groups/{}", form.name), form.revision, &form))
}

/// Returns one group.
#[utoipa::path(get, path = "/api/v1/groups/{name}", operation_id = "getGroup", tag = "groups",
    params(("name" = String, Path, description = "The group's name")),
    responses((status = 200, description = "The group", body = Group, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(shown(&named(&shared, &person.who, &name).await?))
}

/// Changes what a merge patch names of a group.
#[utoipa::path(patch, path = "/api/v1/groups/{name}", operation_id = "changeGroup", tag = "groups",
    params(("name" = String, Path, description = "The group's name"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the group that was read")),
    request_body(content((GroupPatch = "application/merge-patch+json"), (GroupPatch = "application/json"))),
    responses((status = 200, description = "The group as it is now", body = Group, headers(("ETag" = String, description = "Its revision")))))]
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    patch: MergePatch<GroupPatch>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let group = named(&shared, who, &name).await?;
    let name = patch.0.name.required("A group needs a name.").map_err(in_field("/name"))?;
    let expected = condition.expected(group.revision)?;
    let Some(name) = name else { return Ok(shown(&group)) };
    let name = GroupName::new(&name).map_err(in_field("/name"))?;
    let renamed = shared.refractory.rename_group_at(who, &group.id, name, expected).await;
    Ok(shown(&renamed.map_err(in_field("/name"))?))
}

/// What confirms that a group is to be deleted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// The name of the group, once more.
    #[serde(default)]
    #[param(required = true, min_length = 1, format = "group-name")]
    confirm: String,
}

/// Deletes a group. Rights that are granted to it end at once.
#[utoipa::path(delete, path = "/api/v1/groups/{name}", operation_id = "deleteGroup", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), DeleteQuery,
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the group that was read")),
    responses((status = 204, description = "It was deleted")))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    typed: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let group = named(&shared, who, &name).await?;
    let expected = condition.expected(group.revision)?;
    shared.refractory.delete_group_at(who, &group.id, &typed.0.confirm, expected).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the members of a group, by since when they are.
#[utoipa::path(get, path = "/api/v1/groups/{name}/members", operation_id = "listMembers", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), PageQuery),
    responses((status = 200, description = "One page", body = Page<Member>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn members(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let query = query.0.by_name()?;
    let group = named(&shared, &person.who, &name).await?;
    let found = shared.refractory.members(&person.who, &group.id, &query).await?;
    let items = found.members.iter().map(Member::from).collect();
    Ok(items_answer(&request, items, found.next))
}

/// Lists the instances on which a group has a right, in order of name, with the highest right that it has on each.
#[utoipa::path(get, path = "/api/v1/groups/{name}/instances", operation_id = "listGroupInstances", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), PageQuery),
    responses((status = 200, description = "One page", body = Page<GroupInstance>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn instances(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let query = query.0.by_name()?;
    let group = named(&shared, &person.who, &name).await?;
    let found = shared.refractory.group_instances(&person.who, &group.id, &query).await?;
    Ok(records_answer(&request, &found, |it| GroupInstance::of(it, &group)))
}

/// A group and a user in the address.
#[derive(Debug, Deserialize)]
pub(crate) struct MemberPath {
    name: String,
    user: String,
}

fn no_user(error: Error) -> Problem {
    unnameable(error, "looking for an account")
}

/// Returns one member of a group.
#[utoipa::path(get, path = "/api/v1/groups/{name}/members/{user}", operation_id = "getMember", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), ("user" = String, Path, description = "The user's name")),
    responses((status = 200, description = "The member", body = Member)))]
pub(crate) async fn member(
    shared: Data<Shared>,
    person: SignedIn,
    at: Path<MemberPath>,
) -> Result<HttpResponse, Problem> {
    let group = named(&shared, &person.who, &at.name).await?;
    let member = shared.refractory.find_member(&person.who, &group.id, &at.user).await;
    Ok(HttpResponse::Ok().json(Member::from(&member.map_err(no_user)?)))
}

/// Adds a user to a group, or changes whether they manage its members.
#[utoipa::path(put, path = "/api/v1/groups/{name}/members/{user}", operation_id = "setMember", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), ("user" = String, Path, description = "The user's name")),
    request_body = Membership,
    responses((status = 200, description = "The user was a member, and is one as asked for", body = Member),
        (status = 201, description = "The user was added", body = Member, headers(("Location" = String, description = "The member's address")))))]
pub(crate) async fn set_member(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    at: Path<MemberPath>,
    body: Body<Membership>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let group = named(&shared, who, &at.name).await?;
    let is_new = match app.find_member(who, &group.id, &at.user).await {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(no_user(error)),
    };
    app.add_member(who, &group.id, &at.user, body.0.administrator).await?;
    let member = Member::from(&app.find_member(who, &group.id, &at.user).await?);
    if !is_new {
        return Ok(HttpResponse::Ok().json(member));
    }
    let at = format!("{BASE}/groups/{}/members/{}", group.name, member.name);
    Ok(HttpResponse::Created().insert_header((LOCATION, at)).json(member))
}

/// Removes a user from a group.
#[utoipa::path(delete, path = "/api/v1/groups/{name}/members/{user}", operation_id = "removeMember", tag = "groups",
    params(("name" = String, Path, description = "The group's name"), ("user" = String, Path, description = "The user's name")),
    responses((status = 204, description = "The user is no member any more")))]
pub(crate) async fn remove_member(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    at: Path<MemberPath>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let group = named(&shared, who, &at.name).await?;
    app.remove_member(who, &group.id, &at.user).await.map_err(no_user)?;
    Ok(HttpResponse::NoContent().finish())
}
