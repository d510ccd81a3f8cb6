//! Accounts.
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use refractory_core::model::{Edit, Role, UserName};
use serde::Deserialize;
use serde_json::json;

use crate::guard::Json;
use crate::links::sign_in_url;
use crate::pages::PersonRow;
use crate::problem::Problem;
use crate::session::{Commanded, Person};
use crate::shared::Shared;

/// `GET /users`
pub(crate) async fn list(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let all = shared.refractory.users_all(&person.who).await?;
    let rows: Vec<_> = all.iter().map(|user| PersonRow::of(user, &person)).collect();
    Ok(HttpResponse::Ok().json(json!({ "users": rows })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Adding {
    name: UserName,
    role: Role,
}

/// `POST /users`
pub(crate) async fn add(
    shared: Data<Shared>,
    commanded: Commanded,
    body: Json<Adding>,
) -> Result<HttpResponse, Problem> {
    let Adding { name, role } = body.into_inner();
    let user = shared.refractory.add_user(&commanded.0.who, name, role, None).await?;
    Ok(HttpResponse::Created().json(PersonRow::of(&user, &commanded.0)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct Changing {
    role: Edit<Role>,
}

/// `PATCH /users/{name}`
pub(crate) async fn change(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
    body: Json<Changing>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await?;
    let changed = match body.into_inner().role.required("An account needs a role.")? {
        Some(role) => shared.refractory.set_role(who, &user.id, role).await?,
        None => user,
    };
    Ok(HttpResponse::Ok().json(PersonRow::of(&changed, &commanded.0)))
}

/// `POST /users/{name}/link`
pub(crate) async fn link(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await?;
    let minted = shared.refractory.sign_in_link(who, &user.id).await?;
    let url = sign_in_url(shared.refractory.addressing(), &minted);
    let answer = json!({ "url": url, "until": minted.token.until.to_string() });
    Ok(HttpResponse::Created().json(answer))
}

/// `POST /users/{name}/sign-out`: ends every session, and makes unused links invalid.
pub(crate) async fn sign_out(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await?;
    let user = shared.refractory.sign_out_everywhere(who, &user.id).await?;
    Ok(HttpResponse::Ok().json(PersonRow::of(&user, &commanded.0)))
}

/// `DELETE /users/{name}`
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: Commanded,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let user = shared.refractory.find_user(who, &name).await?;
    shared.refractory.remove_user(who, &user.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
