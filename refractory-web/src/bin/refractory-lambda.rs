//! The JSON API behind AWS Lambda: what `/api/v1` of the portal does, for a function behind API Gateway or a load balancer.
//! No pages, no edge, no worker: a worker elsewhere carries requests out. docs/lambda.md says how it is set up.
use std::convert::Infallible;
use std::path::Path;

use lambda_http::{Error, Request, service_fn};
use refractory_aws::AwsBackend;
use refractory_core::config::{Backend, CoreConfig, Loader, Sources};
use refractory_core::{Error as CoreError, ErrorKind};
use refractory_web::lambda::Gateway;
use refractory_web::{Hasher, Listener, Portal, WebConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("REFRACTORY_LOG");
    let filter = filter.unwrap_or_else(|_unset| "warn".into());
    // Lambda adds the time itself.
    tracing_subscriber::fmt().json().without_time().with_env_filter(filter).init();
    serve().await.map_err(|error| error.for_people().into_owned().into())
}

/// What a function can reach: a backend whose store is a service, because nothing here outlives an event.
fn backends() -> Vec<Box<dyn Backend>> {
    vec![Box::new(AwsBackend::default())]
}

async fn serve() -> Result<(), CoreError> {
    let loader = Loader::new(backends()).with::<WebConfig>();
    let texts = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    let settings = loader.load(Sources::new().environment(texts))?;
    let (core, mut web): (CoreConfig, WebConfig) = (settings.section()?, settings.section()?);
    let data = Path::new(&core.data);
    let reached = web.addressing(80);
    let ports = loader.connect(&settings, data, &data.join("refractory.db"), &reached).await?;
    let (refractory, _) = Loader::build(&settings, ports, reached)?;
    "127.0.0.1:0".clone_into(&mut web.listen);
    web.threads = 1;
    let listener = Listener::bind(&web)?;
    let at = listener.addresses().first().copied();
    let gateway = Gateway::new(at.ok_or_else(nowhere)?, refractory.clone());
    let portal = Portal::new(refractory, web, Hasher::new(|_| async { Err(no_passwords()) }));
    let portal = portal.listen_for_api(listener)?;
    let answer = service_fn(|event: Request| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(gateway.answer(event).await) }
    });
    tokio::select! {
        served = portal.run_until(std::future::pending()) => served,
        ran = lambda_http::run(answer) => ran.map_err(broken),
    }
}

fn nowhere() -> CoreError {
    CoreError::new(ErrorKind::Unexpected, "listening on loopback")
}

/// The API sets no passwords.
fn no_passwords() -> CoreError {
    CoreError::new(ErrorKind::Unsupported, "hashing a password")
}

fn broken(error: Error) -> CoreError {
    CoreError::new(ErrorKind::Unavailable, "asking Lambda for events").caused_by(error)
}
