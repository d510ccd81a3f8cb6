//! `up`: portal, edge and worker in one process.
use std::process;

use anyhow::Result;
use refractory_core::config::{CoreConfig, Loader};
use refractory_core::local::Passwords;
use refractory_web::{Descriptors, Hasher, Listener, Portal, WebConfig};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::link;
use crate::args::up::Up;
use crate::compose::{Desk, Station, Whereabouts, connect, open_folder};
use crate::exit::Exit;
use crate::output::Out;
use crate::signals::Signals;

pub(crate) async fn run(desk: &Desk, args: &Up) -> Result<Exit> {
    let signals = Signals::take()?;
    if let Err(error) = Descriptors::raise() {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let settings = desk.settings(args.listen.as_deref())?;
    let (core, web): (CoreConfig, WebConfig) = (settings.section()?, settings.section()?);
    let dir = open_folder(&core, true)?;
    let _lock = dir.lock()?;
    let listener = Listener::bind(&web)?;
    let port = listener.port();
    let shared = desk.loader().backend(&settings)?.is_shared();
    let at = web.addressing(port);
    let ports = connect(desk, &settings, &dir, &at).await?;
    let (refractory, worker) = Loader::build(&settings, ports, at)?;
    let worker = if shared { worker } else { worker.sole() };
    let portal = Portal::new(refractory.clone(), web, hasher()).listen(listener)?;
    let station = Station { refractory, dir };

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(signals.stop_then_leave(stop.clone()));
    let (of_worker, of_portal) = (ended(stopped.clone()), ended(stopped));
    let serve = async {
        let served = portal.run_until(of_portal).await;
        // Whatever ended the portal ends the worker.
        stop.send_replace(true);
        served
    };
    let welcome = welcome(desk, &station, args, port);
    let (served, (), welcomed) = tokio::join!(serve, worker.run_until(of_worker), async {
        let welcomed = welcome.await;
        if welcomed.is_err() {
            stop.send_replace(true);
        }
        welcomed
    });
    Whereabouts::forget(&station.dir);
    welcomed?;
    served?;
    Ok(Exit::Done)
}

fn hasher() -> Hasher {
    Hasher::new(|password| async move { Passwords::hash(&password).await })
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone has ended as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// Says where it is, and how to get in.
async fn welcome(desk: &Desk, station: &Station, args: &Up, port: u16) -> Result<()> {
    let url = station.refractory.addressing().portal_url();
    Whereabouts { pid: process::id(), port, url: url.clone() }.write(&station.dir)?;
    let (link, what) = way_in(station, args).await?;
    if desk.out.is_json() {
        let value = json!({ "url": url, "port": port, "pid": process::id(), "data": station.dir.root(), "link": link });
        return Out::value_line(&value);
    }
    Out::line(&format!("Refractory is up: {url}"))?;
    if let Some(link) = link {
        Out::line(&format!("  {what} (one-time link, expires in one hour):\n  {link}"))?;
    }
    Out::line(&format!(
        "  Data folder: {}. Press Ctrl-C to stop; running tables keep running.",
        station.dir.root().display()
    ))
}

#[cfg(feature = "demo")]
async fn way_in(station: &Station, args: &Up) -> Result<(Option<String>, &'static str)> {
    if args.demo {
        let user = super::demo::set_the_table(station).await?;
        return Ok((Some(link::sign_in(station, &user).await?), "Sign in as `demo`"));
    }
    Ok((link::set_up(station).await?, SET_UP))
}

#[cfg(not(feature = "demo"))]
async fn way_in(station: &Station, _: &Up) -> Result<(Option<String>, &'static str)> {
    Ok((link::set_up(station).await?, SET_UP))
}

const SET_UP: &str = "Create the first account";
