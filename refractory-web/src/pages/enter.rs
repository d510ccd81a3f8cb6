//! Getting in and out: set-up, sign-in, one-time links.
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use refractory_core::model::{User, UserName, Via};
use refractory_core::{ErrorKind, Secret};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, local, see_other};
use super::password;
use crate::form_error::{FormError, InField, InvalidForm};
use crate::guard::Subject;
use crate::problem::Problem;
use crate::session::{
    CsrfForm, CurrentVisitor, Flash, Visitor, check_password, cookie, device_cookie,
};
use crate::shared::Shared;
use crate::templates::page;

/// As long as the store keeps a session.
const SESSION_SECONDS: i64 = 14 * 24 * 3600;
/// From the address bar to the button.
const LINK_SECONDS: i64 = 15 * 60;

#[derive(Debug, Serialize)]
pub(crate) struct SetupPage {
    pub(crate) chrome: Chrome,
    /// Whether the link that led here is good.
    pub(crate) good: bool,
    pub(crate) name: String,
    pub(crate) problem: Option<FormError>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SignInPage {
    pub(crate) chrome: Chrome,
    pub(crate) name: String,
    pub(crate) next: String,
    pub(crate) needs_setup: bool,
    pub(crate) problem: Option<FormError>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LinkPage {
    pub(crate) chrome: Chrome,
    pub(crate) problem: Option<FormError>,
}

page! {
    SetupPage => "setup.html";
    SignInPage => "sign-in.html";
    LinkPage => "link.html";
}

#[derive(Debug, Deserialize)]
pub(crate) struct LinkQuery {
    token: Option<String>,
}

/// Takes the secret of a link out of the address bar, where histories, logs and referrers would keep it.
fn put_away(shared: &Shared, secret: String, path: &str) -> HttpResponse {
    see_other(path)
        .cookie(cookie::keep(cookie::LINK, secret, LINK_SECONDS, shared.https()))
        .finish()
}

fn link_secrets(request: &HttpRequest, shared: &Shared) -> Vec<String> {
    cookie::read_all(request, cookie::LINK, shared.https())
}

/// The secret of a set-up link that is good, or else any that there is.
async fn setup_secret(request: &HttpRequest, shared: &Shared) -> Result<String, Problem> {
    let secrets = link_secrets(request, shared);
    for secret in &secrets {
        if shared.refractory.setup_link_is_good(secret).await? {
            return Ok(secret.clone());
        }
    }
    Ok(secrets.into_iter().next().unwrap_or_default())
}

/// `GET /setup`
pub(crate) async fn setup(
    request: HttpRequest,
    shared: web::Data<Shared>,
    visitor: CurrentVisitor,
    query: web::Query<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    if let Some(secret) = query.into_inner().token {
        return Ok(put_away(&shared, secret, "/setup"));
    }
    if !shared.refractory.needs_setup().await? {
        return Ok(see_other("/sign-in").finish());
    }
    let secret = setup_secret(&request, &shared).await?;
    let good = shared.refractory.setup_link_is_good(&secret).await?;
    let chrome = Chrome::of(&shared, &visitor, "Welcome", "");
    let page = SetupPage { chrome, good, name: String::new(), problem: None };
    shared.templates.answer(StatusCode::OK, &page)
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetupForm {
    name: String,
    password: Secret,
    again: Secret,
}

/// `POST /setup`
pub(crate) async fn set_up(
    request: HttpRequest,
    shared: web::Data<Shared>,
    posted: CsrfForm<SetupForm>,
) -> Result<HttpResponse, Problem> {
    let CsrfForm { form, visitor } = posted;
    let attempt = shared.throttle.begin(vec![Subject::address(visitor.client)]).await?;
    let secret = setup_secret(&request, &shared).await?;
    let made = make_first(&shared, &secret, &form).await;
    // Only a link that is not good is a guess at one; a weak password is not.
    if !matches!(&made, Err(invalid) if invalid.error().kind() == ErrorKind::Forbidden) {
        attempt.succeeded();
    }
    match made {
        Ok(user) => {
            let flash = Flash::good(format!("Welcome, {}. Your account was created.", user.name));
            let gone = cookie::drop(cookie::LINK, shared.https());
            enter(&request, &shared, &user, "/", Some(&flash), gone).await
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let chrome = Chrome::of(&shared, &visitor, "Welcome", "");
            let good = shared.refractory.setup_link_is_good(&secret).await?;
            let page = SetupPage { chrome, good, name: form.name, problem: Some(said) };
            shared.templates.answer(problem.status(), &page)
        }
    }
}

async fn make_first(shared: &Shared, secret: &str, form: &SetupForm) -> Result<User, InvalidForm> {
    let name = UserName::new(&form.name).in_field("name")?;
    password::check(&form.password, &form.again, &name)?;
    let hash = shared.hasher.hash(form.password.clone()).await?;
    Ok(shared.refractory.set_up(secret, name, hash).await?)
}

#[derive(Debug, Deserialize)]
pub(crate) struct NextQuery {
    next: Option<String>,
}

/// `GET /sign-in`
pub(crate) async fn sign_in_page(
    shared: web::Data<Shared>,
    visitor: CurrentVisitor,
    query: web::Query<NextQuery>,
) -> Result<HttpResponse, Problem> {
    let next = query.into_inner().next.unwrap_or_default();
    if visitor.who.is_some() {
        return Ok(see_other(local(&next)).finish());
    }
    let page = sign_in_with(&shared, &visitor, String::new(), next, None).await?;
    shared.templates.answer(StatusCode::OK, &page)
}

async fn sign_in_with(
    shared: &Shared,
    visitor: &Visitor,
    name: String,
    next: String,
    problem: Option<FormError>,
) -> Result<SignInPage, Problem> {
    let chrome = Chrome::of(shared, visitor, "Sign in", "");
    let needs_setup = shared.refractory.needs_setup().await?;
    Ok(SignInPage { chrome, name, next, needs_setup, problem })
}

#[derive(Debug, Deserialize)]
pub(crate) struct SignInForm {
    name: String,
    password: Secret,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub(crate) async fn sign_in(
    request: HttpRequest,
    shared: web::Data<Shared>,
    posted: CsrfForm<SignInForm>,
) -> Result<HttpResponse, Problem> {
    let CsrfForm { form, visitor } = posted;
    match check_password(&request, &shared, &visitor, &form.name, &form.password).await {
        Ok(user) => {
            let gone = cookie::drop(cookie::VISIT, shared.https());
            enter(&request, &shared, &user, local(&form.next), None, gone).await
        }
        Err(problem) => {
            let problem = problem.for_form()?;
            let field =
                if problem.status() == StatusCode::UNPROCESSABLE_ENTITY { "password" } else { "" };
            let said = Some(FormError::at(field, problem.sentence()));
            let page = sign_in_with(&shared, &visitor, form.name, form.next, said).await?;
            let mut answer = shared.templates.answer(problem.status(), &page)?;
            if let Some(wait) = problem.wait() {
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
            }
            Ok(answer)
        }
    }
}

/// Opens a session and sends the browser on.
pub(super) async fn enter(
    request: &HttpRequest,
    shared: &Shared,
    user: &User,
    to: &str,
    flash: Option<&Flash>,
    gone: Cookie<'static>,
) -> Result<HttpResponse, Problem> {
    let session = shared.refractory.open_session(user).await?;
    let secret = session.secret.expose().to_owned();
    let mut answer = see_other(to);
    if let Some(flash) = flash {
        answer.cookie(flash.seal(&secret, shared.https()));
    }
    answer.cookie(gone);
    if let Some(known) = device_cookie(request, shared, user).await {
        answer.cookie(known);
    }
    answer.cookie(cookie::keep(cookie::SESSION, secret, SESSION_SECONDS, shared.https()));
    Ok(answer.finish())
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    shared: web::Data<Shared>,
    posted: CsrfForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    if let Some(who) = &posted.visitor.who {
        shared.refractory.close_session(who, &posted.visitor.secret).await?;
    }
    let gone = cookie::drop(cookie::SESSION, shared.https());
    Ok(see_other("/sign-in").cookie(gone).finish())
}

/// A form that is all button.
#[derive(Debug, Deserialize)]
pub(crate) struct Nothing {}

/// `GET /sign-in/link`: shows a button, because whatever previews links follows them too.
pub(crate) async fn link_page(
    request: HttpRequest,
    shared: web::Data<Shared>,
    visitor: CurrentVisitor,
    query: web::Query<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    if let Some(secret) = query.into_inner().token {
        return Ok(put_away(&shared, secret, "/sign-in/link"));
    }
    let chrome = Chrome::of(&shared, &visitor, "Sign in", "");
    if link_secrets(&request, &shared).is_empty() {
        let problem = "Your browser has no sign-in link, or it has expired. Open the link again.";
        let page = LinkPage { chrome, problem: Some(FormError::at("", problem)) };
        return shared.templates.answer(StatusCode::FORBIDDEN, &page);
    }
    shared.templates.answer(StatusCode::OK, &LinkPage { chrome, problem: None })
}

/// `POST /sign-in/link`
pub(crate) async fn take_link(
    request: HttpRequest,
    shared: web::Data<Shared>,
    posted: CsrfForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let visitor = posted.visitor;
    let attempt = shared.throttle.begin(vec![Subject::address(visitor.client)]).await?;
    let mut user = None;
    for secret in link_secrets(&request, &shared) {
        user = shared.refractory.take_sign_in_link(&secret, Via::Web, visitor.address()).await?;
        if user.is_some() {
            break;
        }
    }
    if let Some(user) = user {
        attempt.succeeded();
        let gone = cookie::drop(cookie::LINK, shared.https());
        return enter(&request, &shared, &user, "/", None, gone).await;
    }
    let problem =
        "This sign-in link has been used or has expired. Ask an administrator for a new one.";
    let chrome = Chrome::of(&shared, &visitor, "Sign in", "");
    let page = LinkPage { chrome, problem: Some(FormError::at("", problem)) };
    shared.templates.answer(StatusCode::FORBIDDEN, &page)
}

#[derive(Debug, Deserialize)]
pub(crate) struct ThemeForm {
    theme: String,
    back: String,
}

/// `POST /theme`
pub(crate) async fn theme(
    shared: web::Data<Shared>,
    posted: CsrfForm<ThemeForm>,
) -> Result<HttpResponse, Problem> {
    let chosen = crate::session::theme(Some(&posted.form.theme)).to_owned();
    let kept = cookie::keep(cookie::THEME, chosen, 365 * 24 * 3600, shared.https());
    Ok(see_other(local(&posted.form.back)).cookie(kept).finish())
}
