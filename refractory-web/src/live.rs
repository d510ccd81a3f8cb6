//! Pages that keep themselves up to date, by server-sent events.
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use refractory_core::InstanceId;
use refractory_core::model::{Instance, Principal, Via};
use refractory_core::ports::LogPosition;
use serde_json::json;
use tokio::sync::watch;

use crate::feed::Snapshot;
use crate::pages::{Card, Door, DoorPart, Panel};
use crate::problem::Problem;
use crate::session::Person;
use crate::shared::Shared;
use crate::view::TableView;

/// How often a silent stream says that it lives, and looks whether its session does.
const BEAT: Duration = Duration::from_secs(15);
/// How often a log that is followed is read.
const LOG_BEAT: Duration = Duration::from_millis(700);

/// One event on the wire.
fn event(name: &str, data: &serde_json::Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// Turns snapshots into events, remembering what was told.
trait Teller {
    fn tell(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes>;
    /// Whether nothing more will follow.
    fn is_done(&self) -> bool {
        false
    }
}

struct Stream<T> {
    shared: Arc<Shared>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stopping: watch::Receiver<bool>,
    /// The session the stream belongs to; it ends with it.
    session: Option<String>,
    teller: T,
    ready: VecDeque<Bytes>,
    fresh: bool,
}

impl<T: Teller> Stream<T> {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some((Ok(bytes), self));
            }
            if self.teller.is_done() || *self.stopping.borrow() {
                return None;
            }
            if !std::mem::take(&mut self.fresh) && !self.wait().await {
                return None;
            }
            let now = Arc::clone(&self.snapshots.borrow_and_update());
            self.ready.extend(self.teller.tell(&self.shared, &now));
        }
    }

    /// Waits for a change or a beat; whether to go on.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            changed = self.snapshots.changed() => changed.is_ok(),
            _ = self.stopping.changed() => false,
            () = tokio::time::sleep(BEAT) => {
                self.ready.push_back(Bytes::from_static(b": still here\n\n"));
                self.is_signed_in().await
            }
        }
    }

    async fn is_signed_in(&self) -> bool {
        match &self.session {
            None => true,
            Some(secret) => {
                matches!(self.shared.refractory.session(secret, Via::Web).await, Ok(Some(_)))
            }
        }
    }
}

fn answer<T: Teller + 'static>(
    shared: &web::Data<Shared>,
    session: Option<String>,
    teller: T,
) -> HttpResponse {
    let shared = Arc::clone(shared);
    let stream = Stream {
        snapshots: shared.feed.follow(),
        stopping: shared.stopping.subscribe(),
        session,
        teller,
        // Comments and a first line make proxies pass the head on at once.
        ready: VecDeque::from([Bytes::from_static(b"retry: 2000\n\n")]),
        fresh: true,
        shared,
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .content_type("text/event-stream")
        .streaming(stream::unfold(stream, Stream::next))
}

/// Tells of each table that changed.
struct Tables {
    who: Principal,
    csrf: String,
    told: BTreeMap<InstanceId, u64>,
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
        events.extend(gone.iter().map(|id| event("gone", &json!({ "id": id.as_str() }))));
        if now.worked != self.worked {
            self.worked = now.worked;
            events.push(event("idle", &json!({ "idle": now.worked == Some(false) })));
        }
        events
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

    fn is_done(&self) -> bool {
        self.gone
    }
}

/// Tells players at the door of a table how it stands.
struct AtTheDoor {
    slug: String,
    told: Option<Door>,
}

impl Teller for AtTheDoor {
    fn tell(&mut self, shared: &Shared, _: &Snapshot) -> Vec<Bytes> {
        let Some(route) = shared.edge.routes().by_slug(&self.slug) else { return Vec::new() };
        let door = Door::of(&route, shared.refractory.addressing());
        if self.told.as_ref() == Some(&door) {
            return Vec::new();
        }
        self.told = Some(door.clone());
        let open = door.state == "on";
        match shared.templates.html(&DoorPart { door }) {
            Ok(html) => vec![event("door", &json!({ "open": open, "html": html }))],
            Err(_) => Vec::new(),
        }
    }
}

fn of_all(person: &Person, html: bool) -> Tables {
    Tables {
        who: person.who.clone(),
        csrf: person.visitor.csrf(),
        told: BTreeMap::new(),
        worked: None,
        html,
    }
}

/// `GET /live`: cards of the list.
pub(crate) async fn tables(shared: web::Data<Shared>, person: Person) -> HttpResponse {
    answer(&shared, Some(person.visitor.secret.clone()), of_all(&person, true))
}

/// `GET /api/v1/stream`: the same for programs.
pub(crate) async fn stream(shared: web::Data<Shared>, person: Person) -> HttpResponse {
    answer(&shared, Some(person.visitor.secret.clone()), of_all(&person, false))
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
    Ok(answer(&shared, Some(person.visitor.secret.clone()), one))
}

/// `GET /_refractory/waiting/{slug}`: open to everybody who has the address, as the page is.
pub(crate) async fn door(shared: web::Data<Shared>, slug: web::Path<String>) -> HttpResponse {
    answer(&shared, None, AtTheDoor { slug: slug.into_inner(), told: None })
}

#[derive(Debug, serde::Deserialize)]
pub(crate) struct LogQuery {
    from: Option<String>,
}

/// A log that is followed. Its source tells nobody of new lines, so it is read again and again while somebody looks.
struct Follow {
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
    person: Person,
    id: InstanceId,
    from: Option<LogPosition>,
    fresh: bool,
}

impl Follow {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let mut quiet = 0;
        loop {
            if !std::mem::take(&mut self.fresh) {
                tokio::select! {
                    () = tokio::time::sleep(LOG_BEAT) => {}
                    _ = self.stopping.changed() => return None,
                }
            }
            let read =
                self.shared.refractory.logs(&self.person.who, &self.id, self.from.as_ref(), 500);
            let chunk = read.await.ok()?;
            self.from = Some(chunk.next.clone());
            if !chunk.lines.is_empty() {
                return Some((
                    Ok(event("log", &json!({ "lines": chunk.lines, "next": chunk.next }))),
                    self,
                ));
            }
            quiet += 1;
            if quiet >= 20 {
                let secret = &self.person.visitor.secret;
                self.shared.refractory.session(secret, Via::Web).await.ok()??;
                return Some((Ok(Bytes::from_static(b": still here\n\n")), self));
            }
        }
    }
}

/// `GET /tables/{slug}/log/live`
pub(crate) async fn log(
    shared: web::Data<Shared>,
    person: Person,
    slug: web::Path<String>,
    query: web::Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &slug).await?;
    let from = query.into_inner().from.map(LogPosition);
    // Asks once before the answer begins, so that a refusal can still be told.
    shared.refractory.logs(&person.who, &table.id, from.as_ref(), 1).await?;
    let shared = shared.into_inner();
    let follow = Follow {
        stopping: shared.stopping.subscribe(),
        shared,
        person,
        id: table.id,
        from,
        fresh: true,
    };
    Ok(HttpResponse::Ok()
        .insert_header(("x-accel-buffering", "no"))
        .content_type("text/event-stream")
        .streaming(stream::unfold(follow, Follow::next)))
}
