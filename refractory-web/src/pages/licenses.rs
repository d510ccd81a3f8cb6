//! License keys: adding, naming, accepting the agreement, removing.
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use refractory_core::model::LicenseKey;
use refractory_core::{EULA_VERSION, LicenseId, LicenseView, Secret};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, say_at, say_result};
use super::enter::Nothing;
use crate::form_error::{FormError, InField, InvalidForm};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::templates::page;
use crate::words::Moment;

/// A license, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LicenseRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) masked: String,
    /// What its holder is called.
    pub(crate) holder: Option<String>,
    /// Who accepted the agreement as it is now.
    pub(crate) accepted_by: Option<String>,
    pub(crate) accepted_at: Option<Moment>,
}

impl LicenseRow {
    pub(crate) fn of(view: &LicenseView) -> Self {
        let eula = view.license.acceptance();
        Self {
            id: view.license.id.to_string(),
            name: view.license.name.clone(),
            masked: view.license.masked.clone(),
            holder: view.holder.as_ref().map(|(_, title)| title.clone()),
            accepted_by: eula.map(|eula| eula.name.clone()),
            accepted_at: eula.map(|eula| eula.at.into()),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct LicensesPage {
    pub(crate) chrome: Chrome,
    pub(crate) licenses: Vec<LicenseRow>,
    pub(crate) eula: &'static str,
    pub(crate) name: String,
    /// What was typed as the new name of the license that `problem` is about.
    pub(crate) new_name: String,
    pub(crate) problem: Option<FormError>,
}

page! { LicensesPage => "licenses.html"; }

async fn licenses_page(shared: &Shared, person: &SignedIn) -> Result<LicensesPage, Problem> {
    let all = shared.refractory.licenses(&person.who).await?;
    Ok(LicensesPage {
        chrome: Chrome::of(shared, &person.visitor, "Licenses", "licenses"),
        licenses: all.iter().map(LicenseRow::of).collect(),
        eula: EULA_VERSION,
        name: String::new(),
        new_name: String::new(),
        problem: None,
    })
}

/// `GET /licenses`
pub(crate) async fn list(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    shared.templates.answer(StatusCode::OK, &licenses_page(&shared, &person).await?)
}

/// `GET /licences`: the address of an earlier version, which bookmarks may have.
pub(crate) async fn moved() -> HttpResponse {
    HttpResponse::MovedPermanently().insert_header((LOCATION, "/licenses")).finish()
}

#[derive(Debug, Deserialize)]
pub(crate) struct AddForm {
    name: String,
    key: Secret,
    #[serde(default)]
    agree: String,
}

/// `POST /licenses`
pub(crate) async fn add(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<AddForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let added = async {
        let key = LicenseKey::new(form.key.expose()).in_field("key")?;
        let added = shared.refractory.add_license(&person.who, &form.name, key).await;
        let added = added.in_field("name")?;
        if form.agree == "yes" {
            shared.refractory.accept_eula(&person.who, &added.id).await?;
        }
        Ok::<_, InvalidForm>(added)
    };
    match added.await {
        Ok(license) => {
            let flash = Flash::good(format!("License {} was added.", license.name));
            Ok(say_at(&shared, &person.visitor, "/licenses", &flash))
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let mut page = licenses_page(&shared, &person).await?;
            page.problem = Some(said);
            page.name = form.name;
            shared.templates.answer(problem.status(), &page)
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct RenameForm {
    name: String,
}

fn license(raw: &str) -> Result<LicenseId, Problem> {
    LicenseId::new(raw).map_err(|_| Problem::no_page())
}

/// `POST /licenses/{id}/rename`
pub(crate) async fn rename(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    ordered: AuthorizedForm<RenameForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let id = license(&id)?;
    match shared.refractory.rename_license(&person.who, &id, &form.name).await {
        Ok(_) => {
            let flash = Flash::good("The license was renamed.");
            Ok(say_at(&shared, &person.visitor, "/licenses", &flash))
        }
        Err(error) => {
            let problem = Problem::from(error).for_form()?.about_input()?;
            let mut page = licenses_page(&shared, &person).await?;
            page.problem = Some(FormError::at(format!("name-{id}"), problem.sentence()));
            page.new_name = form.name;
            shared.templates.answer(problem.status(), &page)
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct AgreeForm {
    #[serde(default)]
    agree: String,
}

/// `POST /licenses/{id}/accept`
pub(crate) async fn accept(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    ordered: AuthorizedForm<AgreeForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let id = license(&id)?;
    if form.agree != "yes" {
        let sentence = "Read the agreement, select the checkbox, then accept.";
        let mut page = licenses_page(&shared, &person).await?;
        page.problem = Some(FormError::at(format!("agree-{id}"), sentence));
        return shared.templates.answer(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let accepted = shared.refractory.accept_eula(&person.who, &id).await;
    say_result(&shared, &person.visitor, "/licenses", accepted, "Agreement accepted.")
}

/// `POST /licenses/{id}/remove`
pub(crate) async fn remove(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let removed = shared.refractory.remove_license(&person.who, &license(&id)?).await;
    say_result(&shared, &person.visitor, "/licenses", removed, "The license was removed.")
}
