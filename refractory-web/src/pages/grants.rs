//! Who has which right on a table, as a form.
use actix_web::{HttpResponse, web};
use refractory_core::model::{GranteeName, GrantsChange, Instance, Principal, Right};
use refractory_core::{Change, Verb, can};
use serde::{Deserialize, Serialize};

use super::chrome::say_at;
use super::settings::settings_page;
use super::spec::SpecForm;
use crate::form_error::InvalidForm;
use crate::problem::Problem;
use crate::session::{AuthorizedForm, Flash};
use crate::shared::Shared;
use crate::view::is_closed;

/// The four rights, in the words of `--view` and the others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct GrantsForm {
    pub(crate) view: String,
    pub(crate) play: String,
    pub(crate) game_master: String,
    pub(crate) manage: String,
    /// Whether no one can join, because the edge does not tell players apart.
    #[serde(skip_deserializing)]
    pub(crate) is_closed: bool,
}

impl GrantsForm {
    /// What is granted on `table`; none for those who may not say so.
    pub(crate) async fn of(
        shared: &Shared,
        who: &Principal,
        table: &Instance,
    ) -> Result<Option<Self>, Problem> {
        if !can(who, Verb::GrantRights, table) {
            return Ok(None);
        }
        let named = shared.refractory.grants(who, table).await?;
        let words = |right| GranteeName::in_words(named.of(right));
        Ok(Some(Self {
            view: words(Right::View),
            play: words(Right::Play),
            game_master: words(Right::GameMaster),
            manage: words(Right::Manage),
            is_closed: is_closed(table),
        }))
    }

    fn fields(&self) -> [(Right, &'static str, &str); 4] {
        [
            (Right::View, "view", &self.view),
            (Right::Play, "play", &self.play),
            (Right::GameMaster, "game_master", &self.game_master),
            (Right::Manage, "manage", &self.manage),
        ]
    }

    /// The change that the form asks for.
    fn change(&self) -> Result<GrantsChange, InvalidForm> {
        let mut change = GrantsChange::default();
        for (right, field, words) in self.fields() {
            let names = GranteeName::list([words]);
            change = change.granting(right, names.map_err(|error| InvalidForm::at(field, error))?);
        }
        Ok(change)
    }

    /// The same refusal, beside the field that has the name it is about.
    fn refused(&self, error: refractory_core::Error) -> InvalidForm {
        let sentence = error.for_people().into_owned();
        let about = |words: &str| {
            let names = words.split([' ', ',']).filter_map(|word| word.split_once(':'));
            names.into_iter().any(|(_, name)| sentence.contains(&format!("`{name}`")))
        };
        let right = |(right, _, _): &(Right, &str, &str)| {
            sentence.starts_with(&format!("The right {right} "))
        };
        let mut fields = self.fields().into_iter();
        let found = fields.find(|field| about(field.2) || right(field));
        InvalidForm::at(found.map_or("", |(_, field, _)| field), error)
    }
}

/// `POST /tables/{slug}/access`
pub(crate) async fn save(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<GrantsForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, &slug).await?;
    let changed = async {
        let change = Change { grants: form.change()?, ..Change::default() };
        let changed = shared.refractory.change(&person.who, &table.id, change).await;
        changed.map_err(|error| form.refused(error))
    };
    match changed.await {
        Ok(changed) => {
            let flash = Flash::good("Access changed.");
            // A user who took the table from themselves does not see its settings any more.
            let next = if can(&person.who, Verb::ChangeInstance, &changed) {
                format!("/tables/{}/settings", changed.slug)
            } else {
                "/".to_owned()
            };
            Ok(say_at(&shared, &person.visitor, &next, &flash))
        }
        Err(invalid) => {
            let (problem, said) = invalid.show()?;
            let kept = SpecForm::of(&table.slug, &table.desired.spec);
            let mut page = settings_page(&shared, &person, &table, kept).await?;
            let is_closed = page.grants.as_ref().is_some_and(|grants| grants.is_closed);
            page.grants = Some(GrantsForm { is_closed, ..form });
            page.grants_problem = Some(said);
            shared.templates.answer(problem.status(), &page)
        }
    }
}
