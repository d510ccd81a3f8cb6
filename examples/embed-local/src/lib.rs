//! A runtime of one's own: every launch is a process of this machine that lives as long as this one.
//!
//! It keeps the whole contract of [`InstanceRuntime`]: `tests/suite.rs` holds it to testkit's suite with one macro.
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::TcpListener;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Reason, Stop};
use refractory_core::{Error, ErrorKind, LaunchId, Result, async_trait};
use tokio::process::{Child, Command};

/// Runs a program for each launch.
#[derive(Debug, Default)]
pub struct Processes(Mutex<BTreeMap<LaunchId, Launch>>);

/// One launch. One that has ended is remembered, so that it is not started again under the same id.
#[derive(Debug)]
struct Launch {
    spec: LaunchSpec,
    endpoint: Endpoint,
    /// None once it has ended.
    child: Option<Child>,
}

impl Launch {
    fn start(spec: &LaunchSpec) -> Result<Self> {
        let failed = |cause| failed("starting a program", cause);
        // A free port. Nobody listens on it until the program does.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.map_err(failed)?.port();
        // `sleep` stands in for a program that listens there.
        let mut command = Command::new("sleep");
        command.arg("600").env("PORT", port.to_string()).kill_on_drop(true);
        let child = command.spawn().map_err(failed)?;
        let endpoint = Endpoint::new("127.0.0.1", port).with_pid(child.id().unwrap_or_default());
        Ok(Self { spec: spec.clone(), endpoint, child: Some(child) })
    }

    /// Where its program listens; `None` once it has ended. One that cannot be asked about is not taken for ended.
    fn running(&mut self) -> Result<Option<Endpoint>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        if child.try_wait().map_err(|cause| failed("looking at a program", cause))?.is_some() {
            self.child = None;
        }
        Ok(self.child.is_some().then(|| self.endpoint.clone()))
    }
}

fn failed(during: &'static str, cause: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, during).caused_by(cause)
}

impl Processes {
    fn launches(&self) -> MutexGuard<'_, BTreeMap<LaunchId, Launch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl InstanceRuntime for Processes {
    async fn ensure(&self, id: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        let mut launches = self.launches();
        let launch = match launches.entry(id.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Launch::start(spec)?),
        };
        if launch.spec != *spec {
            let during = "launching with another spec under one id";
            return Err(Error::new(ErrorKind::Invalid, during));
        }
        let ended = || Observed::Broken(Reason("The program has ended.".to_owned()));
        Ok(launch.running()?.map_or_else(ended, Observed::Ready))
    }

    async fn observe(&self, id: &LaunchId) -> Result<Observed<Endpoint>> {
        let mut launches = self.launches();
        let running = launches.get_mut(id).map(Launch::running).transpose()?.flatten();
        Ok(running.map_or(Observed::Absent, Observed::Ready))
    }

    async fn remove(&self, id: &LaunchId, _: Stop) -> Result<Observed<Endpoint>> {
        let mut launches = self.launches();
        let Some(launch) = launches.get_mut(id) else { return Ok(Observed::Absent) };
        if launch.running()?.is_none() {
            return Ok(Observed::Absent);
        }
        // Its world was closed before, so there is nothing to wait for. The next call sees whether it has ended.
        let killed = launch.child.as_mut().map_or(Ok(()), Child::start_kill);
        killed.map_err(|cause| failed("ending a program", cause))?;
        Ok(Observed::Pending(None))
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        let mut running = Vec::new();
        for (id, launch) in self.launches().iter_mut() {
            running.extend(launch.running()?.map(|_| id.clone()));
        }
        Ok(running)
    }

    /// Programs end with this process, so the worker closes them first.
    fn closes_within(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }
}
