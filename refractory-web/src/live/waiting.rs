//! The event stream of the waiting page, at a table's own address.
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde_json::json;

use super::stream::{EventSource, answer, event};
use crate::feed::Snapshot;
use crate::pages::{Door, DoorPart};
use crate::problem::Problem;
use crate::proxy::{Access, client_address};
use crate::shared::Shared;

/// Reports the state of a table to players on its waiting page.
struct WaitingPlayers {
    slug: String,
    sent: Option<Door>,
    gone: bool,
}

impl EventSource for WaitingPlayers {
    async fn events(&mut self, shared: &Shared, _: &Snapshot) -> Vec<Bytes> {
        let route = shared.edge.routes().by_slug(&self.slug);
        let Some(route) = route.filter(|route| route.admits(Access::Anonymous)) else {
            self.gone = true;
            return Vec::new();
        };
        let door = Door::of(&route, shared.refractory.addressing());
        if self.sent.as_ref() == Some(&door) {
            return Vec::new();
        }
        self.sent = Some(door.clone());
        let open = door.state == "on";
        match shared.templates.html(&DoorPart { door }) {
            Ok(html) => vec![event("door", &json!({ "open": open, "html": html }))],
            Err(_) => Vec::new(),
        }
    }

    fn is_done(&self) -> bool {
        self.gone
    }
}

/// `GET /_refractory/waiting/{slug}`: public, as the page is.
pub(crate) async fn door(
    request: HttpRequest,
    shared: web::Data<Shared>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let slug = slug.into_inner();
    // Nobody waits for what is not there.
    let route = shared.edge.routes().by_slug(&slug).ok_or_else(Problem::no_page)?;
    if !route.admits(Access::Anonymous) {
        return Err(Problem::no_page());
    }
    let place = shared.stream_place(client_address(&request, &shared.trusted))?;
    Ok(answer(&shared, None, WaitingPlayers { slug, sent: None, gone: false }, place))
}
