//! `up`: portal, edge and worker in one process.
use std::process;
use std::time::Duration;

use anyhow::Result;
use refractory_core::config::{CoreConfig, Loader};
use refractory_core::local::Passwords;
use refractory_web::{Descriptors, Hasher, Listener, Portal, WebConfig};
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::link;
use crate::args::up::Up;
use crate::compose::{App, CliContext, RuntimeInfo, connect, open_folder, process_start};
use crate::exit::Exit;
use crate::output::{Out, told};
use crate::signals::{End, Signals};

pub(crate) async fn run(desk: &CliContext, args: &Up) -> Result<Exit> {
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
    let ports = connect(desk.loader(), &settings, &dir, &at).await?;
    let (refractory, worker) = Loader::build(&settings, ports, at)?;
    let worker = if shared { worker } else { worker.sole() };
    let portal = Portal::new(refractory.clone(), web, hasher()).listen(listener)?;
    #[cfg(feature = "discord")]
    let discord = settings.section()?;
    let station = App { refractory, dir };

    let closes = worker.closes_within().is_some();
    let (stop, stopped) = watch::channel(End::No);
    let mut tasks = JoinSet::new();
    tasks.spawn(signals.stop_then_leave(stop.clone(), closes));
    let of_worker = at_least(stopped.clone(), End::Asked);
    let hurry = at_least(stopped.clone(), End::Hurried);
    #[cfg(feature = "discord")]
    let bot = bot(&station.refractory, &discord, at_least(stopped.clone(), End::Asked));
    #[cfg(not(feature = "discord"))]
    let bot = std::future::ready(());
    let of_portal = at_least(stopped, End::Asked);
    let (ended, work_is_done) = oneshot::channel::<()>();
    let serve = async {
        let served = tokio::select! {
            served = portal.run_until(of_portal) => served,
            // Whatever stops a container does not wait for a browser that keeps its connection.
            () = shortly_after(work_is_done), if closes => Ok(()),
        };
        // Whatever ended the portal ends the worker.
        ask(&stop);
        served
    };
    let welcome = welcome(desk, &station, args, port, closes);
    let work = async {
        worker.run_until_hurried(of_worker, hurry).await;
        drop(ended);
    };
    let (served, (), (), welcomed) = tokio::join!(serve, work, bot, async {
        let welcomed = welcome.await;
        if welcomed.is_err() {
            ask(&stop);
        }
        welcomed
    });
    RuntimeInfo::remove(&station.dir);
    if let Err(error) = station.refractory.close().await {
        tracing::debug!(?error, "closing the store");
    }
    welcomed?;
    served?;
    Ok(Exit::Done)
}

fn hasher() -> Hasher {
    Hasher::new(|password| async move { Passwords::hash(&password).await })
}

/// The Discord bot, where there is a token. Whatever becomes of it, tables are served.
#[cfg(feature = "discord")]
async fn bot(
    refractory: &refractory_core::Refractory,
    config: &refractory_discord::DiscordConfig,
    stop: impl Future<Output = ()>,
) {
    let sign_in_url = refractory_web::sign_in_url;
    let ran = refractory_discord::service::run(refractory, config, Some(sign_in_url), stop);
    if let Err(error) = ran.await {
        tracing::error!("the Discord bot is off: {}", told(&error.into()).1);
    }
}

/// Asks for the end, unless somebody has.
fn ask(end: &watch::Sender<End>) {
    end.send_modify(|end| *end = (*end).max(End::Asked));
}

/// Resolves a moment after the worker has ended.
async fn shortly_after(work_is_done: oneshot::Receiver<()>) {
    // It says nothing; its end is what counts.
    let _ended = work_is_done.await;
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn at_least(mut end: watch::Receiver<End>, wanted: End) {
    // A sender that is gone has ended as well.
    drop(end.wait_for(|end| *end >= wanted).await);
}

/// Says where it is, and how to get in.
async fn welcome(
    desk: &CliContext,
    station: &App,
    args: &Up,
    port: u16,
    closes: bool,
) -> Result<()> {
    let url = station.refractory.addressing().portal_url();
    // Nothing of this is worth ending for: a disk that is full has tables to serve.
    let pid = process::id();
    let whereabouts = RuntimeInfo { pid, port, url: url.clone(), began: process_start(pid) };
    if let Err(error) = whereabouts.write(&station.dir) {
        tracing::error!("commands beside this do not find its port: {error:#}");
    }
    let (link, what) = way_in(station, args).await.unwrap_or_else(|error| {
        tracing::error!("there is no link to get in with: {}", told(&error).1);
        (None, SET_UP)
    });
    if desk.out.is_json() {
        let value = json!({ "url": url, "port": port, "pid": process::id(), "data": station.dir.root(), "link": link });
        return Out::value_line(&value);
    }
    Out::line(&format!("Refractory is up: {url}"))?;
    if let Some(link) = link {
        Out::line(&format!("  {what} (one-time link, expires in one hour):\n  {link}"))?;
    }
    let then = if closes {
        "Press Ctrl-C to stop; tables are closed first."
    } else {
        "Press Ctrl-C to stop; running tables keep running."
    };
    Out::line(&format!("  Data folder: {}. {then}", station.dir.root().display()))
}

#[cfg(feature = "demo")]
async fn way_in(station: &App, args: &Up) -> Result<(Option<String>, &'static str)> {
    if args.demo {
        let user = super::demo::set_the_table(station).await?;
        return Ok((Some(link::sign_in(station, &user).await?.link), "Sign in as `demo`"));
    }
    Ok((link::set_up(station).await?, SET_UP))
}

#[cfg(not(feature = "demo"))]
async fn way_in(station: &App, _: &Up) -> Result<(Option<String>, &'static str)> {
    Ok((link::set_up(station).await?, SET_UP))
}

const SET_UP: &str = "Create the first account";
