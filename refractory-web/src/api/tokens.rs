//! Tokens for programs.
use std::time::Duration;

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::{Edit, Principal, Scopes, UserName};
use refractory_core::{ApiTokenView, NewApiToken, UserId};
use serde::Deserialize;

use super::body::Body;
use super::paging::{PageQuery, Query, items_answer};
use super::routes::BASE;
use super::{NewToken, Page, Token, TokenWithSecret};
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// How long a token lasts where nothing is said.
const USUAL: Duration = Duration::from_hours(24 * 90);

/// Whose tokens.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// The name of the user; the caller where it is left out. For administrators.
    #[param(min_length = 1, format = "user")]
    user: Option<String>,
    /// Where the page begins: `next` of the page before it.
    #[param(format = "cursor", min_length = 1)]
    after: Option<String>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The user whose tokens are meant, by id and name: the caller where none is named.
async fn holder(
    shared: &Shared,
    who: &Principal,
    named: Option<&str>,
) -> Result<(UserId, String), Problem> {
    let own = |id: &UserId| (id.clone(), who.name().to_owned());
    match (named, who.user()) {
        (Some(name), Some(id)) if is_called(who, name) => Ok(own(id)),
        (Some(name), _) => {
            let found = shared.refractory.find_user(who, name).await?;
            Ok((found.id, found.name.to_string()))
        }
        (None, Some(id)) => Ok(own(id)),
        (None, None) => Err(Problem::sign_in()),
    }
}

/// Whether `name`, as it was typed, is the caller's.
fn is_called(who: &Principal, name: &str) -> bool {
    UserName::new(name).is_ok_and(|name| name.as_str() == who.name())
}

/// Lists the tokens of the caller, or of another user, in order of name.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "listTokens", tag = "tokens", params(TokenQuery),
    responses((status = 200, description = "One page", body = Page<Token>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<TokenQuery>,
) -> Result<HttpResponse, Problem> {
    let TokenQuery { user, after, limit } = query.0;
    let (after, size) = PageQuery::of(after, limit).read()?;
    let (of, _) = holder(&shared, &person.who, user.as_deref()).await?;
    let found = shared.refractory.api_tokens(&person.who, Some(&of), after, size).await?;
    let items = found.items.iter().map(Token::from).collect();
    Ok(items_answer(&request, items, found.next))
}

/// Creates a token. Its secret is in this answer only.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "createToken", tag = "tokens", request_body = NewToken,
    responses((status = 201, description = "It was created", body = TokenWithSecret, headers(("Location" = String, description = "Its address")))))]
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    body: Body<NewToken>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let NewToken { name, user, scopes, expires_in } = body.0;
    let of = holder(&shared, who, user.as_deref()).await;
    let (of, owner) = of.map_err(|problem| problem.in_field("/user"))?;
    let lasts = match expires_in {
        Edit::Keep => Some(USUAL),
        Edit::Set(seconds) => Some(Duration::from_secs(seconds)),
        Edit::Clear => None,
    };
    let scopes = Scopes::new(scopes.into_iter().map(Into::into));
    let new = NewApiToken { name, scopes, lasts };
    let minted = shared.refractory.create_api_token(who, &of, new).await?;
    let view = ApiTokenView::of(&minted.token, &owner);
    let view = view.ok_or_else(|| Problem::defect(&"a token of another kind"))?;
    let form =
        TokenWithSecret { token: Token::from(&view), secret: minted.secret.expose().to_owned() };
    let at = format!("{BASE}/tokens/{}", form.token.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, at)).json(form))
}

/// Returns one token, without its secret.
#[utoipa::path(get, path = "/api/v1/tokens/{id}", operation_id = "getToken", tag = "tokens",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The token", body = Token)))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = shared.refractory.find_api_token(&person.who, &id).await?;
    Ok(HttpResponse::Ok().json(Token::from(&view)))
}

/// Revokes a token: it is good for nothing from now on.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "revokeToken", tag = "tokens",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It was revoked")))]
pub(crate) async fn revoke(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    shared.refractory.revoke_api_token(&commanded.0.who, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}
