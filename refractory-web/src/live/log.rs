//! A log that is followed.
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use refractory_core::InstanceId;
use refractory_core::model::Via;
use refractory_core::ports::LogPosition;
use refractory_core::text::plain;
use serde_json::json;
use tokio::sync::watch;

use super::stream::{BEAT, event};
use crate::connections::Slot;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;

/// How often a log that is followed is read.
const LOG_BEAT: Duration = Duration::from_millis(700);

#[derive(Debug, serde::Deserialize)]
pub(crate) struct LogQuery {
    from: Option<String>,
}

/// A log that is followed. Its source tells nobody of new lines, so it is read again and again while somebody looks.
struct Follow {
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
    person: SignedIn,
    id: InstanceId,
    from: Option<LogPosition>,
    fresh: bool,
    /// When the session is looked at again, however much the program prints.
    look: tokio::time::Instant,
    _place: Slot,
}

impl Follow {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            if !std::mem::take(&mut self.fresh) {
                tokio::select! {
                    () = tokio::time::sleep(LOG_BEAT) => {}
                    _ = self.stopping.changed() => return None,
                }
            }
            let is_due = self.look <= tokio::time::Instant::now();
            if is_due {
                let secret = &self.person.visitor.secret;
                self.person.who = self.shared.refractory.bearer(secret, Via::Web).await.ok()??;
                self.look = tokio::time::Instant::now() + BEAT;
            }
            let read =
                self.shared.refractory.logs(&self.person.who, &self.id, self.from.as_ref(), 500);
            let chunk = read.await.ok()?;
            self.from = Some(chunk.next.clone());
            if !chunk.lines.is_empty() {
                let lines: Vec<_> = chunk.lines.iter().map(|line| plain(line)).collect();
                return Some((
                    Ok(event("log", &json!({ "lines": lines, "next": chunk.next }))),
                    self,
                ));
            }
            if is_due {
                return Some((Ok(Bytes::from_static(b": still here\n\n")), self));
            }
        }
    }
}

/// `GET /tables/{slug}/log/live`
pub(crate) async fn log(
    shared: web::Data<Shared>,
    person: SignedIn,
    slug: web::Path<String>,
    query: web::Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &slug).await?;
    let from = query.into_inner().from.filter(|from| !from.is_empty()).map(LogPosition);
    // Asks once before the answer begins, so that a refusal can still be told.
    shared.refractory.logs(&person.who, &table.id, from.as_ref(), 1).await?;
    let place = shared.stream_place(person.visitor.client)?;
    let shared = shared.into_inner();
    let follow = Follow {
        stopping: shared.stopping.subscribe(),
        shared,
        person,
        id: table.id,
        from,
        fresh: true,
        look: tokio::time::Instant::now() + BEAT,
        _place: place,
    };
    Ok(HttpResponse::Ok()
        .insert_header(("x-accel-buffering", "no"))
        .content_type("text/event-stream")
        .streaming(stream::unfold(follow, Follow::next)))
}
