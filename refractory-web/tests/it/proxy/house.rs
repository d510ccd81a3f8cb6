//! An edge in its own server.
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HeaderValue;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use refractory_core::model::{
    Attempt, Held, Hostname, Instance, NewInstance, Power, Slug, Step, Urgency,
};
use refractory_core::ports::Endpoint;
use refractory_core::{Addressing, Changes, InstanceId, Timestamp};
use refractory_web::proxy::{Access, Destination, Edge, EdgeSettings, ProxyTimeouts};

/// An edge that answers on a free port, under `play.test`, until it is dropped.
pub(super) struct House {
    pub(super) edge: Edge,
    pub(super) address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// The defaults, under `play.test`.
pub(super) fn settings() -> EdgeSettings {
    EdgeSettings::new(Addressing::new("play.test", 443, true))
}

/// Waits only as long as a test may.
pub(super) fn impatient() -> EdgeSettings {
    let mut settings = settings();
    let mut timeouts = ProxyTimeouts::default();
    timeouts.connect = Duration::from_secs(2);
    timeouts.head = Duration::from_millis(700);
    timeouts.body = Duration::from_millis(700);
    settings.timeouts = timeouts;
    settings
}

impl House {
    /// With these settings and the table `friday` awake at `at`.
    pub(super) fn with(settings: EdgeSettings, at: SocketAddr) -> Self {
        let house = Self::empty(settings);
        house.tell(&awake("friday", at));
        house
    }

    /// With the table `friday` awake at `at`.
    pub(super) fn before(at: SocketAddr) -> Self {
        Self::with(settings(), at)
    }

    /// Without tables.
    pub(super) fn empty(settings: EdgeSettings) -> Self {
        let edge = Edge::new(settings);
        let (tell, told) = mpsc::channel();
        let handed = edge.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let factory = move || {
                    App::new()
                        .app_data(web::Data::new(handed.clone()))
                        .default_service(web::route().to(serve))
                };
                let server = HttpServer::new(factory).workers(1).disable_signals();
                let server = server.bind("127.0.0.1:0").unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = told.recv().unwrap();
        Self { edge, address, handle, thread: Some(thread) }
    }

    /// Tells the edge that `instance` was written.
    pub(super) fn tell(&self, instance: &Instance) {
        let changed = vec![instance.clone()];
        self.edge.routes().apply(&Changes { changed, ..Changes::default() });
    }

    /// Tells the edge that `instance` is gone.
    pub(super) fn forget(&self, instance: &Instance) {
        let gone = vec![instance.id.clone()];
        self.edge.routes().apply(&Changes { gone, ..Changes::default() });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
async fn serve(edge: web::Data<Edge>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let access = match request.headers().get("x-test-access").map(HeaderValue::as_bytes) {
        Some(b"manager") => Access::Manager,
        Some(b"player") => Access::Player,
        _ => Access::Anonymous,
    };
    match edge.locate(&request) {
        Ok(Destination::Table(route)) => edge.serve(route, request, body, access).await,
        Ok(Destination::Portal) => HttpResponse::Ok().body("portal"),
        Ok(Destination::Damaged) => {
            edge.respond(&refractory_web::proxy::Notice::Damaged, &request, access)
        }
        Ok(Destination::Unknown) => {
            edge.respond(&refractory_web::proxy::Notice::Unknown, &request, access)
        }
        Err(notice) => edge.respond(&notice, &request, access),
    }
}

/// A table no one has switched on.
pub(super) fn asleep(slug: &str) -> Instance {
    let new = NewInstance::named(Slug::new(slug).unwrap());
    Instance::new(InstanceId::new(slug).unwrap(), new, Timestamp(0))
}

/// A table on its way up.
pub(super) fn starting(slug: &str) -> Instance {
    let mut instance = asleep(slug);
    instance.want(Power::On, Urgency::Gentle, Timestamp(1));
    instance.journal.hold(Step::License, Held::License(None));
    instance.journal.intend(Step::Volume, Attempt::begun(Timestamp(2)));
    instance
}

/// A table that people can join.
pub(super) fn awake(slug: &str, at: SocketAddr) -> Instance {
    awake_at(slug, Endpoint::new(at.ip().to_string(), at.port()))
}

/// A table that people can join at this endpoint.
pub(super) fn awake_at(slug: &str, at: Endpoint) -> Instance {
    let mut instance = starting(slug);
    let name = Hostname::under(&instance.slug, "play.test");
    instance.journal.hold(Step::Volume, Held::Volume(String::new()));
    instance.journal.hold(Step::Assets, Held::Assets(String::new()));
    instance.journal.hold(Step::Runtime, Held::Runtime(at));
    instance.journal.hold(Step::World, Held::World(None));
    instance.journal.hold(Step::Name, Held::Name(name));
    instance
}

/// A request for the table `friday`.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: friday.play.test\r\n\r\n")
}

/// A request of a browser for the table `friday`.
pub(super) fn browse(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: friday.play.test\r\nAccept: text/html,*/*\r\n\r\n")
}

/// An upgrade of the table `friday`.
pub(super) fn upgrade(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: friday.play.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Waits until `so` holds.
pub(super) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited ten seconds in vain until {what}");
}

/// Memory of this process in bytes.
pub(super) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}
