//! Tables as they change, for the list and for one table's page.
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::model::{Event, Instance, Principal};
use refractory_core::{InstanceId, Verb, can};
use serde::Deserialize;
use serde_json::json;

use super::reader::{Reader, has_other_rights};
use super::stream::{EventSource, answer, event};
use crate::feed::Snapshot;
use crate::pages::{Activity, Card, Panel, latest_events};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;
use crate::view::TableView;

/// Tells of each table that changed.
struct Tables {
    reader: Reader,
    csrf: String,
    fresh: bool,
    window: Window,
}

/// Which tables are on a page, by name.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Window {
    /// The last name of the page before.
    after: Option<String>,
    /// The last name of the page, where another one follows.
    until: Option<String>,
    /// What names begin with.
    prefix: Option<String>,
}

impl Window {
    fn holds(&self, table: &Instance) -> bool {
        let name = table.slug.as_str();
        self.after.as_deref().is_none_or(|after| name > after)
            && self.until.as_deref().is_none_or(|until| name <= until)
            && self.prefix.as_ref().is_none_or(|it| name.starts_with(&it.to_lowercase()))
    }
}

impl Tables {
    /// Whether the reader sees `table`, and it is on their page.
    fn shows(&self, table: &Instance) -> bool {
        self.window.holds(table) && self.reader.sees(table)
    }

    /// Those that were written since they were sent. They count as sent from now on.
    fn changed(&mut self, now: &Snapshot) -> Vec<Arc<Instance>> {
        let is_new = |table: &&Arc<Instance>| self.reader.lacks(table) && self.shows(table);
        let changed: Vec<_> = now.tables.values().filter(is_new).cloned().collect();
        for table in &changed {
            self.reader.note(table);
        }
        changed
    }

    fn table(&self, shared: &Shared, table: &Instance) -> Option<Bytes> {
        let view = TableView::of(&shared.refractory, self.reader.who(), table);
        let (id, slug) = (view.id.clone(), view.slug.clone());
        let card = Card { table: view, csrf: self.csrf.clone(), back: "/".to_owned() };
        let html = shared.templates.html(&card).ok()?;
        Some(event("table", &json!({ "id": id, "slug": slug, "html": html })))
    }
}

impl EventSource for Tables {
    async fn events(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let changed = self.changed(now);
        let mut events: Vec<_> =
            changed.iter().filter_map(|table| self.table(shared, table)).collect();
        if std::mem::take(&mut self.fresh) {
            // A browser that comes back has missed what ended meanwhile.
            let shown = now.tables.values().filter(|table| self.shows(table));
            let ids: Vec<_> = shown.map(|table| table.id.as_str()).collect();
            events.push(event("all", &json!({ "ids": ids })));
        }
        events.extend(self.reader.gone(now, |table| self.window.holds(table)));
        events.extend(self.reader.idle(now));
        events
    }

    fn look_as(&mut self, who: Principal) {
        self.reader.look_as(who);
    }
}

/// Tells of one table.
struct One {
    who: Principal,
    csrf: String,
    id: InstanceId,
    sent: Option<u64>,
    /// Whether the owner, or an administrator, looks.
    reads: bool,
    gone: bool,
}

impl EventSource for One {
    async fn events(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let seen = now.tables.get(&self.id);
        let Some(table) = seen.filter(|table| can(&self.who, Verb::SeeInstance, table)) else {
            // The feed of this process may be a moment behind the page.
            self.gone = self.sent.is_some();
            return if self.gone { vec![event("gone", &json!({}))] } else { Vec::new() };
        };
        self.reads = reads(&self.who, table);
        if self.sent == Some(table.revision) {
            return Vec::new();
        }
        self.sent = Some(table.revision);
        let view = TableView::of(&shared.refractory, &self.who, table);
        let slug = view.slug.clone();
        let panel = Panel { table: view, csrf: self.csrf.clone() };
        match shared.templates.html(&panel) {
            Ok(html) => vec![event("panel", &json!({ "slug": slug, "html": html }))],
            Err(_) => Vec::new(),
        }
    }

    fn listens(&self) -> bool {
        true
    }

    fn concerns(&mut self, event: &Arc<Event>) -> bool {
        self.reads && event.instances().contains(&&self.id)
    }

    async fn look_back(&mut self, shared: &Arc<Shared>) -> Option<Vec<Bytes>> {
        if !self.reads {
            return Some(Vec::new());
        }
        let events = latest_events(shared, &self.who, &self.id).await.ok()?;
        let html = shared.templates.html(&Activity { events }).ok()?;
        Some(vec![event("events", &json!({ "html": html }))])
    }

    fn look_as(&mut self, who: Principal) {
        if has_other_rights(&self.who, &who) {
            self.sent = Some(0);
        }
        self.who = who;
    }

    fn is_done(&self) -> bool {
        self.gone
    }
}

/// Whether `who` may read the log of `table`, and so what happened to it.
fn reads(who: &Principal, table: &Instance) -> bool {
    can(who, Verb::ReadLogs, table)
}

fn of_all(person: &SignedIn, window: Window) -> Tables {
    Tables {
        reader: Reader::new(person.who.clone()),
        csrf: person.visitor.csrf(),
        fresh: true,
        window,
    }
}

/// `GET /live`: cards of the list.
pub(crate) async fn tables(
    shared: web::Data<Shared>,
    person: SignedIn,
    window: web::Query<Window>,
) -> Result<HttpResponse, Problem> {
    let place = shared.stream_place(person.visitor.client)?;
    let all = of_all(&person, window.into_inner());
    Ok(answer(&shared, Some(person.visitor.secret.clone()), all, place))
}

/// `GET /tables/{slug}/live`
pub(crate) async fn table(
    shared: web::Data<Shared>,
    person: SignedIn,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &slug).await?;
    let one = One {
        who: person.who.clone(),
        csrf: person.visitor.csrf(),
        reads: reads(&person.who, &table),
        id: table.id,
        sent: None,
        gone: false,
    };
    let place = shared.stream_place(person.visitor.client)?;
    Ok(answer(&shared, Some(person.visitor.secret.clone()), one, place))
}
