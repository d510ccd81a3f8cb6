//! Routes of instances, read without a lock.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use refractory_core::model::{Fault, Health, Held, Instance, Phase, Right, Slug, Step};
use refractory_core::ports::{Endpoint, Progress};
use refractory_core::{Changes, InstanceId, Rights, Timestamp, UserId};

use super::InstanceConnections;
use super::tls::Tls;

/// What the portal has decided about the person who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Not signed in.
    Anonymous,
    /// A user who may play.
    Player,
    /// A user who may start and stop this table.
    Manager,
}

/// One table, as far as the edge and its pages need to know it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Route {
    /// Its name for ever.
    pub id: InstanceId,
    /// The label in its public name.
    pub slug: Slug,
    /// What people call it.
    pub title: String,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// Whether anyone who has its address may play there.
    pub is_open: bool,
    /// Where it is on its way.
    pub phase: Phase,
    /// Whether people need to worry.
    pub health: Health,
    /// Whether it makes room for another table.
    pub preemption: bool,
    /// The last progress of the current step.
    pub progress: Option<Progress>,
    /// The failure that the present desired state has met.
    pub fault: Option<Fault>,
    /// When the start in hand was asked for.
    pub started: Option<Timestamp>,
    /// How long the last start took, in milliseconds.
    pub last_start: Option<u64>,
    /// Its open connections.
    pub connections: Arc<InstanceConnections>,
    /// Where its program runs, whether or not people may join yet.
    at: Option<Endpoint>,
    /// What the place of its uploads is called, where they have one beside its data.
    uploads: Option<String>,
    target: Option<Target>,
    /// What is known of Foundry's setup there.
    pub(super) setup: SetupState,
}

/// What is known of Foundry's setup of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct SetupState {
    /// Counts revocations.
    pub(super) generation: u64,
    /// Digests of sessions that are Foundry's administrator's.
    pub(super) sessions: Vec<String>,
    /// Whether a world is open, so that there is no setup.
    pub(super) is_playing: bool,
}

/// Where to connect to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) authority: Arc<str>,
    /// What its paths begin with, without slashes.
    pub(super) prefix: String,
    /// How to speak HTTPS there; in the clear where there is none.
    pub(super) tls: Option<Tls>,
}

impl Target {
    fn new(endpoint: &Endpoint) -> Self {
        Self {
            host: endpoint.host.clone(),
            port: endpoint.port,
            authority: endpoint.authority().into(),
            prefix: endpoint.prefix.clone(),
            tls: None,
        }
    }

    /// Where `port` of `host` answers, which is no table.
    pub(super) fn store(host: &str, port: u16, tls: Option<Tls>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        // Never mistaken for a table's, whose connections are kept beside these.
        let authority = format!("{scheme}://{host}:{port}").into();
        Self { host: host.to_owned(), port, authority, prefix: String::new(), tls }
    }
}

impl Route {
    fn new(instance: &Instance, line: Arc<InstanceConnections>) -> Self {
        let mut route = Self {
            id: instance.id.clone(),
            slug: instance.slug.clone(),
            title: instance.title().to_owned(),
            owner: instance.owner.clone(),
            is_open: Rights::of_anyone(instance).hold(Right::Play),
            phase: instance.phase(),
            health: instance.health(),
            preemption: instance.preemption.is_some(),
            progress: instance.progress().cloned(),
            fault: instance.live_fault().cloned(),
            started: instance.started,
            last_start: instance.last_start,
            connections: line,
            at: instance.endpoint().cloned(),
            uploads: uploads_of(instance),
            target: None,
            setup: SetupState {
                generation: instance.setup.generation,
                sessions: instance.setup.sessions.clone(),
                is_playing: instance.open_world().is_some(),
            },
        };
        route.target = route.endpoint().map(Target::new);
        route
    }

    /// Whether a client with `access` finds a table here.
    pub fn admits(&self, access: Access) -> bool {
        self.is_open || access != Access::Anonymous
    }

    /// What the place of its uploads is called, where they have one beside its data.
    pub(super) fn uploads(&self) -> Option<&str> {
        self.uploads.as_deref()
    }

    /// Where to connect to, while people may join.
    pub(super) fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Where to send people, while they may join.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.phase {
            Phase::On(endpoint) => Some(endpoint),
            Phase::Off | Phase::Starting(_) | Phase::Stopping(_) => None,
        }
    }

    /// How long clients should wait before they retry.
    pub(super) fn retry_after(&self) -> Duration {
        let seconds = match self.phase {
            Phase::Off => 30,
            Phase::Starting(_) => 3,
            Phase::Stopping(_) | Phase::On(_) => 5,
        };
        Duration::from_secs(seconds)
    }

    /// How it stands, as one sentence.
    pub(super) fn sentence(&self) -> String {
        let title = &self.title;
        match (&self.phase, &self.fault) {
            // Anyone may read this: reasons stay in the portal, and the progress of a step may name other tables.
            (_, Some(fault)) if fault.terminal => {
                format!("{title} could not be started. Its owner can see why in the portal.")
            }
            (Phase::Starting(_), Some(_)) => {
                format!("{title} is starting, but there was a problem. It is tried again.")
            }
            (Phase::Starting(step), None) => format!("{title} is starting: {}.", doing(*step)),
            (Phase::Stopping(_), _) => format!("{title} is stopping."),
            (Phase::On(_), _) => format!("{title} is on. Reload the page."),
            (Phase::Off, _) => format!("{title} is off."),
        }
    }
}

