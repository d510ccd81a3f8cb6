//! The portal as whoever composes a program sees it.
use std::future::ready;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, web};
use refractory_core::config::Section;
use refractory_core::{Error, ErrorKind, Refractory, Result, Watch};
use tokio::sync::watch;

use crate::config::WebConfig;
use crate::connections::{ClientConnections, Descriptors, Limits, Slots};
use crate::dispatch::dispatch;
use crate::exchange::exchange;
use crate::feed::Feed;
use crate::guard::{ApiRate, Throttle, check_input};
use crate::hasher::Hasher;
use crate::metrics::Metrics;
use crate::pages::WaitingPages;
use crate::proxy::{Edge, EdgeSettings, SetupGate};
use crate::route_table::PortalPaths;
use crate::routes::{on_every_host, routes};
use crate::security_headers::secure;
use crate::server::{self, REFUSALS, listening};
use crate::session::cookie;
use crate::shared::Shared;
use crate::statics::{self, OWN};
use crate::templates::Templates;
use crate::{api, http_rules, pages, probes};

/// A place to listen that was taken, before anything answers there.
///
/// Taken first, it tells the port that [`WebConfig::addressing`] needs where the configuration left it to chance.
#[derive(Debug)]
pub struct Listener {
    pub(crate) sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Listener {
    /// Takes every address that `config.listen` means.
    ///
    /// # Errors
    ///
    /// `Invalid` for an address that is none; `Conflict` when the port is in use; `Forbidden`; `Unavailable`.
    pub fn bind(config: &WebConfig) -> Result<Self> {
        let wanted = config.listen_addresses().map_err(|sentence| {
            Error::new(ErrorKind::Invalid, "reading where to listen").advise(sentence)
        })?;
        let mut bound = Self { sockets: Vec::new(), addresses: Vec::new() };
        for mut address in wanted {
            // A name with two addresses means one port on both.
            if address.port() == 0
                && let Some(first) = bound.addresses.first()
            {
                address.set_port(first.port());
            }
            let socket = TcpListener::bind(address).map_err(|error| refused(address, error))?;
            bound.addresses.push(socket.local_addr().unwrap_or(address));
            bound.sockets.push(socket);
        }
        Ok(bound)
    }

    /// Where it listens: the port is the real one.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port it listens at.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

fn refused(address: SocketAddr, error: std::io::Error) -> Error {
    let (ip, port) = (address.ip(), address.port());
    let is = |kind| error.kind() == kind;
    let (kind, advice) = if is(std::io::ErrorKind::AddrInUse) {
        let other = if port == 8080 { 8081 } else { 8080 };
        let advice = format!(
            "Port {port} is in use by another program, perhaps another Refractory. Stop it, or use another port: `--listen {ip}:{other}`."
        );
        (ErrorKind::Conflict, advice)
    } else if is(std::io::ErrorKind::PermissionDenied) {
        let advice = format!(
            "Refractory isn't allowed to use port {port}. Use a port above 1023, such as `--listen {ip}:8080`."
        );
        (ErrorKind::Forbidden, advice)
    } else if is(std::io::ErrorKind::AddrNotAvailable) {
        let advice = format!(
            "{ip} is not an address of this machine. Use `127.0.0.1` for this machine only, or `0.0.0.0` for all of its addresses."
        );
        (ErrorKind::Invalid, advice)
    } else {
        (ErrorKind::Unavailable, format!("Can't listen on {address}: {error}."))
    };
    Error::new(kind, "taking the listener's address").permanent().advise(advice).caused_by(error)
}

/// The portal and the edge of one deployment.
#[derive(Debug)]
pub struct Portal {
    refractory: Refractory,
    config: WebConfig,
    hasher: Hasher,
}

impl Portal {
    /// A portal on `refractory`. How passwords are hashed is the composing program's choice: see [`Hasher`].
    pub fn new(refractory: Refractory, config: WebConfig, hasher: Hasher) -> Self {
        Self { refractory, config, hasher }
    }

    /// Takes the address of the configuration.
    ///
    /// # Errors
    ///
    /// As [`Listener::bind`], and as [`listen`](Self::listen).
    pub fn bind(self) -> Result<BoundPortal> {
        let listener = Listener::bind(&self.config)?;
        self.listen(listener)
    }

    /// Uses a listener that was taken earlier.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration has a fault.
    pub fn listen(self, listener: Listener) -> Result<BoundPortal> {
        self.bound(listener, Extent::Whole)
    }

    /// The same with the JSON API alone, for something on this machine that asks it on behalf of others: no pages, no
    /// tables' traffic, and nothing runs but while it is asked. Who asks is who `X-Forwarded-For` says.
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen).
    pub fn listen_for_api(mut self, listener: Listener) -> Result<BoundPortal> {
        self.config.trusted_proxies.push("127.0.0.1".to_owned());
        self.bound(listener, Extent::Api)
    }

    fn bound(self, listener: Listener, extent: Extent) -> Result<BoundPortal> {
        let Self { refractory, config, hasher } = self;
        config.validate().map_err(|complaints| {
            let all: Vec<_> = complaints.iter().map(ToString::to_string).collect();
            Error::new(ErrorKind::Invalid, "checking `[web]`").advise(all.join("; "))
        })?;
        let templates = Templates::new().map_err(|error| {
            Error::new(ErrorKind::Unexpected, "reading the templates").caused_by(error)
        })?;
        let templates = Arc::new(templates);
        let at = refractory.addressing().clone();
        let trusted = config.trusted_networks().unwrap_or_default();
        let mut settings = EdgeSettings::new(at.clone());
        settings.cookies = cookie::names(at.https);
        settings.trusted_proxies.clone_from(&trusted);
        settings.timeouts = config.proxy_timeouts();
        settings.uploads = Some(refractory.clone());
        settings.setup = Some(SetupGate {
            refractory: refractory.clone(),
            cookie: cookie::name(cookie::FOUNDRY_SETUP, at.https),
        });
        let limits = Limits::configured(
            config.connections,
            config.connections_each,
            Descriptors::of_this_process().now,
        );
        settings.tunnels = limits.tunnels;
        settings.tunnels_per_client = limits.tunnels_each;
        settings.pages = Arc::new(WaitingPages { templates: Arc::clone(&templates), at });
        let shared = Arc::new(Shared {
            refractory,
            config,
            trusted,
            hasher,
            templates,
            edge: Edge::new(settings),
            paths: PortalPaths::new(routes()),
            feed: Arc::new(Feed::default()),
            throttle: Throttle::default(),
            rate: ApiRate::default(),
            metrics: Metrics::default(),
            connections: ClientConnections::new(limits.connections, limits.each),
            refusals: Slots::new(REFUSALS, REFUSALS),
            streams: Slots::new(limits.streams, limits.streams_each),
            stopping: watch::Sender::new(false),
        });
        Ok(BoundPortal { shared, listener, extent })
    }
}

/// How much of a portal is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Api,
}

