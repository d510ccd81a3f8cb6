//! One's own account.
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use refractory_core::model::{User, UserName};
use refractory_core::{Error, Secret};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, role_in_words};
use super::enter::enter;
use super::password;
use super::tokens::{self, FreshToken, TokenRow};
use crate::form_error::{FormError, InvalidForm};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn, confirm_password, cookie};
use crate::shared::Shared;
use crate::templates::page;

#[derive(Debug, Serialize)]
pub(crate) struct AccountPage {
    pub(crate) chrome: Chrome,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) has_password: bool,
    pub(crate) tokens: Vec<TokenRow>,
    /// A token that was just created.
    pub(crate) fresh: Option<FreshToken>,
    pub(crate) scopes: Vec<(&'static str, &'static str)>,
    pub(crate) ends: [(&'static str, &'static str); 4],
    pub(crate) token_name: String,
    /// The scope and the end that are chosen in the form.
    pub(crate) token_scope: String,
    pub(crate) token_expires: String,
    pub(crate) problem: Option<FormError>,
}

page! { AccountPage => "account.html"; }

/// `GET /account`
pub(crate) async fn account(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    shared.templates.answer(StatusCode::OK, &account_page(&shared, &person, None).await?)
}

pub(super) async fn account_page(
    shared: &Shared,
    person: &SignedIn,
    problem: Option<FormError>,
) -> Result<AccountPage, Problem> {
    let Some(id) = person.who.user() else { return Err(Problem::sign_in()) };
    Ok(AccountPage {
        chrome: Chrome::of(shared, &person.visitor, "Your account", "account"),
        name: person.who.name().to_owned(),
        role: role_in_words(person.who.role()),
        has_password: password::is_set(shared, &person.who).await?,
        tokens: tokens::rows(shared, person, id).await?,
        fresh: None,
        scopes: tokens::levels(),
        ends: tokens::ENDS,
        token_name: String::new(),
        token_scope: "read".to_owned(),
        token_expires: "90".to_owned(),
        problem,
    })
}

/// `POST /account/password`, for whoever is signed in.
pub(crate) async fn change_password(
    request: HttpRequest,
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    match renew(&shared, &person, &form).await {
        Ok(user) => {
            let flash = Flash::good("Password set. All other browsers are signed out.");
            let gone = cookie::drop(cookie::VISIT, shared.https());
            enter(&request, &shared, &user, "/account", Some(&flash), gone).await
        }
        Err(Refused::Form(invalid)) => {
            let (problem, said) = invalid.show()?;
            let page = account_page(&shared, &person, Some(said)).await?;
            shared.templates.answer(problem.status(), &page)
        }
        Err(Refused::Current(problem)) => {
            let problem = problem.for_form()?;
            let said = FormError::at("current", problem.sentence());
            let page = account_page(&shared, &person, Some(said)).await?;
            shared.templates.answer(problem.status(), &page)
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    current: Secret,
    password: Secret,
    again: Secret,
}

/// Why a password was not changed.
enum Refused {
    /// The current password was not shown.
    Current(Problem),
    /// The new one will not do.
    Form(InvalidForm),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Current(problem)
    }
}

impl From<InvalidForm> for Refused {
    fn from(invalid: InvalidForm) -> Self {
        Self::Form(invalid)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Form(error.into())
    }
}

async fn renew(shared: &Shared, person: &SignedIn, form: &PasswordForm) -> Result<User, Refused> {
    let who = &person.who;
    let Some(id) = who.user() else { return Err(Problem::sign_in().into()) };
    let name = UserName::new(who.name()).map_err(Error::from)?;
    if password::is_set(shared, who).await?
        && !confirm_password(shared, who, id, &form.current).await?
    {
        let sentence = "The current password is wrong. Try again.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence).into());
    }
    password::check(&form.password, &form.again, &name)?;
    let hash = shared.hasher.hash(form.password.clone()).await?;
    Ok(shared.refractory.set_password(who, id, hash).await?)
}
