//! What every request may use.
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use refractory_core::Refractory;
use tokio::sync::watch;

use crate::config::WebConfig;
use crate::connections::{ClientConnections, Slot, Slots};
use crate::feed::Feed;
use crate::guard::{ApiRate, Throttle};
use crate::hasher::Hasher;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::proxy::{Edge, Network};
use crate::route_table::PortalPaths;
use crate::templates::Templates;

/// What every request may use. One for a portal, behind an `Arc`.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) refractory: Refractory,
    pub(crate) config: WebConfig,
    pub(crate) trusted: Vec<Network>,
    pub(crate) hasher: Hasher,
    pub(crate) templates: Arc<Templates>,
    pub(crate) edge: Edge,
    /// What is the portal's where tables share its host.
    pub(crate) paths: PortalPaths,
    pub(crate) feed: Arc<Feed>,
    pub(crate) throttle: Throttle,
    pub(crate) rate: ApiRate,
    pub(crate) metrics: Metrics,
    /// Connections of clients.
    pub(crate) connections: Arc<ClientConnections>,
    /// Places for those without a place, until they have read so.
    pub(crate) refusals: Slots,
    /// Places for streams of events.
    pub(crate) streams: Slots,
    /// Turns true when streams must end so that the portal can.
    pub(crate) stopping: watch::Sender<bool>,
}

impl Shared {
    /// What `request` may use.
    pub(crate) fn of(request: &HttpRequest) -> Result<Arc<Self>, Problem> {
        let data = request.app_data::<web::Data<Self>>().cloned();
        data.map(web::Data::into_inner)
            .ok_or_else(|| Problem::defect(&"no portal behind a request"))
    }

    /// A place for a stream to `client`, or for a request that waits for news, for as long as it lasts.
    pub(crate) fn stream_place(&self, client: IpAddr) -> Result<Slot, Problem> {
        self.streams.take(client).ok_or_else(|| {
            let sentence = "Too many pages are kept up to date at once. Close some tabs, or try again in a minute.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
                .retry_after(Duration::from_mins(1))
        })
    }

    /// Whether people come over HTTPS.
    pub(crate) fn https(&self) -> bool {
        self.refractory.addressing().https
    }
}