/// A portal that has its address and is about to answer.
#[derive(Debug)]
pub struct BoundPortal {
    shared: Arc<Shared>,
    listener: Listener,
    extent: Extent,
}

impl BoundPortal {
    /// Where it listens: the port is the real one.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.listener.addresses()
    }

    /// Answers until `stop` is ready, then lets open requests end.
    ///
    /// # Errors
    ///
    /// As the store has them at the first look; `Unavailable` when the listener fails.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { shared, listener, extent } = self;
        let watch = match extent {
            Extent::Whole => Some(shared.feed.prime(&shared.refractory, &shared.edge).await?),
            Extent::Api => None,
        };
        let server = match extent {
            Extent::Whole => serve(&shared, listener),
            Extent::Api => serve_api(&shared, listener),
        }?;
        let handle = server.handle();
        let farewell = async {
            stop.await;
            shared.stopping.send_replace(true);
            handle.stop(true).await;
        };
        let server = async { server.await.map_err(server::broken) };
        tokio::select! {
            ended = async { tokio::join!(server, farewell).0 } => ended,
            () = follow(&shared, watch) => Ok(()),
        }
    }
}

/// Follows the deployment for as long as it is served, where there are pages to keep up to date.
async fn follow(shared: &Shared, watch: Option<Watch>) {
    match watch {
        Some(watch) => shared.feed.run(watch, &shared.refractory, &shared.edge).await,
        None => std::future::pending().await,
    }
}

fn serve(shared: &Arc<Shared>, listener: Listener) -> Result<Server> {
    let data = web::Data::from(Arc::clone(shared));
    let app = move || {
        App::new()
            .app_data(data.clone())
            .service(
                web::scope("")
                    .wrap(from_fn(check_input))
                    .wrap(from_fn(secure))
                    .configure(|config| probes::everywhere().serve(config))
                    .configure(|config| probes::numbers().serve(config))
                    .service(
                        web::scope(OWN)
                            .configure(|config| on_every_host().serve(config))
                            .default_service(web::to(
                                |shared: web::Data<Shared>, request: HttpRequest| {
                                    ready(statics::nothing_here(&shared, &request))
                                },
                            )),
                    )
                    .configure(api::routes)
                    .configure(pages::routes),
            )
            .wrap(from_fn(dispatch))
            .wrap(from_fn(exchange))
    };
    listening!(app, shared, listener)
}

fn serve_api(shared: &Arc<Shared>, listener: Listener) -> Result<Server> {
    let data = web::Data::from(Arc::clone(shared));
    let app = move || {
        App::new()
            .app_data(data.clone())
            .service(
                web::scope("")
                    .wrap(from_fn(check_input))
                    .wrap(from_fn(secure))
                    .configure(|config| probes::everywhere().serve(config))
                    .configure(api::routes),
            )
            .wrap(from_fn(http_rules::follow))
            .wrap(from_fn(exchange))
    };
    listening!(app, shared, listener)
}
