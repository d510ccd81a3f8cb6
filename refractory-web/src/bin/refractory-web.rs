//! Portal and edge over a store that is there already, and no worker: for a process that people reach and that may
//! neither start nor stop anything itself, or for one more of them.
//!
//! ```text
//! refractory-web [refractory.toml]
//! ```
//!
//! Configuration is that of `refractory up`: the file, then `REFRACTORY__SECTION__KEY` variables. Requests are
//! written down; a worker elsewhere (`refractory up`) carries them out.
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use refractory_core::config::{Backend, CoreConfig, Loader, Sources};
use refractory_core::local::{DataDir, LocalBackend, Passwords};
use refractory_core::{ErrorKind, Result};
use refractory_web::{Descriptors, Hasher, Listener, Portal, WebConfig};
use tokio::signal::unix::{SignalKind, signal};

/// Gives back what thousands of clients needed once they have gone; the system's own keeps most of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The file that is read where it is there and none is named.
const FILE: &str = "refractory.toml";

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("REFRACTORY_LOG");
    let filter = filter.unwrap_or_else(|_unset| "warn,refractory_web=info".into());
    let is_seen = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_seen);
    // A failed write would be told on standard error, with a panic where that is closed.
    log.with_writer(std::io::stderr).log_internal_errors(false).init();
    if let Err(error) = Descriptors::raise() {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    match serve(std::env::args_os().nth(1).map(PathBuf::from)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", error.for_people());
            ExitCode::from(if error.kind() == ErrorKind::Invalid { 2 } else { 1 })
        }
    }
}

async fn serve(named: Option<PathBuf>) -> Result<()> {
    let loader = Loader::new(backends()).with::<WebConfig>();
    let sources = Sources::new().file(named.as_deref().unwrap_or(Path::new(FILE)), named.is_some());
    let texts = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    let settings = loader.load(sources.environment(texts))?;
    let (core, web): (CoreConfig, WebConfig) = (settings.section()?, settings.section()?);
    let dir = DataDir::open(Path::new(&core.data))?;
    let listener = Listener::bind(&web)?;
    let reached = web.addressing(listener.port());
    let ports = loader.connect(&settings, dir.root(), &dir.database(), &reached).await?;
    let (refractory, _) = Loader::build(&settings, ports, reached)?;
    let (url, at) = (refractory.addressing().portal_url(), listener.addresses().to_owned());
    let hasher = Hasher::new(|password| async move { Passwords::hash(&password).await });
    let portal = Portal::new(refractory, web, hasher).listen(listener)?;
    tracing::info!(%url, ?at, "serving; a worker elsewhere carries requests out");
    portal.run_until(told_to_end()).await
}

/// The backends that this program knows.
fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(LocalBackend::default()),
        #[cfg(feature = "aws")]
        Box::new(refractory_aws::AwsBackend::default()),
    ]
}

/// Resolves at SIGTERM or Ctrl-C; never, where neither can be heard.
async fn told_to_end() {
    let hear = |kind| async move {
        match signal(kind) {
            Ok(mut heard) => drop(heard.recv().await),
            Err(_deaf) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = hear(SignalKind::terminate()) => {}
        () = hear(SignalKind::interrupt()) => {}
    }
}
