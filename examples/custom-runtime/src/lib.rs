//! A runtime of one's own: every launch is a task of this process that listens on a port.
//!
//! It is small, and it keeps the whole contract: `tests/suite.rs` holds it to testkit's suite with one macro.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Reason, Stop};
use refractory_core::{Error, ErrorKind, LaunchId, Result, async_trait};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Runs launches as tasks that listen on ports of this machine.
#[derive(Debug, Default)]
pub struct Listeners(Mutex<BTreeMap<LaunchId, Launch>>);

/// One launch. One that has ended is remembered, so that it is not revived.
#[derive(Debug)]
enum Launch {
    Running { spec: Box<LaunchSpec>, endpoint: Endpoint, _task: JoinSet<()> },
    Ended,
}

impl Listeners {
    fn launches(&self) -> MutexGuard<'_, BTreeMap<LaunchId, Launch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl InstanceRuntime for Listeners {
    async fn ensure(&self, id: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        // Bound before the lock is taken: no lock is held across an await, and a call dropped here did nothing.
        let failed = |cause| Error::new(ErrorKind::Unavailable, "opening a port").caused_by(cause);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let mut launches = self.launches();
        match launches.get(id) {
            Some(Launch::Running { spec: other, .. }) if **other != *spec => {
                Err(Error::new(ErrorKind::Invalid, "launching with another spec under one id"))
            }
            Some(Launch::Running { endpoint, .. }) => Ok(Observed::Ready(endpoint.clone())),
            Some(Launch::Ended) => Ok(Observed::Broken(Reason("The launch has ended.".to_owned()))),
            None => {
                let endpoint = Endpoint::new("127.0.0.1", port);
                let mut task = JoinSet::new();
                task.spawn(serve(listener));
                let launch = Launch::Running {
                    spec: Box::new(spec.clone()),
                    endpoint: endpoint.clone(),
                    _task: task,
                };
                launches.insert(id.clone(), launch);
                Ok(Observed::Ready(endpoint))
            }
        }
    }

    async fn observe(&self, id: &LaunchId) -> Result<Observed<Endpoint>> {
        Ok(match self.launches().get(id) {
            Some(Launch::Running { endpoint, .. }) => Observed::Ready(endpoint.clone()),
            Some(Launch::Ended) | None => Observed::Absent,
        })
    }

    async fn remove(&self, id: &LaunchId, _: Stop) -> Result<Observed<Endpoint>> {
        if let Some(launch) = self.launches().get_mut(id) {
            *launch = Launch::Ended;
        }
        Ok(Observed::Absent)
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        let launches = self.launches();
        let running =
            launches.iter().filter(|(_, launch)| matches!(launch, Launch::Running { .. }));
        Ok(running.map(|(id, _)| id.clone()).collect())
    }

    /// Tasks end with this process, so the worker closes them first.
    fn closes_within(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }
}

/// Lets everybody in and says nothing.
async fn serve(listener: TcpListener) {
    while let Ok((guest, _)) = listener.accept().await {
        drop(guest);
    }
}