fn doing(step: Step) -> &'static str {
    match step {
        Step::License => "waiting for a license",
        Step::Volume | Step::Assets => "preparing data",
        Step::Runtime => "starting Foundry",
        Step::World => "opening the world",
        Step::Name => "making it reachable",
    }
}

fn uploads_of(instance: &Instance) -> Option<String> {
    match instance.journal.held(Step::Assets) {
        Some(Held::Assets(handle)) if !handle.is_empty() => Some(handle.clone()),
        _ => None,
    }
}

/// Where the tables are. Readers never wait; writers take turns.
#[derive(Debug, Default)]
pub struct Routes {
    now: ArcSwap<RouteTable>,
    writing: Mutex<()>,
}

#[derive(Debug, Default, Clone)]
struct RouteTable {
    by_slug: HashMap<String, Arc<Route>>,
    by_id: HashMap<InstanceId, Arc<Route>>,
    /// What the place of uploads is called, and whose it is.
    upload_places: HashMap<String, InstanceId>,
    /// Labels of tables whose records cannot be read, by id.
    damaged: HashMap<String, String>,
}

impl Routes {
    /// Brings the routes up to date with what changed.
    pub fn apply(&self, changes: &Changes) {
        self.write(|tables| {
            for record in &changes.damaged {
                tables.damaged.insert(record.id.clone(), record.name().to_owned());
            }
            for id in &changes.gone {
                tables.remove(id);
            }
            for instance in &changes.changed {
                tables.put(instance);
            }
        });
    }

    /// Forgets every table that is not among `instances`.
    pub fn replace(&self, instances: &[Instance]) {
        self.write(|tables| {
            let kept = |id: &InstanceId| instances.iter().any(|instance| instance.id == *id);
            let gone: Vec<_> = tables.by_id.keys().filter(|id| !kept(id)).cloned().collect();
            for id in gone {
                tables.remove(&id);
            }
            for instance in instances {
                tables.put(instance);
            }
        });
    }

    /// The table with this label.
    pub fn by_slug(&self, slug: &str) -> Option<Arc<Route>> {
        self.now.load().by_slug.get(slug).cloned()
    }

    /// Whether a table has this label whose record cannot be read, and of which nothing is known from before.
    pub(super) fn is_damaged(&self, slug: &str) -> bool {
        self.now.load().damaged.values().any(|label| label == slug)
    }

    /// The table whose uploads lie in the place called so.
    pub(super) fn by_uploads(&self, handle: &str) -> Option<Arc<Route>> {
        let now = self.now.load();
        now.upload_places.get(handle).and_then(|id| now.by_id.get(id)).cloned()
    }

    /// The table with this id.
    pub fn by_id(&self, id: &InstanceId) -> Option<Arc<Route>> {
        self.now.load().by_id.get(id).cloned()
    }

    /// Open connections of each instance: what its activity is judged by.
    pub fn open(&self) -> Vec<(InstanceId, usize)> {
        self.now
            .load()
            .by_id
            .values()
            .map(|route| (route.id.clone(), route.connections.open()))
            .collect()
    }

    pub(super) fn close_connections(&self) {
        for route in self.now.load().by_id.values() {
            route.connections.close_all();
        }
    }

    fn write(&self, change: impl FnOnce(&mut RouteTable)) {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tables = RouteTable::clone(&self.now.load());
        change(&mut tables);
        self.now.store(Arc::new(tables));
    }
}

impl RouteTable {
    fn put(&mut self, instance: &Instance) {
        self.damaged.remove(instance.id.as_str());
        let before = self.by_id.get(&instance.id).cloned();
        let line = before
            .as_ref()
            .map_or_else(InstanceConnections::new, |route| Arc::clone(&route.connections));
        let route = Arc::new(Route::new(instance, line));
        if let Some(before) = before {
            self.remove_names(&before);
            if before.at.is_some() && before.at != route.at {
                route.connections.close_all();
            }
        }
        self.by_slug.insert(route.slug.as_str().to_owned(), Arc::clone(&route));
        if let Some(handle) = &route.uploads {
            self.upload_places.insert(handle.clone(), route.id.clone());
        }
        self.by_id.insert(route.id.clone(), route);
    }

    fn remove(&mut self, id: &InstanceId) {
        self.damaged.remove(id.as_str());
        if let Some(route) = self.by_id.remove(id) {
            self.remove_names(&route);
            route.connections.close_all();
        }
    }

    /// Removes its names, unless another table has them by now.
    fn remove_names(&mut self, route: &Route) {
        if let Some(handle) = &route.uploads
            && self.upload_places.get(handle) == Some(&route.id)
        {
            self.upload_places.remove(handle);
        }
        if self.by_slug.get(route.slug.as_str()).is_some_and(|holder| holder.id == route.id) {
            self.by_slug.remove(route.slug.as_str());
        }
    }
}

#[cfg(test)]
mod tests;
