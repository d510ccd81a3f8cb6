//! From the options to the end: serving, and what goes on beside it.
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time::{Duration, MissedTickBehavior, interval, sleep};

use super::behaviour::{CrashTrigger, ExitKind, Moment};
use super::console::Level;
use super::demo;
use super::exit::ExitReason;
use super::http::serve;
use super::launch::{close, launch_at_start};
use super::license::LicenseState;
use super::lock::Lock;
use super::marker::Database;
use super::state::FoundryState;
use super::stop_request::{StopRequest, StopRequests};

/// How often the control file is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Plays until something ends it.
pub(super) async fn play(
    table: &Arc<FoundryState>,
    lock: &mut Lock,
    mut orders: StopRequests,
) -> ExitReason {
    let ballast = vec![1_u8; table.switches.now().memory_mib << 20];
    let ending = tokio::select! {
        ending = table.exit.wait() => ending,
        ending = up(table) => ending,
        ending = refresh(table, lock) => ending,
        ending = watch_switches(table) => ending,
        ending = obey(table, &mut orders) => ending,
    };
    drop(ballast);
    let how = match &ending {
        ExitReason::Requested => Some(Database::ClosedByRequest),
        ExitReason::Signaled => Some(Database::ClosedBySignal),
        ExitReason::Fatal | ExitReason::Crash(_) => None,
    };
    if let Some(how) = how {
        tokio::select! {
            crash = table.exit.wait_for_crash() => return crash,
            () = close(table, how) => {}
        }
    }
    table.tasks.stop();
    ending
}

/// Prints what the program prints at start, takes the port, serves.
async fn up(table: &Arc<FoundryState>) -> ExitReason {
    let options = serde_json::to_string_pretty(&table.options.masked()).unwrap_or_default();
    table.console.info(format!("Application Options:\n{options}"));
    let behaviour = table.switches.now();
    if let Err(why) = demo::furnish(table) {
        table.console.error(format!("The demonstration world cannot be made: {why}"));
    }
    sleep(behaviour.start).await;
    table.pass(Moment::Start).await;
    let (level, line) = license_line(table);
    table.console.log(level, line);
    let listener = match TcpListener::bind((behaviour.bind, table.options.port)).await {
        Ok(listener) => listener,
        Err(why) => {
            let port = table.options.port;
            table.console.error(format!(
                "A fatal error occurred while trying to start the Foundry Virtual Tabletop \
                 server: listen EADDRINUSE: address already in use :::{port} ({why})"
            ));
            return ExitReason::Fatal;
        }
    };
    let port = listener.local_addr().map_or(table.options.port, |address| address.port());
    if table.options.upnp {
        table.console.info(format!("Requesting UPnP port forwarding to destination {port}"));
    }
    table.console.info(format!("Server started and listening on port {port}"));
    begin(table);
    serve(listener, Arc::clone(table), table.tasks.clone()).await;
    ExitReason::Fatal
}

/// What goes on beside serving.
fn begin(table: &Arc<FoundryState>) {
    let world = demo::world_at_start(table);
    let begun = Arc::clone(table);
    table.tasks.spawn(async move {
        begun.pass(Moment::Listen).await;
        if let Some(world) = world
            && begun.standing() == LicenseState::Signed
        {
            launch_at_start(&begun, &world).await;
        }
    });
    let doomed = Arc::clone(table);
    if let CrashTrigger::After(life) = table.switches.now().crash {
        table.tasks.spawn(async move {
            sleep(life).await;
            doomed.exit.with(ExitReason::Crash(doomed.switches.now().crash_code));
        });
    }
}

fn license_line(table: &FoundryState) -> (Level, &'static str) {
    match table.standing() {
        _ if table.program.demo => (Level::Info, "A demonstration needs no software license"),
        LicenseState::Signed => (Level::Info, "Software license verification succeeded"),
        LicenseState::Unsigned => (Level::Warn, "Software license requires signature."),
        LicenseState::NoKey => (Level::Warn, "No software license key has been entered"),
        LicenseState::Rejected => (
            Level::Error,
            "Software license verification failed. Please confirm your Foundry Virtual Tabletop \
             software license",
        ),
    }
}

/// Keeps the lock; comes back only when it is lost.
async fn refresh(table: &FoundryState, lock: &mut Lock) -> ExitReason {
    loop {
        sleep(table.switches.now().lock_refresh).await;
        if let Err(why) = lock.refresh() {
            table.console.error(why);
            return ExitReason::Fatal;
        }
    }
}

/// Follows the control file; comes back only when it says to die.
async fn watch_switches(table: &FoundryState) -> ExitReason {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        match table.switches.reread() {
            Ok(false) => {}
            Ok(true) => table.console.info(super::switches::REREAD),
            Err(why) => table.console.warn(why),
        }
        let behaviour = table.switches.now();
        if behaviour.crash == CrashTrigger::Now {
            return ExitReason::Crash(behaviour.crash_code);
        }
    }
}

/// Waits for an order, and then for as long as it is to be ignored.
async fn obey(table: &FoundryState, orders: &mut StopRequests) -> ExitReason {
    if orders.first().await == StopRequest::Drop {
        return ExitReason::Crash(ExitKind::Kill);
    }
    let patience = table.switches.now().stop;
    if !patience.is_zero() {
        table.console.info("A signal to stop is ignored for a while, as the stand-in was told");
        sleep(patience).await;
    }
    ExitReason::Signaled
}
