//! Accounts: adding, roles, links, removing.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::Error;
use refractory_core::model::{Role, User, UserName, UserState};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, role_in_words, say_at, say_result};
use super::enter::Nothing;
use super::paging::{PageQuery, Pages};
use crate::form_error::{FormError, InField};
use crate::links::sign_in_url;
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::templates::page;
use crate::words::Moment;

/// An account, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PersonRow {
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) role_words: &'static str,
    pub(crate) added: Moment,
    pub(crate) has_password: bool,
    /// Whether they may not sign in.
    pub(crate) disabled: bool,
    pub(crate) is_me: bool,
}

impl PersonRow {
    pub(crate) fn of(user: &User, me: &SignedIn) -> Self {
        Self {
            name: user.name.to_string(),
            role: user.role.name(),
            role_words: role_in_words(user.role),
            added: user.added.into(),
            has_password: user.password.is_some(),
            disabled: !user.is_active(),
            is_me: me.who.user() == Some(&user.id),
        }
    }
}

/// A link that is shown once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FreshLink {
    pub(crate) name: String,
    pub(crate) url: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct PeoplePage {
    pub(crate) chrome: Chrome,
    pub(crate) people: Vec<PersonRow>,
    pub(crate) pages: Pages,
    pub(crate) roles: Vec<(&'static str, &'static str)>,
    pub(crate) fresh: Option<FreshLink>,
    pub(crate) name: String,
    /// The role that is chosen in the form.
    pub(crate) chosen: String,
    pub(crate) problem: Option<FormError>,
}

page! { PeoplePage => "people.html"; }

async fn people_page(shared: &Shared, person: &SignedIn) -> Result<PeoplePage, Problem> {
    people_at(shared, person, &PageQuery::default()).await
}

/// Users of one page.
const PEOPLE: usize = 100;

async fn people_at(
    shared: &Shared,
    person: &SignedIn,
    asked: &PageQuery,
) -> Result<PeoplePage, Problem> {
    let found = shared.refractory.users(&person.who, &asked.part(PEOPLE)?).await?;
    let users = found.records;
    Ok(PeoplePage {
        chrome: Chrome::of(shared, &person.visitor, "People", "people"),
        pages: Pages::of(asked, "/people", found.next.as_ref()),
        people: users.iter().map(|user| PersonRow::of(user, person)).collect(),
        roles: Role::ALL.into_iter().map(|role| (role.name(), role_in_words(role))).collect(),
        fresh: None,
        name: String::new(),
        chosen: Role::GameMaster.name().to_owned(),
        problem: None,
    })
}

/// `GET /people`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: SignedIn,
    asked: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    shared.templates.answer(StatusCode::OK, &people_at(&shared, &person, &asked).await?)
}

#[derive(Debug, Deserialize)]
pub(crate) struct AddForm {
    name: String,
    role: String,
}

/// `POST /people`
pub(crate) async fn add(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<AddForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let added = async {
        let name = UserName::new(&form.name).in_field("name")?;
        let role = form.role.parse::<Role>().in_field("role")?;
        shared.refractory.add_user(&person.who, name, role, None).await.in_field("name")
    };
    match added.await {
        Ok(user) => show_link(&shared, &person, &user).await,
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let mut page = people_page(&shared, &person).await?;
            page.problem = Some(said);
            (page.name, page.chosen) = (form.name, form.role);
            shared.templates.answer(problem.status(), &page)
        }
    }
}

/// The one page that shows a fresh link; nothing keeps it.
async fn show_link(
    shared: &Shared,
    person: &SignedIn,
    user: &User,
) -> Result<HttpResponse, Problem> {
    let minted = shared.refractory.sign_in_link(&person.who, &user.id).await?;
    let mut page = people_page(shared, person).await?;
    let url = sign_in_url(shared.refractory.addressing(), &minted);
    page.fresh = Some(FreshLink { name: user.name.to_string(), url });
    shared.templates.answer(StatusCode::OK, &page)
}

/// `POST /people/{name}/link`
pub(crate) async fn link(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let user = shared.refractory.find_user(&person.who, &name).await?;
    show_link(&shared, &person, &user).await
}

#[derive(Debug, Deserialize)]
pub(crate) struct RoleForm {
    role: String,
}

/// `POST /people/{name}/role`
pub(crate) async fn role(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<RoleForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let user = shared.refractory.find_user(&person.who, &name).await?;
    let changed = async {
        let role: Role = form.role.parse()?;
        shared.refractory.set_role(&person.who, &user.id, role).await?;
        Ok::<_, Error>(role)
    };
    match changed.await {
        Ok(role) => {
            let role = role_in_words(role).to_lowercase();
            let flash = Flash::good(format!("The role of {} is now {role}.", user.name));
            Ok(say_at(&shared, &person.visitor, "/people", &flash))
        }
        Err(error) => {
            let problem = Problem::from(error).for_form()?.about_input()?;
            let mut page = people_page(&shared, &person).await?;
            page.problem = Some(FormError::at(format!("role-{}", user.name), problem.sentence()));
            shared.templates.answer(problem.status(), &page)
        }
    }
}

/// `POST /people/{name}/sign-out`
pub(crate) async fn sign_out(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let user = shared.refractory.find_user(&person.who, &name).await?;
    let ended = shared.refractory.sign_out_everywhere(&person.who, &user.id).await;
    let said = format!("{} is signed out everywhere.", user.name);
    say_result(&shared, &person.visitor, "/people", ended, &said)
}

/// `POST /people/{name}/disable`
pub(crate) async fn disable(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    set_state(&shared, &name, &ordered.person, UserState::Disabled).await
}

/// `POST /people/{name}/enable`
pub(crate) async fn enable(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    set_state(&shared, &name, &ordered.person, UserState::Active).await
}

async fn set_state(
    shared: &Shared,
    name: &str,
    person: &SignedIn,
    state: UserState,
) -> Result<HttpResponse, Problem> {
    let user = shared.refractory.find_user(&person.who, name).await?;
    let set = shared.refractory.set_user_state(&person.who, &user.id, state).await;
    let said = if state == UserState::Active {
        format!("{} can sign in again.", user.name)
    } else {
        format!("{} is signed out everywhere and can't sign in.", user.name)
    };
    say_result(shared, &person.visitor, "/people", set, &said)
}

/// `POST /people/{name}/remove`
pub(crate) async fn remove(
    shared: web::Data<Shared>,
    name: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let user = shared.refractory.find_user(&person.who, &name).await?;
    let removed = shared.refractory.remove_user(&person.who, &user.id).await;
    let said = format!("The user {} was removed.", user.name);
    say_result(&shared, &person.visitor, "/people", removed, &said)
}
