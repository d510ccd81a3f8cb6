//! The edge alone, in front of one program: for measuring it beside other proxies.
//!
//! ```text
//! cargo run --release --package refractory-web --example edge -- 127.0.0.1:9104 127.0.0.1:9000
//! ```
//!
//! Requests for `bench.localhost` go to the second address.
use std::net::SocketAddr;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use refractory_core::model::{
    Held, Hostname, Instance, NewInstance, Power, Slug, SlugError, Step, Urgency,
};
use refractory_core::ports::Endpoint;
use refractory_core::{Addressing, InstanceId, Timestamp};
use refractory_web::proxy::{Access, Destination, Edge, EdgeSettings, Notice};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut addresses = std::env::args().skip(1);
    let (Some(bind), Some(upstream)) = (addresses.next(), addresses.next()) else {
        return Err(
            "say where to listen and where to go, as `127.0.0.1:9104 127.0.0.1:9000`".into()
        );
    };
    let bind: SocketAddr = bind.parse()?;
    let edge = Edge::new(EdgeSettings::new(Addressing::new("localhost", bind.port(), false)));
    edge.routes().replace(&[awake(upstream.parse()?)?]);
    actix_web::rt::System::new().block_on(async move {
        let app = move || {
            App::new().app_data(web::Data::new(edge.clone())).default_service(web::to(serve))
        };
        HttpServer::new(app).workers(1).bind(bind)?.run().await
    })?;
    Ok(())
}

#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
async fn serve(edge: web::Data<Edge>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    match edge.locate(&request) {
        Ok(Destination::Table(route)) => edge.serve(route, request, body, Access::Player).await,
        Ok(Destination::Portal | Destination::Damaged | Destination::Unknown) => {
            edge.respond(&Notice::Unknown, &request, Access::Anonymous)
        }
        Err(notice) => edge.respond(&notice, &request, Access::Anonymous),
    }
}

fn awake(at: SocketAddr) -> Result<Instance, SlugError> {
    let slug = Slug::new("bench")?;
    let name = Hostname::under(&slug, "localhost");
    let mut instance = Instance::new(InstanceId::fresh(), NewInstance::named(slug), Timestamp(0));
    instance.want(Power::On, Urgency::Gentle, Timestamp(0));
    let endpoint = Endpoint::new(at.ip().to_string(), at.port());
    instance.journal.hold(Step::License, Held::License(None));
    instance.journal.hold(Step::Volume, Held::Volume(String::new()));
    instance.journal.hold(Step::Assets, Held::Assets(String::new()));
    instance.journal.hold(Step::Runtime, Held::Runtime(endpoint));
    instance.journal.hold(Step::World, Held::World(None));
    instance.journal.hold(Step::Name, Held::Name(name));
    Ok(instance)
}
