//! Tables as they change, for the list and for one table's page.
use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::InstanceId;
use refractory_core::model::{Instance, Principal};
use serde_json::json;

use super::stream::{Teller, answer, event, place};
use crate::feed::Snapshot;
use crate::pages::{Card, Panel};
use crate::problem::Problem;
use crate::session::Person;
use crate::shared::Shared;
use crate::view::TableView;

/// Tells of each table that changed.
struct Tables {
    who: Principal,
    csrf: String,
    told: BTreeMap<InstanceId, u64>,
    fresh: bool,
    worked: Option<bool>,
    html: bool,
}

impl Tables {
    fn changed(&mut self, now: &Snapshot) -> (Vec<Arc<Instance>>, Vec<InstanceId>) {
        let is_new = |table: &&Arc<Instance>| self.told.get(&table.id) != Some(&table.revision);
        let changed: Vec<_> = now.tables.values().filter(is_new).cloned().collect();
        let gone: Vec<_> =
            self.told.keys().filter(|id| !now.tables.contains_key(id)).cloned().collect();
        for table in &changed {
            self.told.insert(table.id.clone(), table.revision);
        }
        for id in &gone {
            self.told.remove(id);
        }
        (changed, gone)
    }

    fn table(&self, shared: &Shared, table: &Instance) -> Option<Bytes> {
        let view = TableView::of(&shared.refractory, &self.who, table);
        if !self.html {
            return Some(event("table", &json!(view)));
        }
        let (id, slug) = (view.id.clone(), view.slug.clone());
        let card = Card { table: view, csrf: self.csrf.clone(), back: "/".to_owned() };
        let html = shared.templates.html(&card).ok()?;
        Some(event("table", &json!({ "id": id, "slug": slug, "html": html })))
    }
}

impl Teller for Tables {
    fn tell(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let (changed, gone) = self.changed(now);
        let mut events: Vec<_> =
            changed.iter().filter_map(|table| self.table(shared, table)).collect();
        if std::mem::take(&mut self.fresh) {
            // A browser that comes back has missed what ended meanwhile.
            let ids: Vec<_> = now.tables.keys().map(InstanceId::as_str).collect();
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
        if self.who.role != who.role {
            // Everything is told anew, with the rights there are now.
            self.told.clear();
        }
        self.who = who;
    }
}

/// Tells of one table.
struct One {
    who: Principal,
    csrf: String,
    id: InstanceId,
    told: Option<u64>,
    gone: bool,
}

impl Teller for One {
    fn tell(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let Some(table) = now.tables.get(&self.id) else {
            // The feed of this process may be a moment behind the page.
            self.gone = self.told.is_some();
            return if self.gone { vec![event("gone", &json!({}))] } else { Vec::new() };
        };
        if self.told == Some(table.revision) {
            return Vec::new();
        }
        self.told = Some(table.revision);
        let view = TableView::of(&shared.refractory, &self.who, table);
        let slug = view.slug.clone();
        let panel = Panel { table: view, csrf: self.csrf.clone() };
        match shared.templates.html(&panel) {
            Ok(html) => vec![event("panel", &json!({ "slug": slug, "html": html }))],
            Err(_) => Vec::new(),
        }
    }

    fn look_as(&mut self, who: Principal) {
        if self.who.role != who.role {
            self.told = Some(0);
        }
        self.who = who;
    }

    fn is_done(&self) -> bool {
        self.gone
    }
}

fn of_all(person: &Person, html: bool) -> Tables {
    Tables {
        who: person.who.clone(),
        csrf: person.visitor.csrf(),
        told: BTreeMap::new(),
        fresh: true,
        worked: None,
        html,
    }
}

/// `GET /live`: cards of the list.
pub(crate) async fn tables(
    shared: web::Data<Shared>,
    person: Person,
) -> Result<HttpResponse, Problem> {
    let place = place(&shared, person.visitor.client)?;
    Ok(answer(&shared, Some(person.visitor.secret.clone()), of_all(&person, true), place))
}

/// `GET /api/v1/stream`: the same for programs.
pub(crate) async fn stream(
    shared: web::Data<Shared>,
    person: Person,
) -> Result<HttpResponse, Problem> {
    let place = place(&shared, person.visitor.client)?;
    Ok(answer(&shared, Some(person.visitor.secret.clone()), of_all(&person, false), place))
}

/// `GET /tables/{slug}/live`
pub(crate) async fn table(
    shared: web::Data<Shared>,
    person: Person,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &slug).await?;
    let one = One {
        who: person.who.clone(),
        csrf: person.visitor.csrf(),
        id: table.id,
        told: None,
        gone: false,
    };
    let place = place(&shared, person.visitor.client)?;
    Ok(answer(&shared, Some(person.visitor.secret.clone()), one, place))
}
