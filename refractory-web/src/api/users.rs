//! Users.
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::{self, Email, Locale, Principal, UserName};
use refractory_core::{Error, Refractory, UserChange};

use super::body::{Body, MergePatch};
use super::choices::unnameable;
use super::paging::{PageQuery, Query, records_answer};
use super::revision::{IfMatch, created, tagged};
use super::routes::BASE;
use super::{NewUser, Page, SignInLink, User, UserPatch};
use crate::problem::{Problem, in_field};
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// Lists the users, in order of name.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "listUsers", tag = "users", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<User>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let found = shared.refractory.users(&person.who, &query.0.by_name()?).await?;
    Ok(records_answer(&request, &found, User::from))
}

/// Adds a user, who signs in with a link and then chooses a password.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "addUser", tag = "users", request_body = NewUser,
    responses((status = 201, description = "The user was added", body = User,
        headers(("Location" = String, description = "The user's address"), ("ETag" = String, description = "The user's revision")))))]
pub(crate) async fn add(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<NewUser>,
) -> Result<HttpResponse, Problem> {
    let NewUser { name, role } = body.0;
    let name = UserName::new(&name).map_err(in_field("/name"))?;
    let added = shared.refractory.add_user(&commanded.0.who, name, role.into(), None).await;
    let form = User::from(&added.map_err(in_field("/name"))?);
    Ok(created(format!("{BASE}/users/{}", form.name), form.revision, &form))
}

/// Returns one user.
#[utoipa::path(get, path = "/api/v1/users/{name}", operation_id = "getUser", tag = "users",
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 200, description = "The user", body = User, headers(("ETag" = String, description = "The user's revision")))))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let user = shared.refractory.find_user(&person.who, &name).await.map_err(no_name)?;
    Ok(shown(&user))
}

fn shown(user: &model::User) -> HttpResponse {
    tagged(HttpResponse::Ok(), user.revision, &User::from(user))
}

/// A name that no user can have is one that no user has.
fn no_name(error: Error) -> Problem {
    unnameable(error, "looking for an account")
}

/// What a patch changes of a user.
struct Wanted {
    role: Option<model::Role>,
    state: Option<model::UserState>,
    rest: UserChange,
}

impl Wanted {
    fn read(patch: UserPatch) -> Result<Self, Problem> {
        let UserPatch { role, state, email, locale } = patch;
        let role = role.required("A user needs a role.").map_err(in_field("/role"))?;
        let state = state.required("A user needs a state.").map_err(in_field("/state"))?;
        let email = email.try_map(|text| Email::new(&text)).map_err(in_field("/email"))?;
        let locale = locale.try_map(|text| Locale::new(&text)).map_err(in_field("/locale"))?;
        let rest = UserChange::default().email(email).locale(locale);
        Ok(Self { role: role.map(Into::into), state: state.map(Into::into), rest })
    }

    /// Makes the change to `user`, if they are at the revision `expected`. What may be refused comes first: nothing is written then.
    async fn apply(
        self,
        app: &Refractory,
        who: &Principal,
        user: model::User,
        expected: Option<u64>,
    ) -> Result<model::User, Problem> {
        let mut changed = user;
        // The first write compares; what follows is at the revision of that one.
        let compared = |changed: &model::User| expected.filter(|it| *it == changed.revision);
        if let Some(role) = self.role {
            let set = app.set_role_at(who, &changed.id, role, compared(&changed)).await;
            changed = set.map_err(in_field("/role"))?;
        }
        if let Some(state) = self.state {
            let set = app.set_user_state_at(who, &changed.id, state, compared(&changed)).await;
            changed = set.map_err(in_field("/state"))?;
        }
        let rest = self.rest.if_revision(compared(&changed));
        Ok(app.edit_user(who, &changed.id, &rest).await?)
    }
}

/// Changes what a merge patch names of a user. The last administrator stays one, and active. A user who is disabled is signed out everywhere.
#[utoipa::path(patch, path = "/api/v1/users/{name}", operation_id = "changeUser", tag = "users",
    params(("name" = String, Path, description = "The user's name"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the user that was read")),
    request_body(content((UserPatch = "application/merge-patch+json"), (UserPatch = "application/json"))),
    responses((status = 200, description = "The user as they are now", body = User, headers(("ETag" = String, description = "The user's revision")))))]
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
    patch: MergePatch<UserPatch>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await.map_err(no_name)?;
    let wanted = Wanted::read(patch.0)?;
    let expected = condition.expected(user.revision)?;
    let changed = wanted.apply(&shared.refractory, who, user, expected).await?;
    Ok(shown(&changed))
}

/// Creates a link that signs a user in, once.
#[utoipa::path(post, path = "/api/v1/users/{name}/link", operation_id = "createSignInLink", tag = "users",
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 201, description = "The link", body = SignInLink, headers(("Location" = String, description = "The link")))))]
pub(crate) async fn link(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await.map_err(no_name)?;
    let minted = shared.refractory.sign_in_link(who, &user.id).await?;
    let form = SignInLink::of(shared.refractory.addressing(), &user, &minted);
    Ok(HttpResponse::Created().insert_header((LOCATION, form.link.as_str())).json(form))
}

/// Ends every session of a user, and makes unused links invalid.
#[utoipa::path(post, path = "/api/v1/users/{name}/sign-out", operation_id = "signOutUser", tag = "users",
    params(("name" = String, Path, description = "The user's name")),
    responses((status = 200, description = "The user as they are now", body = User, headers(("ETag" = String, description = "The user's revision")))))]
pub(crate) async fn sign_out(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await.map_err(no_name)?;
    let user = shared.refractory.sign_out_everywhere(who, &user.id).await?;
    Ok(shown(&user))
}

/// Removes a user. Their instances stay.
#[utoipa::path(delete, path = "/api/v1/users/{name}", operation_id = "removeUser", tag = "users",
    params(("name" = String, Path, description = "The user's name"),
        ("If-Match" = Option<String>, Header, format = "entity-tag", min_length = 1, description = "The `ETag` of the user that was read")),
    responses((status = 204, description = "The user was removed")))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    condition: IfMatch,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await.map_err(no_name)?;
    let expected = condition.expected(user.revision)?;
    shared.refractory.remove_user_at(who, &user.id, expected).await?;
    Ok(HttpResponse::NoContent().finish())
}
