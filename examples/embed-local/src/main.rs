//! The whole of an embedding: refractory-core, and a runtime of one's own that runs local processes.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use refractory_core::model::{NewInstance, Phase, Principal, Slug, Urgency};
use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{Error, ErrorKind, Key, Refractory, Result, async_trait};
use tokio::process::{Child, Command};

/// Runs a program for each launch, as long as this process lives.
#[derive(Debug, Default)]
struct Sleepers(Mutex<BTreeMap<Key, Child>>);

impl Sleepers {
    fn children(&self) -> MutexGuard<'_, BTreeMap<Key, Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl InstanceRuntime for Sleepers {
    async fn ensure(&self, key: &Key, _: &LaunchSpec) -> Result<Observed<Endpoint>> {
        if !self.children().contains_key(key) {
            let child = Command::new("sleep").arg("60").kill_on_drop(true).spawn();
            let failed = |cause| Error::new(ErrorKind::Unavailable, "starting").caused_by(cause);
            self.children().insert(key.clone(), child.map_err(failed)?);
        }
        self.observe(key).await
    }
    async fn observe(&self, key: &Key) -> Result<Observed<Endpoint>> {
        let pid = self.children().get(key).and_then(Child::id);
        let at = |pid| Endpoint::new("127.0.0.1", 30_000).with_pid(pid);
        Ok(pid.map_or(Observed::Absent, |pid| Observed::Ready(at(pid))))
    }
    async fn remove(&self, key: &Key, _: Stop) -> Result<Observed<Endpoint>> {
        self.children().remove(key);
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<Key>> {
        Ok(self.children().keys().cloned().collect())
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<()> {
    let (app, worker) = Refractory::builder(Sleepers::default()).build();
    let mut working = tokio::task::JoinSet::new();
    working.spawn(worker.run_until(std::future::pending()));
    let who = Principal::operator();
    let id = app.create(&who, NewInstance::named(Slug::new("curse-of-strahd")?)).await?.id;
    app.start(&who, &id).await?;
    let up = app.wait(&who, &id, |row| matches!(row.phase(), Phase::On(_))).await?;
    println!("on: {}", up.is_some_and(|row| row.endpoint().is_some()));
    app.stop(&who, &id, Urgency::Gentle).await?;
    app.wait(&who, &id, |row| row.phase() == Phase::Off).await?;
    println!("off");
    Ok(())
}
