//! Making a table.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Instance, NewInstance, Principal};
use refractory_core::{Verb, model::InstanceSpec};
use serde::Serialize;

use super::chrome::{Chrome, say_at};
use super::spec::{Choices, SpecForm, SpecInput};
use crate::form_error::{FormError, InvalidForm};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash, SignedIn};
use crate::shared::Shared;
use crate::templates::page;

#[derive(Debug, Serialize)]
pub(crate) struct NewTablePage {
    pub(crate) chrome: Chrome,
    pub(crate) form: SpecForm,
    pub(crate) choices: Choices,
    /// Where the name ends up, with `NAME` for the name.
    pub(crate) address: String,
    pub(crate) problem: Option<FormError>,
}

page! { NewTablePage => "new-table.html"; }

async fn form_page(
    shared: &Shared,
    person: &SignedIn,
    form: SpecForm,
    problem: Option<FormError>,
) -> Result<NewTablePage, Problem> {
    Ok(NewTablePage {
        chrome: Chrome::of(shared, &person.visitor, "New table", "tables"),
        form,
        choices: Choices::of(shared, &person.who).await?,
        address: address(shared),
        problem,
    })
}

/// Where a table called `NAME` would be.
pub(crate) fn address(shared: &Shared) -> String {
    let at = shared.refractory.addressing();
    let url = if at.by_path {
        format!("{}/NAME/", at.portal_url())
    } else {
        at.url_of(&format!("NAME.{}", at.domain))
    };
    url.split_once("://").map_or(url.as_str(), |(_, bare)| bare).to_owned()
}

/// `GET /tables/new`
pub(crate) async fn new(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    if !person.visitor.may(Verb::CreateInstance) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Players can't create tables. Ask an administrator to make you a game master.",
        ));
    }
    let page = form_page(&shared, &person, SpecForm::default(), None).await?;
    shared.templates.answer(StatusCode::OK, &page)
}

/// `POST /tables`
pub(crate) async fn create(
    shared: web::Data<Shared>,
    ordered: AuthorizedForm<SpecInput>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    match make(&shared, &person.who, &form).await {
        Ok(table) => {
            let flash =
                Flash::good(format!("{} was created. Start it when you're ready.", table.title()));
            Ok(say_at(&shared, &person.visitor, &format!("/tables/{}", table.slug), &flash))
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let form = SpecForm::default().typed(form);
            let page = form_page(&shared, &person, form, Some(said)).await?;
            shared.templates.answer(problem.status(), &page)
        }
    }
}

async fn make(shared: &Shared, who: &Principal, form: &SpecInput) -> Result<Instance, InvalidForm> {
    let slug = form.slug()?;
    let mut spec = InstanceSpec::default();
    form.change(&spec)?.apply(&mut spec)?;
    let made = shared.refractory.create(who, NewInstance::named(slug).with_spec(spec)).await;
    made.map_err(|error| form.refused(error))
}
