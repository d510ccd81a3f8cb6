//! Changing and deleting a table.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Change, Edit, Instance, Principal};
use refractory_core::{ListQuery, Verb, can};
use serde::{Deserialize, Serialize};

use super::backups::kept;
use super::chrome::{Chrome, say_at};
use super::create::address;
use super::grants::GrantsForm;
use super::spec::{Choices, SpecForm, SpecInput};
use crate::form_error::{FormError, InField, InvalidForm};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::templates::page;

#[derive(Debug, Serialize)]
pub(crate) struct SettingsPage {
    pub(crate) chrome: Chrome,
    /// The name the table has, whatever the form says.
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) form: SpecForm,
    pub(crate) choices: Choices,
    pub(crate) address: String,
    /// The users it may be given to, for those who may.
    pub(crate) owners: Vec<Owner>,
    /// Whether there are too many of them to choose from: then the name of one is typed.
    pub(crate) types_owner: bool,
    /// The name of the owner.
    pub(crate) owner_name: String,
    /// Who has which right, for those who may say so.
    pub(crate) grants: Option<GrantsForm>,
    pub(crate) grants_problem: Option<FormError>,
    pub(crate) deletes: bool,
    /// Whether there are backups, and how long they are kept once the table is deleted, as `90 days`.
    pub(crate) has_backups: bool,
    pub(crate) kept: Option<String>,
    pub(crate) problem: Option<FormError>,
    /// What is wrong with the confirmation of a removal.
    pub(crate) delete_problem: Option<FormError>,
}

/// A user who may own the table.
#[derive(Debug, Serialize)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) is_owner: bool,
}

page! { SettingsPage => "settings.html"; }

pub(super) async fn settings_page(
    shared: &Shared,
    person: &SignedIn,
    table: &Instance,
    form: SpecForm,
) -> Result<SettingsPage, Problem> {
    if !can(&person.who, Verb::ChangeInstance, table) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Only the table's owner, its managers and administrators can change it.",
        ));
    }
    let owners = owners(shared, person, table).await?;
    let named = shared.refractory.owners(&person.who, std::slice::from_ref(table)).await?;
    let owner = named.get(&table.id);
    let present = SpecForm::of(&table.slug, &table.desired.spec);
    Ok(SettingsPage {
        chrome: Chrome::of(shared, &person.visitor, "Settings", "tables"),
        slug: table.slug.to_string(),
        title: table.title().to_owned(),
        choices: Choices::of(shared, &person.who).await?.with_present(&present),
        form,
        address: address(shared),
        types_owner: owners.is_none(),
        owner_name: owner.cloned().unwrap_or_default(),
        owners: owners.unwrap_or_default(),
        grants: GrantsForm::of(shared, &person.who, table).await?,
        grants_problem: None,
        deletes: can(&person.who, Verb::DeleteInstance, table),
        has_backups: shared.refractory.supports_backups(),
        kept: kept(shared),
        problem: None,
        delete_problem: None,
    })
}

/// More users than this are not shown to choose from.
const OWNERS: usize = 100;

/// The users that the table may be given to, in order of name; none where there are too many.
async fn owners(
    shared: &Shared,
    person: &SignedIn,
    table: &Instance,
) -> Result<Option<Vec<Owner>>, Problem> {
    if !person.visitor.may(Verb::TransferInstance) {
        return Ok(Some(Vec::new()));
    }
    let users = shared.refractory.users(&person.who, &ListQuery::first(OWNERS)).await?;
    if users.next.is_some() {
        return Ok(None);
    }
    let users = users.records;
    let owner = |user: &refractory_core::model::User| Owner {
        name: user.name.to_string(),
        is_owner: table.owner.as_ref() == Some(&user.id),
    };
    Ok(Some(users.iter().map(owner).collect()))
}

/// `GET /tables/{slug}/settings`
pub(crate) async fn show(
    shared: web::Data<Shared>,
    person: SignedIn,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &slug).await?;
    let form = SpecForm::of(&table.slug, &table.desired.spec);
    let page = settings_page(&shared, &person, &table, form).await?;
    shared.templates.answer(StatusCode::OK, &page)
}

/// `POST /tables/{slug}/settings`
pub(crate) async fn save(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<SpecInput>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, &slug).await?;
    match change(&shared, &person.who, &table, &form).await {
        Ok(changed) => {
            let flash =
                Flash::good("Saved. Changes to Foundry itself take effect at the next start.");
            Ok(say_at(&shared, &person.visitor, &format!("/tables/{}", changed.slug), &flash))
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let form = SpecForm::of(&table.slug, &table.desired.spec).typed(form);
            let mut page = settings_page(&shared, &person, &table, form).await?;
            page.problem = Some(said);
            shared.templates.answer(problem.status(), &page)
        }
    }
}

async fn change(
    shared: &Shared,
    who: &Principal,
    table: &Instance,
    form: &SpecInput,
) -> Result<Instance, InvalidForm> {
    let spec = form.change(&table.desired.spec)?;
    let slug = if form.slug.is_some() { Some(form.slug()?) } else { None };
    let owner = match form.owner.as_deref() {
        None => Edit::Keep,
        Some("") => Edit::Clear,
        Some(name) => {
            Edit::Set(shared.refractory.find_new_owner(who, name).await.in_field("owner")?.id)
        }
    };
    let change = Change { slug, spec, owner, ..Change::default() };
    let changed = shared.refractory.change(who, &table.id, change).await;
    changed.map_err(|error| form.refused(error))
}

#[derive(Debug, Deserialize)]
pub(crate) struct DeleteForm {
    typed: String,
}

/// `POST /tables/{slug}/delete`
pub(crate) async fn delete(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<DeleteForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, &slug).await?;
    match shared.refractory.delete(&person.who, &table.id, &form.typed).await {
        Ok(_) => {
            let flash = Flash::good(format!("{} is being deleted.", table.title()));
            Ok(say_at(&shared, &person.visitor, "/", &flash))
        }
        Err(error) => {
            let problem = Problem::from(error).for_form()?;
            let kept = SpecForm::of(&table.slug, &table.desired.spec);
            let mut page = settings_page(&shared, &person, &table, kept).await?;
            page.delete_problem = Some(FormError::at("typed", problem.sentence()));
            shared.templates.answer(problem.status(), &page)
        }
    }
}
