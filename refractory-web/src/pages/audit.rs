//! The audit log: a page at a time, by user, table and kind.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{EventKind, Principal};
use refractory_core::words::{English, Words as _};
use refractory_core::{EventFilter, Verb};
use serde::{Deserialize, Serialize};

use super::chrome::Chrome;
use super::table::EventView;
use crate::form_error::FormError;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;
use crate::templates::page;

/// Entries on a page.
const ENTRIES: usize = 50;

/// Which entries are asked for. What is empty is no condition.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
pub(crate) struct AuditForm {
    /// The name of the user who caused them.
    #[serde(default)]
    pub(crate) user: String,
    /// The name of the table that they are about.
    #[serde(default)]
    pub(crate) table: String,
    /// The name of their kind.
    #[serde(default)]
    pub(crate) kind: String,
    /// Where an earlier page ended.
    #[serde(default)]
    pub(crate) after: String,
}

impl AuditForm {
    /// The conditions, with ids in place of names. What was typed becomes the names themselves.
    pub(crate) async fn read(
        &mut self,
        shared: &Shared,
        person: &SignedIn,
    ) -> Result<EventFilter, FormError> {
        let mut filter = EventFilter::default();
        if !self.user.trim().is_empty() {
            let found = shared.refractory.find_user(&person.who, self.user.trim()).await;
            let found = found.map_err(|error| said("user", error))?;
            self.user = found.name.to_string();
            filter.actor = Some(found.id);
        }
        if !self.table.trim().is_empty() {
            let found = shared.refractory.find(&person.who, self.table.trim()).await;
            let found = found.map_err(|error| said("table", error))?;
            self.table = found.slug.to_string();
            filter.instance = Some(found.id);
        }
        // Names of kinds of other versions may be asked for, too; they are all made of these.
        self.kind.retain(|c| c.is_ascii_lowercase() || c == '-');
        filter.kind = Some(self.kind.clone()).filter(|kind| !kind.is_empty());
        Ok(filter)
    }

    /// The same conditions as the query of an address. No name that was read needs quoting there.
    fn query(&self, after: &str) -> String {
        let pairs = [
            ("user", self.user.as_str()),
            ("table", &self.table),
            ("kind", &self.kind),
            ("after", after),
        ];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn said(field: &'static str, error: refractory_core::Error) -> FormError {
    FormError::at(field, Problem::from(error).sentence())
}

/// A kind that can be chosen.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct KindChoice {
    pub(crate) name: String,
    pub(crate) label: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct AuditPage {
    pub(crate) chrome: Chrome,
    pub(crate) form: AuditForm,
    pub(crate) kinds: Vec<KindChoice>,
    pub(crate) events: Vec<EventView>,
    /// The query of the first page, and whether this is one after it.
    pub(crate) newest: String,
    pub(crate) is_later: bool,
    /// The query of the next page; none after the last.
    pub(crate) older: Option<String>,
    pub(crate) problem: Option<FormError>,
}

/// The entries, as a part that is kept up to date.
#[derive(Debug, Serialize)]
pub(crate) struct Activity {
    pub(crate) events: Vec<EventView>,
}

page! {
    AuditPage => "audit.html";
    Activity => "activity.html";
}

/// Every kind in the order of labels.
fn kinds() -> Vec<KindChoice> {
    let names = EventKind::NAMES.iter();
    let mut all: Vec<_> = names
        .map(|name| KindChoice { name: (*name).to_owned(), label: English.event_kind(name) })
        .collect();
    all.sort_by(|one, other| one.label.cmp(&other.label));
    all
}

/// The newest entries.
pub(crate) async fn first_page(
    shared: &Shared,
    who: &Principal,
    filter: &EventFilter,
) -> Result<Vec<EventView>, Problem> {
    let page = shared.refractory.events(who, filter, None, ENTRIES).await?;
    Ok(page.events.iter().map(EventView::in_full).collect())
}

/// `GET /about/audit`
pub(crate) async fn show(
    shared: web::Data<Shared>,
    person: SignedIn,
    form: web::Query<AuditForm>,
) -> Result<HttpResponse, Problem> {
    if !person.visitor.may(Verb::ReadEvents) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Only administrators can see this page."));
    }
    let mut form = form.into_inner();
    let chrome = Chrome::of(&shared, &person.visitor, "Audit log", "system");
    let filter = form.read(&shared, &person).await;
    let mut page = AuditPage {
        kinds: kinds(),
        events: Vec::new(),
        newest: String::new(),
        is_later: false,
        older: None,
        problem: None,
        form,
        chrome,
    };
    let filter = match filter {
        Ok(filter) => filter,
        Err(problem) => {
            page.problem = Some(problem);
            return shared.templates.answer(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let after = Some(page.form.after.as_str()).filter(|after| !after.is_empty());
    let after = after.map(str::parse).transpose()?;
    let (is_first, found) =
        (after.is_none(), shared.refractory.events(&person.who, &filter, after, ENTRIES).await?);
    page.events = found.events.iter().map(EventView::in_full).collect();
    page.older = found.next.map(|next| page.form.query(&next.to_string()));
    let query = page.form.query("");
    if is_first {
        page.chrome = page.chrome.live(&format!("/about/audit/live?{query}"), false);
    } else {
        (page.newest, page.is_later) = (query, true);
    }
    shared.templates.answer(StatusCode::OK, &page)
}
