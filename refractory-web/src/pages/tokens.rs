//! Tokens for programs, on the page of one's own account.
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Scope, Scopes};
use refractory_core::{ApiTokenView, NewApiToken, UserId};
use serde::{Deserialize, Serialize};

use super::account::account_page;
use super::chrome::say_at;
use super::enter::Nothing;
use crate::form_error::FormError;
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::words::Moment;

/// More tokens than this are not listed on the page.
const MOST: usize = 200;

/// A token, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: String,
    pub(crate) created: Moment,
    /// The day, as `2026-11-28`.
    pub(crate) last_used: Option<String>,
    pub(crate) expires: Option<Moment>,
}

impl TokenRow {
    fn of(view: &ApiTokenView) -> Self {
        let words: Vec<_> = view.api.scopes.iter().map(scope_in_words).collect();
        Self {
            id: view.api.key.clone(),
            name: view.api.name.clone(),
            scopes: words.join(", "),
            created: view.made.into(),
            last_used: view.api.used.map(|day| day.to_string()[..10].to_owned()),
            expires: view.expires.map(Into::into),
        }
    }
}

/// A token that is shown once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FreshToken {
    pub(crate) name: String,
    pub(crate) secret: String,
}

fn scope_in_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read",
        Scope::Play => "Start and stop tables",
        Scope::Manage => "Manage tables",
        Scope::Admin => "Administer",
        Scope::Credentials => "Tokens and passwords",
        _ => "More",
    }
}

/// The scopes to choose one from, each with its words.
pub(crate) fn levels() -> Vec<(&'static str, &'static str)> {
    [Scope::Read, Scope::Play, Scope::Manage, Scope::Admin]
        .map(|scope| (scope.name(), scope_in_words(scope)))
        .into()
}

/// When a token may end: days, and how people say that.
pub(crate) const ENDS: [(&str, &str); 4] =
    [("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("never", "Never")];

/// The tokens of a user, in order of name.
pub(crate) async fn rows(
    shared: &Shared,
    person: &SignedIn,
    id: &UserId,
) -> Result<Vec<TokenRow>, Problem> {
    let page = shared.refractory.api_tokens(&person.who, Some(id), None, MOST).await?;
    Ok(page.items.iter().map(TokenRow::of).collect())
}

#[derive(Debug, Deserialize)]
pub(crate) struct TokenForm {
    name: String,
    scope: String,
    expires: String,
    #[serde(default)]
    credentials: String,
}

impl TokenForm {
    fn read(&self) -> Result<NewApiToken, (&'static str, refractory_core::Error)> {
        let level = self.scope.parse::<Scope>().map_err(|error| ("scope", error))?;
        let credentials = (self.credentials == "yes").then_some(Scope::Credentials);
        let lasts = match self.expires.parse::<u32>() {
            Ok(days) => Some(Duration::from_hours(24) * days),
            Err(_) => None,
        };
        Ok(NewApiToken {
            name: self.name.clone(),
            scopes: Scopes::new([level].into_iter().chain(credentials)),
            lasts,
        })
    }
}

/// `POST /account/tokens`: the one page that shows the secret; nothing keeps it.
pub(crate) async fn create(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<TokenForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let Some(id) = person.who.user().cloned() else { return Err(Problem::sign_in()) };
    let made = match form.read() {
        Ok(new) => {
            let made = shared.refractory.create_api_token(&person.who, &id, new).await;
            made.map_err(|error| ("token-name", error))
        }
        Err(wrong) => Err(wrong),
    };
    match made {
        Ok(minted) => {
            let mut page = account_page(&shared, &person, None).await?;
            let secret = minted.secret.expose().to_owned();
            page.fresh = Some(FreshToken { name: form.name.trim().to_owned(), secret });
            shared.templates.answer(StatusCode::OK, &page)
        }
        Err((field, error)) => {
            let problem = Problem::from(error).for_form()?.about_input()?;
            let said = FormError::at(field, problem.sentence());
            let mut page = account_page(&shared, &person, Some(said)).await?;
            page.token_name = form.name;
            page.token_scope = form.scope;
            page.token_expires = form.expires;
            shared.templates.answer(problem.status(), &page)
        }
    }
}

/// `POST /account/tokens/{id}/revoke`
pub(crate) async fn revoke(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    shared.refractory.revoke_api_token(&person.who, &id).await?;
    let flash = Flash::good("The token was revoked.");
    Ok(say_at(&shared, &person.visitor, "/account", &flash))
}
