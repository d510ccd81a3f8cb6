//! A stream of events that begins with how things stand, and goes on with what changes.
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use refractory_core::model::{Event, Principal, Via};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::connections::Slot;
use crate::feed::Snapshot;
use crate::shared::Shared;

/// How often a silent stream says that it lives, and each stream looks whether its session does.
pub(super) const BEAT: Duration = Duration::from_secs(15);

/// One event on the wire.
pub(crate) fn event(name: &str, data: &serde_json::Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// Turns snapshots into events, remembering what was sent.
pub(crate) trait EventSource {
    /// What is to be sent, as things stand.
    async fn events(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes>;
    /// Whether there is more to send of the same snapshot.
    fn has_more(&self) -> bool {
        false
    }
    /// Whether it sends events of the audit log as well.
    fn listens(&self) -> bool {
        false
    }
    /// Whether `event` changes what was sent.
    fn concerns(&mut self, _: &Arc<Event>) -> bool {
        false
    }
    /// Takes note that events were missed.
    fn misses(&mut self) {}
    /// Sends the latest events: at first, and when one concerns the page. `None` where they could not be read: it looks again with
    /// the next beat.
    async fn look_back(&mut self, _: &Arc<Shared>) -> Option<Vec<Bytes>> {
        Some(Vec::new())
    }
    /// Goes on as `who` is now: rights may have changed while the stream was open.
    fn look_as(&mut self, _: Principal) {}
    /// Whether nothing more will follow.
    fn is_done(&self) -> bool {
        false
    }
}

struct Stream<T> {
    shared: Arc<Shared>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stopping: watch::Receiver<bool>,
    /// What happens, for those who listen.
    events: Option<broadcast::Receiver<Option<Arc<Event>>>>,
    /// Whether the latest events are to be sent.
    happened: bool,
    /// The session the stream belongs to; it ends with it.
    session: Option<String>,
    source: T,
    ready: VecDeque<Bytes>,
    fresh: bool,
    /// When something must be written again, or a client that has gone is never noticed.
    beat: tokio::time::Instant,
    /// When the session is looked at again, however often something is written.
    look: tokio::time::Instant,
    _place: Slot,
}

impl<T: EventSource> Stream<T> {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                self.beat = tokio::time::Instant::now() + BEAT;
                return Some((Ok(bytes), self));
            }
            if self.source.is_done() || *self.stopping.borrow() {
                return None;
            }
            let goes_on = std::mem::take(&mut self.fresh) || self.source.has_more();
            if !goes_on && !self.wait().await {
                return None;
            }
            if self.look <= tokio::time::Instant::now() && !self.is_signed_in().await {
                return None;
            }
            let now = Arc::clone(&self.snapshots.borrow_and_update());
            self.ready.extend(self.source.events(&self.shared, &now).await);
            if self.happened
                && let Some(latest) = self.source.look_back(&self.shared).await
            {
                self.happened = false;
                self.ready.extend(latest);
            }
        }
    }

    /// Waits for a change or a beat; whether to go on.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            changed = self.snapshots.changed() => changed.is_ok(),
            _ = self.stopping.changed() => false,
            heard = hear(&mut self.events) => {
                if let Some(event) = heard {
                    self.happened |= self.source.concerns(&event);
                } else {
                    self.source.misses();
                    self.happened = true;
                }
                true
            }
            () = tokio::time::sleep_until(self.look) => true,
            () = tokio::time::sleep_until(self.beat) => {
                self.ready.push_back(Bytes::from_static(b": still here\n\n"));
                true
            }
        }
    }

    async fn is_signed_in(&mut self) -> bool {
        self.look = tokio::time::Instant::now() + BEAT;
        let Some(secret) = &self.session else { return true };
        match self.shared.refractory.bearer(secret, Via::Web).await {
            Ok(Some(who)) => {
                self.source.look_as(who);
                true
            }
            Ok(None) | Err(_) => false,
        }
    }
}

/// The next event; none where some were missed.
async fn hear(events: &mut Option<broadcast::Receiver<Option<Arc<Event>>>>) -> Option<Arc<Event>> {
    let Some(receiver) = events else { return std::future::pending().await };
    match receiver.recv().await {
        Ok(heard) => heard,
        Err(RecvError::Lagged(_)) => None,
        Err(RecvError::Closed) => {
            *events = None;
            std::future::pending().await
        }
    }
}

pub(crate) fn answer<T: EventSource + 'static>(
    shared: &web::Data<Shared>,
    session: Option<String>,
    source: T,
    place: Slot,
) -> HttpResponse {
    let shared = Arc::clone(shared);
    let stream = Stream {
        snapshots: shared.feed.follow(),
        stopping: shared.stopping.subscribe(),
        events: source.listens().then(|| shared.feed.events()),
        happened: source.listens(),
        session,
        source,
        // Comments and a first line make proxies pass the head on at once.
        ready: VecDeque::from([Bytes::from_static(b"retry: 2000\n\n")]),
        fresh: true,
        beat: tokio::time::Instant::now() + BEAT,
        look: tokio::time::Instant::now() + BEAT,
        _place: place,
        shared,
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .content_type("text/event-stream")
        .streaming(stream::unfold(stream, Stream::next))
}
