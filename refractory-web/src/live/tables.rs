//! Tables as they change, for the list and for one table's page.
use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::model::{Event, Instance, Principal};
use refractory_core::{InstanceId, Verb, can};
use serde::Deserialize;
use serde_json::json;

use super::stream::{EventSource, answer, event, place};
use crate::feed::Snapshot;
use crate::pages::{Activity, Card, Panel, latest_events};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;
use crate::view::TableView;

/// Tells of each table that changed.
struct Tables {
    who: Principal,
    csrf: String,
    sent: BTreeMap<InstanceId, u64>,
    fresh: bool,
    worked: Option<bool>,
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
        self.window.holds(table) && can(&self.who, Verb::SeeInstance, table)
    }

    fn changed(&mut self, now: &Snapshot) -> (Vec<Arc<Instance>>, Vec<InstanceId>) {
        let is_new = |table: &&Arc<Instance>| {
            self.sent.get(&table.id) != Some(&table.revision) && self.shows(table)
        };
        let changed: Vec<_> = now.tables.values().filter(is_new).cloned().collect();
        // One that is not shown to them any more is gone, as one that is deleted.
        let is_shown = |id: &InstanceId| now.tables.get(id).is_some_and(|table| self.shows(table));
        let gone: Vec<_> = self.sent.keys().filter(|id| !is_shown(id)).cloned().collect();
        for table in &changed {
            self.sent.insert(table.id.clone(), table.revision);
        }
        for id in &gone {
            self.sent.remove(id);
        }
        (changed, gone)
    }

    fn table(&self, shared: &Shared, table: &Instance) -> Option<Bytes> {
        let view = TableView::of(&shared.refractory, &self.who, table);
        let (id, slug) = (view.id.clone(), view.slug.clone());
        let card = Card { table: view, csrf: self.csrf.clone(), back: "/".to_owned() };
        let html = shared.templates.html(&card).ok()?;
        Some(event("table", &json!({ "id": id, "slug": slug, "html": html })))
    }
}

impl EventSource for Tables {
    async fn events(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let (changed, gone) = self.changed(now);
        let mut events: Vec<_> =
            changed.iter().filter_map(|table| self.table(shared, table)).collect();
        if std::mem::take(&mut self.fresh) {
            // A browser that comes back has missed what ended meanwhile.
            let shown = now.tables.values().filter(|table| self.shows(table));
            let ids: Vec<_> = shown.map(|table| table.id.as_str()).collect();
            events.push(event("all", &json!({ "ids": ids })));
        }
        events.extend(gone.iter().map(|id| event("gone", &json!({ "id": id.as_str() }))));
        if now.worked != self.worked {
            self.worked = now.worked;
            events.push(event("idle", &json!({ "idle": now.worked == Some(false) })));
        }
        events
    }

    fn look_as(&mut self, who: Principal) {
        if (self.who.role(), self.who.groups()) != (who.role(), who.groups()) {
            // Everything is sent anew, with the rights there are now; what is not seen any more is gone.
            self.sent.values_mut().for_each(|revision| *revision = 0);
        }
        self.who = who;
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
        if (self.who.role(), self.who.groups()) != (who.role(), who.groups()) {
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
        who: person.who.clone(),
        csrf: person.visitor.csrf(),
        sent: BTreeMap::new(),
        fresh: true,
        worked: None,
        window,
    }
}

/// `GET /live`: cards of the list.
pub(crate) async fn tables(
    shared: web::Data<Shared>,
    person: SignedIn,
    window: web::Query<Window>,
) -> Result<HttpResponse, Problem> {
    let place = place(&shared, person.visitor.client)?;
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
    let place = place(&shared, person.visitor.client)?;
    Ok(answer(&shared, Some(person.visitor.secret.clone()), one, place))
}
