//! One's own account.
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use refractory_core::model::{User, UserName};
use refractory_core::{Error, Secret};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, role_in_words, say_at};
use super::enter::enter;
use super::password;
use crate::problem::Problem;
use crate::session::{Flash, Ordered, Person, confirm_password, cookie};
use crate::shared::Shared;
use crate::templates::page;

#[derive(Debug, Serialize)]
pub(crate) struct AccountPage {
    pub(crate) chrome: Chrome,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) has_password: bool,
}

page! { AccountPage => "account.html"; }

/// `GET /account`
pub(crate) async fn account(
    shared: web::Data<Shared>,
    person: Person,
) -> Result<HttpResponse, Problem> {
    let Some(id) = &person.who.user else { return Err(Problem::sign_in()) };
    let page = AccountPage {
        chrome: Chrome::of(&shared, &person.visitor, "Your account", "account"),
        name: person.who.name.clone(),
        role: role_in_words(person.who.role),
        has_password: password::is_set(&shared, id).await?,
    };
    shared.templates.answer(StatusCode::OK, &page)
}

/// `POST /account/password`, for whoever is signed in.
pub(crate) async fn change_password(
    request: HttpRequest,
    shared: web::Data<Shared>,
    ordered: Ordered<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let Ordered { form, person } = ordered;
    let flash = match renew(&shared, &person, &form).await {
        Ok(user) => {
            let flash = Flash::good("Password set. All other browsers are signed out.");
            let gone = cookie::drop(cookie::VISIT, shared.https());
            return enter(&request, &shared, &user, "/account", Some(&flash), gone).await;
        }
        Err(problem) => Flash::bad(problem.for_form()?.sentence()),
    };
    Ok(say_at(&shared, &person.visitor, "/account", &flash))
}

#[derive(Debug, Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    current: Secret,
    password: Secret,
    again: Secret,
}

async fn renew(shared: &Shared, person: &Person, form: &PasswordForm) -> Result<User, Problem> {
    let who = &person.who;
    let Some(id) = &who.user else { return Err(Problem::sign_in()) };
    let name = UserName::new(&who.name).map_err(Error::from)?;
    if password::is_set(shared, id).await? {
        if !confirm_password(shared, who, id, &form.current).await? {
            let sentence = "The current password is wrong. Try again.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
    }
    password::check(&form.password, &form.again, &name)?;
    let hash = shared.hasher.hash(form.password.clone()).await?;
    Ok(shared.refractory.set_password(who, id, hash).await?)
}
